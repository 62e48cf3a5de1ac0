"""Where snapshots lie: a small protocol, and the folder of this machine. bucket_shelf.py is the one of object stores."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from reapers.sources.errors import SnapshotError

NAME = re.compile(r"[0-9a-f]{64}")
_POINTER = "newest"
_WRITING = ".writing-"
_LEAVING = ".leaving-"
_ABANDONED = 3600
"""Seconds after which a half-written folder belongs to a process that is no more: the largest takes minutes."""


class Shelf(Protocol):
    """A place that keeps immutable snapshots by name. Every method raises SnapshotError with one sentence."""

    @property
    def shown(self) -> str:
        """What people call the place."""

    def ids(self) -> list[str]:
        """The names of all snapshots, sorted; none when the place is not there yet."""

    def folder(self, ident: str) -> AbstractContextManager[Path]:
        """The files of a snapshot as a local folder: in place, or copied here for as long as it is open."""

    def manifest(self, ident: str) -> bytes:
        """Its manifest alone, without the rest."""

    def add(self, build: Callable[[Path], str]) -> str:
        """Let `build` write the files into an empty local folder and return the name; then publish them at once or not at all."""

    def remove(self, ident: str) -> None:
        """Take a snapshot away, at once for every reader."""

    def point(self, ident: str) -> None:
        """Make a snapshot the newest."""

    def pointed(self) -> str:
        """The newest snapshot's name; empty when none was ever made so."""

    def tidy(self) -> None:
        """Remove what processes that died left behind."""


def shelf(place: str | Path) -> Shelf:
    """The shelf that settings name in `inventory.store`."""
    text = str(place)
    scheme = text.split("://", 1)[0] if "://" in text else ""
    if scheme in ("s3", "gs"):
        from reapers.sources.bucket_shelf import BucketShelf
        from reapers.sources.objects import objects

        return BucketShelf(objects(text))
    if scheme:
        raise SnapshotError(f"Inventories cannot be kept in {scheme}://: set inventory.store to a folder, s3:// or gs://.")
    return FolderShelf(Path(text).expanduser())


@dataclass(frozen=True, slots=True)
class FolderShelf:
    """Snapshots as folders in a folder, each renamed into place when it is whole."""

    root: Path

    @property
    def shown(self) -> str:
        """The folder's path."""
        return str(self.root)

    def ids(self) -> list[str]:
        """The names of all snapshots, sorted."""
        try:
            return sorted(entry.name for entry in self.root.iterdir() if NAME.fullmatch(entry.name))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unreadable(error) from error

    @contextmanager
    def folder(self, ident: str) -> Iterator[Path]:
        """The folder itself."""
        yield self.root / ident

    def manifest(self, ident: str) -> bytes:
        """The manifest's bytes."""
        return read_file(self.root / ident / "manifest.json", ident)

    def add(self, build: Callable[[Path], str]) -> str:
        """Written beside, flushed to the disk, renamed. The same content twice is one snapshot."""
        made: Path | None = None
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            made = self.root / f"{_WRITING}{uuid4().hex}"
            made.mkdir()
            ident = build(made)
            _flush(made)
            _rename(made, self.root / ident)
            _sync(self.root)
        except OSError as error:
            raise SnapshotError(
                f"The inventory could not be written to {self.root}: {error.strerror}. Older ones are untouched."
            ) from error
        finally:
            if made is not None:
                shutil.rmtree(made, ignore_errors=True)
        return ident

    def remove(self, ident: str) -> None:
        """Renamed away first: half a snapshot is never seen."""
        away = self.root / f"{_LEAVING}{ident}"
        try:
            (self.root / ident).rename(away)
        except OSError as error:
            raise SnapshotError(
                f"The old inventory {ident[:12]} in {self.root} could not be removed: {error.strerror}."
            ) from error
        shutil.rmtree(away, ignore_errors=True)

    def point(self, ident: str) -> None:
        """The pointer is a small file that is replaced as a whole."""
        beside = self.root / f"{_WRITING}{ident}"
        try:
            beside.write_text(f"{ident}\n", encoding="ascii")
            _sync(beside)
            beside.replace(self.root / _POINTER)
            _sync(self.root)
        except OSError as error:
            raise SnapshotError(
                f"{self.root / _POINTER} could not be written: {error.strerror}. The inventory itself is."
            ) from error

    def pointed(self) -> str:
        """What the pointer says; a pointer that names nothing is an error, not an empty store."""
        try:
            text = (self.root / _POINTER).read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._unreadable(error) from error
        if not NAME.fullmatch(text):
            raise SnapshotError(f"{self.root / _POINTER} is damaged: remove it, and the newest inventory is looked for.")
        return text

    def tidy(self) -> None:
        """Folders that nobody has written to for long, by the file system's own time."""
        try:
            with tempfile.NamedTemporaryFile(dir=self.root, prefix=_WRITING) as fresh:
                now = os.fstat(fresh.fileno()).st_mtime
                left = [*self.root.glob(f"{_WRITING}*"), *self.root.glob(f"{_LEAVING}*")]
                old = [path for path in left if now - path.stat().st_mtime > _ABANDONED]
        except OSError:
            return  # another process tidies, or the disk is full: nothing depends on it
        for path in old:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def _unreadable(self, error: OSError) -> SnapshotError:
        return SnapshotError(f"The inventories in {self.root} cannot be read: {error.strerror}.")


def read_file(path: Path, ident: str) -> bytes:
    """One file of a snapshot. SnapshotError when it is missing: the snapshot is damaged then."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise SnapshotError(f"The inventory {ident[:12]} is damaged: {path} is missing.") from None
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from error


def _rename(made: Path, place: Path) -> None:
    try:
        made.rename(place)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _flush(folder: Path) -> None:
    for file in folder.iterdir():
        _sync(file)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
