"""What a case's state means, as a sentence for the person who reads a list of cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from engine.case import Case, Ending, State
from engine.model import Verb
from engine.people import missing
from engine.schedule import action_of, next_rung

UNDO = "{0} brings it back until {1}"

ENDINGS: Mapping[Ending, str] = {
    Ending.DONE: "done; it can no longer be restored",
    Ending.NO_LONGER_MATCHES: "no policy matches it any more",
    Ending.EXEMPT: "an exemption spares it",
    Ending.VANISHED: "somebody else removed it",
    Ending.REBORN: "another resource has its name now",
    Ending.RESTORED: "restored",
    Ending.REJECTED: "rejected; that policy leaves it alone for 30 days",
    Ending.LOST: "gone; the record of the hours in which it went is lost",
}


def says(case: Case) -> str:
    """One clause, without a full stop."""
    said = SAYINGS[case.state](case)
    if case.paused_at is not None:
        return f"{said}; on hold, not known: {', '.join(case.missing)}"
    return said


def _detected(case: Case) -> str:
    return f"found by {case.policy}; nobody has been told"


def _notified(case: Case) -> str:
    return f"a notice to {case.team} is on its way"


def _waiting(case: Case) -> str:
    rung = next_rung(case)
    stopped = "stopped by us; " if case.state is State.STOPPED else f"{case.team} has been told; "
    return f"{stopped}{_on(str(rung), case.due) if rung and case.due else 'nothing more will be done'}"


def _on(what: str, due: datetime) -> str:
    return f"{what} not before {due:%Y-%m-%d %H:%M} UTC"


def _awaiting(case: Case) -> str:
    action = action_of(case)
    if action is None:
        return "waiting"
    left = " and ".join(dict.fromkeys(missing(case, action)))
    return f"to {action.verb}; waiting for the yes of {left}"


def _approved(case: Case) -> str:
    action = action_of(case)
    return f"to {action.verb}, as soon as hours and limits allow" if action else "approved"


def _deleted(case: Case) -> str:
    if case.undo_until is None:
        return "deleted, without a backup"
    return f"deleted; can be restored until {case.undo_until:%Y-%m-%d %H:%M} UTC"


def _kept(case: Case) -> str:
    return f"kept until {case.kept.until:%Y-%m-%d} by {case.kept.who}" if case.kept else "kept"


def _closed(case: Case) -> str:
    if case.closed is None:
        return "closed"
    said = ENDINGS[case.closed.reason]
    ours = case.closed.reason is Ending.LOST and case.memory.get(Verb.DELETE, {}).get("ours")
    return f"{said}; our backup of it, tagged sexton:case={case.id}, is there" if ours else said


SAYINGS: Mapping[State, Callable[[Case], str]] = {
    State.DETECTED: _detected,
    State.NOTIFIED: _notified,
    State.GRACE: _waiting,
    State.STOPPED: _waiting,
    State.AWAITING_APPROVAL: _awaiting,
    State.APPROVED: _approved,
    State.STOPPING: lambda case: "being stopped",
    State.SNAPSHOTTING: lambda case: "being backed up before it is deleted",
    State.DELETING: lambda case: "being deleted",
    State.DELETED: _deleted,
    State.RESTORING: lambda case: f"being restored for {case.asked_by}",
    State.KEPT: _kept,
    State.STUCK: lambda case: f"stuck, a person must look: {case.stuck}",
    State.CLOSED: _closed,
}
