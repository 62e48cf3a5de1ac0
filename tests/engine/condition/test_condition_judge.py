"""Known, absent and unknown values: what a condition says of a row, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from engine.condition import Condition, Judgement, Test
from engine.condition.leaf import leaf
from engine.condition.parser import parse
from engine.condition.tree import Compare, Has, Ref, refs
from engine.model import Unknown

Compile = Callable[..., Condition]

DENIED = Unknown("denied")
ROW: Mapping[str, Any] = {
    "id": "vol-1",
    "name": "web-é",
    "kind": "aws.ebs_volume",
    "account": "111122223333",
    "region": "eu-west-1",
    "tags": {"owner": "payments", "blank": "", "cost-center": "cc-1"},
    "team": "payments",
    "ttl_invalid": False,
    "state": "available",
    "size_gb": 100,
    "encrypted": False,
    "age_days": 20.5,
    "idle_days": 15.0,
    "type": "gp3",
}

KNOWN = [
    ("state == 'available'", True),
    ("state != 'available'", False),
    ("state in ['in-use', 'available']", True),
    ("!(state in ['in-use'])", True),
    ("size_gb == 100.0", True),
    ("size_gb < 100", False),
    ("size_gb <= 100", True),
    ("size_gb >= 101", False),
    ("100 < size_gb", False),
    ("99 < size_gb", True),
    ("age_days > 20", True),
    ("size_gb - 10 * 2 == 80", True),
    ("size_gb + 1 > age_days * 5.0", False),
    ("size_gb in [1, 100]", True),
    ("encrypted", False),
    ("!encrypted", True),
    ("encrypted == false", True),
    ("name.startsWith('web')", True),
    ("name.endsWith('é')", True),
    ("name.contains('b-')", True),
    ("name.matches('^web-.$')", True),
    ("name.matches('eb')", True),
    ("name.matches('^eb')", False),
    ("name.matches('\\\\d')", False),
    ("size(name) == 5", True),
    ("name < 'x' && name > 'a'", True),
    ("tags.owner == team", True),
    ("tags.blank == ''", True),
    ("tags['cost-center'] == 'cc-1'", True),
    ("'cost-center' in tags", True),
    ("has(tags.blank)", True),
    ("has(tags.nope)", False),
    ("!has(tags.nope)", True),
    ("has(idle_days)", True),
    ("has(cpu)", False),
]


@pytest.mark.parametrize(("line", "outcome"), KNOWN)
def test_known(line: str, outcome: bool, condition: Compile) -> None:
    assert condition(line).judge(ROW) == Judgement(outcome)


ABSENT = [
    ("cpu < 2.0", False),
    ("has(cpu) && !(cpu < 2.0)", False),
    ("!has(cpu) || !(cpu < 2.0)", True),
    ("tags.nope == 'x'", False),
    ("has(tags.nope) && tags.nope != 'x'", False),
    ("!has(tags.nope) || tags.nope != 'x'", True),
    ("public", False),
    ("has(public) && !public", False),
    ("cpu < iops", False),
    ("size_gb > cpu", False),
    ("tags.nope.matches('.*')", False),
    ("size(tags.nope) < 5", False),
    ("owner == team", False),
]


@pytest.mark.parametrize(("line", "outcome"), ABSENT)
def test_a_test_on_an_absent_value_is_false(line: str, outcome: bool, condition: Compile) -> None:
    assert condition(line).judge(ROW) == Judgement(outcome)


UNKNOWN = [
    (["cpu < 2.0"], {"cpu": DENIED}, None, ("cpu",)),
    (["has(cpu)"], {"cpu": DENIED}, None, ("cpu",)),
    (["!has(tags.keep)"], {"tags": DENIED}, None, ("tags",)),
    (["'cost-center' in tags"], {"tags": DENIED}, None, ("tags",)),
    (["tags.owner == 'x' || tags.team == 'x'"], {"tags": DENIED}, None, ("tags",)),
    (["has(tags.owner) && tags.owner != 'x'"], {"tags": DENIED}, None, ("tags",)),
    (["cpu < 2.0 && encrypted"], {"cpu": DENIED}, False, ()),
    (["encrypted && cpu < 2.0"], {"cpu": DENIED}, False, ()),
    (["cpu < 2.0 || state == 'available'"], {"cpu": DENIED}, True, ()),
    (["cpu < 2.0 || encrypted"], {"cpu": DENIED}, None, ("cpu",)),
    (["cpu < 2.0", "state == 'available'"], {"cpu": DENIED}, None, ("cpu",)),
    (["cpu < 2.0", "encrypted"], {"cpu": DENIED}, False, ()),
    (["cpu < 2.0 && iops > 3"], {"cpu": DENIED, "iops": DENIED}, None, ("cpu", "iops")),
    (["cpu < 2.0 && (iops > 3 || state == 'available')"], {"cpu": DENIED, "iops": DENIED}, None, ("cpu",)),
    (["cpu < 2.0 || (iops > 3 && encrypted)"], {"cpu": DENIED, "iops": DENIED}, None, ("cpu",)),
    (["cpu < iops"], {"cpu": DENIED, "iops": 3}, None, ("cpu",)),
    (["cpu < iops"], {"cpu": DENIED}, False, ()),
    (["has(cpu) && has(iops) && !(cpu < iops)"], {"cpu": DENIED}, False, ()),
    (["cpu < iops + size_gb"], {"cpu": DENIED, "iops": DENIED}, None, ("cpu", "iops")),
    (["cpu < 2.0 || has(cpu) && cpu != 1.0 || !has(cpu)"], {"cpu": DENIED}, None, ("cpu",)),
]


@pytest.mark.parametrize(("lines", "change", "outcome", "missing"), UNKNOWN)
def test_unknown(
    lines: list[str], change: Mapping[str, Any], outcome: bool | None, missing: tuple[str, ...], condition: Compile
) -> None:
    assert condition(*lines).judge({**ROW, **change}) == Judgement(outcome, missing)


def test_tags_that_were_never_read_are_unknown_not_absent(condition: Compile) -> None:
    row = {name: value for name, value in ROW.items() if name != "tags"}
    assert condition("!has(tags.keep)").judge(row) == Judgement(None, ("tags",))


def test_a_tree_that_was_never_checked_is_refused() -> None:
    with pytest.raises(TypeError, match=r"has\(a\) is no value: check it before compiling"):
        leaf(Compare("==", Ref("a"), Has(Ref("a"))), 0)


def test_reads_are_found_from_left_to_right() -> None:
    tree = parse("a && (b > c + 1 || !has(d)) && e.contains('x') && size(f) in [1] && 1 < a")
    assert [ref.name for ref in refs(tree)] == ["a", "b", "c", "d", "e", "f", "a"]


def test_patterns_are_linear(condition: Compile) -> None:
    assert condition("name.matches('^(a+)+$')").judge({**ROW, "name": "a" * 50_000 + "!"}) == Judgement(False)


def test_explains_every_test(condition: Compile) -> None:
    found = condition("state == 'available' && !has(tags.keep)", "cpu < 2.0 || size_gb > iops || tags['cost-center'] == 'cc-2'")
    assert found.explain({**ROW, "iops": DENIED}) == (
        Test("state == 'available'", 0, {"state": "available"}, True),
        Test("!has(tags.keep)", 0, {"tags.keep": None}, True),
        Test("cpu < 2.0", 1, {"cpu": None}, False),
        Test("size_gb > iops", 1, {"size_gb": 100, "iops": DENIED}, None),
        Test("tags['cost-center'] == 'cc-2'", 1, {"tags['cost-center']": "cc-1"}, False),
    )


def test_explains_negations_as_they_are_judged(condition: Compile) -> None:
    found = condition("!(state == 'in-use' || has(tags.owner) && tags.owner == 'x')")
    assert [(test.text, test.outcome) for test in found.explain({**ROW, "tags": DENIED})] == [
        ("state != 'in-use'", True),
        ("!has(tags.owner)", None),
        ("tags.owner != 'x'", None),
    ]
