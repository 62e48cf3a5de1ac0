"""The rows of a comparison on columns: counted as bitmaps, put into order and made only while somebody reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.columns.blocks import Bits, count, is_any, rows_of
from engine.columns.changes import Changes, Comparison, either
from engine.columns.column import Coded, combined
from engine.columns.inventory import COST, NANOS, Columns
from engine.columns.verdicts import ColumnVerdicts, Rows
from engine.listing import PLACES
from engine.matches import Change, Row
from engine.model import Mode

ORDER = (Change.ADDED, Change.REMOVED, Change.UNDECIDED, Change.SAME)
MODES = tuple(Mode)
AT_ONCE = 4096
"""Resources whose rows are made together."""


@dataclass(frozen=True, slots=True, eq=False)
class Some:
    """Resources to which a change happens under a policy."""

    change: Change
    policy: str
    bits: Bits


class Listed:
    """Some rows, in order: a Listing."""

    def __init__(self, comparison: Comparison, parts: Sequence[Some]) -> None:
        self._made = Made(comparison)
        self._columns = comparison.columns
        self._changes = comparison.changes
        self._parts = [part for part in parts if is_any(part.bits)]

    def __len__(self) -> int:
        return sum(count(part.bits) for part in self._parts)

    def __iter__(self) -> Iterator[Row]:
        for change in ORDER:
            parts = [part for part in self._parts if part.change is change]
            if parts:
                yield from self._in_order(parts)

    def _in_order(self, parts: Sequence[Some]) -> Iterator[Row]:
        """By key, then policy: a block of resources at a time."""
        rows = rows_of(either([part.bits for part in parts]))
        rows = rows[np.argsort(key_order(self._columns, rows), kind="stable")]
        for start in range(0, len(rows), AT_ONCE):
            block = rows[start : start + AT_ONCE]
            said = np.array([_picked(part.bits, block) for part in parts])
            found: dict[tuple[int, int], Row] = {}
            for place, part in enumerate(parts):
                at = np.flatnonzero(said[place])
                made = self._made.rows(part.change, part.policy, block[at])
                found |= {(one, place): row for one, row in zip(at.tolist(), made, strict=True)}
            yield from (found[key] for key in sorted(found))

    def weightiest(self, most: int) -> list[Row]:
        """The first in reading order."""
        found: list[Row] = []
        for place in range(4):
            if len(found) < most:
                found += self._dearest(list(self._of_place(place)), most - len(found))
        return found

    def _of_place(self, place: int) -> Iterator[Some]:
        for part in self._parts:
            further = self._changes[part.policy].further
            if part.change is Change.SAME and place in (0, 3):
                yield Some(part.change, part.policy, part.bits & (further if place == 0 else ~further))
            elif part.change is not Change.SAME and PLACES.get(part.change, 0) == place:
                yield part

    def _dearest(self, parts: Sequence[Some], most: int) -> list[Row]:
        """The most expensive rows of some parts; of those that cost the same the first by key and policy."""
        rows = [_dearest(self._columns, rows_of(part.bits), most) for part in parts]
        policies = sorted({part.policy for part in parts})
        whose = [np.full(len(some), policies.index(part.policy)) for part, some in zip(parts, rows, strict=True)]
        of = np.repeat(np.arange(len(parts)), [len(some) for some in rows])
        if not len(of):
            return []
        places = np.concatenate(rows)
        order = np.lexsort((places, np.concatenate(whose), key_order(self._columns, places), -_nanos(self._columns, places)))
        top = [(parts[of[one]], places[one]) for one in order[:most].tolist()]
        return [self._made.rows(part.change, part.policy, np.array([row]))[0] for part, row in top]


def _picked(bits: Bits, rows: Rows) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = (bits[rows >> 3] >> (rows & 7).astype(np.uint8)) & np.uint8(1)
    return found


def _nanos(columns: Columns, rows: Rows) -> Rows:
    return columns.moment(NANOS)[columns.coded(COST).codes[rows]]


def _dearest(columns: Columns, rows: Rows, most: int) -> Rows:
    """The most expensive of some resources; of those that cost the same as the last of them, the first by key."""
    if len(rows) <= most:
        return rows
    cheapness = -_nanos(columns, rows)
    last = np.partition(cheapness, most - 1)[most - 1]
    sure, equal = rows[cheapness < last], rows[cheapness == last]
    order = np.argsort(key_order(columns, equal), kind="stable")
    return np.concatenate([sure, equal[order[: most - len(sure)]]])


def key_order(columns: Columns, rows: Rows) -> Rows:
    """Numbers that are ordered as the key texts of some resources are."""
    *places, ids = map(columns.coded, ("kind", "account", "region", "id"))
    codes, found = combined([column.at(rows) for column in places])
    prefixes = ["/".join(str(column.cells[code]) for column, code in zip(places, one, strict=True)) for one in found]
    if any(prefix.count("/") != len(places) - 1 for prefix in prefixes):  # a part has a slash itself: only whole texts tell
        texts = {text: place for place, text in enumerate(sorted(set(texts_of(columns, rows))))}
        return np.array([texts[text] for text in texts_of(columns, rows)], np.int64)
    order = np.argsort(np.argsort(np.array([f"{prefix}/" for prefix in prefixes], object), kind="stable"))
    return np.asarray(order[codes] * len(ids.cells) + ids.codes[rows], np.int64)


def texts_of(columns: Columns, rows: Rows) -> list[str]:
    """The key texts of some resources."""
    return [columns.key_of(row) for row in rows.tolist()]


class Made:
    """Makes rows out of codes."""

    def __init__(self, comparison: Comparison) -> None:
        self._of = comparison
        self._columns = comparison.columns

    def rows(self, change: Change, policy: str, rows: Rows) -> list[Row]:
        """The rows of some resources to which this happens under a policy."""
        changes = self._of.changes[policy]
        matched, was_undecided = _picked(changes.before, rows).astype(bool), _picked(changes.was_undecided, rows).astype(bool)
        teams, was_teams = self._teams(policy, rows, _picked(changes.gone, rows).astype(bool))
        reaches = change in (Change.ADDED, Change.SAME)
        rungs = self._rungs(self._of.head, policy, rows) if reaches else [Mode.OBSERVE] * len(rows)
        was_rungs = self._rungs(self._of.base, policy, rows) if matched.any() else [Mode.OBSERVE] * len(rows)
        missing = self._of.head.missing(policy, rows) if change is Change.UNDECIDED else [()] * len(rows)
        return [
            Row(
                key=self._columns.key_of(row),
                name=self._text("name", row),
                account=self._text("account", row),
                team=teams[at],
                policy=policy,
                change=change,
                matched=bool(matched[at]),
                rung=rungs[at],
                missing=missing[at],
                monthly=self._columns.costs[self._columns.coded(COST).codes[row]],
                kind=self._text("kind", row),
                was_rung=was_rungs[at] if matched[at] else None,
                was_team=was_teams[at],
                was_undecided=bool(was_undecided[at]),
            )
            for at, row in enumerate(rows.tolist())
        ]

    def _text(self, name: str, row: int) -> str:
        column = self._columns.coded(name)
        return str(column.cells[column.codes[row]])

    def _teams(self, policy: str, rows: Rows, gone: NDArray[np.bool_]) -> tuple[list[str], list[str]]:
        """Whose they are, and whose they were where the policy spoke of them."""
        now = _names(self._of.teams, rows)
        base = self._of.base
        if base is None:
            return now, [""] * len(rows)
        before = _names(self._of.teams_before, rows)
        spoke = base.speaks_of(policy, rows).tolist()
        was = [name if known else "" for name, known in zip(before, spoke, strict=True)]
        return [old if left else new for old, new, left in zip(before, now, gone.tolist(), strict=True)], was

    def _rungs(self, side: ColumnVerdicts | None, policy: str, rows: Rows) -> list[Mode]:
        reap = self._of.reap(side, policy)
        assert reap
        reach = self._of.reach if side is self._of.head else self._of.reach_before
        return [MODES[rank] for rank in reach.ranks(reap, rows).tolist()]


def _names(teams: Coded, rows: Rows) -> list[str]:
    return [str(teams.cells[code]) for code in teams.codes[rows].tolist()]


def every_part(changes: Mapping[str, Changes]) -> list[Some]:
    """Everything of which there is something to say."""
    return [Some(change, policy, one.of(change)) for policy, one in changes.items() for change in ORDER]


def new_parts(changes: Mapping[str, Changes]) -> list[Some]:
    """What the change does."""
    return [Some(change, policy, one.news(change)) for policy, one in changes.items() for change in ORDER]
