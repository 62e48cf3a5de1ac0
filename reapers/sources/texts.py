"""Which files can be policy, and how many and how large they may be: the same for a folder and for a commit."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

from reapers.sources.errors import SourceError

FILE_BYTES = 256 * 1024
FILES = 5_000
ALL_BYTES = 20 * 1024 * 1024

SUFFIXES = frozenset({".yaml", ".yml", ".map", ".txt", ""})
"""Documents, owner maps, CODEOWNERS. Pictures, programs and README.md may lie beside them and are not read."""


def may_be_policy(path: str) -> bool:
    """Whether a path below the policies' folder is read. Hidden ones are other programs' (.github, .yamllint.yaml)."""
    parts = PurePosixPath(path).parts
    return not any(part.startswith(".") for part in parts) and PurePosixPath(path).suffix.lower() in SUFFIXES


def check_inside(path: str) -> None:
    """Refuses a path that leads out of where it stands, or into git's own folder."""
    if any(part in ("", ".", "..") or part.casefold() == ".git" for part in path.split("/")):
        raise SourceError(f"The path {_visible(path)} leads out of the policies' folder or into git's own: it is not read.")


def check_path(path: str) -> None:
    """Refuses what `check_inside` does, and a path that a reviewer could take for another."""
    check_inside(path)
    if not path.isprintable() or "\\" in path:
        raise SourceError(f"The path {_visible(path)} holds invisible characters or a backslash: rename that file.")


class Texts:
    """Gathers policy files and refuses with one sentence what is too many, too large, not text, or not told apart by name."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._names: dict[str, str] = {}
        self._bytes = 0
        self._texts: dict[str, str] = {}

    def announce(self, path: str, size: int) -> None:
        """A file that will be added: checked before any of it is read. `size` in bytes."""
        folded = unicodedata.normalize("NFKC", path).casefold()
        if folded in self._names:
            raise SourceError(f"{self._names[folded]} and {path} in {self._place} differ by name only to a machine: rename one.")
        self._names[folded] = path
        self._bytes += size
        if size > FILE_BYTES:
            raise SourceError(f"{path} in {self._place} has {size:,} bytes; a policy file may have {FILE_BYTES:,}.")
        if len(self._names) > FILES:
            raise SourceError(f"{self._place} has more than {FILES:,} policy files: name the folder that holds the policies.")
        if self._bytes > ALL_BYTES:
            raise SourceError(f"The policy files in {self._place} have more than {ALL_BYTES // 2**20} MB together.")

    def add(self, path: str, content: bytes) -> None:
        """The content of an announced file."""
        if len(content) > FILE_BYTES:
            raise SourceError(f"{path} in {self._place} grew while it was read: try again.")
        try:
            self._texts[path] = content.decode("utf-8")
        except UnicodeDecodeError as error:
            where = content.count(b"\n", 0, error.start) + 1
            raise SourceError(f"{path} in {self._place} is not UTF-8 text: line {where} holds other bytes.") from None

    @property
    def files(self) -> dict[str, str]:
        """Path -> text, by path. SourceError when there is none: no policy at all is never what somebody meant."""
        if not self._texts:
            raise SourceError(f"There is no policy file in {self._place}: expected files that end in .yaml.")
        return dict(sorted(self._texts.items()))


def _visible(path: str) -> str:
    return path if path.isprintable() else ascii(path)
