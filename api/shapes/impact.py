"""`sexton plan` as JSON. Its schema for other programs is docs/reference/plan.schema.json."""

from __future__ import annotations

from typing import Any

from api.shapes.findings import gap_json
from api.shapes.times import stamp
from engine.altered import Altered
from engine.hurdles import Met
from engine.impact import Compared, OfPolicy, Side
from engine.matches import Row
from engine.money import Money
from engine.weight import Weight


def impact_json(compared: Compared, *, news_only: bool = False) -> dict[str, Any]:
    """The whole comparison. `news_only` leaves out the resources to which the change does nothing."""
    found, base, seen = compared.impact, compared.base, compared.seen
    rows = found.news if news_only else found.rows
    return {
        "schema": "sexton/plan@1",
        "base": _side(base) if base else None,
        "head": _side(compared.head),
        "inventory": {"id": seen.id, "as_of": stamp(seen.as_of), "gaps": [gap_json(gap) for gap in seen.gaps]},
        "documents": [_document(one) for one in found.altered],
        "policies": [_policy(policy, compared=base is not None) for policy in found.policies],
        "teams": [_team(team, weight) for team, weight in found.teams.items()],
        "resources": [_row(row, compared=base is not None) for row in rows],
        "limits": [_met(met) for met in found.limits],
        "exemptions_ending": [{"name": one.name, "until": one.until, "resources": one.resources} for one in found.ending],
        "needs": [{"role": need.role, "why": need.why} for need in found.needs],
    }


def _side(side: Side) -> dict[str, str]:
    return {"ref": side.ref, "sha": side.sha}


def _document(one: Altered) -> dict[str, Any]:
    return {"kind": one.kind, "name": one.name, "change": str(one.change), "file": one.file, "line": one.line}


def _policy(policy: OfPolicy, *, compared: bool) -> dict[str, Any]:
    weight = policy.weight
    matches = {
        "base": weight.before if compared else None,
        "head": weight.same + weight.added,
        "added": weight.added,
        "removed": weight.removed,
        "undecided": weight.undecided,
    }
    return {
        "name": policy.name,
        "kind": "Reap",
        "change": str(policy.change),
        "file": policy.file,
        "line": policy.line,
        "matches": matches,
        **_further(weight),
        **_moneys(weight),
    }


def _team(team: str, weight: Weight) -> dict[str, Any]:
    counts = {"added": weight.added, "removed": weight.removed, "undecided": weight.undecided}
    return {"team": team, **counts, **_further(weight), **_moneys(weight)}


def _further(weight: Weight) -> dict[str, int]:
    return {
        "further": weight.further,
        "eased": weight.eased,
        "moved": weight.moved,
        "newly_undecided": weight.newly_undecided,
    }


def _moneys(weight: Weight) -> dict[str, Any]:
    return {
        "monthly_added": _sum(weight.monthly_added),
        "monthly_further": _sum(weight.monthly_further),
        "monthly_removed": _sum(weight.monthly_removed),
    }


def _sum(money: Money) -> dict[str, object]:
    """A sum of no rows is 0, not free."""
    return {name: value for name, value in money.as_json().items() if name in ("known", "unpriced", "currency")}


def _met(met: Met) -> dict[str, Any]:
    return {
        "limit": met.limit,
        "scope": met.scope,
        "would": met.would,
        "allowed": met.allowed,
        "days_to_drain": met.days_to_drain,
    }


def _row(row: Row, *, compared: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "key": row.key,
        "name": row.name,
        "team": row.team,
        "policy": row.policy,
        "change": str(row.change),
        "rung": str(row.rung),
        "missing": list(row.missing),
        "monthly": row.monthly.as_json(),
    }
    return shape | ({"was": _was(row)} if compared else {})


def _was(row: Row) -> dict[str, Any]:
    """How it stood before; null where the policy did not match it, or did not speak of it."""
    return {
        "rung": str(row.was_rung) if row.was_rung else None,
        "team": row.was_team or None,
        "undecided": row.was_undecided,
    }
