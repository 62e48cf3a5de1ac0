"""Whether the commits of a branch were signed by somebody who may. Git verifies, with our list and nobody else's."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from reapers.sources.errors import SourceError
from reapers.sources.gitcli import Git, version
from reapers.sources.gitwords import last_line
from reapers.sources.signers import Line, Signers, Trust, in_force, lines_of

SINCE_GIT = (2, 34)
"""The first git that verifies SSH signatures."""

COMMITS = 1_000
"""Commits that are verified at once: each costs about 20 ms."""

_FORMAT = "%H%x00%G?%x00%GF%x00%GP%x00%GS%x00%GK%x00"
_PLAINLY = ("--first-parent", "--no-show-signature", "--no-patch", "--no-color", "--no-decorate", "--no-notes", "--no-mailmap")
"""`git log` and not `rev-list`, which does not read the settings that name the programs and the list."""

_SIGNED = re.compile(rb"^gpgsig(?:-sha256)? -----BEGIN ([A-Z ]+)-----", re.MULTILINE)
_SORTS = {b"SSH SIGNATURE": "ssh", b"PGP SIGNATURE": "gpg", b"PGP MESSAGE": "gpg", b"SIGNED MESSAGE": "x509"}
_NO_PROGRAM = re.compile(r"cannot (?:run|exec|spawn)|could not create temporary file|failed (?:to write|writing) detached")
_NOBODY = "false"
"""A program that verifies nothing stands in for each one that the policy does not name."""

_GPG = "batch\nno-tty\nno-autostart\nno-auto-key-retrieve\ndisable-dirmngr\n"


@dataclass(frozen=True, slots=True)
class Vouched:
    """The verdict on a range of commits: who signed the newest, or one sentence about the first that nobody vouches for."""

    by: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """What git says of one commit's signature. `verdict` is git's letter, `key` the key's name, `primary` GPG's main key."""

    sha: str
    verdict: str
    fingerprint: str
    primary: str
    signer: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A git with our list of signers, for one verification."""

    git: Git
    signers: Signers
    lines: tuple[Line, ...] = ()
    """Every line of the SSH list, also those whose time has passed."""
    keys: frozenset[str] = field(default_factory=frozenset)
    """Fingerprints of the GPG keys that count."""

    @property
    def sorts(self) -> frozenset[str]:
        """The sorts of signatures that somebody is listed for."""
        named = {"ssh": self.signers.ssh, "gpg": self.signers.gpg}
        return frozenset(sort for sort, file in named.items() if file is not None)

    def trusts(self, seen: Signature) -> bool:
        """Good, and by a key that counts. GPG's own idea of how far a key is trusted says nothing here: the list does."""
        if seen.fingerprint.startswith("SHA256:"):
            return seen.verdict == "G" and self.signers.ssh is not None
        return seen.verdict in ("G", "U") and seen.primary.upper() in self.keys


def vouch(git: Git, signers: Signers, span: tuple[str, str], now: datetime) -> Vouched:
    """Every first-parent commit after span[0] up to span[1] must be signed by somebody who may; oldest first.

    Without a span[0] only the newest commit is looked at: its signature covers everything that it says. A key counts only if its
    time has not passed at `now`. SourceError where nothing can be verified: that is no verdict.
    """
    with _checking(git, signers, now) as check:
        commits = _between(git, *span)
        sorts = _sorts(git, commits)
        odd = next((sha for sha in commits if sorts[sha] not in check.sorts), "")
        if odd:  # git is never asked to verify what no program of ours verifies
            return Vouched(problem=_sentence(odd, _why_sort(sorts[odd]), signers))
        for each in _signatures(check.git, commits):
            if not check.trusts(each):
                why = _why_ssh(each, check.lines) if sorts[each.sha] == "ssh" else _why_gpg(each)
                return Vouched(problem=_sentence(each.sha, why, signers))
            newest = each
    return Vouched(by=f"the forge ({newest.signer})" if signers.trust is Trust.FORGE else newest.signer or newest.fingerprint)


@contextmanager
def _checking(git: Git, signers: Signers, now: datetime) -> Iterator[Check]:
    """Git with programs and lists of our own; whatever the repository or the machine says of them is overruled."""
    signers.check(None)
    if signers.ssh is not None and version() < SINCE_GIT:
        raise SourceError("Git is too old to check SSH signatures: Sexton needs git 2.34 or newer for that.")
    with tempfile.TemporaryDirectory(prefix="sexton-signers-") as made:
        folder = Path(made)
        lines = lines_of(signers.ssh) if signers.ssh else []
        allowed = folder / "allowed"
        allowed.write_text("".join(f"{line.text}\n" for line in in_force(lines, now)), encoding="utf-8")
        keys = _import(signers, folder) if signers.gpg else frozenset()
        programs = {
            "gpg.program": "gpg" if signers.gpg else _NOBODY,
            "gpg.openpgp.program": "gpg" if signers.gpg else _NOBODY,
            "gpg.x509.program": _NOBODY,
            "gpg.ssh.program": "ssh-keygen" if signers.ssh else _NOBODY,
            "gpg.ssh.allowedSignersFile": str(allowed),
            "gpg.minTrustLevel": "undefined",
        }
        ours = replace(git, settings={**git.settings, **programs}, environment={**git.environment, "GNUPGHOME": made})
        yield Check(git=ours, signers=signers, lines=tuple(lines), keys=keys)


