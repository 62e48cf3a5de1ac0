"""What people do to a case, and what they have been told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine import events as on
from engine.case import Case, Ending, State, Told
from engine.last_call import earliest, with_call
from engine.life.moves import SETTLED, again, close, leave
from engine.model import Mode
from engine.schedule import Rules, complete, due_after, next_rung, repeats


def told(case: Case, event: on.Delivered, rules: Rules, now: datetime) -> Case:
    """The owner knows. From here the grace runs; a repeated notice starts no new one, and none makes a date earlier."""
    promised = {**(case.told.promised if case.told else {}), **event.promised}
    told = Told(at=now, channel=event.channel, receipt=event.receipt, promised=promised, mode=event.mode)
    known = replace(case, told=told, tell="")
    if case.state is State.NOTIFIED:
        known = replace(known, state=State.GRACE, rung=Mode.NOTIFY, rung_at=now)
    if next_rung(known) in event.promised:
        known = replace(known, called=with_call(case, now))
    if repeats(case):
        return _told_again(known, case.tell, rules, now)
    if case.state not in (State.NOTIFIED, State.STOPPED):
        return known
    due = max(filter(None, (known.due, due_after(known, rules))), default=None)
    return replace(known, due=due, grace_from=now, reminded=False)


def _told_again(case: Case, tell: str, rules: Rules, now: datetime) -> Case:
    """The date stands, or is the one that was told now; those who are asked next have their time to answer."""
    rung = next_rung(case)
    if rung is not None and case.told and case.due:
        due = max(case.due, case.told.promised.get(rung, case.due))
        counts = earliest(case.called, max(due, now))
        case = replace(case, due=counts if counts > now else due)
    if tell not in ASKS_FURTHER:
        return case
    further = case.further + (tell == "further")
    more = further < len(rules.when_silent(case.team))
    return replace(case, further=further, escalate_at=rules.ask_further_at(case.team, now) if more else None)


ASKS_FURTHER = frozenset({"escalated", "further"})
"""After these somebody else is asked, if nobody answers."""


def agreed(case: Case, event: on.Approved, rules: Rules, now: datetime) -> Case:
    """One person agreed; when the roles are filled the act may be done."""
    if case.state is not State.AWAITING_APPROVAL:
        return case
    agreements = tuple(yes for yes in case.agreements if yes.action == event.agreement.action)
    case = replace(case, agreements=(*agreements, event.agreement))
    if not complete(event.needs, case.agreements, case.owner):
        return case
    by = rules.execute_by(case.team, now)
    return replace(case, state=State.APPROVED, approve_by=None, escalate_at=None, tell="", execute_by=by)


def rejected(case: Case, event: on.Rejected, rules: Rules, now: datetime) -> Case:
    """Refused: the case closes. Of what we have deleted there is nothing left to refuse."""
    return case if case.state in SETTLED or case.rung is Mode.DELETE else close(case, Ending.REJECTED, now)


def keeping(case: Case, event: on.Keeping, rules: Rules, now: datetime) -> Case:
    """Kept or snoozed, until a date."""
    if case.state in SETTLED or case.rung is Mode.DELETE:
        return case
    return replace(leave(case, event.kept), snoozes=case.snoozes + event.snooze)


def disowned(case: Case, event: on.Disowned, rules: Rules, now: datetime) -> Case:
    """Somebody else is told, and has the whole grace."""
    if case.state in SETTLED | {State.DETECTED, State.KEPT, State.STUCK}:
        return case
    said = case.disowned or (case.team, case.owner)
    return replace(again(case, "found"), team=event.team, owner="", disowned=said)


def retried(case: Case, event: on.Retried, rules: Rules, now: datetime) -> Case:
    """A person says that it may go on from where it was stuck."""
    if case.state is not State.STUCK or case.stuck_from is None:
        return case
    tell = "restarted" if case.stuck_from is State.NOTIFIED else ""
    return replace(case, state=case.stuck_from, stuck="", stuck_by=(), stuck_from=None, tell=tell)


def restore_asked(case: Case, event: on.RestoreAsked, rules: Rules, now: datetime) -> Case:
    """What was deleted with a backup, or stopped by us, is brought back."""
    deleted = case.state is State.DELETED and case.backed_up
    if not deleted and not (case.rung is Mode.STOP and case.state not in SETTLED):
        return case
    return replace(case, state=State.RESTORING, asked_by=event.who, agreements=(), tell="")
