"""Where git objects are read from: a repository on this machine, or a bare mirror of one elsewhere. Nothing is checked out."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reapers.sources.address import Address
from reapers.sources.errors import SourceError
from reapers.sources.gitcli import Bounds, Git, GitFailed
from reapers.sources.gitwords import DAMAGED, last_line, sentence

FETCH_SECONDS = 120
MIRROR_BYTES = 4 * 1024**3
"""A policy repository has a few megabytes; a repository of everything that is larger than this is not mirrored."""


class Objects(Protocol):
    """A place with git objects."""

    def opened(self) -> AbstractContextManager[Git]:
        """A git to read with; nothing disappears while it is open. SourceError when what is read turns out to be damaged."""

    def update(self, git: Git, ref: str) -> None:
        """Bring the newest commit of a full ref name, or a full commit id, here. SourceError when it cannot be had."""


@dataclass(frozen=True, slots=True)
class Local:
    """A repository in a folder of this machine, read where it lies: what is committed, never the working tree."""

    folder: Path
    """The git directory."""

    @contextmanager
    def opened(self) -> Iterator[Git]:
        """A git over the repository."""
        try:
            yield Git(folder=self.folder)
        except GitFailed as error:
            why = last_line(error.err)
            raise SourceError(f"The repository {self.folder} cannot be read: {why}. `git fsck` shows more.") from None

    def update(self, git: Git, ref: str) -> None:
        """Nothing to do: commits made here are here."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """A bare copy of a remote repository. One process at a time uses it; one that a crash damaged is made anew."""

    address: Address
    folder: Path

    @contextmanager
    def opened(self) -> Iterator[Git]:
        """A git over the mirror, which is made if it is not there."""
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            lock = self.folder.with_suffix(".lock").open("w")
        except OSError as error:
            raise self._no_room(error) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._prepare()
            try:
                yield self._git
            except GitFailed as error:
                shutil.rmtree(self.folder, ignore_errors=True)
                why = f"Our copy of {self.address.shown} was damaged ({last_line(error.err)}) and thrown away: ask again."
                raise SourceError(why) from None

    def update(self, git: Git, ref: str) -> None:
        """Fetch one ref, checked object by object. A damaged mirror is thrown away and fetched anew, once."""
        try:
            self._fetch(git, ref)
        except GitFailed as error:
            if not DAMAGED.search(error.err) or "remote error" in error.err:
                raise SourceError(sentence(error.err, self.address, ref)) from None
            shutil.rmtree(self.folder)
            self._prepare()
            self._again(git, ref)

    def _again(self, git: Git, ref: str) -> None:
        try:
            self._fetch(git, ref)
        except GitFailed as error:
            raise SourceError(sentence(error.err, self.address, ref)) from None

    def _fetch(self, git: Git, ref: str) -> None:
        bounds = Bounds(seconds=FETCH_SECONDS, watch=self._too_large)
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance")
        here = ref if ref.startswith("refs/") else f"refs/sexton/{ref}"
        git.run("fetch", *options, "--end-of-options", self.address.location, f"+{ref}:{here}", bounds=bounds)

    def _too_large(self) -> str:
        try:
            size = sum(file.lstat().st_size for file in (self.folder / "objects").rglob("*"))
        except FileNotFoundError:
            return ""  # git has just moved a file: the next look tells
        if size <= MIRROR_BYTES:
            return ""
        return f"{self.address.shown} has more than {MIRROR_BYTES // 2**30} GB: keep policies in a smaller repository."

    def _prepare(self) -> None:
        """The mirror as it must be before a fetch. We hold the lock, so lock files in it are left over from a crash."""
        try:
            if not (self.folder / "HEAD").is_file():
                self._make()
            for left in [*self.folder.rglob("*.lock"), *self.folder.glob("objects/pack/tmp_*")]:
                left.unlink()
        except OSError as error:
            raise self._no_room(error) from error

    def _no_room(self, error: OSError) -> SourceError:
        return SourceError(f"No copy of {self.address.shown} can be kept in {self.folder.parent}: {error.strerror}.")

    def _make(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=self.folder.parent, prefix=".making-") as made:
            Git(folder=Path(made) / "git").run("init", "--quiet", "--bare", "--template=")
            (Path(made) / "git" / "settings").write_text(self._settings())
            (Path(made) / "git").rename(self.folder)

    def _settings(self) -> str:
        """What a file:// server reads: it serves no repository of another user unless the person's own settings allow it."""
        if self.address.protocol != "file":
            return ""
        path = self.address.shown.removeprefix("file://").replace("\\", "\\\\").replace('"', '\\"')
        return f'[safe]\n\tdirectory = "{path}"\n\tdirectory = "{path}/.git"\n'

    @property
    def _git(self) -> Git:
        address = self.address
        settings = {f"http.{address.location}.extraHeader": address.header} if address.header else {}
        config = str(self.folder / "settings")
        return Git(folder=self.folder, protocol=address.protocol, settings=settings, secrets=address.secrets, config=config)


def objects(address: Address, cache: Path) -> Objects:
    """Where the objects of an address are read from; mirrors lie in `cache`. SourceError when a local folder is no repository."""
    if address.protocol != "local":
        name = hashlib.sha256(address.location.encode()).hexdigest()[:20]
        return Mirror(address, cache.expanduser().resolve() / f"{name}.git")
    if not Path(address.location).exists():
        raise SourceError(f"There is no policy repository {address.shown}: no such folder.")
    found = git_folder(Path(address.location))
    if found is None:
        raise SourceError(f"{address.shown} is not inside a git repository.")
    return Local(found)


def git_folder(path: Path) -> Path | None:
    """The git directory of the repository that a path lies in, found by looking upwards; None when it lies in none."""
    for folder in (path, *path.parents):
        if (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir():
            return folder
        dot = folder / ".git"
        if dot.is_dir():
            return dot
        if dot.is_file():  # a work tree made by `git worktree add`, or a submodule
            target = dot.read_text(encoding="utf-8", errors="replace").removeprefix("gitdir:").strip()
            return (folder / target).resolve()
    return None
