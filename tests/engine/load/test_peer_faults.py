"""What Cloud Custodian let through (reference/peers.md A5): each is refused here, by the one loader of all commands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Problems = Callable[..., list[str]]

POLICY = """\
apiVersion: sexton/v1
kind: Reap
metadata: {name: x, owner: platform}
spec:
  resource: aws.ebs_volume
  when: [state == 'available', idle_days > 14]
  after: {notify: 0d, delete: 14d}
"""

FAULTS = {
    "S1, filter for filters: matched everything": ("  when:", "  filter:", "unknown key 'filter'"),
    "S3, a typo in a field: matched everything": ("state ==", "stat ==", "has no field 'stat'; did you mean 'state'?"),
    "S4, no filters at all": ("  when: [state == 'available', idle_days > 14]\n", "", "a ladder without a condition"),
    "S4, a filter that filters nothing": ("state == 'available'", "true", "spec.when[0] must be an expression, not true"),
    "S4, the same in quotes": ("state == 'available'", "'true'", "a constant is no test"),
    "S5, the same key twice, last wins": (
        "  after:",
        "  when: [encrypted]\n  after:",
        "the key 'when' stands here a second time",
    ),
    "S6, no days: zero grace": (", delete: 14d", ", delete: 0d", "delete at 0d does not lie after notify at 0d"),
    "S6, hardly any days": (", delete: 14d", ", delete: 1d", "delete leaves the owner less than 3bd"),
    "S6, no ladder": ("  after: {notify: 0d, delete: 14d}\n", "", "spec has no 'after'"),
    "S7, a text for a number": ("idle_days > 14", "idle_days > '14 days'", "cannot compare a number with a text"),
    "S8, limits are never off": ("  after:", "  limits: {per_day: 100000}\n  after:", "but the Organization allows 20"),
    "S10, a bad filter name": ("idle_days > 14", "age(14)", "unknown function 'age'"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_is_refused_in_one_sentence(name: str, problems: Problems) -> None:
    old, new, message = FAULTS[name]
    assert old in POLICY
    assert problems(POLICY) == []
    found = problems(POLICY.replace(old, new))
    assert any(message in problem for problem in found), found
    assert all("Traceback" not in problem and "$ref" not in problem and "\n" not in problem for problem in found)


def test_s10_every_error_with_its_line(problems: Problems) -> None:
    text = POLICY.replace("[state == 'available', idle_days > 14]", "[stat == 'x', idle_day > 14, size_gb > '3']")
    assert [problem.split(" ")[0] for problem in problems(text)] == ["6:10", "6:23", "6:38"]
