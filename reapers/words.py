"""What a person's word does to a case: engine/people.py says whether it may; here it becomes an event, a note, a shield."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine import case as of
from engine import events as on
from engine import people
from engine.case import Case
from engine.events import Event
from engine.people import Refusal
from engine.policy import PolicySet
from engine.schedule import action_of
from engine.teams import Person
from reapers.store.values import Shield

REJECTED_FOR = timedelta(days=30)
"""So long a rejected policy leaves the resource alone (CONTRACTS section 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The event, the line in the history, and the shields that come with it."""

    event: Event
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    shields: tuple[Shield, ...] = ()


Decide = Callable[[Case, PolicySet, datetime], Step | Refusal]
"""A person's word, applied to the case as it is at that moment."""


def approving(person: Person, offered: str, reason: str) -> Decide:
    """Yes to exactly one action."""

    def decide(case: Case, policies: PolicySet, now: datetime) -> Step | Refusal:
        wanted = action_of(case)
        role = people.approval(person, case, wanted, policies)
        if isinstance(role, Refusal) or wanted is None:
            return role if isinstance(role, Refusal) else Refusal(f"Nothing would be done to case {case.id}.")
        if not people.names(offered, wanted):
            return Refusal(
                f"What would be done to case {case.id} is no longer what you saw; look at it again, then approve that."
            )
        agreement = of.Agreement(
            role=role,
            who=person.email,
            at=now,
            action=wanted.hash,
            reason=reason,
            subject=person.subject,
            groups=tuple(sorted(person.groups)),
        )
        needs = people.approval_of(case, wanted.verb)
        known = {"subject": person.subject} if person.subject else {}
        data: dict[str, Any] = {"role": role, "action": wanted.hash, "reason": reason, "commit": case.commit, **known}
        data |= {"monthly": case.monthly.as_json()}
        return Step(event=on.Approved(agreement=agreement, needs=needs), name="approved", data=data)

    return decide


def rejecting(person: Person, reason: str) -> Decide:
    """No: the case closes, and its lead policy leaves the resource alone for a while."""

    def decide(case: Case, policies: PolicySet, now: datetime) -> Step | Refusal:
        if refusal := people.rejecting(person, case, policies):
            return refusal
        shield = Shield(case.key.ref, case.policy, now + REJECTED_FOR, person.email, reason or "rejected")
        data = {"policy": case.policy, "reason": reason, "until": shield.until.isoformat()}
        return Step(event=on.Rejected(who=person.email, reason=reason), name="rejected", data=data, shields=(shield,))

    return decide


def keeping(person: Person, until: datetime | None, reason: str) -> Decide:
    """Keep it, at longest (None) as long as the organization allows."""

    def decide(case: Case, policies: PolicySet, now: datetime) -> Step | Refusal:
        end = until or now + policies.organization.keep.comparable
        if not reason.strip():
            return Refusal("Say why it is kept, in a few words: the next person will ask.")
        if refusal := people.keeping(person, case, end, now, policies):
            return refusal
        kept = of.Kept(until=end, who=person.email, reason=reason)
        return Step(event=on.Keeping(kept=kept), name="kept", data={"until": end.isoformat(), "reason": reason})

    return decide


def snoozing(person: Person, until: datetime | None, reason: str) -> Decide:
    """Not now, at longest (None) as long as the organization allows."""

    def decide(case: Case, policies: PolicySet, now: datetime) -> Step | Refusal:
        end = until or now + policies.organization.snooze.comparable
        if refusal := people.snoozing(case, end, now, policies):
            return refusal
        kept = of.Kept(until=end, who=person.email, reason=reason)
        return Step(event=on.Keeping(kept=kept, snooze=True), name="snoozed", data={"until": end.isoformat(), "reason": reason})

    return decide


def disowning(person: Person, team: str, reason: str) -> Decide:
    """Not ours: that team, else the first platform team, is told anew with the whole grace."""

    def decide(case: Case, policies: PolicySet, _now: datetime) -> Step | Refusal:
        known = policies.team(team) if team else None
        other = known.name if known else team or next(iter(policies.organization.platform), "")
        if refusal := people.disowning(person, case, other, policies):
            return refusal
        data = {"was": case.team, "team": other, "reason": reason}
        return Step(event=on.Disowned(who=person.email, team=other), name="not_mine", data=data)

    return decide


def retrying(person: Person, reason: str) -> Decide:
    """Looked at; go on."""

    def decide(case: Case, policies: PolicySet, _now: datetime) -> Step | Refusal:
        refusal = people.retrying(person, case, policies)
        return refusal or Step(event=on.Retried(who=person.email), name="retried", data={"stuck": case.stuck, "reason": reason})

    return decide


def restoring(person: Person, reason: str) -> Decide:
    """We want it back."""

    def decide(case: Case, policies: PolicySet, now: datetime) -> Step | Refusal:
        refusal = people.restoring(person, case, now, policies)
        return refusal or Step(event=on.RestoreAsked(who=person.email), name="restore_asked", data={"reason": reason})

    return decide
