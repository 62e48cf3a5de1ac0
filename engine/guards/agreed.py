"""Guards about the case itself: what was read of it, what its owner was told, what people agreed to."""

from __future__ import annotations

from engine.case import READY
from engine.guards.guard import Asked, Guard
from engine.last_call import is_called
from engine.people import stands
from engine.schedule import RUNGS, complete


def _notice(asked: Asked) -> bool:
    case, now = asked.case, asked.now
    return case.told is None or bool(case.tell) or case.due is None or now < case.due or not is_called(case, now)


def _fingerprint(asked: Asked) -> bool:
    agreed, look = asked.case.fingerprint, asked.look
    return not agreed or (look is not None and look.resource.fingerprint != agreed)


def _approval(asked: Asked) -> bool:
    case, action = asked.case, asked.action
    if action is None or case.state not in READY:
        return True
    policies = asked.standing.policies
    given = (yes for yes in case.agreements if yes.action == action.hash and stands(yes, case, policies))
    return not complete(action.terms.approval[RUNGS[action.verb]], given, case.owner)


AGREED = (
    Guard(
        number=9,
        name="notice",
        sentence="Its owner has not been told of this in the last seven days, a day ago at least, or the date has not come.",
        blocks=_notice,
    ),
    Guard(
        number=10,
        name="approval",
        sentence="Not everybody who must has agreed to exactly this action, or may no longer.",
        blocks=_approval,
    ),
    Guard(
        number=12,
        name="fingerprint",
        sentence="What the resource was when people agreed is not known, or it is not what was just read.",
        blocks=_fingerprint,
    ),
)
