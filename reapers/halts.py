"""Everything that halts all acts at once, wherever it was said: any one of them is enough, and each is lifted where it was said.

`sexton freeze`, its API and its Slack command write into the ledger. A file on the server and a file FREEZE in the policy
repository work without any of them. What cannot be read halts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.wording import clean

if TYPE_CHECKING:
    from reapers.situation import Situation
    from reapers.store.ledger import Ledger
    from reapers.world import World

LONGEST = 500
"""Characters of a file that are read as the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """One reason why nothing acts."""

    by: str
    """Where it was said: `ledger`, `file`, `git`, `heads`."""
    who: str
    reason: str
    at: datetime | None = None
    """Since when, where that is known."""


def halts(world: World, situation: Situation) -> tuple[Halt, ...]:
    """Every halt that stands now."""
    return (*in_ledger(world.ledger), *outside(world, situation))


def in_ledger(ledger: Ledger) -> tuple[Halt, ...]:
    """What `sexton freeze`, the API, Slack, or the service itself wrote there."""
    frozen = ledger.frozen()
    return (Halt(by="ledger", who=frozen.who, reason=frozen.reason, at=frozen.at),) if frozen else ()


def outside(world: World, situation: Situation) -> tuple[Halt, ...]:
    """Those that are not in the ledger: the transaction that writes an intent reads the ledger's own."""
    return tuple(_outside(world, situation))


def _outside(world: World, situation: Situation) -> Iterator[Halt]:
    if world.freeze_file is not None and (said := in_file(world.freeze_file)):
        yield said
    head = situation.head
    if head.freeze is not None:
        reason = _words(head.freeze) or "the policy repository has a file FREEZE"
        yield Halt(by="git", who=f"FREEZE at {head.sha[:12]}", reason=reason, at=head.polled_at)
    if world.heads is not None and world.heads.unread:
        reason = f"whether the ledger is older than its kept head is not known: {world.heads.unread}"
        yield Halt(by="heads", who=world.heads.shown, reason=reason)


def in_file(file: Path) -> Halt | None:
    """The halt that a file says by being there; one that cannot be looked at halts too."""
    try:
        with file.open("rb") as opened:
            text = opened.read(4 * LONGEST).decode("utf-8", "replace")
            at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except FileNotFoundError:
        if not file.is_symlink():
            return None
        return Halt(by="file", who=str(file), reason="it is a link to nothing")
    except OSError as error:
        return Halt(by="file", who=str(file), reason=f"it cannot be read ({error.strerror or error})")
    return Halt(by="file", who=str(file), reason=_words(text) or "the file is there", at=at)


def _words(text: str) -> str:
    return clean(" ".join(text.split()), LONGEST)
