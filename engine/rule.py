"""The rule digest: what a policy says as a whole, however it is laid out. A hold of 72 hours and the canary go by it."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

from engine.model import canonical
from engine.policy import Limits, PolicySet, Reap


def rule_digest(reap: Reap) -> str:
    """SHA-256 of the whole document in normal form: `when` included; comments, layout and the order of lines are not."""
    return hashlib.sha256(canonical(_normal(reap))).hexdigest()


def rule_of(policies: PolicySet, policy: str) -> str:
    """The digest of a policy in force; empty where there is none of that name."""
    reap = policies.reaps.get(policy)
    return rule_digest(reap) if reap else ""


def _normal(reap: Reap) -> dict[str, Any]:
    when = reap.selects.when
    return {
        "name": reap.meta.name,
        "owner": reap.meta.owner,
        "only_team": reap.only_team,
        "resource": sorted(reap.selects.kinds),
        "when": sorted(set(when.normal)) if when else [],
        "after": {str(rung): str(wait) for rung, wait in reap.after.items()},
        "before_delete": list(reap.before_delete),
        "approval": {str(rung): str(need) for rung, need in reap.approval.items()},
        "mode": str(reap.mode),
        "without_condemn": reap.without_condemn,
        "limits": _limits(reap.limits),
    }


def _limits(limits: Limits) -> dict[str, str]:
    """Only those that are set: 1 and 1.0 are the same limit."""
    named = {name: getattr(limits, name) for name in ("per_hour", "per_day", "percent_per_day", "dollars_per_day")}
    return {name: f"{Decimal(value).normalize():f}" for name, value in named.items() if value is not None}
