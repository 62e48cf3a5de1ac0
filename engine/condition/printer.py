"""A tree back to text: parse(text(tree)) == tree. Explanations, rule digests and messages show conditions this way."""

from __future__ import annotations

import re

from engine.condition.parser import KEYWORDS
from engine.condition.tree import (
    All,
    AnyOf,
    Arithmetic,
    Choices,
    Compare,
    Constant,
    Expression,
    Has,
    Literal,
    Not,
    Ref,
    Search,
    Size,
)

SELECTOR = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
OR, AND, RELATION, SUM, PRODUCT, UNARY, MEMBER = range(1, 8)
"""How tightly each sort of expression binds."""

ESCAPED = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def text(node: Expression) -> str:
    """The expression with no more parentheses than it needs."""
    return _write(node)[0]


def label(ref: Ref) -> str:
    """How people name a field: state, tags.owner, tags['cost-center']."""
    if ref.key is None:
        return ref.name
    return f"{ref.name}.{ref.key}" if _is_selector(ref.key) else f"{ref.name}[{constant(ref.key)}]"


def constant(value: Constant) -> str:
    """A number, text or truth as a condition writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value.translate(ESCAPED)}'" if isinstance(value, str) else repr(value)


def _is_selector(key: str) -> bool:
    return SELECTOR.match(key) is not None and key not in KEYWORDS


def _inside(node: Expression, level: int) -> str:
    """A part of a larger expression: in parentheses where it binds less tightly than its place."""
    written, own = _write(node)
    return written if own >= level else f"({written})"


def _write(node: Expression) -> tuple[str, int]:
    """The text, and how tightly it binds."""
    match node:
        case Has(ref=ref):
            return _presence(ref)
        case Search(function=function, operand=operand, argument=argument):
            return f"{_inside(operand, MEMBER)}.{function}({constant(argument)})", MEMBER
        case Size(operand=operand):
            return f"size({text(operand)})", MEMBER
        case Choices(values=values):
            return f"[{', '.join(constant(value) for value in values)}]", MEMBER
        case Ref():
            return label(node), MEMBER
        case Literal(value=value):
            written = constant(value)
            return written, UNARY if written.startswith("-") else MEMBER
        case _:
            return _operation(node)


def _operation(node: Arithmetic | Compare | Not | All | AnyOf) -> tuple[str, int]:
    """The text of what has an operator, and how tightly it binds."""
    match node:
        case AnyOf(parts=parts):
            return " || ".join(_inside(part, AND) for part in parts), OR
        case All(parts=parts):
            return " && ".join(_inside(part, RELATION) for part in parts), AND
        case Compare(operator=operator, left=left, right=right):
            return f"{_inside(left, SUM)} {operator} {_inside(right, SUM)}", RELATION
        case Arithmetic(operator="*", left=left, right=right):
            return f"{_inside(left, PRODUCT)} * {_inside(right, UNARY)}", PRODUCT
        case Arithmetic(operator=operator, left=left, right=right):
            return f"{_inside(left, SUM)} {operator} {_inside(right, PRODUCT)}", SUM
        case _:
            return f"!{_inside(node.operand, UNARY)}", UNARY


def _presence(ref: Ref) -> tuple[str, int]:
    """CEL's has() takes no brackets: a key that is not a name is tested with `in`."""
    if ref.key is None or _is_selector(ref.key):
        return f"has({label(ref)})", MEMBER
    return f"{constant(ref.key)} in {ref.name}", RELATION
