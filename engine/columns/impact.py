"""What a change of policies does to a whole inventory: engine/impact.py on columns, for a million resources at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from engine.columns.blocks import Bits, bitmaps, bits_of, count, rows_of
from engine.columns.changes import Changes, Comparison
from engine.columns.column import Coded, combined
from engine.columns.listing import Listed, every_part, new_parts
from engine.columns.tally import Tally, monthly, sums
from engine.columns.verdicts import ColumnVerdicts, Rows
from engine.hurdles import Acting, Acts
from engine.impact import Impact, concluded
from engine.limits import Population
from engine.listing import Listing
from engine.model import Mode
from engine.money import NOTHING, Money
from engine.policy import Exemption
from engine.weight import Weight


def impact_of(base: ColumnVerdicts | None, head: ColumnVerdicts) -> Impact:
    """Compare the verdicts of two commits; without `base`, list what `head` matches."""
    found = _Found(Comparison(base, head))
    return concluded(base.rules.policies if base else None, head.rules.policies, found, head.columns.as_of)


class _Found:
    """What a comparison says, in the words of engine/impact.py."""

    def __init__(self, comparison: Comparison) -> None:
        self.of = comparison
        self.columns = comparison.columns

    @cached_property
    def rows(self) -> Listing:
        return Listed(self.of, every_part(self.of.changes))

    @cached_property
    def news(self) -> Listing:
        return self.rows if self.of.base is None else Listed(self.of, new_parts(self.of.changes))

    def monthly_matched(self) -> Money:
        return sum((self._monthly(changes.same) for changes in self.of.changes.values()), NOTHING)

    def of_policy(self, name: str) -> Weight:
        changes = self.of.changes[name]
        counted: dict[str, Any] = {word: self._count(getattr(changes, word)) for word in COUNTED}
        priced: dict[str, Any] = {f"monthly_{word}": self._monthly(getattr(changes, word)) for word in PRICED}
        return Weight(**counted, **priced)

    def _count(self, bits: Bits) -> int:
        return 0 if bits is self.of.nobody else count(bits)

    def _monthly(self, bits: Bits) -> Money:
        return NOTHING if bits is self.of.nobody else monthly(self.columns, bits)

    # --- by team --------------------------------------------------------------------------------------------------------

    @cached_property
    def _tallies(self) -> tuple[Tally, Tally]:
        """Of those that are the head's owners', and of those that only the base's policies speak of."""
        here, gone = Tally(self.columns), Tally(self.columns)
        for changes in self.of.changes.values():
            for words, bits in self._apart(changes):
                if changes.gone is not self.of.nobody:
                    gone.add(words, bits & changes.gone)
                    bits = bits & ~changes.gone
                here.add(words, bits)
        return here, gone

    def _apart(self, changes: Changes) -> Iterator[tuple[tuple[str, ...], Bits]]:
        """What a Weight counts. Of most policies whoever matched before is the same: one bitmap has several words."""
        words: dict[int, list[str]] = defaultdict(list)
        for word in COUNTED:
            words[id(getattr(changes, word))].append(word)
        words.pop(id(self.of.nobody), None)
        return ((tuple(some), getattr(changes, some[0])) for some in words.values())

    def of_teams(self) -> Mapping[str, Weight]:
        found: dict[str, Weight] = {}
        here, gone = self._tallies
        for tally, teams in ((here, self.of.teams), (gone, self.of.teams_before if self.of.base else self.of.teams)):
            for team, weight in _by_team(tally, teams):
                found[team] = found.get(team, Weight()) + weight
        return found

    # --- what acts, and of how many -------------------------------------------------------------------------------------

    def acting(self) -> Acting:
        tally = Tally(self.columns)
        found: dict[tuple[str, str], dict[str, Acts]] = {}
        for policy in self.of.head.names:
            rows = self._acting(policy)
            if len(rows):
                tally.add(("acts",), bits_of(rows, len(self.of.nobody)))
                found["policy", policy] = self._by_kind(rows)
        if found:
            for word, names in (("account", self.columns.coded("account")), ("team", self.of.teams)):
                for (kind, name), acts in self._by_name(tally, names):
                    found.setdefault((word, name), {})[kind] = acts
        return found

    def _acting(self, policy: str) -> Rows:
        """What may be stopped or deleted of what matches newly or goes further."""
        changes, reap = self.of.changes[policy], self.of.reap(self.of.head, policy)
        rows = rows_of(changes.added | changes.further if self.of.base else changes.same)
        return rows[self.of.reach.ranks(reap, rows) >= Mode.STOP.rank] if reap and len(rows) else rows

    def _by_kind(self, rows: Rows) -> dict[str, Acts]:
        kinds = self.columns.kinds
        groups = kinds.at(rows)
        numbers = np.bincount(groups.codes, minlength=len(kinds.cells)).tolist()
        money = sums(self.columns, rows, None, groups)
        return {str(kind): Acts(number, cost) for kind, number, cost in zip(kinds.cells, numbers, money, strict=True) if number}

    def _by_name(self, tally: Tally, names: Coded) -> Iterator[tuple[tuple[str, str], Acts]]:
        groups = self._with_kinds(names)
        numbers = tally.numbers(groups)["acts"]
        for pair, number, cost in zip(groups.cells, numbers, tally.monthly("acts", groups), strict=True):
            if number:
                yield _pair(pair), Acts(number, cost)

    def population(self) -> Population:
        by_account, by_team = map(self._sizes, (self.columns.coded("account"), self.of.teams))
        kinds = self.columns.kinds
        numbers = np.bincount(kinds.codes, minlength=len(kinds.cells)).tolist()
        by_kind = {str(kind): number for kind, number in zip(kinds.cells, numbers, strict=True) if number}
        return Population(by_kind=by_kind, by_account=by_account, by_team=by_team)

    def _sizes(self, names: Coded) -> Mapping[tuple[str, str], int]:
        groups = self._with_kinds(names)
        return dict(zip(map(_pair, groups.cells), np.bincount(groups.codes).tolist(), strict=True))

    def _with_kinds(self, names: Coded) -> Coded:
        """Groups of the same kind and name."""
        kinds = self.columns.kinds
        codes, found = combined([kinds, names])
        return Coded(codes, [f"{kinds.cells[kind]}\n{names.cells[name]}" for kind, name in found])

    def spoken_of(self, exemption: Exemption) -> int:
        rules = self.of.head.rules
        team = rules.views.owners.team
        mine = [code for code, name in enumerate(team.cells) if exemption.only_team in ("", name)]
        parts = [rules.of_kinds(exemption.selects.kinds), rules.graph.cells(team, mine), rules.selected(exemption.selects).least]
        (bits,) = bitmaps(rules.graph, [rules.graph.join(True, parts)], self.columns.rows)
        return count(bits)


def _pair(cell: object) -> tuple[str, str]:
    kind, _, name = str(cell).partition("\n")
    return kind, name


LISTED = ("added", "removed", "undecided", "same")
"""What there are rows of."""
COUNTED = (*LISTED, "before", "newly_undecided", "further", "eased", "moved")
PRICED = ("added", "removed", "further")
"""What a Weight counts, and what it adds up: the names of bitmaps."""


def _by_team(tally: Tally, teams: Coded) -> Iterator[tuple[str, Weight]]:
    """The sums of each team of which there is a row."""
    counts = tally.numbers(teams)
    money = {f"monthly_{word}": tally.monthly(word, teams) for word in PRICED}
    for code, team in enumerate(teams.cells):
        if any(counts[word][code] for word in counts if word in LISTED):
            numbers: dict[str, Any] = {word: found[code] for word, found in counts.items()}
            of_team: dict[str, Any] = numbers | {word: found[code] for word, found in money.items()}
            yield str(team), Weight(**of_team)
