"""What days say of policies, in numbers: for one set of policies, and for a change from one to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.altered import compare
from engine.backtest.evidence import Sign
from engine.backtest.fold import Outcome, PolicyHistory, Taken
from engine.backtest.span import Span
from engine.impact import Side
from engine.matches import Change
from engine.model import Key
from engine.money import Money, total
from engine.policy import PolicySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The numbers of some resources that would have been taken."""

    taken: int
    outcomes: Mapping[Outcome, int]
    signs: Mapping[Sign, int]
    monthly_taken: Money
    monthly_regretted: Money

    @property
    def decided(self) -> int:
        """Those of which it is known what became."""
        return self.taken - self.outcomes[Outcome.UNDECIDED]

    @property
    def rate(self) -> float | None:
        """Regretted of the decided, 0 to 1; None where none is decided."""
        return self.outcomes[Outcome.REGRETTED] / self.decided if self.decided else None

    @property
    def at_most(self) -> float | None:
        """The rate if everything undecided was regretted; None where nothing would have been taken."""
        unsure = self.outcomes[Outcome.REGRETTED] + self.outcomes[Outcome.UNDECIDED]
        return unsure / self.taken if self.taken else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPolicy:
    """One policy before and after a change. Without a comparison there is only `after`."""

    name: str
    change: Change
    before: PolicyHistory | None
    after: PolicyHistory | None
    added: tuple[Taken, ...]
    """What only the newer policies would have taken, or would have taken further."""
    removed: tuple[Taken, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A whole backtest: over which days, under which policies, and what came of it."""

    span: Span
    base: Side | None
    head: Side
    policies: tuple[OfPolicy, ...]
    full_reach: bool = False
    """Whether modes were left out, as if every account and policy were in mode delete."""


def figures(taken: Iterable[Taken]) -> Figures:
    """The numbers of what would have been taken."""
    taken = tuple(taken)
    outcomes = Counter(one.outcome for one in taken)
    signs = Counter(one.regret.sign for one in taken if one.regret)
    return Figures(
        taken=len(taken),
        outcomes={outcome: outcomes[outcome] for outcome in Outcome},
        signs={sign: signs[sign] for sign in Sign},
        monthly_taken=total(one.monthly for one in taken),
        monthly_regretted=total(one.monthly for one in taken if one.outcome is Outcome.REGRETTED),
    )


Done = tuple[PolicySet, Mapping[str, PolicyHistory]]
"""A set of policies and what it would have done."""


def compared(base: Done | None, head: Done) -> Iterator[OfPolicy]:
    """Every policy of either side, by name."""
    policies, after = head
    old, before = base or (policies, {})
    for name in sorted({*old.reaps, *policies.reaps}):
        change = compare(old.reaps.get(name), policies.reaps.get(name))
        was, now = before.get(name), after.get(name)
        yield OfPolicy(
            name=name,
            change=change,
            before=was,
            after=now,
            added=_only(now, was) if base else (),
            removed=_only(was, now) if base else (),
        )


def _only(these: PolicyHistory | None, those: PolicyHistory | None) -> tuple[Taken, ...]:
    """What one side takes and the other does not, or not so far."""
    other: Mapping[Key, int] = {one.key: one.rung.rank for one in (those.taken if those else ())}
    return tuple(one for one in (these.taken if these else ()) if one.rung.rank > other.get(one.key, 0))


def examples(taken: Sequence[Taken], outcome: Outcome, most: int) -> list[Taken]:
    """The dearest of one outcome first, then by date and key."""
    some = (one for one in taken if one.outcome is outcome)
    return sorted(some, key=lambda one: (-one.monthly.known, one.at, one.key))[:most]
