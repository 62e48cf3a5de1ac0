"""Why a policy matches, in the words of a person: the values that its tests saw, not the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.model import Unknown
from engine.wording import clean, count, listed

Seen = object
"""A field's value as a condition saw it: text, number, truth, tags, Unknown, or None where it is absent."""


def because(values: Mapping[str, Seen], fact: str = "") -> str:
    """`detached for 31 days and state available` from field -> value, in the order given.

    `fact` is the kind's main negative fact (KindTable.main_fact), which `idle_days` counts from. Values are cleaned.
    """
    return listed([_phrase(field, value, fact) for field, value in values.items()])


def _phrase(field: str, value: Seen, fact: str) -> str:
    if isinstance(value, Unknown):
        return f"{_noun(field)} not known"
    if value is None:
        return f"no {_noun(field)}"
    if field in DAYS and isinstance(value, int | float):
        return DAYS[field](float(value), fact)
    if isinstance(value, bool):
        return _noun(field) if value else f"not {_noun(field)}"
    if isinstance(value, Mapping):
        return f"tags {clean(', '.join(sorted(str(key) for key in value)))}" if value else "no tags"
    return f"{_noun(field)} {clean(_number(value) if isinstance(value, float) else str(value))}"


def _noun(field: str) -> str:
    return clean(f"tag {field[5:]}" if field.startswith("tags.") else field.replace("_", " "))


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _lifetime(days: float, _fact: str) -> str:
    whole = int(abs(days))
    if days < 0:
        return f"its lifetime ended {count(whole, 'day')} ago" if whole else "its lifetime ended today"
    return f"its lifetime ends in {count(whole, 'day')}"


DAYS: Mapping[str, Callable[[float, str], str]] = {
    "idle_days": lambda days, fact: f"{fact.replace('_', ' ') or 'idle'} for {count(int(days), 'day')}",
    "age_days": lambda days, _fact: f"{count(int(days), 'day')} old",
    "ttl_days_left": _lifetime,
}
"""Fields that count days. Whole days only, rounded towards nothing: we never say that something is older than it is."""