def _between(git: Git, since: str, until: str) -> list[str]:
    """The first-parent commits after `since` up to `until`, oldest first; without a `since` only `until`."""
    if not since:
        return [until]
    words = ("rev-list", "--first-parent", "--reverse", f"--max-count={COMMITS + 1}", "--end-of-options", until, f"^{since}")
    found = git.run(*words).decode("ascii").split()
    if len(found) > COMMITS:
        raise SourceError(f"More than {COMMITS:,} commits came since the last one in force: push them in smaller parts.")
    if not found:
        raise SourceError(f"There is no commit between {since[:12]} and {until[:12]} to check.")
    return found


def _sorts(git: Git, commits: Sequence[str]) -> dict[str, str]:
    """Commit -> how it is signed: ssh, gpg or x509; empty where it is not."""
    sorts = {}
    for sha in commits:
        head, _, _ = git.run("cat-file", "commit", sha).partition(b"\n\n")
        match = _SIGNED.search(head)
        sorts[sha] = _SORTS.get(match[1], "x509") if match else ""
    return sorts


def _signatures(git: Git, commits: Sequence[str]) -> Iterator[Signature]:
    """One after the other. SourceError when a program could not be run, which git tells only in passing."""
    for sha in commits:
        words = ("log", *_PLAINLY, "--max-count=1", f"--format={_FORMAT}", "--end-of-options", sha)
        reply = git.ask(*words)
        if reply.code == -signal.SIGPIPE:  # the verifier ended before it had read the commit: it cannot have found it good
            yield Signature(sha, "B", "", "", "", "")
            continue
        if reply.code or _NO_PROGRAM.search(reply.err):
            why = next((line for line in reply.err.splitlines() if _NO_PROGRAM.search(line)), last_line(reply.err))
            raise SourceError(f"The signatures of the policy commits could not be checked: {why.strip()[:200]}.")
        yield Signature(*reply.out.decode("utf-8", "replace").split("\0")[:6])


def _import(signers: Signers, home: Path) -> frozenset[str]:
    """The fingerprints of the keys that count, from a key ring of our own. SourceError when the file holds none."""
    (home / "gpg.conf").write_text(_GPG, encoding="ascii")
    command = ["gpg", "--homedir", str(home), "--batch", "--no-tty", "--status-fd", "1", "--import", str(signers.gpg)]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=30, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(f"gpg could not read the keys in {signers.gpg} ({type(error).__name__}).") from error
    known = frozenset(re.findall(r"^\[GNUPG:\] IMPORT_OK \d+ ([0-9A-F]+)", done.stdout.decode("utf-8", "replace"), re.MULTILINE))
    if not known:
        raise SourceError(f"{signers.gpg} holds no public key: write one there with `gpg --export --armor KEY`.")
    missing = sorted(set(signers.fingerprints) - known)
    if missing:
        raise SourceError(f"{signers.gpg} does not hold the key {missing[0]} that policies.allowed_signers names.")
    return frozenset(signers.fingerprints) or known


# --- in words ---------------------------------------------------------------------------------------------------------


def _sentence(sha: str, why: str, signers: Signers) -> str:
    who = "the forge" if signers.trust is Trust.FORGE else "a listed signer"
    return f"the commit {sha[:12]} is not vouched for by {who}: {why}"


def _why_sort(sort: str) -> str:
    if not sort:
        return "it is not signed"
    named = {"ssh": "an SSH key", "gpg": "a GPG key"}.get(sort, "an X.509 certificate")
    return f"it is signed with {named}, and policies.allowed_signers lists none"


def _why_ssh(seen: Signature, lines: Sequence[Line]) -> str:
    if seen.verdict != "U":
        return "its signature is not of this commit"
    line = next((line for line in lines if line.fingerprint == seen.fingerprint), None)
    if line is None:
        return f"its key {seen.fingerprint} is not listed"
    until = f" (valid-before {line.ends:%Y-%m-%d})" if line.ends else ""
    return f"the key of {line.principals} was not valid then, or its time has passed{until}"


def _why_gpg(seen: Signature) -> str:
    key = seen.primary or seen.fingerprint or seen.key
    match seen.verdict:
        case "X":
            return f"its signature with key {key} has expired"
        case "Y":
            return f"its key {key} has expired"
        case "R":
            return f"its key {key} was revoked"
        case "E":
            return f"its key {key} is not listed"
        case "G" | "U":
            return f"its key {key} is not among the fingerprints that count"
    return "its signature is not of this commit"
