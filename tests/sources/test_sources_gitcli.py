"""The one door to git: what runs, what it sees, and when it is stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reapers.sources import folder
from reapers.sources.errors import SourceError
from reapers.sources.git import Repository
from reapers.sources.gitcli import Bounds, Git, version

if TYPE_CHECKING:
    from tests.sources.conftest import Made

    Make = Callable[..., Made]

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FILES = {"policies/a.yaml": "kind: Team\n"}


def test_nothing_that_a_repository_configures_is_run(make: Make, tmp_path: Path) -> None:
    made, marker = make({**FILES, "policies/.gitattributes": "* filter=evil diff=evil\n"}), tmp_path / "marker"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {marker}\n")
    script.chmod(0o755)
    names = (
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "filter.evil.clean",
        "filter.evil.smudge",
        "diff.evil.textconv",
    )
    for name in (*names, "uploadpack.packObjectsHook", "core.alternateRefsCommand", "credential.helper", "alias.fetch"):
        made.git("config", name, str(script))
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change"):
        (made.folder / ".git" / "hooks").mkdir(exist_ok=True)
        (made.folder / ".git" / "hooks" / hook).symlink_to(script)
    for url in (str(made.folder), made.folder.as_uri()):
        repository = Repository(url, "main", "policies", tmp_path / "cache")
        assert repository.poll(NOW).files == FILES
        assert repository.files_at("main") == FILES
    made.write({"policies/a.yaml": "touched\n"})
    assert folder.read(made.folder / "policies").dirty
    assert not marker.exists()


def test_a_promise_to_fetch_missing_objects_is_not_kept(make: Make, tmp_path: Path) -> None:
    made, marker = make(FILES), tmp_path / "marker"
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.url": f"ext::touch {marker}",
        "remote.origin.promisor": "true",
        "protocol.ext.allow": "always",
    }.items():
        made.git("config", name, value)
    oid = made.git("rev-parse", "HEAD:policies/a.yaml")
    (made.folder / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(SourceError):
        Repository(str(made.folder), "main", "policies", tmp_path / "cache").poll(NOW)
    assert not marker.exists()


def test_git_sees_only_what_it_is_meant_to(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GIT_PROXY_COMMAND": "evil",
        "GIT_EXTERNAL_DIFF": "evil",
        "LD_PRELOAD": "",
        "SEXTON_TOKEN": "canary",
    }.items():
        monkeypatch.setenv(name, value)
    git = Git(folder=make(FILES).folder / ".git", settings={"alias.show-environment": "!env"})
    seen = git.run("show-environment").decode()
    assert "evil" not in seen
    assert "canary" not in seen
    assert "GIT_TERMINAL_PROMPT=0" in seen
    assert "GIT_ALLOW_PROTOCOL=none" in seen


def test_without_git_there_is_one_sentence(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(FILES)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match=r"^Git is not installed"):
        Repository(str(made.folder), "main", "policies", tmp_path / "cache").poll(NOW)


def test_a_git_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "git"
    old.write_text("#!/bin/sh\necho git version 2.30.2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin:/bin")
    version.cache_clear()
    with pytest.raises(SourceError, match=r"Git 2\.30\.2 is too old"):
        version()
    version.cache_clear()


def test_a_call_that_takes_too_long_is_stopped_with_all_its_children(make: Make, tmp_path: Path) -> None:
    git = Git(folder=make(FILES).folder / ".git", settings={"alias.wait": f"!sleep 30 & echo $! > {tmp_path / 'child'}; wait"})
    with pytest.raises(SourceError, match=r"git wait took longer than 0\.5 seconds"):
        git.run("wait", bounds=Bounds(seconds=0.5))
    child = int((tmp_path / "child").read_text())
    for _ in range(100):  # the kernel may still be at it
        if not _runs(child):
            return
        time.sleep(0.05)
    pytest.fail(f"process {child} goes on")


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] not in ("Z", "X")
    except OSError:
        return False
