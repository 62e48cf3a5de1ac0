"""The one door to git. Every call goes through `Git.ask`, hardened against repositories, servers and the machine's settings."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO

from reapers.sources.errors import SourceError

OLDEST = (2, 31)
"""GIT_CONFIG_COUNT came with 2.31: an older git would ignore our settings without a word."""

_KEPT = (
    *("PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND"),
    *("GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"),
)
"""What the operator may say through the environment. Everything else (GIT_DIR, GIT_TRACE, GIT_EXEC_PATH…) stays outside."""

_FIXED: Mapping[str, str] = {
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace would show other objects than the commit names
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
}
_SSH = "ssh -oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=15 -oServerAliveCountMax=3"

_SETTINGS: Mapping[str, str] = {
    "advice.graftFileDeprecated": "false",  # of GIT_GRAFT_FILE, which is there to point nowhere
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "credential.helper": "",
    "protocol.ext.allow": "never",
    "fetch.fsckObjects": "true",
    "transfer.fsckObjects": "true",
    "transfer.bundleURI": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",  # what a rewritten branch leaves behind must stay comparable
    "maintenance.auto": "false",
    "http.followRedirects": "false",  # to another host, with our header
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "20",
}
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long a call may take, how much it may answer, and what else must stay true while it runs."""

    seconds: float = 30
    output: int = 16 * 1024 * 1024
    """Bytes. A tree that names itself over and over lists without end."""
    watch: Callable[[], str] = lambda: ""
    """Asked again and again; a text is the reason to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What git answered. `err` holds no credentials."""

    code: int
    out: bytes
    err: str


class GitFailed(Exception):
    """Git answered with an error. `err` is its own text without credentials; whoever asked makes a sentence of it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.err or f"git ended with {reply.code}")
        self.err = reply.err


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """Git over one git directory, which is named and not discovered: no other repository's settings are read."""

    folder: Path
    protocol: str = "none"
    """The only protocol it may speak; `none` for reading what is here."""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More settings. They travel through the environment and not through argv, which everybody on the machine can read."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More of the environment: where gpg finds the keys of a verification."""
    config: str = os.devnull
    """The file that stands in for the person's own settings: a file:// server reads no other."""

    def ask(self, *args: str, given: bytes = b"", bounds: Bounds = Bounds()) -> Reply:
        """Run git and return its answer, whatever it is. SourceError when there is no git or it went beyond the bounds."""
        version()
        command = ["git", f"--git-dir={self.folder}", *args]
        reply = _run(command, self._environment(), given, bounds)
        return Reply(code=reply.code, out=reply.out, err=_without(reply.err, self.secrets))

    def run(self, *args: str, given: bytes = b"", bounds: Bounds = Bounds()) -> bytes:
        """Run git and return its output. GitFailed on any other exit code than 0."""
        reply = self.ask(*args, given=given, bounds=bounds)
        if reply.code:
            raise GitFailed(reply)
        return reply.out

    def _environment(self) -> dict[str, str]:
        settings = {**_SETTINGS, "safe.directory": str(self.folder), **self.settings}
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        ours = {"GIT_CONFIG_GLOBAL": self.config, "GIT_ALLOW_PROTOCOL": self.protocol, "GIT_CONFIG_COUNT": str(len(settings))}
        for number, (name, value) in enumerate(settings.items()):
            ours |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        return {"GIT_SSH_COMMAND": _SSH, **kept, **self.environment, **_FIXED, **ours}


@cache
def version() -> tuple[int, ...]:
    """The version of the installed git. SourceError when there is none, or one too old for our settings."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    reply = _run(["git", "--version"], environment, b"", Bounds(seconds=10))
    numbers = tuple(int(number) for number in re.findall(r"\d+", reply.out.decode("utf-8", "replace"))[:3])
    if numbers < OLDEST:
        found, wanted = (".".join(map(str, some)) for some in (numbers, OLDEST))
        raise SourceError(f"Git {found} is too old: Sexton needs git {wanted} or newer.")
    return numbers


def _run(command: list[str], environment: dict[str, str], given: bytes, bounds: Bounds) -> Reply:
    """Files instead of pipes: an answer without end fills no memory, and nothing can block on a full pipe."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        try:
            stdin.write(given)
            stdin.seek(0)
            process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=environment,
                cwd=tempfile.gettempdir(),
                start_new_session=True,
            )
        except FileNotFoundError:
            raise SourceError("Git is not installed: policies are read with the git command line.") from None
        except OSError as error:
            raise SourceError(f"Git could not be started: {error.strerror}.") from error
        try:
            _wait(process, stdout, bounds, command[2] if len(command) > 2 else "")
        finally:
            _end(process)
        stdout.seek(0)
        stderr.seek(0)
        return Reply(code=process.returncode, out=stdout.read(), err=stderr.read(65536).decode("utf-8", "replace").strip())


def _wait(process: subprocess.Popen[bytes], stdout: IO[bytes], bounds: Bounds, verb: str) -> None:
    end = time.monotonic() + bounds.seconds
    while True:
        try:
            process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            pass
        else:
            reason = _too_much(stdout, bounds, verb) or bounds.watch()
            if reason:
                raise SourceError(reason)
            return
        late = f"git {verb} took longer than {bounds.seconds:g} seconds and was stopped." if time.monotonic() > end else ""
        reason = late or _too_much(stdout, bounds, verb) or bounds.watch()
        if reason:
            raise SourceError(reason)


def _too_much(stdout: IO[bytes], bounds: Bounds, verb: str) -> str:
    over = os.fstat(stdout.fileno()).st_size > bounds.output
    return f"git {verb} answered with more than {bounds.output // 2**20} MB and was stopped." if over else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stops what is left of the call: git's own helpers (ssh, git-remote-https) are in its process group."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    return _USER_INFO.sub("", text)
