"""Policies from a folder: what is read, what is refused, and which commit it is at."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reapers.sources import texts
from reapers.sources.errors import SourceError
from reapers.sources.folder import read

if TYPE_CHECKING:
    from tests.sources.conftest import Made

    Make = Callable[..., Made]

FILES = {"policies/a.yaml": "kind: Team\n", "policies/deep/b.yml": "kind: Reap\n", "policies/CODEOWNERS": "* @platform\n"}


@pytest.fixture
def here(make: Make, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A repository that is the current folder."""
    made = make({**FILES, "README.md": "x\n", ".hidden/c.yaml": "x\n", "policies/.editorconfig": "x\n"})
    monkeypatch.chdir(made.folder)
    return made


def test_paths_are_what_a_person_would_type(here: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read("policies").files == FILES
    assert read(".").files == FILES
    assert read(["policies/deep", "policies/a.yaml", "./policies/"]).files == FILES
    absolute = here.folder / "policies"
    assert set(read(absolute).files) == {f"{here.folder}/{path}" for path in FILES}
    monkeypatch.chdir(here.folder / "policies" / "deep")
    assert read("../a.yaml").files == {f"{here.folder}/policies/a.yaml": "kind: Team\n"}


def test_a_file_that_is_named_is_read_whatever_it_is_called(here: Made) -> None:
    assert read("README.md").files == {"README.md": "x\n"}
    assert read(".hidden").files == {".hidden/c.yaml": "x\n"}


def test_the_commit_is_named_and_a_change_is_seen(here: Made) -> None:
    sha = here.git("rev-parse", "HEAD")
    for paths in ("policies", ".", "policies/a.yaml", ["policies/deep", "policies/a.yaml"]):
        source = read(paths)
        assert (source.commit, source.dirty) == (sha, False)
    here.write({"policies/a.yaml": "kind: Team # changed\n"})
    assert read("policies").dirty
    assert read("policies/a.yaml").dirty
    assert not read("policies/deep").dirty


def test_a_new_and_a_missing_file_are_changes(here: Made) -> None:
    here.write({"policies/new.yaml": "x\n"})
    assert read("policies").dirty
    assert read("policies/new.yaml").dirty
    (here.folder / "policies" / "new.yaml").unlink()
    assert not read("policies").dirty
    (here.folder / "policies" / "a.yaml").unlink()
    assert read("policies").dirty


def test_what_is_no_policy_may_change(here: Made) -> None:
    here.write({"README.md": "changed\n", "policies/logo.png": b"\xff"})
    assert not read(".").dirty


def test_a_folder_outside_git_has_no_commit(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x\n")
    source = read(tmp_path)
    assert (source.commit, source.dirty) == ("", False)


def test_a_repository_without_a_commit_has_none(make: Make) -> None:
    made = make()
    made.write({"a.yaml": "x\n"})
    assert read(made.folder).commit == ""


def test_a_folder_may_be_read_without_git(here: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    source = read("policies")
    assert (source.files, source.commit) == (FILES, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_checkout_of_another_user_has_its_commit(here: Made) -> None:
    for path in [here.folder, *here.folder.rglob("*")]:
        os.chown(path, 12345, 12345, follow_symlinks=False)
    assert read("policies").commit == here.git("-c", f"safe.directory={here.folder}", "rev-parse", "HEAD")


@pytest.mark.parametrize("target", ["/etc/hostname", "a.yaml", "deep", "nowhere"])
def test_a_link_is_refused_as_in_a_commit(here: Made, target: str) -> None:
    (here.folder / "policies" / "link").symlink_to(target)
    with pytest.raises(SourceError, match=r"policies/link is a symbolic link: policies are regular files\.$"):
        read("policies")


def test_a_folder_that_is_reached_by_a_link_is_read(here: Made, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(here.folder / "policies")
    source = read(tmp_path / "link")
    assert len(source.files) == len(FILES)
    assert not source.dirty


def test_what_is_wrong_with_a_folder_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("empty", "latin", "large", "clash", "odd"):
        (tmp_path / name).mkdir()
    (tmp_path / "latin" / "a.yaml").write_bytes(b"a\nb\ncaf\xe9\n")
    (tmp_path / "large" / "a.yaml").write_bytes(b"#" * (texts.FILE_BYTES + 1))
    (tmp_path / "clash" / "Team.yaml").write_text("x")
    (tmp_path / "clash" / "team.yaml").write_text("x")
    (tmp_path / "odd" / "a\u202e.yaml").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    for path, words in {
        "nowhere": r"There is no file or folder nowhere\.$",
        "empty": r"There is no policy file in empty",
        "latin": r"latin/a\.yaml in latin is not UTF-8 text: line 3",
        "large": r"large/a\.yaml in large has 262,145 bytes",
        "clash": r"differ by name only to a machine",
        "odd": r"invisible characters",
        "pipe": r"pipe is not a regular file\.$",
    }.items():
        with pytest.raises(SourceError, match=words):
            read(path)
    with pytest.raises(SourceError, match="No path"):
        read([])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_no_empty_folder(here: Made) -> None:
    (here.folder / "policies" / "deep").chmod(0)
    with pytest.raises(SourceError, match=r"deep cannot be read: Permission denied\.$"):
        read("policies")


def test_reading_a_folder_imports_nothing_heavy() -> None:
    code = (
        "import sys, reapers.sources.folder, reapers.sources.git, reapers.sources.snapshots as s; s.Store('x'); "
        "print([m for m in ('duckdb', 'sqlalchemy', 'boto3', 'requests', 'pydantic', 'google') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
