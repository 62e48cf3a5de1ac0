"""`Plan` and `Action` as JSON: what may be done now."""

from __future__ import annotations

from typing import Any

from api.shapes.times import stamp
from engine.case import Action
from engine.plan import Plan


def action_json(action: Action) -> dict[str, Any]:
    """One action, with the hash that people approve."""
    hashed = action.as_hashed()
    return {"hash": action.hash, **hashed, "monthly": action.monthly.as_json()}


def plan_json(plan: Plan) -> dict[str, Any]:
    """What may be done at its `as_of`, and what holds back the rest."""
    return {
        "schema": "sexton/plan@1",
        "hash": plan.hash,
        "as_of": stamp(plan.as_of),
        "commit": plan.commit,
        "actions": [action_json(action) for action in plan.actions],
        "skipped": [{"case": skipped.case, "blocked_by": list(skipped.blocked_by)} for skipped in plan.skipped],
    }
