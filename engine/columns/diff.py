"""What a change of policies does to a whole inventory, on columns: how many newly match, whose they are, what they cost.

engine/matches.py says the same of single resources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from engine.columns.blocks import Bits, count, rows_of
from engine.columns.column import Coded, Codes
from engine.columns.inventory import COST, NANOS, UNPRICED, Columns
from engine.columns.verdicts import ColumnVerdicts, Rows, Verdict
from engine.matches import Change
from engine.money import NOTHING, Money

HALF = 1 << 20
"""Sums of floats are exact while they are whole and below 2**53: billionths of a dollar are added up in two parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """A policy's numbers: matches before and after, and what becomes of them. `undecided` is of the head."""

    base: int
    head: int
    added: int
    removed: int
    undecided: int
    newly_undecided: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamSums:
    """What comes and goes for a team. A resource under two policies counts once in each."""

    added: int = 0
    removed: int = 0
    undecided: int = 0
    monthly_added: Money = NOTHING
    monthly_removed: Money = NOTHING


class ColumnDiff:
    """The verdicts of two commits side by side. Without a base, everything that the head matches is `same`."""

    def __init__(self, base: ColumnVerdicts | None, head: ColumnVerdicts) -> None:
        self.base = base
        self.head = head
        self._nobody = np.zeros((head.columns.rows + 7) // 8, np.uint8)

    @property
    def policies(self) -> tuple[str, ...]:
        """Every policy of either side, sorted."""
        return tuple(sorted({*self.head.names, *(self.base.names if self.base else ())}))

    def counts(self, policy: str) -> Counts:
        """A policy's numbers."""
        old, new = self._both(policy)
        return Counts(
            base=count(old.match),
            head=count(new.match),
            added=count(self._bits(policy, Change.ADDED)),
            removed=count(self._bits(policy, Change.REMOVED)),
            undecided=len(new.undecided_rows),
            newly_undecided=len(np.setdiff1d(new.undecided_rows, old.undecided_rows, assume_unique=True)),
        )

    def rows(self, policy: str, change: Change) -> Rows:
        """The resources to which this happens under a policy."""
        return rows_of(self._bits(policy, change))

    def moved(self, policy: str) -> Rows:
        """The resources that match on both sides and have another team than before."""
        if self.base is None or self.base.views is self.head.views:
            return np.zeros(0, np.int64)
        rows = self.rows(policy, Change.SAME)
        before, after = self._names(True, rows), self._names(False, rows)
        moved = np.array([one != other for one, other in zip(before, after, strict=True)], np.bool_)
        return np.asarray(rows[moved], np.int64)

    def team_of(self, rows: Rows) -> list[str]:
        """The teams of some resources under the head."""
        return self._names(False, rows)

    def monthly(self, rows: Rows) -> Money:
        """What some resources cost together."""
        return monthly(self.head.columns, rows)

    def teams(self) -> Mapping[str, TeamSums]:
        """The sums of each team that has any. What a policy does not speak of any more is of the base's owners."""
        sums = _Sums(self.head.columns)
        for policy in self.policies:
            for change in (Change.ADDED, Change.REMOVED, Change.UNDECIDED):
                rows = self.rows(policy, change)
                spoken_of = self.head.speaks_of(policy, rows)
                for before in (False, True):
                    some = rows[spoken_of != before]
                    if len(some):
                        sums.add(change, some, self._teams(before))
        return dict(sorted(sums.of_teams()))

    def _both(self, policy: str) -> tuple[Verdict, Verdict]:
        nothing = Verdict(self._nobody)
        old = self.base.of(policy) if self.base and policy in self.base.names else nothing
        return old, self.head.of(policy) if policy in self.head.names else nothing

    def _bits(self, policy: str, change: Change) -> Bits:
        old, new = self._both(policy)
        match change:
            case Change.ADDED:
                return new.match & ~old.match if self.base else self._nobody
            case Change.REMOVED:
                return old.match & ~(new.match | new.undecided)
            case Change.UNDECIDED:
                return new.undecided
            case Change.SAME:
                return new.match & old.match if self.base else new.match
            case Change.CHANGED:
                raise ValueError("policies change; resources are added, removed, undecided or the same")

    @cached_property
    def _head_teams(self) -> Coded:
        return self.head.views.owners.team.merged()

    @cached_property
    def _base_teams(self) -> Coded:
        return self.base.views.owners.team.merged() if self.base else self._head_teams

    def _teams(self, before: bool) -> Coded:
        return self._base_teams if before else self._head_teams

    def _names(self, before: bool, rows: Rows) -> list[str]:
        teams = self._teams(before)
        return [str(teams.cells[code]) for code in teams.codes[rows].tolist()]


def monthly(columns: Columns, rows: Rows) -> Money:
    """What some resources cost together, to a billionth of a dollar."""
    return next(_by_group(columns, rows, np.zeros(len(rows), np.int64), 1))


def _by_group(columns: Columns, rows: Rows, groups: Rows, size: int) -> Iterator[Money]:
    """The sums of the resources of each group."""
    codes = columns.coded(COST).codes[rows]
    nanos, unpriced = columns.moment(NANOS)[codes], columns.moment(UNPRICED)[codes]
    high = np.bincount(groups, nanos // HALF, size).astype(np.int64)
    low = np.bincount(groups, nanos % HALF, size).astype(np.int64)
    without = np.bincount(groups, unpriced, size).astype(np.int64)
    for group in range(size):
        known = Decimal(int(high[group]) * HALF + int(low[group])).scaleb(-9)
        yield Money(
            known=known,
            unpriced=int(without[group]),
            why=_why(columns, codes[(groups == group) & (unpriced > 0)]) if without[group] else "",
            free=not known and not without[group] and _free(columns, codes[groups == group]),
        )


def _why(columns: Columns, codes: Codes) -> str:
    """Why the first that has no price has none."""
    return next((why for code in dict.fromkeys(codes.tolist()) if (why := columns.costs[code].why)), "")


def _free(columns: Columns, codes: Codes) -> bool:
    """Whether what costs nothing is free, all of it."""
    return all(columns.costs[code].free for code in np.unique(codes).tolist())


class _Sums:
    """Counts and money by team, while policy after policy comes in."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.counts: dict[tuple[str, Change], int] = {}
        self.money: dict[tuple[str, Change], Money] = {}

    def add(self, change: Change, rows: Rows, teams: Coded) -> None:
        """The resources of one policy to which this happens."""
        groups = teams.codes[rows].astype(np.int64)
        found = np.bincount(groups, minlength=len(teams.cells))
        for code in np.flatnonzero(found).tolist():
            key = str(teams.cells[code]), change
            self.counts[key] = self.counts.get(key, 0) + int(found[code])
        if change is not Change.UNDECIDED:
            for name, cost, some in zip(teams.cells, _by_group(self.columns, rows, groups, len(teams.cells)), found, strict=True):
                if some:
                    key = str(name), change
                    self.money[key] = self.money.get(key, NOTHING) + cost

    def of_teams(self) -> Iterator[tuple[str, TeamSums]]:
        for team in {team for team, _ in self.counts}:
            yield (
                team,
                TeamSums(
                    added=self.counts.get((team, Change.ADDED), 0),
                    removed=self.counts.get((team, Change.REMOVED), 0),
                    undecided=self.counts.get((team, Change.UNDECIDED), 0),
                    monthly_added=self.money.get((team, Change.ADDED), NOTHING),
                    monthly_removed=self.money.get((team, Change.REMOVED), NOTHING),
                ),
            )
