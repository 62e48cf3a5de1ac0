"""The plan: what may be done now, and what holds back the rest. A value; reapers/execute does nothing that is not in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.case import Action, Case
from engine.guards import Asked, blocked, met_limits
from engine.guards.agreed import READY
from engine.limits import act_of
from engine.model import canonical
from engine.schedule import action_of
from engine.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A case whose act is due and may not begin, with the guards that say so."""

    case: str
    blocked_by: tuple[str, ...]
    limits: tuple[str, ...] = ()
    """The limits that hold it back, where `caps` is one of the guards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What may be done at `as_of`, in this order; approving its hash approves each action."""

    as_of: datetime
    commit: str
    actions: tuple[Action, ...]
    skipped: tuple[Skipped, ...]

    @property
    def hash(self) -> str:
        """SHA-256 of the sorted action hashes."""
        return hashlib.sha256(canonical(sorted(action.hash for action in self.actions))).hexdigest()


def plan(cases: Iterable[Case], standing: Standing, now: datetime) -> Plan:
    """Take the ready cases in order of their dates while the limits last."""
    actions: list[Action] = []
    skipped: list[Skipped] = []
    usage = standing.usage
    for case in sorted((case for case in cases if case.state in READY), key=_order):
        action = action_of(case)
        asked = Asked(case=case, action=action, standing=standing, usage=usage, now=now)
        blocks = blocked(asked)
        if blocks or action is None:
            limits = met_limits(asked) if "caps" in blocks else ()
            skipped.append(Skipped(case=case.id, blocked_by=blocks, limits=limits))
            continue
        actions.append(action)
        usage = usage.with_act(act_of(case, action, now))
    return Plan(as_of=now, commit=standing.policies.commit, actions=tuple(actions), skipped=tuple(skipped))


def _order(case: Case) -> tuple[datetime, str]:
    return (case.due or case.opened, case.id)
