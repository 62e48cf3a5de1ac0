"""What the passing of time means for a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from engine import case as of
from engine.calendar import later
from engine.case import Case, Ending, State
from engine.life.moves import again, close
from engine.model import Mode
from engine.schedule import Rules, complete, ends_stopped, next_rung


class Tick(Protocol):
    """A step that time makes in one state."""

    def __call__(self, case: Case, event: of.Ticked, rules: Rules, now: datetime) -> Case:
        """The case at `now`."""


def ticked(case: Case, event: of.Ticked, rules: Rules, now: datetime) -> Case:
    """Time passed; while the verdict is undecided the clock stands still."""
    if case.paused_at is not None:
        return case
    step = TICKS.get(case.state)
    return step(case, event, rules, now) if step else case


def _detected(case: Case, event: of.Ticked, rules: Rules, now: datetime) -> Case:
    """Told only when enough complete scans agreed for long enough, the mode allows telling, and `notify` is due."""
    organization = rules.policies.organization
    if case.agreed < organization.persistence_scans or case.agreed_since is None or case.agreed_as_of is None:
        return case
    agreed_for = case.agreed_as_of - case.agreed_since
    due = later(case.opened, case.terms.after[Mode.NOTIFY], rules.zone(case.team)) if Mode.NOTIFY in case.terms.after else None
    if agreed_for < organization.persistence_over.comparable or due is None or now < due or case.lead.mode is Mode.OBSERVE:
        return case
    return replace(case, state=State.NOTIFIED, tell="found", due=None)


def _waiting(case: Case, event: of.Ticked, rules: Rules, now: datetime) -> Case:
    """Grace and quarantine run to the next rung."""
    rung = next_rung(case)
    if case.due is None or now < case.due or case.tell:
        return case
    if rung is None:
        return close(case, Ending.DONE, now) if ends_stopped(case) else case
    if complete(case.terms.approval[rung], (), case.owner):
        return replace(case, state=State.APPROVED, execute_by=rules.execute_by(case.team, now))
    return replace(
        case, state=State.AWAITING_APPROVAL, approve_by=rules.approve_by(case.team, now), tell="approval", escalated=False
    )


def _awaiting(case: Case, event: of.Ticked, rules: Rules, now: datetime) -> Case:
    """Past `approve_by` there is one escalation; then it only waits."""
    if case.escalated or case.approve_by is None or now < case.approve_by:
        return case
    return replace(case, escalated=True, tell="escalated")


def _approved(case: Case, event: of.Ticked, rules: Rules, now: datetime) -> Case:
    """Past `execute_by` the approval is void; it stands still while only limits, hours or the canary block."""
    if event.held:
        return case if case.held_at else replace(case, held_at=now)
    if case.held_at and case.execute_by:
        case = replace(case, held_at=None, execute_by=case.execute_by + (now - case.held_at))
    rung = next_rung(case)
    if rung is None or case.execute_by is None or now < case.execute_by:
        return case
    if complete(case.terms.approval[rung], (), case.owner):
        return replace(case, execute_by=rules.execute_by(case.team, now))
    return replace(
        case,
        state=State.AWAITING_APPROVAL,
        agreements=(),
        execute_by=None,
        approve_by=rules.approve_by(case.team, now),
        tell="approval",
    )


def _kept_ends(case: Case, event: of.Ticked, rules: Rules, now: datetime) -> Case:
    """Judged anew from the beginning, with intents of a new generation; what no longer matches closes at the next scan.

    What we stopped is still stopped, so its owner is told again and has the whole grace before the next rung.
    """
    if case.kept is None or now < case.kept.until:
        return case
    if case.rung is Mode.STOP:
        return replace(again(case, "stopped"), kept=None, due=None, generation=case.generation + 1)
    return replace(
        case, state=State.DETECTED, kept=None, rung=Mode.OBSERVE, rung_at=None, told=None, due=None, opened=now,
        agreed=0, agreed_since=None, agreed_as_of=None, generation=case.generation + 1,
    )  # fmt: skip


def _undo_ends(case: Case, event: of.Ticked, rules: Rules, now: datetime) -> Case:
    if case.tell or (case.undo_until and now < case.undo_until):
        return case
    return close(case, Ending.DONE, now)


TICKS: Mapping[State, Tick] = {
    State.DETECTED: _detected,
    State.GRACE: _waiting,
    State.STOPPED: _waiting,
    State.AWAITING_APPROVAL: _awaiting,
    State.APPROVED: _approved,
    State.KEPT: _kept_ends,
    State.DELETED: _undo_ends,
}
"""States that time moves; in all others a case waits for a scan, a person or the cloud."""
