"""The pipelines that we hand out: what they may contain, and that a pull request's text is never part of a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pathspec import GitIgnoreSpec

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "github" / "action.yml").read_text())
WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / "policies" / ".github" / "workflows" / "sexton.yml").read_text())
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "gitlab" / "sexton.yml").read_text())

OURS = "sexton/sexton/deploy/github@"
WRITTEN_BY_ANYBODY = re.compile(
    r"github\.(head_ref|ref_name|actor|event\.\S*(title|body|label|message|name|email|head\.ref|default_branch|page_name))"
)
"""What a stranger can choose the text of."""
ANYBODYS_AT_GITLAB = re.compile(
    r"CI_(MERGE_REQUEST_(TITLE|DESCRIPTION|LABELS|SOURCE_BRANCH_NAME|MILESTONE|ASSIGNEES)|COMMIT_(MESSAGE|TITLE|DESCRIPTION|REF_NAME|AUTHOR|BRANCH))\b"
)


def steps() -> Iterator[dict[str, Any]]:
    yield from ACTION["runs"]["steps"]
    for job in WORKFLOW["jobs"].values():
        yield from job["steps"]


def scripts() -> dict[str, str]:
    found = {step["name"]: step["run"] for step in steps() if "run" in step}
    for name, job in GITLAB.items():
        if isinstance(job, dict):
            found |= {f"gitlab {name} {number}": line for number, line in enumerate(job.get("script", ()))}
    return found


def test_the_action_is_composite_and_every_step_names_its_shell() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert {step["shell"] for step in ACTION["runs"]["steps"]} == {"bash"}
    assert [step["name"] for step in ACTION["runs"]["steps"]] == ["Install Sexton", "Validate", "Test", "Review"]


@pytest.mark.parametrize("name", scripts())
def test_no_expression_becomes_part_of_a_script(name: str) -> None:
    """`${{ … }}` is pasted into a script before the shell reads it: a title could be a command."""
    assert "${{" not in scripts()[name]


@pytest.mark.parametrize("name", scripts())
def test_every_variable_stands_in_quotes(name: str) -> None:
    """Outside quotes a value is split, and its patterns become file names."""
    script = "\n".join(line for line in scripts()[name].splitlines() if not line.strip().startswith("#"))
    assert "eval" not in script
    assert "`" not in script
    outside = re.sub(r'"[^"]*"', '""', script)
    assert re.findall(r"\$\{?\w+", outside) == []


def test_nothing_that_anybody_can_write_is_handed_on() -> None:
    for file in (ROOT / "deploy" / "github" / "action.yml", ROOT / "policies" / ".github" / "workflows" / "sexton.yml"):
        expressions = re.findall(r"\$\{\{(.*?)\}\}", file.read_text())
        assert expressions
        assert [one for one in expressions if WRITTEN_BY_ANYBODY.search(one)] == []
    assert ANYBODYS_AT_GITLAB.findall("\n".join(text for name, text in scripts().items() if name.startswith("gitlab"))) == []


def test_what_is_used_is_pinned_to_a_commit_or_ours() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    for one in used:
        assert one.startswith(OURS) or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one), one


def test_the_action_uses_nobody_elses() -> None:
    assert [step for step in ACTION["runs"]["steps"] if "uses" in step] == []


def test_sexton_is_installed_from_the_actions_own_commit_by_hash() -> None:
    (script,) = [step["run"] for step in ACTION["runs"]["steps"] if step["name"] == "Install Sexton"]
    assert 'cd "$SOURCE"' in script
    assert script.count("--require-hashes") == 1
    assert all(" -I " in line for line in script.splitlines() if "python" in line)  # no module of the current folder
    for lock in re.findall(r"-r (\S+)", script):
        assert (ROOT / lock).is_file()
    assert not re.search(r"index|http", script)


def test_a_fork_is_validated_and_tested_and_nothing_more() -> None:
    conditions = {step["name"]: step.get("if", "") for step in ACTION["runs"]["steps"]}
    assert "github.event.pull_request.head.repo.full_name == github.repository" in conditions["Review"]
    assert not conditions["Validate"]
    assert not conditions["Test"]
    assert "CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in GITLAB["sexton-review"]["rules"][0]["if"]


def test_only_the_step_that_comments_sees_a_token() -> None:
    with_token = [step["name"] for step in ACTION["runs"]["steps"] if "token" in str(step.get("env", "")).lower()]
    assert with_token == ["Review"]


def test_the_workflow_runs_for_pull_requests_and_never_in_the_name_of_the_target() -> None:
    events = WORKFLOW[True]  # YAML 1.1 reads the key `on` as true
    assert set(events) == {"pull_request", "merge_group", "push"}


def test_the_workflow_may_do_no_more_than_it_must() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read", "pull-requests": "write", "id-token": "write"}
    (checkout,) = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"] == {"persist-credentials": False, "fetch-depth": 0}


def test_the_workflow_gives_the_action_inputs_that_it_has() -> None:
    (ours,) = [step for step in steps() if step.get("uses", "").startswith(OURS)]
    assert set(ours["with"]) <= set(ACTION["inputs"])


def owners(path: str) -> list[str]:
    """Of the last line of the example's CODEOWNERS that matches, as forges read it."""
    found: list[str] = []
    for line in (ROOT / "policies" / "CODEOWNERS").read_text().splitlines():
        pattern, *names = line.split() or ["#"]
        if not pattern.startswith("#") and GitIgnoreSpec.from_lines([pattern]).match_file(path):
            found = names
    return found


@pytest.mark.parametrize(
    "path",
    [
        *(f"policies/{name}" for name in ("organization.yaml", "ownership.yaml", "ttl.yaml", "owners.map", "new-folder/x.yaml")),
        *("policies/reap/expired.yaml", "policies/sizing/new.yaml", "CODEOWNERS", ".github/workflows/sexton.yml"),
        *("sexton.yaml", ".gitlab-ci.yml"),
    ],
)
def test_guard_settings_stay_with_the_platform(path: str) -> None:
    """A line with several owners is satisfied by one of them: no other team may stand beside platform and security here."""
    assert "@acme/platform" in owners(path)
    assert set(owners(path)) <= {"@acme/platform", "@acme/security"}
