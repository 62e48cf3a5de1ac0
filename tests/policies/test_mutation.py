"""Lines left out of conditions: those that no test misses are listed, and only those."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.load import load
from engine.policy import PolicySet
from reapers.kind import kinds, tables
from reapers.mutation import mutate, without

POLICY = """
apiVersion: sexton/v1
kind: Reap
metadata: {{name: one, owner: platform}}
spec:
  resource: {resource}
  when: [{when}]
  after: {{notify: 0d}}
"""
TEST = """
apiVersion: sexton/v1
kind: PolicyTest
metadata: {{name: one-test, owner: platform}}
spec:
  policies: [one.yaml]
  as_of: 2026-11-01T00:00:00Z
  resources:
    - {{kind: aws.ebs_volume, id: a, state: available, size_gb: 100, iops: 5, tags: {{owner: ann}}}}
    - {{kind: aws.ebs_volume, id: b, state: in-use, size_gb: 100, tags: {{owner: ann}}}}
  expect: [{expect}]
"""


def loaded(when: str, expect: str, resource: str = "aws.ebs_volume") -> PolicySet:
    files = {"one.yaml": POLICY.format(when=when, resource=resource), "one.test.yaml": TEST.format(expect=expect)}
    found = load(files, tables())
    assert found.policies, found.problems
    return found.policies


MATCH = "{policy: one, id: a, verdict: match}"
SPARED = "{policy: one, id: b, verdict: spared}"


def survivors(policies: PolicySet) -> list[str]:
    return [f"{one.file}:{one.line}: {one.text}" for one in mutate(policies, kinds()).survivors]


@pytest.mark.parametrize(
    ("when", "expect", "left"),
    [
        ("state == 'available', size_gb > 7", f"{MATCH}, {SPARED}", ["one.yaml:7: size_gb > 7"]),
        ("state == 'available', size_gb > 7", MATCH, ["one.yaml:7: size_gb > 7", "one.yaml:7: state == 'available'"]),
        ("state == 'available'", f"{MATCH}, {SPARED}", []),
        ("state == 'available'", MATCH, ["one.yaml:7: state == 'available'"]),
        ("has(iops), iops != 3", MATCH, ["one.yaml:7: iops != 3"]),  # without its guard, the loader refuses what is left
    ],
)
def test_lines_that_nobody_misses(when: str, expect: str, left: list[str]) -> None:
    assert survivors(loaded(when, expect)) == left


def test_a_pattern_of_kinds() -> None:
    assert survivors(loaded("age_days > 1, name != 'b'", f"{MATCH}, {SPARED}", "'aws.*'")) == ["one.yaml:7: age_days > 1"]


def test_a_policy_without_any_test() -> None:
    policies = replace(loaded("size_gb > 7", MATCH), tests=())
    (only,) = mutate(policies, kinds()).survivors
    assert "no test expects anything of this policy" in str(only)
    assert mutate(policies, kinds()).lines == 1


def test_the_policy_itself_is_not_changed() -> None:
    reap = loaded("state == 'available', size_gb > 7", MATCH).reaps["one"]
    mutant = without(reap, 0, kinds())
    assert mutant
    assert [line.text for line in mutant.selects.lines] == ["size_gb > 7"]
    assert len(reap.selects.lines) == 2
