"""One test on the distinct cells of its field: the same predicate as for a single resource, called once for each of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.columns.column import FIRST, UNKNOWN, Cell, Coded, order
from engine.condition.leaf import Leaf
from engine.condition.tree import Choices, Compare, Literal, Ref, Search

FALSE, TRUE, UNDECIDED = 0, 1, 2
Table = NDArray[np.uint8]
"""FALSE, TRUE or UNDECIDED for each code."""

FEW = 8
"""Below this many cells, trying each is quicker than looking for the places where the answer changes."""

Span = tuple[int, int]


def table(leaf: Leaf, column: Coded) -> Table:
    """The outcome of a test of one field for each code of its column."""
    cells = column.cells
    if not column.ordered:
        return np.array([outcome(leaf, (cell,)) for cell in cells], np.uint8)
    found = np.zeros(len(cells), np.uint8)
    found[:FIRST] = outcome(leaf, (None,)), outcome(leaf, (cells[UNKNOWN],))
    spans = [(FIRST, len(cells))] if leaf.presence else _spans(leaf, cells) if len(cells) > FIRST + FEW else None
    if spans is None:
        found[FIRST:] = list(_tried(leaf, islice(cells, FIRST, None)))
    else:
        found[FIRST:] = leaf.negated
        for low, high in spans:
            found[low:high] = not leaf.negated
    return found


def _tried(leaf: Leaf, values: Iterable[Cell]) -> Iterator[int]:
    """The outcome for known values, one after the other."""
    holds, negated = leaf.holds, leaf.negated
    for value in values:
        try:
            yield holds(value) is not negated
        except (TypeError, ValueError, AttributeError):
            yield UNDECIDED


def outcome(leaf: Leaf, cells: Sequence[Cell]) -> int:
    """The outcome for known, absent or unknown cells. One that the test cannot be put to (another kind's) decides nothing."""
    try:
        said = leaf.on(cells)
    except (TypeError, ValueError, AttributeError):
        return UNDECIDED
    return UNDECIDED if said is None else int(said)


def _spans(leaf: Leaf, cells: Sequence[Any]) -> list[Span] | None:
    """The codes for which `holds` is true, where the order of the cells lets them be found by halving; else None."""
    sort = order(cells[FIRST])[0]
    if sort != order(cells[-1])[0]:
        return None
    match leaf.test:
        case Compare(operator="<" | "<=" | ">" | ">=", left=Ref(), right=Literal(value=value)):
            return _one_side(leaf, cells) if order(value)[0] == sort else None
        case Compare(operator="<" | "<=" | ">" | ">=", left=Literal(value=value), right=Ref()):
            return _one_side(leaf, cells) if order(value)[0] == sort else None
        case Compare(operator="==" | "!=", left=Ref(), right=Literal(value=value)):
            return _points(leaf, cells, [value]) if order(value)[0] == sort else None
        case Compare(operator="in", left=Ref(), right=Choices(values=values)):
            return _points(leaf, cells, values) if {order(value)[0] for value in values} == {sort} else None
        case Search(function="startsWith", operand=Ref(), argument=argument) if sort == order("")[0]:
            low = bisect_left(range(len(cells)), argument, FIRST, key=cells.__getitem__)
            return [(low, bisect_left(range(len(cells)), True, low, key=lambda at: not leaf.holds(cells[at])))]
        case _:
            return None


def _one_side(leaf: Leaf, cells: Sequence[Any]) -> list[Span]:
    """All up to where the answer changes, or all from there on."""
    first = leaf.holds(cells[FIRST])
    turn = bisect_left(range(len(cells)), True, FIRST, key=lambda at: leaf.holds(cells[at]) is not first)
    return [(FIRST, turn)] if first else [(turn, len(cells))]


def _points(leaf: Leaf, cells: Sequence[Any], values: Sequence[Any]) -> list[Span]:
    """The cells that equal one of the values, or all others where the test is `!=`."""
    at = {bisect_left(range(len(cells)), value, FIRST, key=cells.__getitem__) for value in values}
    equal = sorted(code for code in at if code < len(cells) and cells[code] in values)
    if isinstance(leaf.test, Compare) and leaf.test.operator == "!=":
        return list(_between(equal, len(cells)))
    return [(code, code + 1) for code in equal]


def _between(points: Sequence[int], end: int) -> Iterator[Span]:
    low = FIRST
    for point in points:
        yield low, point
        low = point + 1
    yield low, end
