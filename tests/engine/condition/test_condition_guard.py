"""A negative test of what may be absent must say what absence means."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from engine.condition import Condition, ConditionProblem

Compile = Callable[..., Condition]
Refuse = Callable[..., Sequence[ConditionProblem]]

GUARDED = [
    ["has(tags.env) && tags.env != 'prod'"],
    ["!has(tags.env) || tags.env != 'prod'"],
    ["has(tags.env)", "tags.env != 'prod'"],
    ["tags.env != 'prod'", "has(tags.env) && encrypted"],
    ["!(has(tags.env) && tags.env == 'prod')"],
    ["!(!has(tags.env) || tags.env == 'prod')"],
    ["!('a-b' in tags) || !tags['a-b'].startsWith('x')"],
    ["'a-b' in tags && tags['a-b'] != 'x'"],
    ["has(tags.env) && (encrypted || size_gb > 3 && tags.env != 'prod')"],
    ["!has(tags.env) || encrypted && tags.env != 'prod'"],
    ["has(cpu) && has(iops) && !(cpu < iops)"],
    ["!(tags.env != 'prod')"],
    ["!(has(tags.env) || has(owner))"],
    ["has(public) && !public"],
    ["tags.env == 'dev'", "cpu < 3", "public", "tags.env in ['a']"],
    ["state != 'available'", "!encrypted", "!(size_gb > 3)", "!(state in ['in-use'])"],
]


@pytest.mark.parametrize("lines", GUARDED)
def test_accepts(lines: list[str], condition: Compile) -> None:
    assert condition(*lines)


BARE = [
    (["tags.env != 'prod'"], 0, 0, "tags.env"),
    (["!(tags.env == 'prod')"], 0, 1, "tags.env"),
    (["!tags.env.contains('prod')"], 0, 1, "tags.env"),
    (["!(cpu < 3)"], 0, 1, "cpu"),
    (["!public"], 0, 1, "public"),
    (["encrypted", "!(tags.env in ['a'])"], 1, 1, "tags.env"),
    (["!(has(tags.a) && tags.env == 'x')"], 0, 17, "tags.env"),
    (["has(tags.env) || tags.env != 'x'"], 0, 17, "tags.env"),
    (["!has(tags.env) && tags.env != 'x'"], 0, 18, "tags.env"),
    (["has(cpu) && !(cpu < iops)"], 0, 13, "iops"),
    (["encrypted || has(tags.env)", "tags.env != 'x'"], 1, 0, "tags.env"),
    (["owner != environment"], 0, 0, "owner"),
]


@pytest.mark.parametrize(("lines", "line", "offset", "field"), BARE)
def test_refuses(lines: list[str], line: int, offset: int, field: str, refused: Refuse) -> None:
    (problem,) = refused(*lines)
    assert (problem.line_index, problem.offset) == (line, offset)
    assert problem.message == f"{field} may be absent and the test is negative"
    assert problem.hint == f"say what absence means: has({field}) && … or !has({field}) || …"


def test_shows_the_guard_of_a_key_that_is_no_name(refused: Refuse) -> None:
    (problem,) = refused("tags['a-b'] != 'x'")
    assert problem.hint == "say what absence means: 'a-b' in tags && … or !('a-b' in tags) || …"
