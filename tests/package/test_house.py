"""The repository's own promises: few make targets, two owners where it matters, decisions in order, nothing of one machine."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"^\s*--?(extra-)?index-url\b|^\s*--find-links\b|^\s*-f\s+(/|http)", re.MULTILINE)
CI = (ROOT / ".ci" / "run").read_text()


def kept() -> Iterator[Path]:
    """The files of the checkout that belong to it, git or not: an unpacked sdist has no index to ask."""
    ignored = GitIgnoreSpec.from_lines([*(ROOT / ".gitignore").read_text().splitlines(), ".git/"])
    for folder, folders, files in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = [name for name in folders if not ignored.match_file(f"{here / name}/")]
        yield from (ROOT / here / name for name in files if not ignored.match_file(str(here / name)))


def owners(path: str) -> list[str]:
    """Of the last line that matches, as git hosts read CODEOWNERS."""
    found: list[str] = []
    for line in (ROOT / "CODEOWNERS").read_text().splitlines():
        pattern, *names = line.split() or ["#"]
        if not pattern.startswith("#") and GitIgnoreSpec.from_lines([pattern]).match_file(path):
            found = names
    return found


def test_make_has_few_targets_and_helps() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^make (\w+) +\S", shown, re.MULTILINE)
    assert {"setup", "demo", "test", "lint", "bench", "docs"} <= set(targets)
    assert len(targets) <= 9
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == set(targets)


def test_continuous_integration_calls_make_and_allows_no_skips() -> None:
    assert "set -eu" in CI
    assert "SEXTON_TEST_REQUIRE=browser,prometheus" in CI
    assert re.search(r"for target in lint test\b", CI)


@pytest.mark.parametrize(
    "path", ["engine/judge.py", "engine/plan.py", "engine/life/__init__.py", "reapers/execute/__init__.py", "CODEOWNERS"]
)
def test_what_decides_and_what_deletes_has_two_owners(path: str) -> None:
    assert (ROOT / path).is_file()
    assert len(set(owners(path))) >= 2


def test_policies_belong_to_their_teams() -> None:
    assert owners("policies/organization.yaml") == ["@sexton/platform"]
    assert "@sexton/clouds" in owners("policies/reap/aws/ebs-unattached.yaml")
    assert "@sexton/finops" in owners("policies/budgets/payments.yaml")


def test_decisions_are_numbered_without_gaps_and_say_their_status() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text()
        assert text.startswith(f"# {path.name[:4]}: ")
        assert re.search(r"^Status: (proposed|accepted|replaced by \d{4})\. Date: \d{4}-\d{2}-\d{2}\.$", text, re.MULTILINE)


def test_nothing_of_this_machine_is_in_the_tree() -> None:
    """No path of the checkout and no address of a package index."""
    here = f"{ROOT.parent}/".encode()
    found = []
    for path in kept():
        content = path.read_bytes()
        if here != b"//" and here in content:
            found.append(f"{path.relative_to(ROOT)} names {here.decode()}")
        if path.suffix != ".py" and ADDRESS.search(content.decode("utf-8", "replace")):
            found.append(f"{path.relative_to(ROOT)} names an index")
    assert not found
