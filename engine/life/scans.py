"""What a scan, or a fresh look, means for a case."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine import events as on
from engine.case import Case, Ending, Kept, Starter, State
from engine.life.entries import SOMEBODY
from engine.life.moves import SETTLED, again, close, leave
from engine.model import Mode
from engine.recreated import capped
from engine.schedule import Rules, persisted

REPEATED = frozenset({State.AWAITING_APPROVAL, State.APPROVED, State.SNAPSHOTTING})
"""Where a changed resource is told again: somebody was asked to agree to what it was."""

MOST_RESTARTS = 5
"""So often we stop again what the provider has started; then a person looks. RDS starts every seven days: five weeks."""


def judged(case: Case, event: on.Judged, rules: Rules, now: datetime) -> Case:
    """A complete scan judged it: undecided stands still, spared closes, found goes on."""
    if case.state in SETTLED | {State.KEPT, State.STUCK} or _older(event, case):
        return case
    if event.missing:
        return replace(case, paused_at=case.paused_at or now, missing=event.missing)
    if event.started is Starter.SOMEBODY:
        return _in_use(case, rules, now)
    if not event.findings:
        closed = close(case, event.ending, now)
        return replace(closed, tell="") if event.started else closed
    case = _resume(case, now)
    seen = _seen(case, event)
    if event.started is Starter.PROVIDER:
        return _restarted(seen)
    return _told_anew(case, _agree(_new_to_us(case, seen, event.as_of), event.as_of, rules), now)


def _in_use(case: Case, rules: Rules, now: datetime) -> Case:
    """Somebody started what we had stopped, so they need it: left alone as if its owner had said keep."""
    kept = Kept(until=rules.keep_until(case.team, now), who=SOMEBODY, reason="started again after we had stopped it")
    return replace(leave(case, kept), rung=Mode.OBSERVE, quarantined=None, restarts=0)


def _restarted(case: Case) -> Case:
    """The provider started what we had stopped, and nobody asked for it: we stop it again as a new act of a new generation,
    told anew and through every guard. Not for ever."""
    told = replace(
        again(replace(case, rung=Mode.NOTIFY), "restarted"),
        due=None, quarantined=case.quarantined or case.rung_at, restarts=case.restarts + 1, generation=case.generation + 1,
    )  # fmt: skip
    if case.restarts < MOST_RESTARTS:
        return told
    why = f"its provider has started it by itself {told.restarts} times after we had stopped it"
    return replace(told, state=State.STUCK, stuck=why, stuck_from=State.NOTIFIED, restarts=0, tell="stuck")


def _seen(case: Case, event: on.Judged) -> Case:
    """The case with what the scan saw. Who said "not mine" is believed while the evidence is the one that they refuted."""
    refuted = case.disowned == (event.team, event.owner)
    return replace(
        case,
        findings=capped(event.findings, case.recreated),
        team=case.team if refuted else event.team or case.team,
        owner=case.owner if refuted else event.owner,
        disowned=case.disowned if refuted else (),
        environment=event.environment,
        commit=event.commit,
        monthly=event.monthly or case.monthly,
        managed_by=event.managed_by,
        name=event.name or case.name,
        fingerprint=event.fingerprint if isinstance(event.fingerprint, str) and event.fingerprint else case.fingerprint,
    )


def _new_to_us(before: Case, case: Case, as_of: datetime) -> Case:
    """A policy that leads for the first time must persist before anybody is told: scans agreed on another."""
    if case.state is not State.DETECTED or case.policy in {finding.policy for finding in before.findings}:
        return case
    return replace(case, agreed=1, agreed_since=as_of, agreed_as_of=as_of)


def _older(event: on.Judged, case: Case) -> bool:
    """Whether it was read before our own stop was done: it shows the resource running, not how we left it."""
    return case.rung is Mode.STOP and case.rung_at is not None and event.as_of <= case.rung_at


def _agree(case: Case, as_of: datetime, rules: Rules) -> Case:
    """One more complete scan agrees, if it is a later one. Once enough have, nobody asks how many: no step for each scan."""
    if persisted(case, rules.policies.organization) or (case.agreed_as_of is not None and as_of <= case.agreed_as_of):
        return case
    return replace(case, agreed=case.agreed + 1, agreed_since=case.agreed_since or as_of, agreed_as_of=as_of)


def _resume(case: Case, now: datetime) -> Case:
    """The clock goes on: every date is later by as long as it stood still."""
    if case.paused_at is None:
        return case
    stood = now - case.paused_at
    return replace(
        case,
        paused_at=None,
        missing=(),
        due=case.due + stood if case.due else None,
        agreed_since=case.agreed_since + stood if case.agreed_since else None,
        grace_from=case.grace_from + stood if case.grace_from else None,
        approve_by=case.approve_by + stood if case.approve_by else None,
        escalate_at=case.escalate_at + stood if case.escalate_at else None,
        execute_by=case.execute_by + stood if case.execute_by else None,
        held_at=case.held_at + stood if case.held_at else None,
    )


def _told_anew(before: Case, case: Case, now: datetime) -> Case:
    """What the owner was told must still be so: other terms, a higher mode, another team or another resource are told again."""
    if case.told is None or case.state is State.NOTIFIED:
        return case
    if before.terms != case.terms or before.team != case.team:
        return again(case, "changed")
    if case.lead.mode.rank > case.told.mode.rank:
        return again(case, "raised")
    if case.lead.mode.rank < case.told.mode.rank:
        case = replace(case, told=replace(case.told, mode=case.lead.mode))  # a promise taken back: raising it again tells anew
    if before.fingerprint != case.fingerprint and case.state in REPEATED:
        return again(case, "drifted")
    return case


def vanished(case: Case, event: on.Vanished, rules: Rules, now: datetime) -> Case:
    """It is not there any more. While an act is under way, its own outcome says why.

    A keep outlives one list that leaves the resource out; the name's next life was never kept. What we deleted ourselves and
    could not bring back yet is waited for by a person.
    """
    if case.state in SETTLED or case.rung is Mode.DELETE or (case.state is State.KEPT and not event.reborn):
        return case
    return close(case, Ending.REBORN if event.reborn else Ending.VANISHED, now)
