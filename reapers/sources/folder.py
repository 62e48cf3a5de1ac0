"""Policies from folders and files on disk, for validate, plan and test: what is there now, and which commit it started from."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reapers.sources.errors import SourceError
from reapers.sources.gitcli import Git, GitFailed
from reapers.sources.mirror import git_folder
from reapers.sources.texts import FILE_BYTES, Texts, check_path, may_be_policy
from reapers.sources.tree import policy_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Policy files by the path that the person would type, and the commit that the folder is at (empty outside git)."""

    files: Mapping[str, str]
    commit: str = ""
    dirty: bool = False
    """Whether the files read differ from that commit's: changed, new or missing."""


def read(paths: Path | str | Sequence[Path | str]) -> Source:
    """Every policy file below these paths; a file that is named itself is read whatever it is called.

    Hidden files and folders are passed over, links are refused. SourceError with one sentence for what
    is missing, too large, too much or not text.
    """
    named = [paths] if isinstance(paths, Path | str) else list(paths)
    roots = list(dict.fromkeys(map(_typed, named)))
    if not roots:
        raise SourceError("No path was given: name the folder that holds the policies.")
    texts = Texts(" and ".join(map(str, roots)))
    contents: dict[str, bytes] = {}
    for root in roots:
        for file in _files(root):
            if file.as_posix() not in contents:
                contents[file.as_posix()] = _content(file, texts)
    for path, content in contents.items():
        texts.add(path, content)
    commit, dirty = _commit(roots, contents)
    return Source(files=texts.files, commit=commit, dirty=dirty)


def _typed(path: Path | str) -> Path:
    """The path as typed, without detours; absolute where it leads out of the current folder, as `..` would read like a trick."""
    plain = Path(os.path.normpath(Path(path).expanduser()))
    return Path(os.path.abspath(plain)) if ".." in plain.parts else plain


def _files(root: Path) -> Iterator[Path]:
    """The files below a path, in order. A link below it is refused, as in a commit; the path itself may be one."""
    if not root.exists():
        raise SourceError(f"There is no file or folder {root}.")
    if not root.is_dir():
        yield root
        return
    for folder, folders, names in os.walk(root, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted([*names, *folders]):
            file = Path(folder) / name
            below = file.relative_to(root).as_posix()
            if may_be_policy(below) and not _is_real_folder(file):
                check_path(below)
                yield file


def _is_real_folder(file: Path) -> bool:
    """Whether this is a folder that will be walked. SourceError for a link, wherever it leads."""
    try:
        mode = file.lstat().st_mode
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}.") from error
    if stat.S_ISLNK(mode):
        raise SourceError(f"{file} is a symbolic link: policies are regular files.")
    return stat.S_ISDIR(mode)


def _content(file: Path, texts: Texts) -> bytes:
    """The bytes of a file whose size and name are fine. One byte more than allowed is read, in case it grows meanwhile."""
    try:
        seen = file.stat()
        if not stat.S_ISREG(seen.st_mode):
            raise SourceError(f"{file} is not a regular file.")
        texts.announce(file.as_posix(), seen.st_size)
        with file.open("rb") as opened:
            return opened.read(FILE_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}.") from error


def _refuse(error: OSError) -> None:
    raise SourceError(f"{error.filename} cannot be read: {error.strerror}.") from error


def _commit(roots: Sequence[Path], contents: Mapping[str, bytes]) -> tuple[str, bool]:
    """The commit of the repository that the first path lies in, and whether the files read are not exactly its files."""
    start = roots[0].resolve()
    found = git_folder(start)
    top = _top(start, found)
    if found is None or top is None:
        return "", False
    git = Git(folder=found)
    try:
        sha = _named(git, "HEAD^{commit}")
    except (GitFailed, SourceError):
        return "", False  # no commit yet, or no git: a folder may still be validated
    return sha, any(_differs(git, sha, root, top, contents) for root in roots)


def _top(start: Path, found: Path | None) -> Path | None:
    """The folder that holds `.git`; None in a bare repository."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None) if found else None


def _differs(git: Git, sha: str, root: Path, top: Path, contents: Mapping[str, bytes]) -> bool:
    """Compared by object id, as git names contents: no filter, hook or index of the repository takes part."""
    place = root.resolve()
    if not place.is_relative_to(top):
        return True
    inside = PurePosixPath(place.relative_to(top)).as_posix()
    try:
        then = _committed(git, sha, "" if inside == "." else inside, root)
    except (SourceError, GitFailed):
        return True
    now = {path: content for path, content in contents.items() if Path(path) == root or root in Path(path).parents}
    return {path: _oid(content, len(sha)) for path, content in now.items()} != then


def _committed(git: Git, sha: str, inside: str, root: Path) -> dict[str, str]:
    """Path as read here -> object id, of the files that a commit has below a path."""
    if root.is_dir():
        entries = policy_entries(git, sha, inside, sha[:12])
        skip = len(inside) + 1 if inside else 0
        return {(root / entry.path[skip:]).as_posix(): entry.oid for entry in entries}
    return {root.as_posix(): _named(git, f"{sha}:{inside}")}


def _named(git: Git, rev: str) -> str:
    """The object id of a revision. GitFailed when there is none."""
    return git.run("rev-parse", "--verify", "--quiet", "--end-of-options", rev).decode("ascii").strip()


def _oid(content: bytes, digits: int) -> str:
    digest = hashlib.sha1(usedforsecurity=False) if digits == 40 else hashlib.sha256()
    digest.update(b"blob %d\0" % len(content) + content)
    return digest.hexdigest()
