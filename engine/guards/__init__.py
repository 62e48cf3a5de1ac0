"""Every guard there is, by metric name, in the order in which they are asked. An act begins only when none of them blocks.

A plan asks them, and the transaction that writes the intent asks them again. Each stands in one of the files beside this.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.case import READY
from engine.drill import OPERATOR, is_drill, is_production
from engine.guards.agreed import AGREED
from engine.guards.condemned import CONDEMNED
from engine.guards.guard import Asked, Guard
from engine.guards.holding import HOLDING
from engine.guards.looking import LOOKING
from engine.guards.machine import MACHINE
from engine.guards.place import PLACE
from engine.guards.steady import STEADY
from engine.guards.switches import SWITCHES
from engine.guards.timing import TIMING, met_limits

__all__ = ["DRILL_WAIVES", "GUARDS", "Asked", "Guard", "blocked", "may_condemn", "met_limits", "patient"]

EVERY = (*SWITCHES, *AGREED, *TIMING, *HOLDING, *PLACE, *LOOKING, *STEADY, *MACHINE, *CONDEMNED)

GUARDS: Mapping[str, Guard] = {guard.name: guard for guard in sorted(EVERY, key=lambda guard: guard.number)}
"""Metric name -> guard."""


DRILL_WAIVES = frozenset({"surge", "notice", "persistence", "min_age", "approval", "canary", "widening"})
"""The guards that a drill does without: those about waiting, and the approvals, in whose place an operator's word stands."""


def blocked(asked: Asked) -> tuple[str, ...]:
    """The names of the guards that hold the act back; empty when it may begin. Every one is asked."""
    waived = DRILL_WAIVES if _is_drilled(asked) else frozenset()
    return tuple(guard.name for guard in GUARDS.values() if guard.name not in waived and guard.blocks(asked))


def _is_drilled(asked: Asked) -> bool:
    """Whether it is a drill outside of production, to which an operator has said yes, to exactly this."""
    case, action = asked.case, asked.action
    if action is None or not is_drill(case) or is_production(case.environment):
        return False
    return case.state in READY and any(yes.role == OPERATOR and yes.action == action.hash for yes in case.agreements)


def patient(names: tuple[str, ...]) -> bool:
    """Whether time alone lifts all of these, so that an approval does not run out meanwhile. False where nothing blocks."""
    return bool(names) and all(GUARDS[name].patient for name in names)


def may_condemn(names: tuple[str, ...]) -> bool:
    """Whether only time or a last call holds a delete back, if anything does: the longer it waits condemned, the longer
    anybody may remove the tag."""
    return all(GUARDS[name].patient or name == "notice" for name in names)
