"""The policy files of one commit, read out of git's object store: nothing is ever checked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from reapers.sources.errors import SourceError
from reapers.sources.gitcli import Bounds, Git, GitFailed
from reapers.sources.gitwords import DAMAGED
from reapers.sources.texts import ALL_BYTES, FILES, Texts, check_inside, check_path, may_be_policy

REGULAR = ("100644", "100755")
_SPECIAL = {"120000": "a symbolic link", "160000": "a submodule"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a tree; `path` is relative to the repository. `size` in bytes, -1 where git has none to tell."""

    path: str
    mode: str
    oid: str
    size: int


def folder_of(path: str) -> str:
    """The policies' folder as git names it: `.` and the root are the empty text. SourceError for what leads elsewhere."""
    clean = str(PurePosixPath(path)) if path else "."
    if clean == ".":
        return ""
    check_path(clean)
    return clean


@dataclass(frozen=True, slots=True)
class Tree:
    """The policy files of a commit."""

    files: Mapping[str, str] = field(default_factory=dict)
    """Path -> text."""
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    """Object id -> content of the same files."""


def read_tree(git: Git, sha: str, folder: str, place: str, before: Tree) -> Tree:
    """Every policy file below `folder` at a commit. SourceError with one sentence for anything odd.

    `before` is a tree that was read before: what both have is not read again.
    """
    entries = policy_entries(git, sha, folder, place)
    texts = Texts(place)
    for entry in entries:
        texts.announce(entry.path, entry.size)
    fresh = {entry.oid: entry for entry in entries if entry.oid not in before.blobs}
    blobs = dict(before.blobs)
    if fresh:
        blobs |= zip(fresh, _contents(git, tuple(fresh.values()), place), strict=True)
    for entry in entries:
        texts.add(entry.path, blobs[entry.oid])
    return Tree(texts.files, {entry.oid: blobs[entry.oid] for entry in entries})


def policy_entries(git: Git, sha: str, folder: str, place: str) -> list[Entry]:
    """The regular files below `folder` that may be policy. A link or submodule among them is refused, not passed over."""
    where = f"{sha}:{folder}"
    try:
        kind = git.run("cat-file", "-t", where).strip()
    except GitFailed as error:
        if DAMAGED.search(error.err):
            raise
        raise SourceError(f"There is no folder {folder or '.'} in {place}.") from None
    if kind != b"tree":
        raise SourceError(f"{folder} in {place} is a file: name the folder that holds the policies.")
    listing = git.run("ls-tree", "-r", "-z", "-l", where)
    entries = [_entry(line, folder) for line in listing.split(b"\0") if line]
    wanted = [entry for entry in entries if may_be_policy(_below(entry.path, folder))]
    for entry in wanted:
        _check(entry, place)
    return wanted


def _entry(line: bytes, folder: str) -> Entry:
    """One line of `ls-tree -l`: mode, type, oid, padded size, tab, path. Crafted names are refused even if not read."""
    meta, _, raw = line.partition(b"\t")
    mode, _, oid, size = meta.decode("ascii").split()
    name = raw.decode("utf-8", "surrogateescape")
    path = f"{folder}/{name}" if folder else name
    check_inside(path)
    return Entry(path, mode, oid, int(size) if size.isdigit() else -1)


def _below(path: str, folder: str) -> str:
    return path[len(folder) + 1 :] if folder else path


def _check(entry: Entry, place: str) -> None:
    check_path(entry.path)
    if entry.mode not in REGULAR:
        what = _SPECIAL.get(entry.mode, f"of mode {entry.mode}")
        raise SourceError(f"{entry.path} in {place} is {what}: policies are regular files.")
    if entry.size < 0:
        raise SourceError(f"{entry.path} in {place} is not there in full: fetch that repository again.")


def _contents(git: Git, entries: Sequence[Entry], place: str) -> list[bytes]:
    """The blobs in the order of the entries: `<oid> blob <size>`, content, newline."""
    given = "".join(f"{entry.oid}\n" for entry in entries).encode()
    answer = git.run("cat-file", "--batch", given=given, bounds=Bounds(output=ALL_BYTES + 200 * FILES))
    contents, at = [], 0
    for entry in entries:
        head, start = f"{entry.oid} blob {entry.size}\n".encode(), at
        at = start + len(head) + entry.size + 1
        if not answer.startswith(head, start) or at > len(answer):
            raise SourceError(f"{entry.path} in {place} could not be read from git.")
        contents.append(answer[start + len(head) : at - 1])
    return contents
