"""Heads of the audit trail, kept where whoever owns the database cannot take them along: when, and what they say of the ledger.

They show a trail that was cut off or made anew, and a ledger that was restored from an older copy. After `sexton recover` a
head says from which row on the heads before it are of a past that is lost. reapers/heads.py keeps them in a file,
reapers/heads_bucket.py in a bucket with object lock.
"""

from __future__ import annotations

import json
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from reapers.store.values import AuditHead

if TYPE_CHECKING:
    from reapers.store.ledger import Ledger

log = logging.getLogger(__name__)

HASH = re.compile("[0-9a-f]{64}")

AGAIN = timedelta(minutes=5)
"""After a failure it is tried again so much later, and counted and told again."""


class HeadsUnread(Exception):
    """What is kept does not say what it should, or cannot be reached. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the trail ended at a moment."""

    at: datetime
    head: AuditHead
    recovered: int | None = None
    """Set by `sexton recover`: of the heads before this one, those beyond that row are of a past that is lost."""

    def line(self) -> bytes:
        """As one JSON line."""
        at = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        more = {} if self.recovered is None else {"recovered": self.recovered}
        return json.dumps({"time": at, "seq": self.head.seq, "hash": self.head.hash, **more}).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Kept:
        """ValueError for anything else than what `line` writes."""
        said = json.loads(line)
        if not isinstance(said, dict) or set(said) - {"recovered"} != {"time", "seq", "hash"}:
            raise ValueError("not a head")
        seq, hashed, at = said["seq"], said["hash"], datetime.fromisoformat(str(said["time"]))
        recovered = said.get("recovered")
        if not _is_row(seq) or not (recovered is None or _is_row(recovered)):
            raise ValueError("not a head")
        if not HASH.fullmatch(str(hashed)) or at.tzinfo is None:
            raise ValueError("not a head")
        return cls(at, AuditHead(seq, hashed), recovered)


def _is_row(value: object) -> bool:
    return type(value) is int and value >= 0


def standing(kept: Iterable[Kept]) -> tuple[AuditHead, ...]:
    """The heads that the trail must pass through, in the order in which they were kept."""
    heads: list[AuditHead] = []
    for one in kept:
        if one.recovered is not None:
            heads = [head for head in heads if head.seq <= one.recovered]
        heads.append(one.head)
    return tuple(heads)


@dataclass(frozen=True, slots=True)
class Gap:
    """A ledger that is older than what was kept of it: its rows after `whole` and up to `lost` are another past, or gone."""

    whole: int
    lost: int


@dataclass(slots=True)
class Anchor(ABC):
    """Keeps heads. What goes wrong with that is told and counted, and never ends a round."""

    every: timedelta
    _due: datetime | None = field(default=None, init=False)
    _newest: Kept | None = field(default=None, init=False)
    _failed: bool = field(default=False, init=False)
    unread: str = field(default="", init=False)
    """Why the newest head is not known, since the start: then nobody can tell whether the ledger is older. Else empty."""

    @property
    @abstractmethod
    def shown(self) -> str:
        """What people call the place."""

    @abstractmethod
    def last(self) -> Kept | None:
        """The newest head; None where none was ever kept. HeadsUnread or OSError when that cannot be told."""

    @abstractmethod
    def heads(self) -> tuple[AuditHead, ...]:
        """The heads that the trail must pass through; HeadsUnread when there is none, or they cannot be read."""

    @abstractmethod
    def append(self, make: Callable[[Kept | None], Kept]) -> None:
        """Adds what `make` makes of the newest one, while nobody else adds any. What was kept stays as it is."""

    def keep(self, ledger: Ledger, now: datetime) -> bool:
        """Keeps the head where one is due: from time to time, and at once after somebody said something or an act began, so that
        a copy which has forgotten it is noticed. False when it should have been kept and was not: the log says why."""
        try:
            if self._due is None and (newest := self.last()):
                self._newest, self._due = newest, newest.at + self.every
            if self._due and now < self._due and not self._is_early(ledger):
                return True
            self.append(lambda last: self._next(ledger, last, now))
        except (OSError, HeadsUnread) as error:
            log.error("the head of the audit trail was not kept in %s: %s", self.shown, _why(error))
            self._due, self._failed = now + min(AGAIN, self.every), True
            return False
        self._due, self._failed = now + self.every, False
        return True

    def _is_early(self, ledger: Ledger) -> bool:
        """Whether something has happened that must not be forgotten. After a failure it is only tried again when it is due."""
        return not self._failed and self._newest is not None and ledger.audit_matters(self._newest.head.seq)

    def _next(self, ledger: Ledger, last: Kept | None, now: datetime) -> Kept:
        if last and not ledger.audit_passes([last.head]).ok:
            raise HeadsUnread(
                f"the trail does not have its row {last.head.seq} any more as it was kept; run `sexton audit verify`,"
                " and `sexton recover` where the database was restored"
            )
        self._newest = Kept(now, ledger.audit_head())
        return self._newest

    def behind(self, ledger: Ledger) -> bool:
        """Whether the ledger lacks the newest head that was kept. What is not known is in `unread`, and False."""
        if self._newest and ledger.audit_passes([self._newest.head]).ok:
            return False
        try:
            self._newest = self.last()  # anew: another server may have recovered it meanwhile
        except (OSError, HeadsUnread) as error:
            self.unread = _why(error)
            return False
        self.unread = ""
        return self._newest is not None and not ledger.audit_passes([self._newest.head]).ok

    def gap(self, ledger: Ledger) -> Gap:
        """How much is lost. HeadsUnread or OSError when that cannot be told."""
        heads = self.heads()
        whole = max((head.seq for head in heads if ledger.audit_passes([head]).ok), default=0)
        return Gap(whole=whole, lost=max(head.seq for head in heads))

    def recovered(self, ledger: Ledger, gap: Gap, now: datetime) -> None:
        """From here on the trail as it is counts. What was kept before stays readable."""
        self._newest = Kept(now, ledger.audit_head(), gap.whole)
        newest = self._newest
        self.append(lambda _last: newest)
        self._due = now + self.every


def _why(error: OSError | HeadsUnread) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
