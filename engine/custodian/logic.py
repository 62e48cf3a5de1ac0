"""Tests and constants together: and, or, not, where some parts always or never hold."""

from __future__ import annotations

from collections.abc import Iterable

from engine.condition.tree import All, AnyOf, Compare, Expression, Not
from engine.custodian.parts import Said


def opposite(said: Said) -> Said:
    """The negation, pushed down to the single tests; == and != become each other."""
    match said:
        case bool():
            return not said
        case Not(operand=operand):
            return operand
        case Compare(operator="==" | "!=" as sign, left=left, right=right):
            return Compare("!=" if sign == "==" else "==", left, right)
        case AnyOf(parts=parts):
            return all_of(opposite(part) for part in parts)
        case All(parts=parts):
            return any_of(opposite(part) for part in parts)
        case _:
            return Not(said)


def all_of(parts: Iterable[Said]) -> Said:
    """`&&` over tests and constants."""
    return _join(All, parts, neutral=True)


def any_of(parts: Iterable[Said]) -> Said:
    """`||` over tests and constants."""
    return _join(AnyOf, parts, neutral=False)


def _join(sort: type[All] | type[AnyOf], parts: Iterable[Said], *, neutral: bool) -> Said:
    flat: list[Expression] = []
    for part in parts:
        if isinstance(part, bool):
            if part is not neutral:
                return part
            continue
        flat.extend(one for one in (part.parts if isinstance(part, sort) else (part,)) if one not in flat)
    if not flat:
        return neutral
    return flat[0] if len(flat) == 1 else sort(tuple(flat))
