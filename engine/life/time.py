"""What the passing of time means for a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from engine import events as on
from engine.calendar import later
from engine.case import Case, Ending, State
from engine.last_call import call_at, is_called, reminder_at
from engine.life.moves import again, ask, close
from engine.model import Mode
from engine.schedule import Rules, complete, ends_stopped, next_rung, persisted


class Tick(Protocol):
    """A step that time makes in one state."""

    def __call__(self, case: Case, event: on.Ticked, rules: Rules, now: datetime) -> Case:
        """The case at `now`."""


def ticked(case: Case, event: on.Ticked, rules: Rules, now: datetime) -> Case:
    """Time passed; while the verdict is undecided the clock stands still."""
    if case.paused_at is not None:
        return case
    step = TICKS.get(case.state)
    return step(case, event, rules, now) if step else case


def _detected(case: Case, event: on.Ticked, rules: Rules, now: datetime) -> Case:
    """Told only when enough complete scans agreed for long enough, the mode allows telling, and `notify` is due."""
    wait = case.terms.after.get(Mode.NOTIFY)
    if wait is None or case.lead.mode is Mode.OBSERVE or not persisted(case, rules.policies.organization):
        return case
    if now < later(case.opened, wait, rules.calendar(case.team)):
        return case
    return replace(case, state=State.NOTIFIED, tell="found", due=None)


def _waiting(case: Case, event: on.Ticked, rules: Rules, now: datetime) -> Case:
    """Grace and quarantine run to the next rung, with a reminder and a last call on the way."""
    rung = next_rung(case)
    if case.due is None or case.tell:
        return case
    if rung is None:
        return close(case, Ending.DONE, now) if ends_stopped(case) and now >= case.due else case
    silent = _silent(case, rung)
    if now < case.due:
        return _said_ahead(case, silent, now)
    if silent:
        return replace(case, state=State.APPROVED, execute_by=rules.execute_by(case.team, now))
    return ask(case, rules.approve_by(case.team, now))


def _silent(case: Case, rung: Mode) -> bool:
    """Whether nobody has to agree; else the request for approval names the act, and is its last call if no other is."""
    return complete(case.terms.approval[rung], (), case.owner)


def _said_ahead(case: Case, silent: bool, now: datetime) -> Case:
    """What is said before the date. A reminder that comes late enough is a last call too."""
    reminder, call = reminder_at(case), call_at(case) if silent else None
    if call and now >= call:
        return replace(case, reminded=True, tell="last_call")
    return replace(case, reminded=True, tell="reminder") if reminder and now >= reminder else case


def _awaiting(case: Case, event: on.Ticked, rules: Rules, now: datetime) -> Case:
    """Past `approve_by` the team is asked once more, then each of its `when_silent` once; then it only waits."""
    if case.escalated:
        left = case.further < len(rules.when_silent(case.team))
        asks = left and not case.tell and case.escalate_at is not None and now >= case.escalate_at
        return replace(case, tell="further") if asks else case
    if case.approve_by is None or now < case.approve_by:
        return case
    return replace(case, escalated=True, tell="escalated")


def _approved(case: Case, event: on.Ticked, rules: Rules, now: datetime) -> Case:
    """Past `execute_by` the approval is void; it stands still while only limits, hours or the canary block. Where only the
    last call is missing, it is sent."""
    if event.held:
        return case if case.held_at else replace(case, held_at=now)
    if case.held_at and case.execute_by:
        case = replace(case, held_at=None, execute_by=case.execute_by + (now - case.held_at))
    rung = next_rung(case)
    if rung is None or case.execute_by is None or now < case.execute_by:
        return _uncalled(case, event, rules, now)
    if _silent(case, rung):
        return replace(case, execute_by=rules.execute_by(case.team, now))
    return ask(case, rules.approve_by(case.team, now))


def _uncalled(case: Case, event: on.Ticked, rules: Rules, now: datetime) -> Case:
    """Where nothing else holds the act back and no delivery of the last days names it, it is named once more and waits."""
    due = case.due is not None and now >= case.due
    return replace(case, tell="last_call") if event.uncalled and due and not case.tell and not is_called(case, now) else case


def _kept_ends(case: Case, event: on.Ticked, rules: Rules, now: datetime) -> Case:
    """Judged anew from the beginning, with intents of a new generation; what no longer matches closes at the next scan.

    What we stopped is still stopped, so its owner is told again and has the whole grace before the next rung.
    """
    if case.kept is None or now < case.kept.until:
        return case
    if case.rung is Mode.STOP:
        return replace(again(case, "stopped"), kept=None, due=None, generation=case.generation + 1)
    return replace(
        case, state=State.DETECTED, kept=None, rung=Mode.OBSERVE, rung_at=None, told=None, due=None, opened=now,
        agreed=0, agreed_since=None, agreed_as_of=None, quarantined=None, restarts=0, generation=case.generation + 1,
    )  # fmt: skip


def _undo_ends(case: Case, event: on.Ticked, rules: Rules, now: datetime) -> Case:
    if case.tell or (case.undo_until and now < case.undo_until):
        return case
    return close(case, Ending.DONE, now)


TICKS: Mapping[State, Tick] = {
    State.DETECTED: _detected,
    State.GRACE: _waiting,
    State.STOPPED: _waiting,
    State.AWAITING_APPROVAL: _awaiting,
    State.APPROVED: _approved,
    State.SNAPSHOTTING: _uncalled,
    State.KEPT: _kept_ends,
    State.DELETED: _undo_ends,
}
"""States that time moves; in all others a case waits for a scan, a person or the cloud."""


def wakes(case: Case) -> Iterator[datetime]:
    """When time may move a case next, as far as its dates say; some may have passed."""
    dates = (case.due, reminder_at(case), call_at(case), case.approve_by, case.escalate_at, case.execute_by)
    yield from (date for date in dates if date is not None)
