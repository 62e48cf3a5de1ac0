"""`sexton plan` as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.shapes.findings import gap_json
from api.shapes.times import stamp
from engine.impact import Impact, OfPolicy, Weight
from engine.matches import Row
from engine.model import Inventory
from engine.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of the comparison: what the person called it, and its commit (empty outside git)."""

    ref: str
    sha: str


def impact_json(found: Impact, base: Side | None, head: Side, inventory: Inventory) -> dict[str, Any]:
    """The whole comparison."""
    return {
        "schema": "sexton/plan@1",
        "base": _side(base) if base else None,
        "head": _side(head),
        "inventory": {"id": inventory.id, "as_of": stamp(inventory.as_of), "gaps": [gap_json(gap) for gap in inventory.gaps]},
        "policies": [_policy(policy, compared=base is not None) for policy in found.policies],
        "teams": [_team(team, weight) for team, weight in found.teams.items()],
        "resources": [_row(row) for row in found.rows],
        "limits": [
            {
                "limit": met.limit,
                "scope": met.scope,
                "would": met.would,
                "allowed": met.allowed,
                "days_to_drain": met.days_to_drain,
            }
            for met in found.limits
        ],
        "exemptions_ending": [{"name": one.name, "until": one.until, "resources": one.resources} for one in found.ending],
        "needs": [{"role": need.role, "why": need.why} for need in found.needs],
    }


def _side(side: Side) -> dict[str, str]:
    return {"ref": side.ref, "sha": side.sha}


def _policy(policy: OfPolicy, *, compared: bool) -> dict[str, Any]:
    weight = policy.weight
    matches = {
        "base": weight.before if compared else None,
        "head": weight.same + weight.added,
        "added": weight.added,
        "removed": weight.removed,
        "undecided": weight.undecided,
    }
    return {"name": policy.name, "kind": "Reap", "change": str(policy.change), "matches": matches, **_moneys(weight)}


def _team(team: str, weight: Weight) -> dict[str, Any]:
    counts = {"added": weight.added, "removed": weight.removed, "undecided": weight.undecided}
    return {"team": team, **counts, **_moneys(weight)}


def _moneys(weight: Weight) -> dict[str, Any]:
    return {"monthly_added": _sum(weight.monthly_added), "monthly_removed": _sum(weight.monthly_removed)}


def _sum(money: Money) -> dict[str, object]:
    """A sum of no rows is 0, not free."""
    return {name: value for name, value in money.as_json().items() if name in ("known", "unpriced", "currency")}


def _row(row: Row) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "team": row.team,
        "policy": row.policy,
        "change": str(row.change),
        "rung": str(row.rung),
        "missing": list(row.missing),
        "monthly": row.monthly.as_json(),
    }
