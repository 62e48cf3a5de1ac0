"""Every guard there is, by metric name, in the order in which they are asked. An act begins only when none of them blocks.

A plan asks them, and the transaction that writes the intent asks them again. Each stands in one of the files beside this.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.guards.agreed import AGREED
from engine.guards.guard import Asked, Guard
from engine.guards.switches import SWITCHES
from engine.guards.timing import TIMING, met_limits

__all__ = ["GUARDS", "Asked", "Guard", "blocked", "met_limits", "patient"]

GUARDS: Mapping[str, Guard] = {
    guard.name: guard for guard in sorted((*SWITCHES, *AGREED, *TIMING), key=lambda guard: guard.number)
}
"""Metric name -> guard."""


def blocked(asked: Asked) -> tuple[str, ...]:
    """The names of the guards that hold the act back; empty when it may begin. Every one is asked."""
    return tuple(guard.name for guard in GUARDS.values() if guard.blocks(asked))


def patient(names: tuple[str, ...]) -> bool:
    """Whether time alone lifts all of these, so that an approval does not run out meanwhile. False where nothing blocks."""
    return bool(names) and all(GUARDS[name].patient for name in names)
