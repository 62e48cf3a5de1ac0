"""The syntax tree of a condition. Two trees are equal when they say the same in the same order, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Constant = str | int | float | bool

START = 0


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of a condition; `start` is the offset of its first character in its line."""

    start: int = field(default=START, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, a text, true or false."""

    value: Constant


@dataclass(frozen=True, slots=True)
class Choices(Node):
    """`['dev', 'test']`: the right side of `in`."""

    values: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class Ref(Node):
    """A field (`state`), or one tag of the field `tags` (`tags.owner`)."""

    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Has(Node):
    """`has(owner)`, `has(tags.owner)` or `'cost-center' in tags`: whether there is a value."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Size(Node):
    """The length of a text in characters."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """A sum, difference or product of numbers."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`left operator right`, with one of == != < <= > >= in."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Search(Node):
    """`operand.function('argument')`, with one of startsWith, endsWith, contains, matches."""

    function: str
    operand: Expression
    argument: str


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`!operand`."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class All(Node):
    """`a && b && c`."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    """`a || b || c`."""

    parts: tuple[Expression, ...]


Expression = Literal | Choices | Ref | Has | Size | Arithmetic | Compare | Search | Not | All | AnyOf


def refs(node: Expression) -> Iterator[Ref]:
    """Every field that an expression reads, from left to right; the same one may come twice."""
    match node:
        case Ref():
            yield node
        case Has(ref=ref):
            yield ref
        case Size(operand=operand) | Search(operand=operand) | Not(operand=operand):
            yield from refs(operand)
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            yield from refs(left)
            yield from refs(right)
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from refs(part)
        case _:
            return


def tests(node: Expression) -> Iterator[Expression]:
    """The smallest parts that are true or false by themselves, from left to right."""
    match node:
        case Not(operand=operand):
            yield from tests(operand)
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from tests(part)
        case _:
            yield node
