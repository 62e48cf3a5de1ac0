"""The plan: what may be done now, and what holds back the rest. A value; reapers/execute does nothing that is not in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.calendar import is_open
from engine.case import Action, Case, State
from engine.limits import Act, Population, Usage, hits, price_of
from engine.model import Mode, canonical
from engine.policy import PolicySet
from engine.schedule import RUNGS, Rules, action_of, complete

READY = frozenset({State.APPROVED, State.SNAPSHOTTING})
"""The states from which an act may begin."""

GUARDS: Mapping[str, str] = {
    "mode": "The lowest of all ceilings (server, account, policy, kind, what manages it) does not reach this rung.",
    "evidence": "A field that decides could not be read, or the resource lies in a gap of the newest inventory.",
    "notice": "Its owner has not been told of this, or the date that they were told has not come.",
    "approval": "Not everybody who must has agreed to exactly this action.",
    "fingerprint": "What the resource was when it was looked at is not known, so that a change would not show.",
    "freeze": "Somebody has frozen everything.",
    "git": "The policies in force are not the head of their branch as polled in the last 15 minutes, or the head does not load.",
    "window": "It is outside the hours in which acts may run, in the time zone of the owning team.",
    "caps": "One act more would break a limit of the account, the policy, the team or the organization.",
}
"""What may hold an act back, by metric name, as a sentence for whoever waits for it."""

PATIENT = frozenset({"caps", "window"})
"""Blocks that only time lifts: while nothing else blocks, an approval does not run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand besides the cases: the policies in force, the switches, and what was done lately."""

    policies: PolicySet
    server: Mode
    frozen: bool
    head_current: bool
    """The running commit is the branch's head as polled at most 15 minutes ago, loaded without a problem."""
    usage: Usage = field(default_factory=Usage)
    population: Population = field(default_factory=Population)


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
        blocks = blocked(case, action, standing, usage, now)
        if blocks or action is None:
            limits = _limits(case, action, standing, usage, now) if action and "caps" in blocks else ()
            skipped.append(Skipped(case=case.id, blocked_by=blocks, limits=limits))
            continue
        actions.append(action)
        usage = usage.with_act(act_of(case, action, now))
    return Plan(as_of=now, commit=standing.policies.commit, actions=tuple(actions), skipped=tuple(skipped))


def _order(case: Case) -> tuple[datetime, str]:
    return (case.due or case.opened, case.id)


def blocked(case: Case, action: Action | None, standing: Standing, usage: Usage, now: datetime) -> tuple[str, ...]:
    """The guards that hold an act back now, by their metric names; empty when it may begin. Every one is looked at."""
    guards = {
        "mode": action is None or RUNGS[action.verb].rank > min(case.lead.mode.rank, standing.server.rank),
        "evidence": case.paused_at is not None,
        "notice": case.told is None or bool(case.tell) or case.due is None or now < case.due,
        "approval": case.state not in READY or not _agreed(case, action),
        "fingerprint": not case.fingerprint,
        "freeze": standing.frozen,
        "git": not standing.head_current,
        "window": not is_open(standing.policies.organization.hours, Rules(policies=standing.policies).zone(case.team), now),
        "caps": action is not None and over_limits(case, action, standing, usage, now),
    }
    return tuple(name for name, blocks in guards.items() if blocks)


def _agreed(case: Case, action: Action | None) -> bool:
    """Whether everybody who must has agreed to exactly this action."""
    if action is None:
        return False
    given = (yes for yes in case.agreements if yes.action == action.hash)
    return complete(action.terms.approval[RUNGS[action.verb]], given, case.owner)


def over_limits(case: Case, action: Action, standing: Standing, usage: Usage, now: datetime) -> bool:
    """Whether one act more would break a limit."""
    return bool(_limits(case, action, standing, usage, now))


def _limits(case: Case, action: Action, standing: Standing, usage: Usage, now: datetime) -> tuple[str, ...]:
    """The names of the limits that one act more would break."""
    by_platform = any(agreement.role == "platform" for agreement in case.agreements)
    met = hits(act_of(case, action, now), usage, standing.population, standing.policies, priced_by_platform=by_platform)
    return tuple(sorted({hit.limit for hit in met}))


def act_of(case: Case, action: Action, now: datetime) -> Act:
    """The act as the limits count it."""
    return Act(
        at=now,
        account=case.key.account,
        kind=case.key.kind,
        policy=case.policy,
        team=case.team,
        verb=action.verb,
        dollars=price_of(action.monthly),
    )
