"""Who may sign a commit of the policy repository: a list that lies outside it, so that nobody can add themselves by a commit."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from reapers.sources.errors import SourceError

LIST_BYTES = 5 * 1024 * 1024
"""A list of people's keys has a few kilobytes."""

FINGERPRINT = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")
_KEY = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[A-Za-z0-9@.-]+")
_BEFORE = re.compile(r'valid-before="?(\d{8}(?:\d{4}(?:\d{2})?)?)(Z?)"?', re.IGNORECASE)
_ARGUMENT = re.compile(r'"[^"]*"|[^\s"]+')
"""A part of a line of allowed signers: blanks inside quotes belong to it."""


class Trust(StrEnum):
    """What a good signature proves: that a listed person made the commit, or that it came through the forge's own rules."""

    PEOPLE = "people"
    FORGE = "forge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signers:
    """The signature policy. `ssh` is an OpenSSH allowed-signers file, `gpg` a file of exported public keys; one may be absent."""

    trust: Trust = Trust.PEOPLE
    ssh: Path | None = None
    gpg: Path | None = None
    fingerprints: tuple[str, ...] = ()
    """Of the keys in `gpg` only these count, by the fingerprint of the primary key; none: every key there."""

    def check(self, repository: Path | None) -> None:
        """SourceError when the lists cannot do what they are for. `repository`: the folder that a local one lies in."""
        if self.ssh is None and self.gpg is None:
            raise SourceError("policies.allowed_signers names nobody: give it `ssh` or `gpg`, the file with the keys.")
        for path in filter(None, (self.ssh, self.gpg)):
            _check_file(path, repository)
        odd = next((text for text in self.fingerprints if not FINGERPRINT.fullmatch(text)), None)
        if odd is not None:
            raise SourceError(f"policies.allowed_signers: {odd!r} is not the fingerprint of a key: expected 40 or 64 hex digits.")
        if self.fingerprints and self.gpg is None:
            raise SourceError("policies.allowed_signers: fingerprints choose among the keys of a `gpg` file: name that file.")
        for tool, wanted in (("ssh-keygen", self.ssh), ("gpg", self.gpg)):
            if wanted is not None and shutil.which(tool) is None:
                raise SourceError(f"{tool} is not installed: without it the signatures of policies cannot be checked.")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an allowed-signers file."""

    text: str
    principals: str
    fingerprint: str
    """As ssh shows it: SHA256:…"""
    ends: datetime | None
    """Its `valid-before`; None where it has none."""


def lines_of(path: Path) -> list[Line]:
    """The signers of an OpenSSH allowed-signers file. SourceError when it lists nobody or a line cannot be understood."""
    text = _read(path).decode("utf-8", "replace")
    found = [
        _line(path, number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not found:
        raise SourceError(f"{path} lists no signer: add lines such as `ann@example.com ssh-ed25519 AAAA…`.")
    return found


def _line(path: Path, number: int, line: str) -> Line:
    parts = _words(line)
    at = next((index for index, part in enumerate(parts) if index in (1, 2) and _KEY.fullmatch(part)), None)
    try:
        blob = base64.b64decode(parts[at + 1], validate=True) if at is not None else b""
    except (IndexError, binascii.Error):
        blob = b""
    if at is None or not blob:
        raise SourceError(f"{path}:{number}: expected `ann@example.com ssh-ed25519 AAAA…`, with options before the key's type.")
    mark = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return Line(line.strip(), parts[0].strip('"'), f"SHA256:{mark}", _ends(parts[1] if at == 2 else "", path, number))


def _words(line: str) -> list[str]:
    """The parts of a line: quotes keep blanks together, as in `namespaces="git,file"`."""
    words: list[str] = []
    end = -1
    for match in _ARGUMENT.finditer(line):
        if match.start() == end and words:
            words[-1] += match[0]
        else:
            words.append(match[0])
        end = match.end()
    return words


def _ends(options: str, path: Path, number: int) -> datetime | None:
    """`valid-before` as a moment. Without a Z ssh-keygen, which compares it with the commit's own time, means the machine's zone;
    for our comparison with today it is taken as UTC, which is hours off at most."""
    match = _BEFORE.search(options)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise SourceError(f"{path}:{number}: valid-before={match[1]} is no date: write 20261231 or 20261231235959Z.") from None


def _check_file(path: Path, repository: Path | None) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise SourceError(f"The allowed signers in {path} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(mode):
        raise SourceError(f"The allowed signers in {path} are not a regular file.")
    if mode & stat.S_IWOTH:
        raise SourceError(f"Everybody on this machine may write to the allowed signers in {path}: take that right away.")
    if repository is not None and path.resolve().is_relative_to(repository):
        raise SourceError(
            f"The allowed signers in {path} lie inside the policy repository, where a commit could add one: keep them elsewhere."
        )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            content = opened.read(LIST_BYTES + 1)
    except OSError as error:
        raise SourceError(f"The allowed signers in {path} cannot be read: {error.strerror}.") from error
    if len(content) > LIST_BYTES:
        raise SourceError(f"The allowed signers in {path} have more than {LIST_BYTES // 2**20} MB.")
    return content


def in_force(lines: list[Line], now: datetime) -> Iterator[Line]:
    """The lines whose time has not passed at `now`: a commit says itself how old it is, and an old key must not count on."""
    return (line for line in lines if line.ends is None or now < line.ends)
