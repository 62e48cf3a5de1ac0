"""AWS's evaluation of an identity policy, as far as those of `sexton permissions` go: an explicit Deny wins, then an Allow.

Operators: StringEquals, StringLike, Null, and ForAllValues before them. Anything else is a fault of whoever wrote the policy, and
raises: a condition that this does not understand must not pass for one that holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Context = Mapping[str, Sequence[str]]
"""Condition key -> its values in this request; one that is missing has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One thing that AWS wants allowed before it carries out a call."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)


def allows(policy: Mapping[str, Any], ask: Ask) -> bool:
    """Whether a policy document allows it."""
    effects = {statement["Effect"] for statement in policy["Statement"] if _speaks(statement, ask)}
    return "Deny" not in effects and "Allow" in effects


def _speaks(statement: Mapping[str, Any], ask: Ask) -> bool:
    unknown = set(statement) - {"Sid", "Effect", "Action", "Resource", "Condition"}
    assert not unknown, f"the double does not understand {unknown}"
    named = any(_like(ask.action, action) for action in _listed(statement["Action"]))
    here = any(_like(ask.resource, resource) for resource in _listed(statement["Resource"]))
    return named and here and all(_holds(operator, keys, ask.context) for operator, keys in _conditions(statement))


def _conditions(statement: Mapping[str, Any]) -> Sequence[tuple[str, Mapping[str, Any]]]:
    return tuple(statement.get("Condition", {}).items())


def _holds(operator: str, keys: Mapping[str, Any], context: Context) -> bool:
    quantifier, _, plain = operator.rpartition(":")
    assert quantifier in ("", "ForAllValues"), f"the double does not understand {operator}"
    known = {name.lower(): values for name, values in context.items()}  # names of condition keys have no case
    return all(_test(plain, quantifier, known.get(key.lower()), _listed(wanted)) for key, wanted in keys.items())


def _test(operator: str, quantifier: str, found: Sequence[str] | None, wanted: Sequence[str]) -> bool:
    if operator == "Null":
        return (found is None) == (wanted == ["true"])
    match = _MATCHES[operator]
    hits = [any(match(value, pattern) for pattern in wanted) for value in found or ()]
    return all(hits) if quantifier else bool(hits) and hits[0]


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


_MATCHES: Mapping[str, Callable[[str, str], bool]] = {"StringEquals": lambda value, wanted: value == wanted, "StringLike": _like}


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
