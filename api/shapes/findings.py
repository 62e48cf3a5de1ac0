"""Findings and the inventory as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from api.shapes.times import stamp
from engine.judge import Judgement
from engine.model import Gap, Inventory
from engine.verdict import Finding, Undecided, Verdict


def findings_json(judged: Iterable[Judgement], inventory: Inventory, commit: str, policy: str | None = None) -> dict[str, Any]:
    """Every finding and everything undecided of these judgements; of one policy where it is named."""
    return {
        "schema": "sexton/findings@1",
        "inventory": inventory.id,
        "as_of": stamp(inventory.as_of),
        "commit": commit,
        "findings": [
            _verdict(judgement, verdict)
            for judgement in judged
            for verdict in judgement.verdicts
            if isinstance(verdict, Finding | Undecided) and policy in (None, verdict.policy)
        ],
    }


def _verdict(judgement: Judgement, verdict: Verdict) -> dict[str, Any]:
    view = judgement.view
    resource = view.resource
    shape: dict[str, Any] = {
        "key": resource.key.ref,
        "name": resource.name,
        "team": view.owner.team,
        "policy": verdict.policy,
        "monthly": resource.monthly_cost.as_json(),
    }
    if isinstance(verdict, Undecided):
        return shape | {"verdict": "undecided", "missing": list(verdict.missing)}
    assert isinstance(verdict, Finding)
    return shape | {"verdict": "match", "mode": {"effective": str(verdict.mode), "because": verdict.because}}


def inventory_json(inventory: Inventory) -> dict[str, Any]:
    """What was seen, in numbers, and what could not be."""
    counts = Counter((resource.key.kind, resource.key.account) for resource in inventory.resources)
    return {
        "schema": "sexton/inventory@1",
        "id": inventory.id,
        "as_of": stamp(inventory.as_of),
        "commit": inventory.commit,
        "accounts": [{"cloud": account.cloud, "id": account.id, "name": account.name} for account in inventory.accounts],
        "resources": [{"kind": kind, "account": account, "count": count} for (kind, account), count in sorted(counts.items())],
        "gaps": [gap_json(gap) for gap in inventory.gaps],
    }


def gap_json(gap: Gap) -> dict[str, str]:
    """A part of the estate that could not be read."""
    return {"kind": gap.kind, "account": gap.account, "region": gap.region, "why": gap.why}
