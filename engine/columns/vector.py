"""Tests on fields whose values are nearly all distinct: the operators of the scalar evaluator, over arrays of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from engine.columns.column import Cell, Column, Floats, Mask, Numbers
from engine.condition.leaf import ARITHMETIC, OPERATORS, Leaf
from engine.condition.tree import Arithmetic, Choices, Compare, Expression, Literal, Ref, Size
from engine.model import Unknown

At = slice | Any
"""Which resources: a slice, or an array of their places."""

Read = Callable[[At], Any]


class VectorTest:
    """One test over fields of which at least one is `Numbers`. `most`: the pass in which unknown tests are true."""

    def __init__(self, leaf: Leaf, columns: Sequence[Column], most: bool) -> None:
        self.leaf = leaf
        self.most = most
        self.columns = columns
        self.measured = [ref in set(_measured(leaf.test)) for ref in leaf.refs]
        sources = dict(zip(leaf.refs, columns, strict=True))
        self.test = None if leaf.presence else _test(leaf.test, sources)

    def run(self, at: At) -> Mask:
        """The outcome for some resources."""
        unknown: Mask | None = None
        absent: Mask | None = None
        for column, measured in zip(self.columns, self.measured, strict=True):
            hidden, missing = _lacking(column, measured, at)
            unknown = _either(unknown, hidden)
            absent = _either(absent, missing)
        result = self._known(at, absent)
        if unknown is not None:
            decided = ~unknown if absent is None or self.leaf.presence else ~(unknown & ~absent)
            result = result & decided if not self.most else result | ~decided
        return result

    def _known(self, at: At, absent: Mask | None) -> Mask:
        """The outcome where everything is known; what is unknown is put right by the caller."""
        if self.test is None:
            shape = self.columns[0]
            none = absent if absent is not None else np.zeros(len(_some(shape)[at]), np.bool_)
            return none if self.leaf.negated else ~none
        held: Mask = self.test(at)
        if self.leaf.negated:
            held = ~held
        return held if absent is None else held & ~absent


def _some(column: Column) -> Any:
    return column.values if isinstance(column, Numbers) else column.codes


def _either(one: Mask | None, other: Mask | None) -> Mask | None:
    return other if one is None else one if other is None else one | other


def _lacking(column: Column, measured: bool, at: At) -> tuple[Mask | None, Mask | None]:
    """Where the cells are unknown, and where they are absent; None for nowhere."""
    if isinstance(column, Numbers):
        if column.whole:
            return None, None
        nothing = np.isnan(column.values[at])
        if column.unknown is None:
            return None, nothing
        hidden = column.unknown[at]
        return hidden, nothing & ~hidden
    unknown = np.array([undecidable(cell, measured) for cell in column.cells], np.bool_)
    absent = np.array([cell is None for cell in column.cells], np.bool_)
    codes = column.codes[at]
    return (unknown[codes] if unknown.any() else None), (absent[codes] if absent.any() else None)


def undecidable(cell: Cell, measured: bool) -> bool:
    """Unknown, or a text for a number: another kind's field of the same name, which this test cannot be put to."""
    return isinstance(cell, Unknown) or (cell is not None and isinstance(cell, str) is not measured)


def _measured(node: Expression) -> Iterator[Ref]:
    """The fields of which only the length is read."""
    match node:
        case Size(operand=Ref() as ref):
            yield ref
        case Compare(left=left, right=right) | Arithmetic(left=left, right=right):
            yield from _measured(left)
            yield from _measured(right)
        case _:
            return


def _test(node: Expression, sources: Mapping[Ref, Column]) -> Read:
    match node:
        case Compare(operator="in", left=left, right=Choices(values=values)):
            read, wanted = _numbers(left, sources), [value for value in values if not isinstance(value, str)]
            return lambda at: np.isin(read(at), wanted)
        case Compare(operator=sign, left=left, right=right):
            compare: Any = OPERATORS[sign]
            one, other = _numbers(left, sources), _numbers(right, sources)
            return lambda at: compare(one(at), other(at))
        case Ref():
            read = _numbers(node, sources)
            return lambda at: np.ones(len(read(at)), np.bool_)
        case _:
            raise TypeError(f"{node} is no test of numbers: check it before compiling")


def _numbers(node: Expression, sources: Mapping[Ref, Column]) -> Read:
    """A value as a function of the resources: what is no number reads as NaN."""
    match node:
        case Ref():
            return _values(sources[node], measured=False)
        case Size(operand=Ref() as ref):
            return _values(sources[ref], measured=True)
        case Arithmetic(operator=sign, left=left, right=right):
            compute: Any = ARITHMETIC[sign]
            one, other = _numbers(left, sources), _numbers(right, sources)
            return lambda at: compute(one(at), other(at))
        case Literal(value=value) if not isinstance(value, str):
            return lambda at: np.float64(value)
        case _:
            return lambda at: np.float64(np.nan)


def _values(column: Column, *, measured: bool) -> Read:
    if isinstance(column, Numbers):
        values = column.values
        return lambda at: values[at]
    cells: list[Any] = [None if undecidable(cell, measured) else cell for cell in column.cells]
    numbers = (np.nan if cell is None else len(cell) if measured else cell for cell in cells)
    table: Floats = np.fromiter(numbers, np.float64, len(cells))
    codes = column.codes
    return lambda at: table[codes[at]]
