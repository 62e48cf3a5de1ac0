"""The policy branch: commits in a list, moved by people who merge, break and rewind it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reapers.sources.errors import SourceError
from reapers.sources.git import Head, Moved
from simulation.calendar import SimulatedClock


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit and the line of those before it."""

    sha: str
    files: Mapping[str, str]
    parents: tuple[str, ...]
    exempt: frozenset[str]
    """Ids that an exemption spares."""
    loads: bool = True


@dataclass(slots=True)
class Branch:
    """reapers.watch.Repository without git."""

    clock: SimulatedClock
    files: dict[str, str]
    commits: dict[str, Commit] = field(default_factory=dict)
    head: str = ""
    down_until: datetime | None = None
    moves: list[tuple[datetime, str]] = field(default_factory=list)
    """(since when, head), true time."""

    def poll(self, now: datetime, last_good: str = "") -> Head:
        """The head, and how it stands to the last one that was good."""
        if self.down_until and self.clock.true < self.down_until:
            raise SourceError("The policy repository does not answer.")
        head = self.commits[self.head]
        moved = Moved.SAME if last_good in ("", head.sha) else Moved.FORWARD if last_good in head.parents else Moved.REWOUND
        return Head(sha=head.sha, files=head.files, polled_at=now, moved=moved)

    def files_at(self, rev: str) -> Mapping[str, str]:
        """The files of a commit."""
        return self.commits[rev].files

    def merge(self, files: Mapping[str, str], exempt: frozenset[str], *, loads: bool = True) -> Commit:
        """A new commit on top of the head."""
        before = self.commits.get(self.head)
        parents = (*before.parents, before.sha) if before else ()
        text = repr((parents, sorted(files.items()))).encode()
        made = Commit(hashlib.sha1(text).hexdigest(), dict(files), parents, exempt, loads)
        self.commits[made.sha] = made
        self._to(made.sha)
        return made

    def rewind(self) -> Commit | None:
        """The branch is forced back by one commit, and another is put on it."""
        before = self.commits[self.head].parents
        if not before:
            return None
        self._to(before[-1])
        return self.commits[self.head]

    def _to(self, sha: str) -> None:
        self.head = sha
        self.moves.append((self.clock.true, sha))

    def heads_since(self, moment: datetime) -> list[Commit]:
        """Every commit that was the head at some time since then."""
        later = [sha for at, sha in self.moves if at > moment]
        first = [sha for at, sha in self.moves if at <= moment][-1:]
        return [self.commits[sha] for sha in [*first, *later]]
