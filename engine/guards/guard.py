"""A guard: one reason that may hold an act back, with its number, its metric's name and its sentence for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.case import Action, Case
from engine.limits import Usage
from engine.looked import Look
from engine.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The act that every guard is asked about, at one moment."""

    case: Case
    action: Action | None
    """None where nothing can be done next."""
    standing: Standing
    usage: Usage
    """The acts of the last 24 hours, those that a plan has already taken among them."""
    now: datetime
    look: Look | None = None
    """The resource as read a moment ago; None where nothing was read again, as in a plan."""
    last: bool = False
    """Whether nothing but the call comes after this question."""
    leaving: frozenset[str] = frozenset()
    """Key texts of what goes in the same plan: what refers to this and goes with it does not hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One guard. `blocks` is pure and says True for "not now": what it cannot tell, blocks."""

    number: int
    """Its number in the list of 24 that CONTRACTS section 5 ends with."""
    name: str
    """Its metric's name: `sexton_guard_blocks_total{guard}`."""
    sentence: str
    """For whoever waits for the act."""
    blocks: Callable[[Asked], bool]
    patient: bool = False
    """Only time lifts it: while nothing else blocks, an approval does not run out."""
