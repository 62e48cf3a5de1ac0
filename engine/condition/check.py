"""Types: whether every test of an expression makes sense for one field table. All faults are collected, one for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import re2

from engine.condition.common import COMMON
from engine.condition.printer import constant, label
from engine.condition.problem import Fault, UnknownField
from engine.condition.tree import (
    Arithmetic,
    Choices,
    Compare,
    Constant,
    Expression,
    Has,
    Literal,
    Ref,
    Search,
    Size,
    refs,
    tests,
)
from engine.model import Field
from engine.suggest import did_you_mean

Table = Mapping[str, Field]

NUMBERS = ("int", "double")
TAG = Field(type="string", optional=True, doc="A tag's value.")
WORDS = {
    "string": "a text",
    "int": "a number",
    "double": "a number",
    "bool": "true or false",
    "tags": "tags",
    "test": "a test",
    "list": "a list",
}
"""How messages name the types."""

EXACT = ("==", "!=", "in")


def faults(expression: Expression, table: Table) -> Iterator[Fault]:
    """Everything that is wrong with an expression over one table."""
    for test in tests(expression):
        try:
            _test(test, table)
        except Fault as fault:
            yield fault


def field_of(ref: Ref, table: Table) -> Field:
    """The field that a reference names. UnknownField where the table has none, Fault where it is no tag."""
    if ref.name not in table:
        # age_days is near idle_days, and is no idle time: no advice where the name is one that other kinds have
        raise UnknownField(ref.name, ref.start, "" if ref.name in COMMON else did_you_mean(ref.name, table))
    field = table[ref.name]
    if ref.key is None:
        return field
    if field.type != "tags":
        message = f"{ref.name} is {WORDS[field.type]} and has no part {ref.key!r}"
        raise Fault(message, ref.start, "only tags have parts: tags.owner")
    return TAG


def searcher(pattern: str) -> Callable[[str], bool]:
    """Whether an RE2 pattern is somewhere in a text, in linear time. ValueError with the reason where it is no pattern."""
    options = re2.Options()
    options.log_errors = False
    try:
        search = re2.compile(pattern, options).search
    except re2.error as error:
        reason = error.args[0]
        raise ValueError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None
    return lambda text: search(text.encode()) is not None  # the library counts characters of a str: half of its time


def _test(node: Expression, table: Table) -> None:
    """One test. Fault where it makes no sense."""
    if not any(True for _ in refs(node)):
        raise Fault("a constant is no test", node.start, "name a field")
    match node:
        case Has(ref=ref):
            _presence(ref, table)
        case Compare():
            _compare(node, table)
        case Search():
            _search(node, table)
        case Ref():
            _truth(node, table)
        case _:
            raise Fault(f"{WORDS[_type(node, table)]} is no test", node.start, "compare it with something")


def _presence(ref: Ref, table: Table) -> None:
    if field_of(ref, table).type == "tags":
        raise Fault(f"{ref.name} are never absent, only single tags are", ref.start, f"write has({ref.name}.owner)")


def _truth(ref: Ref, table: Table) -> None:
    kind = field_of(ref, table).type
    if kind != "bool":
        hint = f"write has({label(ref)}) or compare it" if kind != "tags" else f"write has({ref.name}.owner)"
        raise Fault(f"{label(ref)} is {WORDS[kind]}, not true or false", ref.start, hint)


def _search(node: Search, table: Table) -> None:
    kind = _type(node.operand, table)
    if kind != "string":
        raise Fault(f"{node.function}() searches a text, not {WORDS[kind]}", node.operand.start)
    if node.function == "matches":
        try:
            searcher(node.argument)
        except ValueError as error:
            raise Fault(f"{constant(node.argument)} is no RE2 pattern: {error}", node.start) from None


def _compare(node: Compare, table: Table) -> None:
    left, right = _type(node.left, table), _type(node.right, table)
    if node.operator == "in":
        right = _choices(node.right)
    elif "list" in (left, right):
        raise Fault(f"{node.operator!r} does not compare lists", node.start, "write field in ['a', 'b']")
    if not _alike(left, right):
        raise Fault(f"cannot compare {WORDS[left]} with {WORDS[right]}", node.start, _quote_hint(node, left, right))
    if left in ("tags", "test") or (left == "bool" and node.operator not in ("==", "!=")):
        hint = "join tests with && and ||" if left == "test" else ""
        raise Fault(f"{node.operator!r} does not compare {WORDS[left]}", node.start, hint)
    if node.left == node.right:
        raise Fault("this compares a thing with itself", node.start, "name what to compare it with")
    _known_values(node, table)


def _alike(left: str, right: str) -> bool:
    return left == right or (left in NUMBERS and right in NUMBERS)


def _quote_hint(node: Compare, left: str, right: str) -> str:
    """`account == 111122223333`: a text compared with a bare number or name wants quotes."""
    for kind, other, value in ((left, right, node.right), (right, left, node.left)):
        if kind == "string" and other in NUMBERS and isinstance(value, Literal):
            return f"put it in quotes: '{value.value}'"
    return ""


def _choices(node: Expression) -> str:
    """The one type of a list's values."""
    if not isinstance(node, Choices):
        raise Fault("'in' needs a list after it", node.start, "write environment in ['dev', 'test'], or 'cost-center' in tags")
    types = {_type_of(value) for value in node.values}
    if not types:
        raise Fault("an empty list matches nothing", node.start)
    if not (len(types) == 1 or types <= set(NUMBERS)):
        raise Fault("a list holds texts or numbers, not both", node.start)
    return min(types)


def _known_values(node: Compare, table: Table) -> None:
    """A field with an enum is never equal to anything else."""
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if not isinstance(side, Ref) or node.operator not in EXACT or not isinstance(other, Literal | Choices):
            continue
        known = field_of(side, table).enum
        for value in other.values if isinstance(other, Choices) else (other.value,):
            if known and value not in known:
                hint = did_you_mean(str(value), known)
                message = f"{label(side)} is never {constant(value)}; it is one of {', '.join(known)}"
                raise Fault(message, other.start, hint)


def _type_of(value: Constant) -> str:
    if isinstance(value, bool):
        return "bool"
    return {int: "int", float: "double", str: "string"}[type(value)]


def _type(node: Expression, table: Table) -> str:
    """The type of a value: string, int, double, bool or tags; `list` and `test` for what is no value."""
    match node:
        case Literal(value=value):
            return _type_of(value)
        case Choices():
            return "list"
        case Ref():
            return field_of(node, table).type
        case Size(operand=operand):
            return _size(operand, table)
        case Arithmetic(operator=operator, left=left, right=right):
            for side in (left, right):
                kind = _type(side, table)
                if kind not in NUMBERS:
                    raise Fault(f"{operator!r} needs numbers, not {WORDS[kind]}", side.start)
            return "double"
        case _:
            return "test"


def _size(operand: Expression, table: Table) -> str:
    kind = _type(operand, table)
    if kind != "string":
        raise Fault(f"size() measures a text, not {WORDS[kind]}", operand.start)
    return "int"
