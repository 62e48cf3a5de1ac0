"""Guards about the case itself: what was read of it, what its owner was told, what people agreed to."""

from __future__ import annotations

from engine.case import State
from engine.guards.guard import Asked, Guard
from engine.schedule import RUNGS, complete

READY = frozenset({State.APPROVED, State.SNAPSHOTTING})
"""The states from which an act may begin."""


def _notice(asked: Asked) -> bool:
    case = asked.case
    return case.told is None or bool(case.tell) or case.due is None or asked.now < case.due


def _approval(asked: Asked) -> bool:
    case, action = asked.case, asked.action
    if action is None or case.state not in READY:
        return True
    given = (yes for yes in case.agreements if yes.action == action.hash)
    return not complete(action.terms.approval[RUNGS[action.verb]], given, case.owner)


AGREED = (
    Guard(
        number=4,
        name="evidence",
        sentence="A field that decides could not be read, or the resource lies in a gap of the newest inventory.",
        blocks=lambda asked: asked.case.paused_at is not None,
    ),
    Guard(
        number=9,
        name="notice",
        sentence="Its owner has not been told of this, or the date that they were told has not come.",
        blocks=_notice,
    ),
    Guard(number=10, name="approval", sentence="Not everybody who must has agreed to exactly this action.", blocks=_approval),
    Guard(
        number=12,
        name="fingerprint",
        sentence="What the resource was when it was looked at is not known, so that a change would not show.",
        blocks=lambda asked: not asked.case.fingerprint,
    ),
)
