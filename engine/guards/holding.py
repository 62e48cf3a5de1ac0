"""Guards that hold a policy back in an account: what was seen there is not as usual, or not proven yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.canary import Canary
from engine.case import Case
from engine.guards.guard import Asked, Guard
from engine.holds.hold import Cause, Hold
from engine.model import Verb
from engine.rule import rule_of


def _canary(asked: Asked) -> bool:
    if asked.action is None or asked.action.verb is not Verb.DELETE:
        return False
    rule = rule_of(asked.standing.policies, asked.case.policy)
    return not rule or not asked.usage.canaries.get((rule, asked.case.key.kind), Canary()).may_go(asked.now)


HELD = {
    Cause.SURGE: "surge",
    Cause.DROP: "surge",
    Cause.REGRETS: "breaker",
    Cause.WIDENED: "widening",
    Cause.VERSION: "version",
}
"""Cause -> the guard that blocks for it."""


def held_by(case: Case, holds: Iterable[Hold]) -> tuple[str, ...]:
    """The guards behind the holds that speak of a case."""
    return tuple(sorted({HELD[hold.cause] for hold in holds if hold.speaks_of(case)}))


def _held(guard: str) -> Callable[[Asked], bool]:
    """Whether a hold that this guard blocks for speaks of the case."""
    return lambda asked: guard in held_by(asked.case, asked.standing.holds)


HOLDING = (
    Guard(
        number=7,
        name="surge",
        sentence="Its policy found far more than usual in this account, or far fewer such resources were there than before; "
        "somebody of platform looks first.",
        blocks=_held("surge"),
    ),
    Guard(
        number=16,
        name="canary",
        sentence="The first delete of this kind under a changed policy goes alone, an hour later five, an hour later the rest.",
        blocks=_canary,
        patient=True,
    ),
    Guard(
        number=19,
        name="breaker",
        sentence="Too much of what its policy did in this account was wanted back; somebody of platform looks.",
        blocks=_held("breaker"),
    ),
    Guard(
        number=22,
        name="widening",
        sentence="Its policy is new in this account, or matches more than it did, since less than 72 hours.",
        blocks=_held("widening"),
    ),
)
