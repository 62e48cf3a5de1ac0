"""`sexton plan --base --head` as people and pipelines run it, in every format, and when a side cannot be used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from engine.render.markdown import MARKER
from makers.changes import organization
from makers.doors import FILES
from makers.repositories import Proposed, git, proposed

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs" / "reference" / "plan.schema.json").read_text())
COMMAND = "import sys; from api.main import main; main()"


@dataclass(frozen=True)
class Said:
    """How the command ended."""

    code: int
    out: str
    err: str


def run(folder: Path, *words: str) -> Said:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words], cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def change(tmp_path: Path) -> Proposed:
    return proposed(tmp_path)


@pytest.fixture
def plan(change: Proposed) -> Callable[..., Said]:
    """`plan("--json")`: compare the change with main."""

    def compare(*words: str, base: str = "", head: str = "") -> Said:
        sides = ("--base", base or change.base, "--head", head or change.head)
        return run(change.folder, "plan", *sides, "--inventory", str(change.inventory), *words)

    return compare


def test_json_is_what_the_published_schema_says(plan: Callable[..., Said], change: Proposed) -> None:
    said = plan("--json")
    assert said.code == 0, said.err
    shape = json.loads(said.out)
    jsonschema.validate(shape, SCHEMA)
    assert (shape["base"]["sha"], shape["head"]["sha"]) == (change.base, change.head)
    assert [one["name"] for one in shape["documents"]] == ["ebs-unattached"]
    assert shape["policies"][0]["file"] == "policies/ebs.yaml"


def test_without_a_base_it_is_too(change: Proposed) -> None:
    said = run(change.folder, "plan", "--inventory", str(change.inventory), "--json")
    jsonschema.validate(json.loads(said.out), SCHEMA)


def test_markdown_and_annotations(plan: Callable[..., Said]) -> None:
    said = plan("--format", "markdown")
    assert (said.code, said.out.startswith(MARKER)) == (0, True)
    assert "1 resource newly matches ($10.00/mo)" in said.out
    said = plan("--format", "github")
    assert said.out.startswith(
        "::warning file=policies/ebs.yaml,line=4,title=sexton%3A ebs-unattached::Changed policy: 1 newly match"
    )


def test_text_has_policies_teams_resources_and_a_sentence(plan: Callable[..., Said]) -> None:
    said = plan()
    assert said.code == 0, said.err
    for line in ("POLICY          CHANGE ", "TEAM      ADDED", "+  aws.ebs_volume/", "1 resource newly matches ($10.00/mo)."):
        assert line in said.out


@pytest.mark.parametrize("form", ["text", "json", "markdown", "github"])
def test_a_needed_review_is_one_in_every_format_and_by_the_bases_numbers(form: str, tmp_path: Path) -> None:
    strict, lax = organization(review="{resources: 0, dollars: 9999}"), organization(review="{resources: 99, dollars: 9999}")
    change = proposed(
        tmp_path, base={"organization.yaml": strict}, head={"organization.yaml": lax, "ebs.yaml": FILES["ebs.yaml"]}
    )
    words = ("plan", "--base", "main", "--inventory", str(change.inventory), "--format", form)
    said = run(change.folder, *words)
    assert (said.code, "more than 0" in said.out) == (1, True), said.out + said.err
    assert run(change.folder, "plan", "--base", "feature", "--head", "main", *words[3:]).code == 0


def test_a_base_that_does_not_load_is_one_sentence(plan: Callable[..., Said], change: Proposed) -> None:
    broken = change.change(ebs=FILES["ebs.yaml"].replace("state ==", "colour =="))
    said = plan(base=broken)
    assert (said.code, said.out) == (1, "")
    assert "There is nothing to compare with, because the base cannot be used: policies at" in said.err
    assert "policies/ebs.yaml:7:" in said.err
    assert said.err.count("\n") == 1


def test_a_head_that_does_not_load_is_one_sentence_and_a_comment(plan: Callable[..., Said], change: Proposed) -> None:
    broken = change.change(ebs=FILES["ebs.yaml"].replace("state ==", "colour =="))
    said = plan("--format", "markdown", head=broken)
    assert said.code == 1
    assert said.out.startswith(f"{MARKER}\n### Sexton: this change cannot be judged")
    assert "does not load (1 errors" in said.err
    assert plan("--json", head=broken).out == ""


def test_a_base_that_is_none_is_one_sentence(plan: Callable[..., Said]) -> None:
    said = plan(base="nonsense")
    assert (said.code, "There is no commit nonsense" in said.err) == (1, True)


def test_a_new_policy_in_a_folder_that_the_base_does_not_have(change: Proposed) -> None:
    """The first commit with policies has nothing to be compared with."""
    git(change.folder, "checkout", "-q", "--orphan", "empty")
    git(change.folder, "rm", "-rq", "--cached", ".")
    git(change.folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "start")
    said = run(change.folder, "plan", "--base", "empty", "--head", change.head, "--inventory", str(change.inventory))
    assert (said.code, "There is no folder policies in" in said.err) == (3, True)


def test_where_an_inventory_is_named_no_settings_are_read(plan: Callable[..., Said], change: Proposed) -> None:
    """In a pipeline sexton.yaml is the pull request's own file."""
    (change.folder / "sexton.yaml").write_text("nonsense: 1\n")
    assert plan().code == 0
    said = run(change.folder, "plan", "--base", change.base)
    assert (said.code, "nonsense" in said.err) == (2, True)


def test_where_no_columns_can_be_kept_the_answer_is_the_same(plan: Callable[..., Said], change: Proposed) -> None:
    said = plan("--json")
    (codes,) = change.inventory.rglob("codes")
    shutil.rmtree(codes)
    codes.write_text("in the way")
    assert plan("--json") == said


def test_review_wants_one_place_to_judge(change: Proposed) -> None:
    words = ("review", "--base", "main", "--head", "feature")
    assert run(change.folder, *words).code == 2
    both = run(change.folder, *words, "--inventory", str(change.inventory), "--server-url", "https://x")
    assert (both.code, "either --server-url or --inventory" in both.err) == (2, True)
