"""Heads of the audit trail, kept in a file beside the ledger: whoever cuts or rewrites the trail cannot take them along.

One JSON line for each: `{"time": …, "seq": …, "hash": …}`. Lines are only ever appended, so the file may be append-only
(`chattr +a`) or be shipped to a bucket with object lock.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from reapers.store.values import AuditHead

if TYPE_CHECKING:
    from reapers.store.ledger import Ledger

log = logging.getLogger(__name__)

HASH = re.compile("[0-9a-f]{64}")

TAIL = 64 * 1024
"""Bytes from the end of the file in which the last head is looked for: some hundred lines."""

AGAIN = timedelta(minutes=5)
"""After a failure it is tried again so much later, and counted and told again."""


class HeadsUnread(Exception):
    """The file does not say what it should. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One line: where the trail ended at a moment."""

    at: datetime
    head: AuditHead

    def line(self) -> bytes:
        """As it stands in the file."""
        at = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return json.dumps({"time": at, "seq": self.head.seq, "hash": self.head.hash}).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Kept:
        """ValueError for anything else than what `line` writes."""
        said = json.loads(line)
        if not isinstance(said, dict) or set(said) != {"time", "seq", "hash"}:
            raise ValueError("not a head")
        seq, hashed, at = said["seq"], said["hash"], datetime.fromisoformat(str(said["time"]))
        if type(seq) is not int or seq < 0 or not HASH.fullmatch(str(hashed)) or at.tzinfo is None:
            raise ValueError("not a head")
        return cls(at, AuditHead(seq, hashed))


def read(file: Path) -> tuple[AuditHead, ...]:
    """Every head in a file. HeadsUnread when there is none, or a line that is none: what cannot be read proves nothing."""
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError as error:
        raise HeadsUnread(f"There is no file {file} with heads of the audit trail.") from error
    except OSError as error:
        raise HeadsUnread(f"{file} cannot be read ({error.strerror or error}).") from error
    heads: list[AuditHead] = []
    for number, line in enumerate(lines, 1):
        try:
            heads.append(Kept.parse(line).head)
        except ValueError as error:
            raise HeadsUnread(
                f"{file}:{number} is no head of an audit trail: look at it, and verify with a copy that has the others."
            ) from error
    if not heads:
        raise HeadsUnread(f"{file} holds no head of the audit trail yet.")
    return tuple(heads)


@dataclass(slots=True)
class HeadFile:
    """Where heads are kept and how often. What goes wrong with it is told and counted, and never ends a round."""

    file: Path
    every: timedelta = timedelta(hours=1)
    _due: datetime | None = field(default=None, init=False)

    def keep(self, ledger: Ledger, now: datetime) -> bool:
        """Appends today's head where one is due. False when it should have been and was not: the log says why."""
        try:
            if self._due is None:
                self._due = self._first_due()
            if self._due and now < self._due:
                return True
            self._append(ledger, now)
        except (OSError, HeadsUnread) as error:
            why = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            log.error("the head of the audit trail was not kept in %s: %s", self.file, why)
            self._due = now + min(AGAIN, self.every)
            return False
        self._due = now + self.every
        return True

    def _first_due(self) -> datetime | None:
        """After a restart the file says when the last one was kept; None where there is none."""
        try:
            with self.file.open("rb") as opened:
                last = _last(opened.fileno(), self.file)
        except FileNotFoundError:
            return None
        return last.at + self.every if last else None

    def _append(self, ledger: Ledger, now: datetime) -> None:
        with _locked(self.file) as descriptor:
            last = _last(descriptor, self.file)
            if last and not ledger.audit_passes([last.head]).ok:
                raise HeadsUnread(
                    f"the trail does not have its row {last.head.seq} any more as the file remembers it;"
                    " run `sexton audit verify`, and begin another file once it is known why"
                )
            line = Kept(now, ledger.audit_head()).line()
            _write(descriptor, line)


@contextmanager
def _locked(file: Path) -> Iterator[int]:
    """The file, open for appending and ours alone. BlockingIOError, an OSError, while another process has it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    finally:
        os.close(descriptor)


def _last(descriptor: int, file: Path) -> Kept | None:
    """The last line that can be read; one that a power cut left half written is passed over. None in an empty file."""
    size = os.fstat(descriptor).st_size
    for line in reversed(os.pread(descriptor, TAIL, max(0, size - TAIL)).splitlines()):
        try:
            return Kept.parse(line)
        except ValueError:
            continue
    if size:
        raise HeadsUnread(f"{file} holds no head of an audit trail; name another file in `audit.head`")
    return None


def _write(descriptor: int, line: bytes) -> None:
    """The whole line in one write, on the disk when this returns. A half line before it stays a line of its own."""
    size = os.fstat(descriptor).st_size
    whole = line if not size or os.pread(descriptor, 1, size - 1) == b"\n" else b"\n" + line
    if os.write(descriptor, whole) != len(whole):
        raise OSError("the disk is full")
    os.fsync(descriptor)
