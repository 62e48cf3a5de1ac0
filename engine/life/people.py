"""What people do to a case, and what they have been told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine import case as of
from engine.case import Case, Ending, State, Told
from engine.life.moves import SETTLED, again, close, unready
from engine.model import Mode
from engine.schedule import Rules, complete, due_after


def told(case: Case, event: of.Delivered, rules: Rules, now: datetime) -> Case:
    """The owner knows. From here the grace runs; a repeated notice never makes a date earlier."""
    told = Told(at=now, channel=event.channel, receipt=event.receipt, promised=event.promised, mode=event.mode)
    case = replace(case, told=told, tell="")
    if case.state is State.NOTIFIED:
        case = replace(case, state=State.GRACE, rung=Mode.NOTIFY, rung_at=now)
    elif case.state is not State.STOPPED:
        return case
    due = due_after(case, rules)
    return replace(case, due=max(filter(None, (case.due, due)), default=None))


def agreed(case: Case, event: of.Approved, rules: Rules, now: datetime) -> Case:
    """One person agreed; when the roles are filled the act may be done."""
    if case.state is not State.AWAITING_APPROVAL:
        return case
    agreements = tuple(yes for yes in case.agreements if yes.action == event.agreement.action)
    case = replace(case, agreements=(*agreements, event.agreement))
    if not complete(event.needs, case.agreements, case.owner):
        return case
    return replace(case, state=State.APPROVED, approve_by=None, tell="", execute_by=rules.execute_by(case.team, now))


def rejected(case: Case, event: of.Rejected, rules: Rules, now: datetime) -> Case:
    """Refused: the case closes. Of what we have deleted there is nothing left to refuse."""
    return case if case.state in SETTLED or case.rung is Mode.DELETE else close(case, Ending.REJECTED, now)


def keeping(case: Case, event: of.Keeping, rules: Rules, now: datetime) -> Case:
    """Kept or snoozed, until a date."""
    if case.state in SETTLED or case.rung is Mode.DELETE:
        return case
    return replace(
        unready(case), state=State.KEPT, kept=event.kept, snoozes=case.snoozes + event.snooze, due=event.kept.until, tell="",
        paused_at=None, stuck="", stuck_from=None,
    )  # fmt: skip


def disowned(case: Case, event: of.Disowned, rules: Rules, now: datetime) -> Case:
    """Somebody else is told, and has the whole grace."""
    if case.state in SETTLED | {State.DETECTED, State.KEPT, State.STUCK}:
        return case
    said = case.disowned or (case.team, case.owner)
    return replace(again(case, "found"), team=event.team, owner="", disowned=said)


def retried(case: Case, event: of.Retried, rules: Rules, now: datetime) -> Case:
    """A person says that it may go on from where it was stuck."""
    if case.state is not State.STUCK or case.stuck_from is None:
        return case
    return replace(case, state=case.stuck_from, stuck="", stuck_from=None)


def restore_asked(case: Case, event: of.RestoreAsked, rules: Rules, now: datetime) -> Case:
    """What was deleted with a backup, or stopped by us, is brought back."""
    deleted = case.state is State.DELETED and case.backed_up
    if not deleted and not (case.rung is Mode.STOP and case.state not in SETTLED):
        return case
    return replace(case, state=State.RESTORING, asked_by=event.who, agreements=(), tell="")
