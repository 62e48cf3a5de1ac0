"""The hooks for pre-commit: their entries run, and say no where the policies are wrong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HOOKS: dict[str, dict[str, Any]] = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


def run(hook: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    """As pre-commit calls it: the entry's words and its arguments, without files, at the top of the repository."""
    words = [*hook["entry"].split(), *hook["args"]]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(words, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A repository as `sexton init` starts one."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["sexton", "init", "home"], cwd=tmp_path, env={**os.environ, "PATH": path}, check=True, capture_output=True)
    return tmp_path / "home"


def test_there_are_two() -> None:
    assert set(HOOKS) == {"sexton-validate", "sexton-test"}


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_one_for_pre_commit(name: str) -> None:
    hook = HOOKS[name]
    assert set(hook) == {"id", "name", "description", "entry", "args", "language", "files", "pass_filenames", "require_serial"}
    assert hook["language"] == "python"  # pre-commit installs this repository, whose pyproject brings the command
    assert hook["pass_filenames"] is False  # documents refer to each other: one alone says little


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_passes_what_is_well(name: str, home: Path) -> None:
    done = run(HOOKS[name], home)
    assert done.returncode == 0, done.stdout + done.stderr


def test_validate_stops_a_wrong_policy(home: Path) -> None:
    file = home / "policies" / "reap" / "aws" / "ebs-unattached.yaml"
    file.write_text(file.read_text().replace("state ==", "colour =="))
    done = run(HOOKS["sexton-validate"], home)
    assert done.returncode == 1
    assert "policies/reap/aws/ebs-unattached.yaml:" in done.stdout


def test_test_stops_a_policy_that_no_longer_does_what_its_tests_say(home: Path) -> None:
    file = home / "policies" / "reap" / "aws" / "ebs-unattached.yaml"
    file.write_text(file.read_text().replace("idle_days > 14", "idle_days > 10000"))
    assert run(HOOKS["sexton-test"], home).returncode == 1


def test_they_run_for_policies_and_not_for_other_files(home: Path) -> None:
    shutil.copy(home / "policies" / "organization.yaml", home / "other.yaml")
    for hook in HOOKS.values():
        pattern = re.compile(hook["files"])
        for file in home.rglob("*"):
            if file.is_file():
                path = file.relative_to(home).as_posix()
                policy = path.startswith("policies/") and file.suffix in (".yaml", ".map")
                assert bool(pattern.search(path)) is policy, path
