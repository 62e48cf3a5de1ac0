"""`sexton explain` as JSON: why a resource is found, spared or undecided, test by test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.shapes.explain_guards import guards_json
from api.shapes.times import stamp
from engine.follow import in_order
from engine.judge import Judgement
from engine.model import Inventory, Mode, Unknown
from engine.policy import Reap
from engine.verdict import Finding, Spared, Undecided, Verdict
from engine.view import Context, View, is_left_over

LEFT_OVER = "its tags speak of Terraform, but it is in none of the state files: deleting it takes owner and platform"


def explain_json(judgement: Judgement, context: Context, inventory: Inventory, commit: str) -> dict[str, Any]:
    """Everything that is known of a resource and every policy's word on it. The case is put in by whoever can ask for it."""
    view = judgement.view
    resource = view.resource
    shape: dict[str, Any] = {
        "schema": "sexton/explain@1",
        "key": resource.key.ref,
        "name": resource.name,
        "as_of": stamp(inventory.as_of),
        "inventory": inventory.id,
        "commit": commit,
        "environment": view.environment or None,
        "monthly": resource.monthly_cost.as_json(),
        "mode": _mode(judgement),
        "owner": _owner(view),
        "verdicts": [_verdict(verdict, view, context, inventory) for verdict in judgement.verdicts],
        "case": None,
    }
    return shape | _managed(view) | _ttl(view)


def _mode(judgement: Judgement) -> dict[str, str]:
    """How far the lead finding may go; without one, what the account would allow."""
    lead = next(iter(in_order(judgement.findings)), None)
    if lead:
        return {"effective": str(lead.mode), "because": lead.because}
    account = judgement.view.resource.key.account
    return {
        "effective": str(Mode.OBSERVE),
        "because": f"nothing matches; account {account} is in mode {judgement.view.account_mode}",
    }


def _managed(view: View) -> dict[str, Any]:
    if is_left_over(view):
        return {"left_over": LEFT_OVER}
    if view.managed_by is None:
        return {}
    return {"managed_by": {"unknown": view.managed_by.why} if isinstance(view.managed_by, Unknown) else view.managed_by}


def _owner(view: View) -> dict[str, Any]:
    owner = view.owner
    at = stamp(view.resource.seen_at)
    evidence = [{"source": hit.source, "value": hit.value, "team": hit.team or None, "at": at} for hit in owner.evidence]
    said = {"unknown": owner.owner.why} if isinstance(owner.owner, Unknown) else owner.owner
    return {"team": owner.team, "owner": said, "source": owner.source or None, "evidence": evidence}


def _ttl(view: View) -> dict[str, Any]:
    ttl = view.ttl
    if ttl.days_left is None and not ttl.source:
        return {}
    left = {"unknown": ttl.days_left.why} if isinstance(ttl.days_left, Unknown) else ttl.days_left
    return {"ttl": {"days_left": left, "source": ttl.source or None, "text": ttl.text}}


def _verdict(verdict: Verdict, view: View, context: Context, inventory: Inventory) -> dict[str, Any]:
    reap = context.policies.reaps[verdict.policy]
    shape: dict[str, Any] = {"policy": verdict.policy, "kind": "Reap", "file": reap.meta.file, "line": reap.meta.line}
    match verdict:
        case Finding():
            shape |= {"verdict": "match", "missing": []}
        case Spared(reason=reason):
            shape |= {"verdict": "spared", "reason": str(reason), "missing": []}
        case Undecided(missing=missing):
            shape |= {"verdict": "undecided", "missing": list(missing)}
    return shape | {"tests": _tests(reap, view), "guards": guards_json(view, reap, context, inventory.as_of)}


def _tests(reap: Reap, view: View) -> list[dict[str, Any]]:
    condition, lines = reap.selects.when, reap.selects.lines
    if condition is None:
        return []
    return [
        {
            "text": test.text,
            "line": lines[test.line].line if test.line < len(lines) else reap.meta.line,
            "values": {name: _value(name, value, view) for name, value in test.values.items()},
            "outcome": "unknown" if test.outcome is None else test.outcome,
        }
        for test in condition.explain(view.row)
    ]


def _value(label: str, value: object, view: View) -> dict[str, Any]:
    """A value, that it is absent, or why it is unknown; and where it comes from."""
    if isinstance(value, Unknown):
        shape: dict[str, Any] = {"unknown": value.why}
    elif value is None:
        shape = {"absent": True}
    else:
        shape = {"value": dict(value) if isinstance(value, Mapping) else value}
    name = "tags" if label.startswith(("tags.", "tags[")) else label
    resource = view.resource
    source = resource.sources.get(name)
    return shape | {
        "source": source.name if source else _worked_out(name, view),
        "at": stamp(source.at if source else resource.seen_at),
    }


def _worked_out(name: str, view: View) -> str | None:
    """What a field that no API tells was worked out from; None where nobody wrote that down."""
    resource, owner, ttl = view.resource, view.owner, view.ttl
    match name:
        case "age_days":
            return f"created {stamp(resource.created)}" if resource.created else "first seen by Sexton"
        case "idle_days":
            facts = (f"{fact} since {stamp(at)}" for fact, at in resource.since.items() if fact != "seen")
            return next(facts, "no idle time observed")
        case "owner" | "team" | "owner_source":
            return f"owner from {owner.source}" if owner.source else "no owner source that counts"
        case "ttl_days_left" | "ttl_source" | "ttl_invalid":
            return f"lifetime {ttl.text} from {ttl.source}" if ttl.source else "no lifetime"
        case "environment":
            return "the Organization's row of the account"
        case "monthly_dollars":
            return "list prices"
        case "managed_by":
            return "the Terraform state files, its tags, or the cloud's own field"
    return None
