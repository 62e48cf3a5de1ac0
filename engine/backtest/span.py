"""Over which days a backtest speaks: those with an inventory, those without, and what could not be read on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from engine.model import Inventory


@dataclass(slots=True)
class Hole:
    """A part of the estate that could not be read on some days; `why` is the last reason."""

    first: date
    last: date
    days: int
    why: str


Place = tuple[str, str, str]
"""Kind, account, region of a gap."""


@dataclass(slots=True)
class Span:
    """Gathers what the days are; `asked` is how many there were to be."""

    asked: int
    until: date
    """The last day of those that were asked for."""
    read: list[date] = field(default_factory=list)
    unreadable: dict[date, str] = field(default_factory=dict)
    """Days whose inventory is damaged, and how."""
    _holes: dict[Place, Hole] = field(default_factory=dict)

    @property
    def since(self) -> date:
        """The first day of those that were asked for."""
        return self.until - timedelta(days=self.asked - 1)

    def day(self, inventory: Inventory) -> None:
        """One day that was read."""
        today = inventory.as_of.date()
        self.read.append(today)
        for gap in inventory.gaps:
            hole = self._holes.setdefault((gap.kind, gap.account, gap.region), Hole(today, today, 0, gap.why))
            if hole.days == 0 or hole.last != today:
                hole.days += 1
            hole.last, hole.why = today, gap.why

    @property
    def missing(self) -> tuple[date, ...]:
        """Days between the first and the last of those that were asked for that have no inventory which can be read."""
        there = set(self.read)
        days = (self.since + timedelta(days=number) for number in range(self.asked))
        return tuple(day for day in days if day not in there)

    @property
    def holes(self) -> Mapping[Place, Hole]:
        """What could not be read, by place."""
        return dict(sorted(self._holes.items()))
