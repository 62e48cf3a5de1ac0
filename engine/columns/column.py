"""One field of every resource: codes into the distinct cells, or numbers where nearly every resource has another one."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.model import Unknown, Value

ABSENT, UNKNOWN, FIRST = 0, 1, 2
"""The two reserved codes of a column read from an inventory, and the code of its first value."""

HIDDEN = Unknown("see the resource itself: columns do not keep why")
"""The one unknown cell: columns say who is undecided, the scalar evaluator says why."""

Cell = Value | Unknown | None
Mask = NDArray[np.bool_]
Codes = NDArray[Any]
"""Unsigned integers of 8, 16 or 32 bits, one for each resource."""
Floats = NDArray[np.float64]
Micros = NDArray[np.int64]
"""Microseconds since 1970, UTC."""

LARGEST = 1 << 62
"""More combinations than that have no number: columns are combined one after the other then."""

FLAGS = 1 << 24
"""Combinations of codes up to this many are found by marking flags, which is ten times faster than sorting."""


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """`cells[code]` is what a resource has. `ordered`: code 0 is absent, 1 unknown, then the values ascend (see `order`)."""

    codes: Codes
    cells: Sequence[Cell]
    ordered: bool = False
    unknown: bool = True
    """Whether some resource's cell is unknown: where none is, both passes of a test are one."""

    def at(self, rows: Any) -> Coded:
        """The same of some resources."""
        return Coded(self.codes[rows], self.cells, self.ordered, self.unknown)

    def mapped(self, change: Callable[[Cell], Cell]) -> Coded:
        """A field that is a function of this one: the same codes, other cells."""
        cells = tuple(change(cell) for cell in self.cells)
        return Coded(self.codes, cells, unknown=any(isinstance(cell, Unknown) for cell in cells))

    def merged(self) -> Coded:
        """The same with one code for each distinct cell: fewer combinations with others."""
        places: dict[tuple[bool, Cell], int] = {}
        change = [places.setdefault((isinstance(cell, bool), cell), len(places)) for cell in self.cells]
        codes = np.array(change, narrow(len(places)))[self.codes]
        return Coded(codes, tuple(cell for _, cell in places), unknown=self.unknown)

    def code_of(self, value: str) -> int | None:
        """The code of a text in an ordered column of texts; None where nobody has it."""
        cells: Sequence[Any] = self.cells
        code = bisect_left(range(len(cells)), value, FIRST, key=cells.__getitem__)
        return code if code < len(cells) and cells[code] == value else None


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """The values themselves: NaN where there is none, which is absent unless `unknown` says that it is unknown."""

    values: Floats
    unknown: Mask | None = None
    whole: bool = False
    """Whether every resource has a value."""


Column = Coded | Numbers


def order(cell: Value) -> tuple[int, Value]:
    """How a dictionary is sorted: truths, then numbers, then texts by code point."""
    return (0 if isinstance(cell, bool) else 2 if isinstance(cell, str) else 1), cell


def narrow(size: int) -> type[np.unsignedinteger[Any]]:
    """The smallest type of code for so many cells."""
    return np.uint8 if size <= 1 << 8 else np.uint16 if size <= 1 << 16 else np.uint32


def constant(rows: int, cell: Cell) -> Coded:
    """The same cell for every resource. Takes no memory."""
    codes: Codes = np.broadcast_to(np.zeros(1, np.uint8), rows)
    return Coded(codes, (cell,), unknown=isinstance(cell, Unknown))


def combined(columns: Sequence[Coded]) -> tuple[Codes, list[tuple[int, ...]]]:
    """Each resource's combination of codes as one code, and the combinations that there are."""
    sizes = [len(column.cells) for column in columns]
    if math.prod(sizes) > LARGEST:
        codes, left = combined(columns[:-1])
        codes, found = combined([Coded(codes, (None,) * len(left)), columns[-1]])
        return codes, [(*left[one], other) for one, other in found]
    mixed = columns[0].codes.astype(np.int64)
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        mixed *= size
        mixed += column.codes
    distinct, codes = _distinct(mixed, math.prod(sizes))
    parts = np.unravel_index(distinct, sizes)
    return codes, list(zip(*(part.tolist() for part in parts), strict=True))


def joined(columns: Sequence[Coded], cell: Callable[..., Cell]) -> Coded:
    """A field that is a function of several: one look-up for each distinct combination."""
    codes, found = combined(columns)
    cells = tuple(cell(*(column.cells[code] for column, code in zip(columns, one, strict=True))) for one in found)
    return Coded(codes, cells, unknown=any(isinstance(one, Unknown) for one in cells))


def _distinct(mixed: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], Codes]:
    """The distinct numbers below `size`, ascending, and each row's place among them."""
    if size > FLAGS:
        found, inverse = np.unique(mixed, return_inverse=True)
        return found, inverse.astype(narrow(len(found)))
    seen = np.zeros(size, np.bool_)
    seen[mixed] = True
    found = np.flatnonzero(seen)
    place = np.zeros(size, narrow(len(found)))
    place[found] = np.arange(len(found))
    return found, place[mixed]
