"""Negation normal form: `!` only before single tests. It is what makes the rule for absent and unknown values sound."""

from __future__ import annotations

from engine.condition.tree import All, AnyOf, Compare, Expression, Not

OPPOSITE = {"==": "!=", "!=": "=="}
"""Other comparisons keep their `!`: people wrote it, and they shall see it again."""


def normal(node: Expression, negated: bool = False) -> Expression:
    """The same expression with `!` pushed down to the tests; nested && and || of the same sort become one."""
    match node:
        case Not(operand=operand):
            return normal(operand, not negated)
        case All(parts=parts):
            return _join(AnyOf if negated else All, parts, negated, node.start)
        case AnyOf(parts=parts):
            return _join(All if negated else AnyOf, parts, negated, node.start)
        case Compare(operator="==" | "!=" as operator, left=left, right=right) if negated:
            return Compare(OPPOSITE[operator], left, right, start=node.start)
        case _:
            return Not(node, start=node.start) if negated else node


def _join(sort: type[All] | type[AnyOf], parts: tuple[Expression, ...], negated: bool, start: int) -> Expression:
    flat: list[Expression] = []
    for part in parts:
        done = normal(part, negated)
        flat.extend(done.parts if isinstance(done, sort) else (done,))
    return sort(tuple(flat), start=start)
