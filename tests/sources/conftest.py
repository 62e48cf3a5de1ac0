"""Real git repositories, made with the git command line, and a server that speaks git's own HTTP."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine.model import CellRead, Inventory, Key, Outcome, Resource, Source, Unknown
from engine.money import Money
from reapers.sources.snapshots import Store

NOW = datetime(2026, 11, 24, 9, 30, 1, 234567, tzinfo=UTC)

_AS = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ann"), ("EMAIL", "ann@example.test"))
}


@dataclass(frozen=True)
class Made:
    """A working repository with a branch main."""

    folder: Path

    def git(self, *args: str, given: bytes = b"") -> str:
        """Git's output without the last newline."""
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *args], cwd=self.folder, input=given, capture_output=True, check=True, env={**os.environ, **_AS, **quiet}
        )
        return done.stdout.decode().rstrip("\n")

    def write(self, files: dict[str, str | bytes]) -> None:
        """Put files into the working tree."""
        for path, content in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: dict[str, str | bytes] | None = None) -> str:
        """Commit everything; returns the commit's id."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")

    def blob(self, content: bytes = b"text\n") -> str:
        """An object in the repository; returns its id."""
        return self.git("hash-object", "-w", "--stdin", given=content)

    def raw_tree(self, *entries: tuple[str, str, str]) -> str:
        """A tree of (mode, name, oid) with names that git itself would never write; returns its id."""
        content = b"".join(f"{mode} {name}".encode() + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries)
        return self.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=content)

    def commit_tree(self, tree: str) -> str:
        """Make a tree the only commit of main; returns the commit's id."""
        sha = self.git("commit-tree", tree, "-m", "crafted")
        self.git("update-ref", "refs/heads/main", sha)
        return sha


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Made]:
    """`make({path: text})`: a repository with one commit on main."""
    made: list[Made] = []

    def new(files: dict[str, str | bytes] | None = None, name: str = "") -> Made:
        repository = Made(tmp_path / (name or f"repository-{len(made)}"))
        repository.folder.mkdir()
        repository.git("init", "--quiet", "--initial-branch=main")
        if files:
            repository.commit(files)
        made.append(repository)
        return repository

    return new


@dataclass
class Served:
    """A folder of repositories behind HTTP on loopback, and what was asked of it."""

    url: str
    root: Path
    token: str = ""
    """With one, whoever does not send it is answered 401."""
    moved_to: str = ""
    """With one, every request is redirected there."""
    status: int = 0
    """With one, every request is answered so."""
    seen: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Everything below tmp_path, by `git http-backend`."""
    for name in ("http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    about = Served(url="", root=tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"about": about}))
    about.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield about
    server.shutdown()
    thread.join()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    about: Served

    def do_GET(self) -> None:
        about = self.about
        about.seen.append(dict(self.headers))
        wanted = "Basic " + base64.b64encode(f"x-access-token:{about.token}".encode()).decode()
        if about.status:
            self._answer(about.status, {}, b"")
        elif about.moved_to:
            self._answer(302, {"Location": f"{about.moved_to}{self.path}"}, b"")
        elif about.token and self.headers["Authorization"] != wanted:
            self._answer(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
        else:
            self._backend()

    def do_POST(self) -> None:
        self.do_GET()

    def _backend(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.about.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
        self._answer(int(headers.pop("Status", "200").split()[0]), headers, content)

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def _volume(ident: str = "vol-1", **changes: Any) -> Resource:
    """A resource with a bit of everything."""
    made = Resource(
        key=Key("aws.ebs_volume", "111122223333", "us-east-1", ident, "2026-01-01T00:00:00Z"),
        name="data",
        created=NOW,
        tags={"owner": "payments", "quote": 'it\'s "ü" \n\x00'},
        fields={"size_gb": 100, "encrypted": True, "iops": 3000.0, "state": "available", "kms": Unknown("denied")},
        seen_at=NOW,
        monthly_cost=Money.of("8.00"),
        fingerprint="ab" * 16,
        sources={"size_gb": Source("ec2:DescribeVolumes", NOW)},
        since={"detached": NOW - timedelta(days=3)},
    )
    return replace(made, **changes)


def _inventory(as_of: datetime = NOW, *volumes: Resource) -> Inventory:
    """A small inventory."""
    cells = (CellRead("aws.ebs_volume", "111122223333", "us-east-1", Outcome.OK, 2),)
    return Inventory(id="", as_of=as_of, resources=volumes or (_volume(),), cells=cells, commit="c0ffee")


@pytest.fixture
def volume() -> Callable[..., Resource]:
    """`volume(id, field=value…)`: a resource with a bit of everything."""
    return _volume


@pytest.fixture
def inventory() -> Callable[..., Inventory]:
    """`inventory(as_of, *resources)`: a small inventory, of one volume if none is given."""
    return _inventory


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store in a folder that is not there yet."""
    return Store(tmp_path / "inventory")
