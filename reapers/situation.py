"""How things stand: the policies in force, the newest inventory and its verdicts. Replaced as a whole, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from engine.attached import carriers
from engine.compound import parts_going
from engine.follow import Rests, Sight
from engine.judge import Judgement, judge_all
from engine.limits import Population, population
from engine.load import Problem
from engine.model import Inventory, Mode
from engine.policy import PolicySet
from engine.scanned import Scanned
from engine.view import Context
from reapers.store import Shield

HEAD_AGE = timedelta(minutes=15)
"""Acts need a head polled so lately: a merged exemption must never be missed (DESIGN section 6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadState:
    """The branch as last polled. `sha` is its head; the policies in force may be an older commit when it does not load."""

    sha: str = ""
    polled_at: datetime | None = None
    valid: bool = False
    """The head loaded without a problem and is what runs."""
    moved: str = "same"
    problems: tuple[Problem, ...] = ()
    error: str = ""
    """Why the last poll failed; empty when it did not."""
    freeze: str | None = None
    """The text of the file FREEZE beside the policies, as last polled; None: there is none."""

    def is_current(self, now: datetime) -> bool:
        """Whether acts may trust the running commit."""
        return self.valid and self.polled_at is not None and timedelta(0) <= now - self.polled_at <= HEAD_AGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A moment's whole picture."""

    policies: PolicySet | None = None
    head: HeadState = field(default_factory=HeadState)
    inventory: Inventory | None = None
    judged: tuple[Judgement, ...] = ()
    mode: Mode = Mode.OBSERVE
    """The server's ceiling, lowered to observe while nobody can be told."""
    scan_seconds: float | None = None
    population: Population = field(default_factory=Population)
    carriers: frozenset[str] = frozenset()
    """Key texts of what something protected is attached to."""
    going: frozenset[str] = frozenset()
    """Key texts of the wholes and parts that had a case on its way to a delete when this was judged."""
    parts: frozenset[str] = frozenset()
    """Key texts of the parts whose wholes all have one."""
    rests: Rests = field(default_factory=dict)
    """Key text -> policies at rest there, as the last round read it."""
    scan_every: timedelta = timedelta(hours=1)
    """How often the estate is scanned."""
    scanned: Scanned | None = None
    """The newest inventory as acts ask it."""
    proven: bool = False
    """Whether this version was measured against the one before it (reapers/proving.py)."""

    @property
    def commit(self) -> str:
        """The commit in force."""
        return self.policies.commit if self.policies else ""

    def context(self) -> Context | None:
        """What judging needs; None before policies were loaded."""
        if self.policies is None:
            return None
        accounts = self.inventory.accounts if self.inventory else ()
        known = {account.id: account for account in accounts}
        return Context(policies=self.policies, accounts=known, server=self.mode, carriers=self.carriers, parts=self.parts)

    def sight(self) -> Sight | None:
        """The judged inventory; None before the first scan or load."""
        context = self.context()
        return Sight.of(self.inventory, self.judged, context, self.rests) if self.inventory and context else None


def judged(situation: Situation) -> Situation:
    """The situation with the verdicts of its policies on its inventory, and the sizes that percentages are taken of."""
    policies, inventory = situation.policies, situation.inventory
    if policies is None or inventory is None:
        return situation
    scanned = Scanned.of(inventory, policies, situation.scan_every)
    going = situation.going & scanned.bound.keys()
    situation = replace(situation, scanned=scanned, going=going, parts=parts_going(scanned, going))
    situation = replace(situation, carriers=carriers(inventory.resources, policies))
    context = situation.context()
    assert context is not None  # there are policies
    verdicts = judge_all(inventory, context)
    return replace(situation, judged=verdicts, population=population(verdicts))


def rests_of(shields: Mapping[str, Iterable[Shield]]) -> Rests:
    """Key text -> the policies that leave it alone for now ("" is all)."""
    return {ref: frozenset(shield.policy for shield in held) for ref, held in shields.items()}
