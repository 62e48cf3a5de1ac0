"""`Plan` and `Action` as JSON: what may be done now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.shapes.times import stamp
from engine.case import Action, Case, State
from engine.people import missing
from engine.plan import Plan, Skipped, awaiting, hash_of
from engine.schedule import action_of


def action_json(action: Action) -> dict[str, Any]:
    """One action, with the hash that people approve."""
    hashed = action.as_hashed()
    return {"hash": action.hash, **hashed, "monthly": action.monthly.as_json()}


def awaiting_json(cases: Sequence[Case]) -> dict[str, Any]:
    """What awaits people's yes, with the hash that approves all of it, and those of each team's part."""
    actions = awaiting(cases)
    teams = sorted({case.team for case in cases if case.state is State.AWAITING_APPROVAL})
    needs = {case.id: list(missing(case, action)) for case in cases if (action := action_of(case))}
    return {
        "hash": hash_of(actions) if actions else None,
        "actions": [action_json(action) | {"needs": needs[action.case]} for action in actions],
        "teams": {team: hash_of(part) for team in teams if (part := awaiting(cases, team))},
    }


def plan_json(plan: Plan) -> dict[str, Any]:
    """What may be done at its `as_of`, and what holds back the rest."""
    return {
        "schema": "sexton/plan@1",
        "hash": plan.hash,
        "as_of": stamp(plan.as_of),
        "commit": plan.commit,
        "actions": [action_json(action) for action in plan.actions],
        "skipped": [_skipped(skipped) for skipped in plan.skipped],
    }


def _skipped(skipped: Skipped) -> dict[str, Any]:
    said = {"why": skipped.why} if skipped.why else {}
    return {"case": skipped.case, "blocked_by": list(skipped.blocked_by), **said}
