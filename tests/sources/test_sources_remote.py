"""Servers that ask for a token, send elsewhere, hang, or are not there; and that no secret is ever told."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reapers.sources import mirror
from reapers.sources.errors import SourceError
from reapers.sources.git import Repository
from reapers.sources.gitcli import Bounds, Git

if TYPE_CHECKING:
    from tests.sources.conftest import Made, Served

    Make = Callable[..., Made]

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FILES = {"policies/a.yaml": "kind: Team\n"}
SECRET = "ghp-canary-5f2d"


def _url(served: Served, made: Made, user: str = "") -> str:
    return f"{served.url.replace('://', f'://{user}')}/{made.folder.name}/.git"


@pytest.mark.parametrize("user", ["", f"{SECRET}@", f"x-access-token:{SECRET}@"])
def test_a_token_opens_a_private_repository(make: Make, served: Served, tmp_path: Path, user: str) -> None:
    made = make(FILES)
    served.token = SECRET
    repository = Repository(_url(served, made, user), "main", "policies", tmp_path / "cache", token="" if user else SECRET)
    assert repository.poll(NOW).files == FILES
    assert SECRET not in repr(repository) + repository.shown
    for file in (tmp_path / "cache").rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes()


def test_a_wrong_token_is_refused_without_telling_it(make: Make, served: Served, tmp_path: Path) -> None:
    made = make(FILES)
    served.token = "another"
    with pytest.raises(SourceError, match="asks for credentials") as told:
        Repository(_url(served, made, f"bot:{SECRET}@"), "main", "policies", tmp_path / "cache").poll(NOW)
    assert SECRET not in str(told.value)
    assert "bot" not in str(told.value)


def test_the_token_is_not_in_the_arguments_of_any_process(
    make: Make, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(FILES)
    served.token = SECRET
    seen: list[str] = []

    class Watched(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **rest: Any) -> None:
            seen.extend(command)
            super().__init__(command, **rest)

    monkeypatch.setattr("reapers.sources.gitcli.subprocess.Popen", Watched)
    Repository(_url(served, made), "main", "policies", tmp_path / "cache", token=SECRET).poll(NOW)
    assert "fetch" in seen
    assert SECRET not in " ".join(seen)


def test_a_redirect_is_not_followed_and_gets_no_token(make: Make, served: Served, tmp_path: Path) -> None:
    made = make(FILES)
    served.moved_to = f"http://localhost:{served.url.rsplit(':', 1)[1]}/elsewhere"
    with pytest.raises(SourceError, match=r"has moved: write its new address"):
        Repository(_url(served, made), "main", "policies", tmp_path / "cache", token=SECRET).poll(NOW)
    assert len(served.seen) == 1


@pytest.mark.parametrize(("status", "words"), [(403, "may not read it"), (404, "is not there"), (500, "an error of its own")])
def test_what_a_server_answers_is_said_in_words(make: Make, served: Served, tmp_path: Path, status: int, words: str) -> None:
    made = make(FILES)
    served.status = status
    with pytest.raises(SourceError, match=words) as told:
        Repository(_url(served, made), "main", "policies", tmp_path / "cache").poll(NOW)
    assert "\n" not in str(told.value)


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(SourceError, match=rf"127\.0\.0\.1:{port}/r\.git cannot be reached"):
        Repository(f"http://u:{SECRET}@127.0.0.1:{port}/r.git", "main", "policies", tmp_path / "cache").poll(NOW)


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes a connection and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/r.git"


def test_a_server_that_hangs_is_given_up(silent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "FETCH_SECONDS", 1)
    with pytest.raises(SourceError, match=r"git fetch took longer than 1 seconds and was stopped"):
        Repository(silent, "main", "policies", tmp_path / "cache").poll(NOW)


def test_a_repository_that_is_too_large_is_not_copied(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make({**FILES, "large.bin": bytes(range(256)) * 40_000})
    git = Git(folder=made.folder / ".git")
    monkeypatch.setattr(mirror, "MIRROR_BYTES", 1000)
    with pytest.raises(SourceError, match="keep policies in a smaller repository"):
        Repository(made.folder.as_uri(), "main", "policies", tmp_path / "cache").poll(NOW)
    with pytest.raises(SourceError, match=r"git cat-file answered with more than 0 MB"):
        git.run("cat-file", "-p", "main:large.bin", bounds=Bounds(output=1000))


def test_ssh_is_asked_with_the_operators_command(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(FILES)
    script = tmp_path / "ssh.py"
    script.write_text(
        "import os, sys\n"
        f"open({str(tmp_path / 'asked')!r}, 'a').write(repr(sys.argv[1:]) + os.linesep)\n"
        "os.execvp('sh', ['sh', '-c', sys.argv[-1]])\n"
    )
    monkeypatch.setenv("GIT_SSH_COMMAND", f"{sys.executable} {script}")
    for url in (f"git@example.test:{made.folder}", f"ssh://git@example.test{made.folder}"):
        assert Repository(url, "main", "policies", tmp_path / "cache").poll(NOW).files == FILES
    assert "git@example.test" in (tmp_path / "asked").read_text()


def test_the_machines_own_settings_and_environment_stay_outside(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, other = make(FILES), make({"policies/a.yaml": "other\n"})
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f'[url "{other.folder.as_uri()}"]\n\tinsteadOf = {made.folder.as_uri()}\n')
    for name, value in {"HOME": str(home), "GIT_DIR": str(other.folder / ".git"), "GIT_TRACE": str(tmp_path / "trace")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path))
    assert Repository(made.folder.as_uri(), "main", "policies", tmp_path / "cache").poll(NOW).files == FILES
    assert not (tmp_path / "trace").exists()
