"""One test as a predicate on the values of its fields. Rows and columns share these, so they cannot disagree."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.condition.check import searcher
from engine.condition.printer import label, text
from engine.condition.tree import Arithmetic, Choices, Compare, Expression, Has, Literal, Not, Ref, Search, Size, refs
from engine.model import Unknown, Value

Row = Mapping[str, Value | Unknown | Mapping[str, str]]
"""Field name -> value. A missing name is absent. `tags` is a mapping or Unknown; where it is missing it was not read."""

Read = Callable[..., Any]
"""A function of the values of a test's fields, in the order of `Leaf.refs`."""

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
NOT_READ = Unknown("tags were not read")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A test of the normal form. `holds` takes the known values of `refs` and leaves the negation out."""

    line: int
    text: str
    refs: tuple[Ref, ...]
    holds: Callable[..., bool]
    negated: bool
    presence: bool
    test: Expression
    """The tree of `holds`: columns see from it where values in order can be halved instead of tried one by one."""

    def outcome(self, row: Row) -> bool | None:
        """True, False, or None where it hangs on an unknown value."""
        return self.on([value_of(ref, row) for ref in self.refs])

    def on(self, values: Sequence[Value | Unknown | None]) -> bool | None:
        """The outcome for the values of `refs`; None is absent. A test on an absent value is False, negated or not."""
        if self.presence:
            return None if isinstance(values[0], Unknown) else (values[0] is None) is self.negated
        if None in values:
            return False
        if any(isinstance(value, Unknown) for value in values):
            return None
        return self.holds(*values) is not self.negated

    def unknown(self, row: Row) -> frozenset[str]:
        """The names of its fields that are unknown in this row."""
        return frozenset(ref.name for ref in self.refs if isinstance(value_of(ref, row), Unknown))

    def values(self, row: Row) -> Mapping[str, Value | Unknown | None]:
        """The fields that it reads, as people name them, and their values; None is absent."""
        return {label(ref): value_of(ref, row) for ref in self.refs}


def leaf(test: Expression, line: int) -> Leaf:
    """A test, or its negation, of line `line` as a predicate."""
    negated = isinstance(test, Not)
    inner = test.operand if isinstance(test, Not) else test
    names = tuple(dict.fromkeys(refs(inner)))
    return Leaf(line, text(test), names, predicate(inner, names), negated, isinstance(inner, Has), inner)


def value_of(ref: Ref, row: Row) -> Value | Unknown | None:
    """The value of a field or tag in a row; None is absent."""
    value = row.get(ref.name, NOT_READ if ref.key is not None else None)
    if isinstance(value, Mapping):
        return value.get(ref.key) if ref.key is not None else None
    return value


def predicate(test: Expression, names: tuple[Ref, ...]) -> Callable[..., bool]:
    """A positive test as a function of the values of `names`, all of them known."""
    match test:
        case Compare(operator="in", left=left, right=Choices(values=values)):
            read, wanted = _read(left, names), frozenset(values)
            return lambda *found: read(*found) in wanted
        case Compare(operator=sign, left=left, right=right):
            compare, one, other = OPERATORS[sign], _read(left, names), _read(right, names)
            return lambda *found: compare(one(*found), other(*found))
        case Search(function=function, operand=operand, argument=argument):
            search, read = _search(function, argument), _read(operand, names)
            return lambda *found: search(read(*found))
        case _:
            return lambda *found: found[0] is not False


def _search(function: str, argument: str) -> Callable[[str], bool]:
    if function == "startsWith":
        return lambda value: value.startswith(argument)
    if function == "endsWith":
        return lambda value: value.endswith(argument)
    if function == "contains":
        return lambda value: argument in value
    return searcher(argument)


def _read(node: Expression, names: tuple[Ref, ...]) -> Read:
    """A value as a function of the values of `names`."""
    match node:
        case Ref():
            index = names.index(node)
            return lambda *found: found[index]
        case Size(operand=operand):
            measured = _read(operand, names)
            return lambda *found: len(measured(*found))
        case Arithmetic(operator=sign, left=left, right=right):
            compute, one, other = ARITHMETIC[sign], _read(left, names), _read(right, names)
            return lambda *found: compute(float(one(*found)), float(other(*found)))
        case Literal(value=value):
            return lambda *found: value
        case _:
            raise TypeError(f"{text(node)} is no value: check it before compiling")
