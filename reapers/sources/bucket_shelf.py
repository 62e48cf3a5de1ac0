"""Snapshots in an object store, shared by hosts: immutable objects there, and copies here of those that were read lately."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from reapers.sources.errors import SnapshotError
from reapers.sources.manifest import FILE, damaged, digest, read_manifest
from reapers.sources.objects import Objects
from reapers.sources.shelf import NAME

CACHE = Path(".sexton/snapshots")
"""Where copies lie: beside everything else that this host keeps for itself."""

PLAIN = re.compile(r"[a-z][a-z0-9_]*\.[a-z]+")

_POINTER = "newest"
_COMING = ".coming-"
_UNUSED = 7 * 24 * 3600
"""Seconds after which a copy that nobody read is removed: it can be had again."""

_ABANDONED = 3600


class BucketShelf:
    """A snapshot is there once its manifest is: that is written last and removed first."""

    def __init__(self, objects: Objects, cache: Path | None = None) -> None:
        self._objects = objects
        self._cache = (cache or CACHE) / sha256(objects.shown.encode()).hexdigest()[:16]

    @property
    def shown(self) -> str:
        """The address."""
        return self._objects.shown

    def ids(self) -> list[str]:
        """The names of all snapshots that are whole, sorted."""
        found = (name.split("/") for name in self._objects.names())
        return sorted(parts[0] for parts in found if len(parts) == 2 and parts[1] == FILE and NAME.fullmatch(parts[0]))

    @contextmanager
    def folder(self, ident: str) -> Iterator[Path]:
        """A copy here, whose files are those that the manifest speaks of."""
        here = self._cache / ident
        if not here.is_dir():
            self._fetch(ident, here)
        os.utime(here)
        yield here

    def manifest(self, ident: str) -> bytes:
        """The manifest's bytes."""
        here = self._cache / ident / FILE
        if here.is_file():
            return here.read_bytes()
        content = self._objects.read(f"{ident}/{FILE}")
        if content is None:
            raise SnapshotError(f"The inventory {ident[:12]} in {self.shown} is damaged: it has no {FILE}.")
        return content

    def add(self, build: Callable[[Path], str]) -> str:
        """Built here, sent with the manifest last, then kept as the copy of this host."""
        with self._beside() as made:
            ident = build(made)
            if self._objects.read(f"{ident}/{FILE}") is None:
                for file in sorted(made.iterdir(), key=lambda file: file.name == FILE):
                    self._objects.send(f"{ident}/{file.name}", file)
            self._keep(made, self._cache / ident)
        return ident

    def remove(self, ident: str) -> None:
        """The manifest first: half a snapshot is never seen."""
        self._objects.remove([f"{ident}/{FILE}"])
        self._objects.remove([name for name in self._objects.names() if name.startswith(f"{ident}/")])
        shutil.rmtree(self._cache / ident, ignore_errors=True)

    def point(self, ident: str) -> None:
        """The pointer is a small object that is replaced as a whole."""
        with self._beside() as made:
            (made / _POINTER).write_text(f"{ident}\n", encoding="ascii")
            self._objects.send(_POINTER, made / _POINTER)

    def pointed(self) -> str:
        """What the pointer says; a pointer that names nothing is an error, not an empty store."""
        content = self._objects.read(_POINTER)
        if content is None:
            return ""
        text = content.decode("utf-8", "replace").strip()
        if not NAME.fullmatch(text):
            raise SnapshotError(f"{self.shown}/{_POINTER} is damaged: remove it, and the newest inventory is looked for.")
        return text

    def tidy(self) -> None:
        """Copies that nobody used for long, and what processes that died left behind here."""
        try:
            with tempfile.NamedTemporaryFile(dir=self._cache, prefix=_COMING) as fresh:
                now = os.fstat(fresh.fileno()).st_mtime
            for path in self._cache.iterdir():
                most = _ABANDONED if path.name.startswith(_COMING) else _UNUSED
                if now - path.stat().st_mtime > most:
                    shutil.rmtree(path, ignore_errors=True)
        except OSError:
            return  # another process tidies, or the disk is full: nothing depends on it

    def _fetch(self, ident: str, here: Path) -> None:
        """The whole snapshot, verified, or nothing."""
        content = self.manifest(ident)
        with self._beside() as made:
            for name, expected in read_manifest(content, ident, self.shown).files.items():
                if not PLAIN.fullmatch(name):
                    raise damaged(ident, self.shown, f"{name!r} is no name of a file of ours")
                self._objects.fetch(f"{ident}/{name}", made / name)
                if digest(made / name) != expected:
                    raise damaged(ident, self.shown, f"{name} is not what was written")
            (made / FILE).write_bytes(content)
            self._keep(made, here)

    @contextmanager
    def _beside(self) -> Iterator[Path]:
        """An empty folder beside the copies, gone afterwards unless it was renamed."""
        made = self._cache / f"{_COMING}{uuid4().hex}"
        try:
            made.mkdir(parents=True)
            yield made
        except OSError as error:
            raise SnapshotError(f"The copy of {self.shown} in {self._cache} cannot be written: {error.strerror}.") from error
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def _keep(self, made: Path, here: Path) -> None:
        try:
            made.rename(here)
        except OSError:
            if not here.is_dir():  # another process has the same copy: ours is no better
                raise
