"""What a drill does without, and when: only with an operator's yes to exactly this, and never in production."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.case import Action, Agreement, Case, State
from engine.drill import OPERATOR, POLICY, rehearsed
from engine.guards import DRILL_WAIVES, GUARDS, Asked, blocked
from engine.limits import Usage
from engine.model import Mode
from engine.policy import Approval, Duration, PolicySet
from engine.schedule import action_of
from engine.standing import Standing
from engine.verdict import Finding, Terms
from makers.doors import case_of

NOW = datetime(2026, 11, 10, 11, tzinfo=UTC)
TERMS = Terms(
    policy=POLICY, after={Mode.DELETE: Duration()}, before_delete=("backup",), approval={Mode.DELETE: Approval.OWNER_AND_PLATFORM}
)


def drilled(**changes: Any) -> Case:
    """A drill's case with the operator's yes; nobody was told of it, and no scan has agreed."""
    bare: dict[str, Any] = {
        "told": None,
        "due": None,
        "agreed": 0,
        "agreements": (),
        "environment": "sandbox",
        "rung": Mode.OBSERVE,
    }
    case = replace(case_of(), state=State.APPROVED, findings=(Finding(terms=TERMS, mode=Mode.DELETE),), **bare)
    action = action_of(case)
    assert action
    yes = Agreement(role=OPERATOR, who="pia@acme.example", at=NOW, action=action.hash)
    return replace(replace(case, agreements=(yes,)), **changes)


def blocks(case: Case) -> set[str]:
    action: Action | None = action_of(case)
    standing = Standing(policies=rehearsed(PolicySet()), server=Mode.DELETE, frozen=True, head_current=False)
    return set(blocked(Asked(case=case, action=action, standing=standing, usage=Usage(), now=NOW)))


def test_each_is_a_guard_and_none_of_those_that_must_hold() -> None:
    assert set(GUARDS) > DRILL_WAIVES
    held = {"mode", "allowlist", "protected", "evidence", "scan", "reread", "fingerprint", "condemn", "backup", "caps", "window"}
    assert not DRILL_WAIVES & (held | {"freeze", "git", "breaker", "clock", "version", "references"})


def test_a_drill_does_without_them_and_nothing_else() -> None:
    found = blocks(drilled())
    assert not found & DRILL_WAIVES
    assert {"freeze", "git"} <= found


@pytest.mark.parametrize(
    "changes",
    [
        {"environment": "prod-eu"},
        {"environment": ""},
        {"agreements": ()},
        {"generation": 1},
        {"findings": (Finding(terms=replace(TERMS, policy="volumes"), mode=Mode.DELETE),)},
    ],
)
def test_anything_else_waives_nothing(changes: dict[str, Any]) -> None:
    assert {"notice", "approval", "persistence"} <= blocks(drilled(**changes))
