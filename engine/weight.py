"""The sums over the rows of a comparison: how many come and go, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from engine.matches import Change, Row
from engine.money import NOTHING, Money, sum_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """The sums over some rows. A resource under two policies counts once in each."""

    before: int = 0
    """Matched before."""
    added: int = 0
    removed: int = 0
    undecided: int = 0
    same: int = 0
    newly_undecided: int = 0
    """Of `undecided`: those that could be judged before, or are looked at for the first time."""
    further: int = 0
    """Of `same`: more may happen to them than before."""
    eased: int = 0
    """Of `same`: less may happen to them than before."""
    moved: int = 0
    """Another team's than before, whatever else happens to them."""
    monthly_added: Money = NOTHING
    monthly_removed: Money = NOTHING
    monthly_further: Money = NOTHING

    def __add__(self, other: Weight) -> Weight:
        sums: dict[str, Any] = {one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        return Weight(**sums)

    @property
    def touched(self) -> bool:
        """Whether the change does anything to any of them."""
        return any((self.added, self.removed, self.newly_undecided, self.further, self.eased, self.moved))


def weigh(rows: Iterable[Row]) -> Weight:
    """The sums over rows."""
    rows = tuple(rows)
    of = {change: [row for row in rows if row.change is change] for change in Change}
    same, undecided = of[Change.SAME], of[Change.UNDECIDED]
    further = [row for row in same if row.further]
    return Weight(
        before=sum(row.matched for row in rows),
        added=len(of[Change.ADDED]),
        removed=len(of[Change.REMOVED]),
        undecided=len(undecided),
        same=len(same),
        newly_undecided=sum(not row.was_undecided for row in undecided),
        further=len(further),
        eased=sum(row.eased for row in same),
        moved=sum(row.moved for row in rows),
        monthly_added=sum_of(row.monthly for row in of[Change.ADDED]),
        monthly_removed=sum_of(row.monthly for row in of[Change.REMOVED]),
        monthly_further=sum_of(row.monthly for row in further),
    )
