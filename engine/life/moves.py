"""Moves that several events share: closing, telling anew, and taking back what was agreed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine.case import ACTING, Case, Closed, Ending, Kept, State
from engine.model import Mode, Verb

OVER = frozenset({State.DELETED, State.RESTORING, State.CLOSED})
"""The resource is gone or on its way back: scans and people no longer move the case along its ladder."""

SETTLED = OVER | ACTING
"""As above, or an act is under way whose outcome decides first."""


def close(case: Case, ending: Ending, now: datetime) -> Case:
    """Closed; what we stopped stays stopped, and its owner is told how to start it."""
    left = case.rung is Mode.STOP and ending in (Ending.NO_LONGER_MATCHES, Ending.EXEMPT, Ending.REJECTED)
    return replace(
        case,
        state=State.CLOSED,
        closed=Closed(reason=ending, at=now),
        due=None,
        agreements=(),
        paused_at=None,
        tell="left_stopped" if left else "",
    )


def again(case: Case, tell: str) -> Case:
    """Approvals are void and nothing happens before the owner has been told once more."""
    state = State.STOPPED if case.rung is Mode.STOP else State.NOTIFIED
    return replace(unready(case), state=state, tell=tell, called=(), grace_from=None)


def ask(case: Case, approve_by: datetime) -> Case:
    """People are asked to agree; whoever was asked before that nobody had answered is forgotten."""
    return replace(
        case,
        state=State.AWAITING_APPROVAL,
        agreements=(),
        execute_by=None,
        approve_by=approve_by,
        escalated=False,
        further=0,
        escalate_at=None,
        tell="approval",
    )


def leave(case: Case, kept: Kept) -> Case:
    """Left alone until a date. Nothing of what was agreed, asked or promised lives on."""
    return replace(
        unready(case), state=State.KEPT, kept=kept, due=kept.until, tell="", paused_at=None, missing=(), stuck="", stuck_by=(),
        stuck_from=None, called=(), grace_from=None,
    )  # fmt: skip


def unready(case: Case) -> Case:
    """Nothing is agreed or prepared any more. A backup that was made keeps its generation: data may change after it."""
    made = Verb.BACKUP in case.memory
    return replace(
        case,
        agreements=(),
        approve_by=None,
        execute_by=None,
        held_at=None,
        escalated=False,
        further=0,
        escalate_at=None,
        backed_up=False,
        generation=case.generation + int(made),
        memory={verb: kept for verb, kept in case.memory.items() if verb is not Verb.BACKUP},
    )
