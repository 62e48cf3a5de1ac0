"""A negative test of a field that may be absent must say what absence means. Works on the normal form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.condition.check import Table, field_of
from engine.condition.printer import label
from engine.condition.problem import Fault
from engine.condition.tree import All, AnyOf, Compare, Expression, Has, Not, Ref, refs

Known = frozenset[Ref]


def present(lines: Iterable[Expression]) -> Known:
    """The fields that must have a value where all of these hold."""
    parts = [part for line in lines for part in (line.parts if isinstance(line, All) else (line,))]
    return frozenset(part.ref for part in parts if isinstance(part, Has))


def unguarded(node: Expression, table: Table, known: Known) -> Iterator[Fault]:
    """Each negative test of an optional field outside `known`, at its place."""
    match node:
        case All(parts=parts):
            inner = known | present(parts)
            for part in parts:
                yield from unguarded(part, table, inner)
        case AnyOf(parts=parts):
            inner = known | {part.operand.ref for part in parts if isinstance(part, Not) and isinstance(part.operand, Has)}
            for part in parts:
                yield from unguarded(part, table, inner)
        case _:
            yield from _negative(node, table, known)


def _negative(test: Expression, table: Table, known: Known) -> Iterator[Fault]:
    negated = isinstance(test, Not) and not isinstance(test.operand, Has)
    if not (negated or (isinstance(test, Compare) and test.operator == "!=")):
        return
    for ref in dict.fromkeys(refs(test)):
        if field_of(ref, table).optional and ref not in known:
            name = label(ref)
            presence = f"has({name})" if "[" not in name else f"'{ref.key}' in {ref.name}"
            absence = f"!has({name})" if "[" not in name else f"!({presence})"
            yield Fault(
                f"{name} may be absent and the test is negative",
                test.start,
                f"say what absence means: {presence} && … or {absence} || …",
            )
            return
