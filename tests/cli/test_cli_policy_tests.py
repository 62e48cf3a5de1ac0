"""`sexton test` as a process: what a failure says, what --update writes, what --mutate lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

TEST = """# what they must say
apiVersion: sexton/v1
kind: PolicyTest
metadata: {name: volumes, owner: platform}
spec:
  policies: [ebs.yaml]
  as_of: 2026-11-01T00:00:00Z
  resources:
    - {kind: aws.ebs_volume, id: vol-1, state: available, age_days: 100, tags: {owner: payments}}   # idle
    - {kind: aws.ebs_volume, id: vol-2, state: in-use, age_days: 100, tags: {owner: payments}}
    - {kind: aws.ebs_volume, id: vol-3, state: available, age_days: 100, unknown: [tags]}
  expect:
    - {policy: ebs-unattached, id: vol-1, verdict: spared, reason: exempt}   # was exempt
    - policy: ebs-unattached
      id: vol-2          # in use
      verdict: match
    - {policy: ebs-unattached, id: vol-3, verdict: undecided, missing: [owner, tags]}
"""


@pytest.fixture
def file(repository: Path) -> Path:
    path = repository / "policies" / "volumes.test.yaml"
    path.write_text(TEST)
    return path


def test_a_failure_says_where_and_why(sexton: Any, file: Path) -> None:
    said = sexton("test", "policies")
    assert (said.code, said.err) == (1, "")
    assert said.out.splitlines() == [
        "policies/volumes.test.yaml:13: volumes: ebs-unattached on vol-1",
        "  - expected spared (exempt)",
        "  + got match",
        "      yes state == 'available'   state = available",
        "policies/volumes.test.yaml:14: volumes: ebs-unattached on vol-2",
        "  - expected match",
        "  + got spared (no_match)",
        "      no  state == 'available'   state = in-use",
        "1 tests, 3 verdicts, 2 not as expected.",
    ]


def test_json_has_the_places_and_both_verdicts(sexton: Any, file: Path) -> None:
    said = sexton("test", "policies", "--json")
    assert said.code == 1
    shape = json.loads(said.out)
    assert (shape["schema"], shape["ok"], shape["tests"]) == ("sexton/test@1", False, 1)
    assert [row["passed"] for row in shape["results"]] == [False, False, True]
    assert shape["results"][1] | {"says": ""} == {
        "test": "volumes",
        "file": "policies/volumes.test.yaml",
        "line": 14,
        "policy": "ebs-unattached",
        "id": "vol-2",
        "passed": False,
        "expected": {"verdict": "match"},
        "got": {"verdict": "spared", "reason": "no_match"},
        "says": "",
    }


def test_update_rewrites_what_is_wrong_and_nothing_else(sexton: Any, file: Path) -> None:
    said = sexton("test", "policies", "--update")
    assert (said.code, said.out) == (0, "Rewrote 2 expectations in 1 files.\n1 tests, 3 verdicts, 0 not as expected.\n")
    wanted = TEST.replace("verdict: spared, reason: exempt}", "verdict: match}")
    wanted = wanted.replace("      verdict: match\n", "      verdict: spared\n      reason: no_match\n")
    assert file.read_text() == wanted
    assert sexton("test", "policies", "--update").out == "1 tests, 3 verdicts, 0 not as expected.\n"
    assert file.read_text() == wanted


def test_update_does_not_touch_what_it_cannot_edit(sexton: Any, file: Path) -> None:
    text = TEST.replace("verdict: spared, reason: exempt}", "verdict: spared,   # why\n       reason: exempt}")
    file.write_text(text)
    said = sexton("test", "policies", "--update")
    assert said.code == 1
    assert "policies/volumes.test.yaml was not rewritten: a comment stands inside the braces" in said.err
    assert file.read_text() == text


def test_lines_that_no_test_misses_are_listed(sexton: Any, file: Path) -> None:
    said = sexton("test", "policies", "--mutate")
    assert said.code == 1
    assert "No line was left out: the tests must hold first." in said.out
    sexton("test", "policies", "--update")
    said = sexton("test", "policies", "--mutate")
    assert (said.code, said.out.splitlines()[-1]) == (0, "1 lines left out in turn, 0 of them not missed by any test.")
    policy = file.with_name("ebs.yaml")
    policy.write_text(policy.read_text().replace("state == 'available'", "state == 'available', size_gb > 0"))
    said = sexton("test", "policies", "--mutate")
    assert said.code == 1
    assert "policies/ebs.yaml:7: ebs-unattached: size_gb > 0: every test still passes without it" in said.out
    shape = json.loads(sexton("test", "policies", "--mutate", "--json").out)
    assert (shape["ok"], shape["mutated"], [one["text"] for one in shape["survivors"]]) == (False, 2, ["size_gb > 0"])


def test_update_and_mutate_are_two_steps(sexton: Any, file: Path) -> None:
    assert sexton("test", "policies", "--update", "--mutate").code == 2
