"""All conditions of all policies as one graph in which equal tests, and equal && and || of them, are one node."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from engine.columns.column import Coded, Codes, Column, Mask, Numbers, combined
from engine.columns.truth import TRUE, UNDECIDED, Span, Table, outcome, table
from engine.columns.vector import At, VectorTest, undecidable
from engine.condition.leaf import Leaf

RANGES = 6
"""Up to this many ranges of codes are compared one by one; a look-up costs about as much."""

Node = int
"""A place in the graph."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two passes: with every test on an unknown value False, and with every one True. Often the same node."""

    least: Node
    most: Node


class Op(Protocol):
    """A node without parts."""

    def run(self, at: At) -> Mask:
        """Its truth for some resources."""


@dataclass(frozen=True, slots=True)
class Join:
    """All parts (`every`), or one of them."""

    every: bool
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Opposite:
    """Not a part."""

    part: Node


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A truth that was computed elsewhere."""

    mask: Mask

    def run(self, at: At) -> Mask:
        found: Mask = self.mask[at]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Codes in one of a few ranges: one comparison each, the fastest thing there is."""

    codes: Codes
    spans: tuple[Span, ...]
    top: int

    def run(self, at: At) -> Mask:
        codes = self.codes[at]
        result = self._one(codes, *self.spans[0])
        for low, high in self.spans[1:]:
            np.logical_or(result, self._one(codes, low, high), out=result)
        return result

    def _one(self, codes: Codes, low: int, high: int) -> Mask:
        sort = codes.dtype.type
        found: Any
        if high - low == 1:
            found = codes == sort(low)
        elif low == 0:
            found = codes < sort(high)
        elif high == self.top:
            found = codes >= sort(low)
        else:
            found = (codes - sort(low)) < sort(high - low)  # unsigned: what is below `low` wraps round to the top
        result: Mask = found
        return result


@dataclass(frozen=True, slots=True, eq=False)
class LookUp:
    """Codes looked up in a table of truths."""

    codes: Codes
    truths: Mask

    def run(self, at: At) -> Mask:
        found: Mask = self.truths.take(self.codes[at])
        return found


@dataclass(slots=True)
class Graph:
    """Nodes are only ever added, so that a changed policy can be judged beside those that were there."""

    nodes: list[Any] = field(default_factory=list)
    doubts: set[Node] = field(default_factory=set)
    """Who has an unknown value in some field that is tested. Both passes say the same of all others."""
    _places: dict[Hashable, Node] = field(default_factory=dict)
    _tables: dict[Hashable, tuple[Table, Coded]] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)
    """Arrays that keys name by identity: they must not be forgotten while the graph lives."""

    def __post_init__(self) -> None:
        self.nodes += [False, True]  # the constants: node 0 and node 1

    @staticmethod
    def constant(value: bool) -> Node:
        """True or False for everybody."""
        return int(value)

    def given(self, mask: Mask) -> Node:
        """A truth that was computed elsewhere."""
        self._kept.append(mask)
        return self._add(("given", id(mask)), Given(mask))

    def opposite(self, part: Node) -> Node:
        """Not a node."""
        return 1 - part if part < 2 else self._add(("not", part), Opposite(part))

    def join(self, every: bool, parts: Iterable[Node]) -> Node:
        """All of them, or one of them. The order is the order of evaluation: what is rarely true goes first."""
        neutral, ending = int(every), 1 - int(every)
        left = list(dict.fromkeys(part for part in parts if part != neutral))
        if ending in left:
            return ending
        if len(left) < 2:
            return left[0] if left else neutral
        return self._add((every, frozenset(left)), Join(every, tuple(left)))

    def test(self, leaf: Leaf, columns: Sequence[Column]) -> Pair:
        """A test of fields that have these columns."""
        if any(isinstance(column, Numbers) for column in columns):
            return self._vector(leaf, columns)
        coded = [column for column in columns if isinstance(column, Coded)]
        if len(coded) == 1:
            truths, column = self._table(leaf, coded[0])
            return self.codes(column, truths)
        key = (leaf.text, *map(id, coded))
        if key not in self._tables:
            self._kept += coded
            codes, found = combined(coded)
            rows = ([column.cells[code] for column, code in zip(coded, one, strict=True)] for one in found)
            self._tables[key] = np.array([outcome(leaf, cells) for cells in rows], np.uint8), Coded(codes, ())
        truths, column = self._tables[key]
        return self.codes(column, truths)

    def codes(self, column: Coded, truths: Table) -> Pair:
        """FALSE, TRUE or UNDECIDED for each code of a column."""
        least = self._codes(column.codes, truths == TRUE)
        undecided = truths == UNDECIDED
        if not column.unknown or not undecided.any():
            return Pair(least, least)
        hidden = self._codes(column.codes, undecided)
        self.doubts.add(hidden)
        return Pair(least, self.join(False, [least, hidden]))

    def cells(self, column: Coded, wanted: Iterable[int]) -> Node:
        """Whether a column has one of these codes."""
        truths = np.zeros(len(column.cells), np.bool_)
        truths[list(wanted)] = True
        return self._codes(column.codes, truths)

    def _table(self, leaf: Leaf, column: Coded) -> tuple[Table, Coded]:
        key = (leaf.text, id(column))
        if key not in self._tables:
            self._kept.append(column)
            self._tables[key] = table(leaf, column), column
        return self._tables[key]

    def _codes(self, codes: Codes, truths: Mask) -> Node:
        if not len(truths):
            return self.constant(False)  # nobody is there
        turns = (np.flatnonzero(truths[1:] != truths[:-1]) + 1).tolist()
        turns = [0] * int(truths[0]) + turns + [len(truths)] * int(truths[-1])
        spans = tuple(zip(turns[::2], turns[1::2], strict=True))
        if not spans or spans == ((0, len(truths)),):
            return self.constant(bool(spans))
        self._kept.append(codes)
        if len(spans) <= RANGES:
            return self._add(("ranges", id(codes), spans), Ranges(codes, spans, len(truths)))
        return self._add(("codes", id(codes), truths.tobytes()), LookUp(codes, truths))

    def _vector(self, leaf: Leaf, columns: Sequence[Column]) -> Pair:
        self._kept += columns
        tests = [VectorTest(leaf, columns, most) for most in (False, True)]
        hidden = [found for found in map(self._hidden, columns, tests[0].measured) if found != self.constant(False)]
        self.doubts.update(hidden)
        passes = [
            self._add(("vector", leaf.text, test.most, *map(id, columns)), test) for test in (tests if hidden else tests[:1])
        ]
        return Pair(passes[0], passes[-1])

    def _hidden(self, column: Column, measured: bool) -> Node:
        """Whose value is unknown, or no number."""
        if isinstance(column, Numbers):
            return self.constant(False) if column.unknown is None else self.given(column.unknown)
        cells = np.array([undecidable(cell, measured) for cell in column.cells], np.bool_)
        return self._codes(column.codes, cells)

    def _add(self, key: Hashable, node: Any) -> Node:
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self.nodes)
            self.nodes.append(node)
        return place
