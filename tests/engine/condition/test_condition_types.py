"""Conditions against field tables: types, names, enums, and several kinds at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from engine.condition import (
    COMMON,
    Condition,
    ConditionError,
    ConditionProblem,
    compile_condition,
    table_of,
    tables_of,
    wildcard_table,
)
from engine.model import Field, KindTable

Compile = Callable[..., Condition]
Refuse = Callable[..., Sequence[ConditionProblem]]

GOOD = [
    "state == 'available'",
    "state in ['available', 'in-use']",
    "has(type) && state != type",
    "'available' == state",
    "state < 'b' && state >= 'a'",
    "size_gb > 3 && size_gb > 2.5 && age_days > 3",
    "size_gb in [1, 2.5]",
    "encrypted",
    "!encrypted",
    "encrypted == false",
    "has(public) && !public",
    "has(public) && public != encrypted",
    "tags.owner == 'x' || 'a-b' in tags || has(owner)",
    "tags['a-b'].matches('^[a-z]+$')",
    "size(tags.owner) > 3 && name.size() < 10",
    "monthly_dollars > 1.1 * size_gb + 2 - cpu",
    "idle_days > 14 && ttl_days_left < 0 && managed_by == 'stack'",
    "account == '111122223333'",
]


@pytest.mark.parametrize("line", GOOD)
def test_accepts(line: str, condition: Compile) -> None:
    assert condition(line).texts == (line,)


BAD = [
    ("age_day > 3", 0, "unknown field 'age_day'; did you mean 'age_days'?"),
    ("has(ownr)", 4, "unknown field 'ownr'; did you mean 'owner'?"),
    ("tag.owner == 'x'", 0, "unknown field 'tag'; did you mean 'tags'?"),
    ("'x' in tgs", 7, "unknown field 'tgs'; did you mean 'tags'?"),
    ("zzzzzz == 'x'", 0, "unknown field 'zzzzzz'"),
    ("state.name == 'x'", 0, "state is a text and has no part 'name'; only tags have parts: tags.owner"),
    ("has(size_gb.x)", 4, "size_gb is a number and has no part 'x'; only tags have parts: tags.owner"),
    (
        "state == 'availabel'",
        9,
        "state is never 'availabel'; it is one of creating, available, in-use, deleting; did you mean 'available'?",
    ),
    ("'zz' != state", 0, "state is never 'zz'; it is one of creating, available, in-use, deleting"),
    ("state in ['available', 'zz']", 9, "state is never 'zz'; it is one of creating, available, in-use, deleting"),
    ("account == 111122223333", 0, "cannot compare a text with a number; put it in quotes: '111122223333'"),
    ("111122223333 == account", 0, "cannot compare a number with a text; put it in quotes: '111122223333'"),
    ("age_days > '14 days'", 0, "cannot compare a number with a text"),
    ("age_days > name", 0, "cannot compare a number with a text"),
    ("encrypted == 'true'", 0, "cannot compare true or false with a text"),
    ("encrypted in [true]", 0, "'in' does not compare true or false"),
    ("encrypted > false", 0, "'>' does not compare true or false"),
    ("tags == tags", 0, "'==' does not compare tags"),
    ("name == name", 0, "this compares a thing with itself; name what to compare it with"),
    ("(name == 'a') == encrypted", 0, "cannot compare a test with true or false"),
    ("(name == 'a') == (name == 'b')", 0, "'==' does not compare a test; join tests with && and ||"),
    ("name == ['a']", 0, "'==' does not compare lists; write field in ['a', 'b']"),
    ("name in ['a', 1]", 8, "a list holds texts or numbers, not both"),
    ("name in []", 8, "an empty list matches nothing"),
    ("name in 'abc'", 8, "'in' needs a list after it; write environment in ['dev', 'test'], or 'cost-center' in tags"),
    ("size_gb in ['1']", 0, "cannot compare a number with a text"),
    ("name", 0, "name is a text, not true or false; write has(name) or compare it"),
    ("tags.owner", 0, "tags.owner is a text, not true or false; write has(tags.owner) or compare it"),
    ("tags", 0, "tags is tags, not true or false; write has(tags.owner)"),
    ("has(tags)", 4, "tags are never absent, only single tags are; write has(tags.owner)"),
    ("has(state)", 0, "state is always there, so this says nothing; leave it out"),
    ("size_gb + 1", 0, "a number is no test; compare it with something"),
    ("size(name)", 0, "a number is no test; compare it with something"),
    ("true", 0, "a constant is no test; name a field"),
    ("encrypted || true", 13, "a constant is no test; name a field"),
    ("1 == 1", 0, "a constant is no test; name a field"),
    ("'a'.matches('a')", 0, "a constant is no test; name a field"),
    ("size_gb.contains('3')", 0, "contains() searches a text, not a number"),
    ("size(size_gb) > 1", 5, "size() measures a text, not a number"),
    ("name + 'x' == 'y'", 0, "'+' needs numbers, not a text"),
    ("size_gb * encrypted > 1", 10, "'*' needs numbers, not true or false"),
    ("name.matches('(a')", 0, "'(a' is no RE2 pattern: missing ): (a"),
    ("name.matches('(?=a)')", 0, "'(?=a)' is no RE2 pattern: invalid perl operator: (?="),
    ("name.matches('((a{100}){100}){100}')", 0, "'((a{100}){100}){100}' is no RE2 pattern: invalid repetition size: {100}"),
]


@pytest.mark.parametrize(("line", "offset", "message"), BAD)
def test_refuses(line: str, offset: int, message: str, refused: Refuse) -> None:
    (problem,) = refused(line)
    assert (problem.line_index, problem.offset, str(problem)) == (0, offset, message)


def test_tells_every_problem_of_every_line(refused: Refuse) -> None:
    problems = refused("age_day > 3 && nam == 'x' || state == 'zz'", "state == 'available'", "size_gb >", "tags.a != 'x'")
    assert [(problem.line_index, problem.offset) for problem in problems] == [(0, 0), (0, 15), (0, 38), (2, 9), (3, 0)]


def test_needs_a_line(refused: Refuse) -> None:
    (problem,) = refused()
    assert str(problem) == "a condition needs at least one line"


VOLUME = KindTable(
    name="aws.ebs_volume",
    title="EBS volume",
    main_fact="detached",
    fields={
        "state": Field(type="string", doc="", enum=("available", "in-use")),
        "size_gb": Field(type="int", doc=""),
        "replica": Field(type="string", optional=True, doc=""),
    },
)
BUCKET = KindTable(
    name="aws.s3_bucket",
    title="S3 bucket",
    fields={"size_gb": Field(type="string", doc=""), "replica": Field(type="string", doc="")},
)


def _problems(lines: Sequence[str], tables: Sequence[Mapping[str, Field]], names: Sequence[str]) -> list[str]:
    with pytest.raises(ConditionError) as caught:
        compile_condition(lines, tables, names)
    return [str(problem) for problem in caught.value.problems]


def test_one_kind_is_named_where_it_lacks_a_field() -> None:
    assert "idle_days" not in table_of(BUCKET)
    assert _problems(["idle_days > 3"], [table_of(BUCKET)], ["aws.s3_bucket"]) == ["aws.s3_bucket has no field 'idle_days'"]
    assert compile_condition(["idle_days > 3"], [table_of(VOLUME)])


def test_a_list_of_kinds_may_only_use_what_all_have() -> None:
    tables, names = tables_of([VOLUME, BUCKET]), ["aws.ebs_volume", "aws.s3_bucket"]
    assert _problems(["state == 'available'"], tables, names) == ["aws.s3_bucket has no field 'state'"]
    assert _problems(["size_gb > 3"], tables, names) == [
        "cannot compare a text with a number (for aws.s3_bucket); put it in quotes: '3'"
    ]
    assert _problems(["nope > 3"], tables, names) == ["unknown field 'nope'"]
    assert _problems(["nam == 'x'"], tables, names) == ["unknown field 'nam'; did you mean 'name'?"]
    three = [*tables, table_of(BUCKET)]
    assert _problems(["state == 'available'"], three, [*names, "gcp.bucket"]) == [
        "aws.s3_bucket and gcp.bucket have no field 'state'"
    ]


def test_a_field_that_one_kind_may_lack_wants_a_guard_for_all() -> None:
    tables = tables_of([VOLUME, BUCKET])
    assert compile_condition(["has(replica) && replica != 'x'"], tables)
    with pytest.raises(ConditionError, match="replica may be absent"):
        compile_condition(["replica != 'x'"], tables)


def test_the_kind_is_one_of_those_listed() -> None:
    tables = tables_of([VOLUME, BUCKET])
    assert compile_condition(["kind == 'aws.s3_bucket'"], tables)
    with pytest.raises(ConditionError, match=r"kind is never 'aws\.ebs'"):
        compile_condition(["kind == 'aws.ebs'"], tables)


def test_a_pattern_has_only_the_common_fields() -> None:
    wild = wildcard_table(["aws.ebs_volume", "aws.s3_bucket"])
    assert compile_condition(["age_days > 3 && kind != 'aws.s3_bucket' && idle_days > 3"], [wild], ["aws.*"])
    hint = "with a pattern of kinds only the common fields may be used"
    assert _problems(["zzz_qqq > 3"], [wild], ["aws.*"]) == [f"aws.* has no field 'zzz_qqq'; {hint}"]
    assert set(wild) == set(COMMON)


def test_without_a_table_only_the_grammar_is_checked() -> None:
    assert compile_condition(["anything > 3 && has(whatever)"], []).fields == {"anything", "whatever"}
    with pytest.raises(ConditionError, match="expected a field or a value"):
        compile_condition(["anything >"], [])


def test_says_what_it_reads(condition: Compile) -> None:
    found = condition("has(owner) && tags.a == 'x' || 'b-c' in tags", "size_gb * 2 > iops + size_gb")
    assert found.fields == {"owner", "tags", "size_gb", "iops"}
    assert found.tag_keys == {"a", "b-c"}


def test_is_equal_when_it_normally_says_the_same(condition: Compile) -> None:
    one = condition("!(has(owner) || (state == 'available'))", "size_gb > 3")
    assert one == condition("!has(owner) && state != 'available'", "size_gb   >  3")
    assert one.normal == ("!has(owner) && state != 'available'", "size_gb > 3")
    assert one != condition("!has(owner)", "size_gb > 3")
    assert hash(one) == hash(condition("!has(owner) && state != 'available'", "size_gb > 3"))
