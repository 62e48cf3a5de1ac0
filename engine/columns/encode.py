"""Cells of many resources to a column: the distinct ones sorted, every resource's code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.columns.column import ABSENT, FIRST, HIDDEN, UNKNOWN, Cell, Coded, Codes, Column, Numbers, narrow, order
from engine.model import Unknown

MANY = 1 << 16
"""From so many distinct numbers on they are kept as they are: their dictionary would be as long as the column."""

EXACT = 1 << 53
"""Above this a float does not hold every whole number."""


def encoded(cells: Sequence[Cell]) -> Column:
    """The column of these cells, one for each resource. What is no finite number is unknown, as in a snapshot."""
    places: dict[Any, int] = {}
    codes = np.fromiter((places.setdefault(key_of(cell), len(places)) for cell in cells), np.uint32, len(cells))
    return remapped(codes, [key if key is None or key is HIDDEN else key[1] for key in places])


def remapped(codes: Codes, cells: Sequence[Cell]) -> Column:
    """The column in which each code stands for the cell at its place: distinct ones sorted, as `encoded` has them."""
    keys = [key_of(cell) for cell in cells]
    distinct = sorted(set(keys) - {None, HIDDEN})
    values: list[Any] = [key[1] for key in distinct]
    unknown = bool((np.array([key is HIDDEN for key in keys], np.bool_)[codes]).any()) if HIDDEN in keys else False
    if are_many_numbers(values):
        table = np.array([np.nan if key in (None, HIDDEN) else key[1] for key in keys], np.float64)
        hidden = np.array([key is HIDDEN for key in keys], np.bool_)
        numbers = table[codes]
        return Numbers(numbers, hidden[codes] if unknown else None, whole=not np.isnan(numbers).any())
    places: dict[Any, int] = {None: ABSENT, HIDDEN: UNKNOWN} | {key: FIRST + place for place, key in enumerate(distinct)}
    change = np.array([places[key] for key in keys], narrow(FIRST + len(values)))
    return Coded(change[codes], (None, HIDDEN, *values), ordered=True, unknown=unknown)


def are_many_numbers(values: Sequence[Any]) -> bool:
    """Whether distinct values, sorted, are better kept as numbers."""
    return len(values) > MANY and all(
        isinstance(end, int | float) and not isinstance(end, bool) and abs(end) <= EXACT for end in (values[0], values[-1])
    )


def key_of(cell: Cell) -> Any:
    """What tells cells apart: True is not 1, 1 is 1.0."""
    if cell is None:
        return None
    if isinstance(cell, Unknown) or (isinstance(cell, float) and not math.isfinite(cell)):
        return HIDDEN
    return order(cell)
