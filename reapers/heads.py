"""Heads of the audit trail in a file beside the ledger.

One JSON line for each: `{"time": …, "seq": …, "hash": …}`. Lines are only ever appended, so the file may be append-only
(`chattr +a`) or be shipped to a bucket with object lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from reapers.anchor import Anchor, HeadsUnread, Kept, standing
from reapers.store.values import AuditHead

__all__ = ["HeadFile", "HeadsUnread", "read"]

TAIL = 64 * 1024
"""Bytes from the end of the file in which the last head is looked for: some hundred lines."""


def read(file: Path) -> tuple[AuditHead, ...]:
    """Every head in a file that the trail must pass through. HeadsUnread when there is none, or a line that is none: what
    cannot be read proves nothing."""
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError as error:
        raise HeadsUnread(f"There is no file {file} with heads of the audit trail.") from error
    except OSError as error:
        raise HeadsUnread(f"{file} cannot be read ({error.strerror or error}).") from error
    kept: list[Kept] = []
    for number, line in enumerate(lines, 1):
        try:
            kept.append(Kept.parse(line))
        except ValueError as error:
            raise HeadsUnread(
                f"{file}:{number} is no head of an audit trail: look at it, and verify with a copy that has the others."
            ) from error
    if not kept:
        raise HeadsUnread(f"{file} holds no head of the audit trail yet.")
    return standing(kept)


@dataclass(slots=True, init=False)
class HeadFile(Anchor):
    """Heads in a file, one line each."""

    file: Path

    def __init__(self, file: Path, every: timedelta = timedelta(hours=1)) -> None:
        Anchor.__init__(self, every)
        self.file = file

    @property
    def shown(self) -> str:
        """The file's path."""
        return str(self.file)

    def last(self) -> Kept | None:
        """The newest line that can be read; None where there is no file or it is empty."""
        try:
            with self.file.open("rb") as opened:
                return _last(opened.fileno(), self.file)
        except FileNotFoundError:
            return None

    def heads(self) -> tuple[AuditHead, ...]:
        """Every line that counts."""
        return read(self.file)

    def append(self, make: Callable[[Kept | None], Kept]) -> None:
        """One more line, under the file's lock."""
        with _locked(self.file) as descriptor:
            _write(descriptor, make(_last(descriptor, self.file)).line())


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
