"""A hundred conditions, ten of each of ten sorts, as values that every engine's own module puts into its own words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.estate import DATES, TYPES

KEYS = ("owner", "team", "env", "service", "cost-center", "ttl", "app", "managed-by", "project", "data-class")
Question = tuple[str, dict[str, Any]]


def questions() -> list[Question]:
    """Their sort and its parameters."""
    return [question for turn, key in enumerate(KEYS) for question in _of(turn, key)]


def _of(turn: int, key: str) -> Iterator[Question]:
    yield "missing", {"key": key}
    yield "named", {"key": key, "pattern": f"^(team|squad|svc|app)-[a-z0-9-]{{{1 + turn % 3},}}$"}
    yield "old", {"days": 14 + 30 * turn}
    yield "stopped", {"days": 7 + 20 * turn}
    yield "dear", {"dollars": 50.0 * (turn + 1)}
    yield "typed", {"types": TYPES[turn * 7 : turn * 7 + 5]}
    yield "volumes", {"most": 1 + turn % 7}
    yield "large", {"ending": f".{(2, 4, 8)[turn % 3]}xlarge", "environments": ["dev", "test"] if turn % 2 else ["dev"]}
    yield "before", {"day": DATES[turn * 4]}
    yield "abroad", {"dollars": 20.0 * (turn + 1)}


def lines(question: Question) -> list[str]:
    """The condition in Sexton's words."""
    sort, given = question
    tag = f"tags['{given.get('key')}']"
    has = f"'{given.get('key')}' in tags"
    match sort:
        case "missing":
            return [f"!({has})"]
        case "named":
            return [has, f"!{tag}.matches('{given['pattern']}')"]
        case "old":
            return [f"age_days > {given['days']}"]
        case "stopped":
            return ["state == 'stopped'", f"age_days > {given['days']}"]
        case "dear":
            return [f"monthly_dollars > {given['dollars']}"]
        case "typed":
            return [f"type in {given['types']}"]
        case "volumes":
            return [f"volumes > {given['most']}", "!routes"]
        case "large":
            return [f"tags.env in {given['environments']}", f"type.endsWith('{given['ending']}')"]
        case "before":
            return [f"tags.ttl < '{given['day']}'"]
        case _:
            return ["region.startsWith('eu-')", f"monthly_dollars > {given['dollars']} || !has(tags.service)"]
