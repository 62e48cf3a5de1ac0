"""Owners as columns: the walk of engine/owner.py over all resources at once, one look-up for each distinct value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.columns.accounts import AccountRows
from engine.columns.column import HIDDEN, UNKNOWN, Cell, Coded, Codes, Mask, narrow
from engine.columns.inventory import TAGS, Columns
from engine.columns.owner_maps import mapped_teams
from engine.columns.tags import folded
from engine.owner import DEFAULT_COUNTS, DEFAULT_SOURCES, Evidence, teams_by_name
from engine.policy import OwnerSource, PolicySet


@dataclass(frozen=True, eq=False)
class Owners:
    """The fields `owner`, `owner_source` and `team`."""

    owner: Coded
    source: Coded
    find_team: Callable[[], Coded]

    @cached_property
    def team(self) -> Coded:
        """Made when somebody asks: many sets of policies never do."""
        return self.find_team()


def owners(columns: Columns, policies: PolicySet, rows: AccountRows) -> Owners:
    """Who owns each resource, and whom to tell."""
    sources = policies.ownership.sources if policies.ownership else DEFAULT_SOURCES
    counts = policies.ownership.counts if policies.ownership else DEFAULT_COUNTS
    walk = _Walk(columns, policies, rows)
    for source in sources:
        walk.ask(source, counts=source.source in counts)
    return walk.conclude()


class _Walk:
    """What the sources asked so far said. Codes are places in `hits`; 0 is nothing."""

    def __init__(self, columns: Columns, policies: PolicySet, rows: AccountRows) -> None:
        self.columns = columns
        self.policies = policies
        self.rows = rows
        self.teams = teams_by_name(policies)
        self.hits = [Evidence(source="", value="")]
        self.places: dict[Evidence, int] = {}
        self.counting: Codes = np.zeros(columns.rows, np.uint16)
        self.telling: Codes = np.zeros(columns.rows, np.uint16)
        self.ended: Mask | None = None
        """Whose walk has ended because a counting source could not be read."""

    def ask(self, source: OwnerSource, *, counts: bool) -> None:
        """One source."""
        match source.source:
            case "tag":
                self._end(self.columns.coded(TAGS), counts=counts)
                for column in filter(None, (folded(self.columns, key) for key in source.tags)):
                    self._hear(column, "tag", counts=counts)
            case "map":
                self._hear(mapped_teams(self.columns, source.rules), "map", counts=counts)
            case "account":
                teams = Coded(self.rows.codes, tuple(row.team or None for row in self.rows.rows), unknown=False)
                self._hear(teams, "account", counts=counts)
            case _:  # not read yet: Unknown for everybody, which ends the walk where it counts
                if counts:
                    self.ended = np.ones(self.columns.rows, np.bool_)

    def _end(self, tags: Coded, *, counts: bool) -> None:
        if counts and tags.unknown:
            hidden = tags.codes == UNKNOWN
            self.ended = hidden if self.ended is None else self.ended | hidden

    def _hear(self, column: Coded, source: str, *, counts: bool) -> None:
        """The first that counts owns it; the first that names a team is told."""
        heard = np.array([self._place(source, cell) for cell in column.cells], narrow(len(self.hits) + len(column.cells)))
        if not heard.any():
            return
        codes = heard.take(column.codes)
        if self.ended is not None:
            codes[self.ended] = 0
        teamed = np.array([bool(hit.team) for hit in self.hits], np.bool_)
        if teamed[heard].any():
            self.telling = _first(
                self.telling, codes if teamed[heard[heard != 0]].all() else np.where(teamed.take(codes), codes, 0)
            )
        if counts:
            self.counting = _first(self.counting, codes)

    def _place(self, source: str, cell: Cell) -> int:
        if not isinstance(cell, str):
            return 0
        hit = Evidence(source=source, value=cell, team=self.teams(cell))
        if hit not in self.places:
            self.places[hit] = len(self.hits)
            self.hits.append(hit)
        return self.places[hit]

    def conclude(self) -> Owners:
        """Where nothing counts the owner is absent, or unknown where the walk had ended early."""
        unknown = len(self.hits)
        owning, some = self.counting, False
        if self.ended is not None:
            nobody = self.ended & (owning == 0)
            some = bool(nobody.any())
            owning = owning.astype(narrow(unknown + 1))
            owning[nobody] = unknown
        names: list[Cell] = [hit.team or hit.value or None for hit in self.hits]
        sources: list[Cell] = [hit.source or None for hit in self.hits]
        return Owners(
            owner=Coded(owning, (*names, HIDDEN), unknown=some),
            source=Coded(owning, (*sources, None), unknown=False),
            find_team=self._team,
        )

    def _team(self) -> Coded:
        """The owner's team, else the first that was named, else the account's, else the first of platform."""
        teamed = np.array([bool(hit.team) for hit in self.hits], np.bool_)
        first = next(iter(self.policies.organization.platform), "platform")
        fallbacks = [row.team or first for row in self.rows.rows]
        told = np.where(teamed.take(self.counting), self.counting, self.telling)
        width = narrow(len(self.hits) + len(fallbacks))
        codes = told.astype(width)
        silent = told == 0
        if silent.any():
            codes[silent] = self.rows.codes[silent].astype(width) + width(len(self.hits))
        return Coded(codes, (*(hit.team or None for hit in self.hits), *fallbacks), unknown=False)


def _first(earlier: Codes, later: Codes) -> Codes:
    """What was said earlier, and what is said now where nothing was."""
    return np.where(earlier != 0, earlier, later) if earlier.any() else later
