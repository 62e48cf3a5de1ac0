"""Generated conditions over generated rows: what is printed is read back, unknown values never lie, and Google's CEL agrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.condition.compile import clause_of
from engine.condition.normal import normal
from engine.condition.parser import parse
from engine.condition.printer import text
from engine.condition.tree import (
    All,
    AnyOf,
    Arithmetic,
    Choices,
    Compare,
    Expression,
    Has,
    Literal,
    Not,
    Ref,
    Search,
    Size,
)
from engine.model import Unknown

RELATIONS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
WORDS = st.sampled_from(
    ["", "a", "dev", "prod", "team-1", "Team-1", "é", "a\nb", "x.y", "it's", "b\\c", "١٢", "12", "z😀", "team-1\n", '"', "\t"]
)
PATTERNS = st.sampled_from(["^team-", "[0-9]+$", "^\\d+$", "a.b", "^$", "(?i)TEAM", "x\\.y", "^(dev|prod)$", "\\w$", "(?s)a.b"])
WHOLE = st.integers(-3, 6)
BROKEN = st.sampled_from([-1.5, 0.0, 0.5, 2.0, 3.25, 1e6])

TEXTS = [
    Ref("state"),
    Ref("name"),
    Ref("owner"),
    Ref("tags", "owner"),
    Ref("tags", "env"),
    Ref("tags", "cost-center"),
    Ref("tags", "in"),
]
OPTIONAL = [Ref("owner"), Ref("cpu"), Ref("iops"), Ref("public"), *TEXTS[3:]]
NUMBERS = {Ref("size_gb"): WHOLE, Ref("iops"): WHOLE, Ref("cpu"): BROKEN, Ref("cost"): BROKEN}
TRUTHS = [Ref("encrypted"), Ref("public")]


def _number(ref: Ref) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(Compare, RELATIONS, st.just(ref), NUMBERS[ref].map(Literal)),
        st.builds(Compare, RELATIONS, NUMBERS[ref].map(Literal), st.just(ref)),
        st.lists(NUMBERS[ref], min_size=1, max_size=3).map(lambda values: Compare("in", ref, Choices(tuple(values)))),
    )


def _sum(sign: str, number: float, other: float) -> Expression:
    return Arithmetic(sign, Arithmetic("*", Ref("cpu"), Literal(number)), Arithmetic("-", Ref("cost"), Literal(other)))


TEXT = st.sampled_from(TEXTS)
TESTS: st.SearchStrategy[Expression] = st.one_of(
    st.builds(Compare, RELATIONS, TEXT, WORDS.map(Literal)),
    st.builds(Compare, st.sampled_from(["==", "!=", "<"]), TEXT, TEXT),
    st.builds(lambda ref, words: Compare("in", ref, Choices(tuple(words))), TEXT, st.lists(WORDS, min_size=1, max_size=3)),
    st.builds(Search, st.sampled_from(["startsWith", "endsWith", "contains"]), TEXT, WORDS),
    st.builds(Search, st.just("matches"), TEXT, PATTERNS),
    st.sampled_from(list(NUMBERS)).flatmap(_number),
    st.builds(
        lambda sign, one, two, least: Compare("<", _sum(sign, one, two), Literal(least)),
        st.sampled_from("+-*"),
        BROKEN,
        BROKEN,
        BROKEN,
    ),
    st.builds(Compare, RELATIONS, TEXT.map(Size), WHOLE.map(Literal)),
    st.sampled_from(OPTIONAL).map(Has),
    st.sampled_from(TRUTHS),
)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    ),
    max_leaves=8,
)
TAGS = st.fixed_dictionaries({}, optional={"owner": WORDS, "env": WORDS, "cost-center": WORDS, "in": WORDS})
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "state": WORDS,
    "name": WORDS,
    "size_gb": WHOLE,
    "cost": BROKEN,
    "encrypted": st.booleans(),
    "tags": TAGS,
}
MAYBE: Mapping[str, st.SearchStrategy[Any]] = {"owner": WORDS, "cpu": BROKEN, "iops": WHOLE, "public": st.booleans()}
ROWS = st.fixed_dictionaries(dict(VALUES), optional=dict(MAYBE))
HIDDEN = st.sets(st.sampled_from([*VALUES, *MAYBE]), max_size=5)
UNKNOWN = Unknown("denied")

slow = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


def _outcome(tree: Expression, row: Mapping[str, Any]) -> bool | None:
    clause = clause_of(All((normal(tree), normal(tree))), 0)
    return clause.outcome(row)


@slow
@given(EXPRESSIONS)
def test_what_is_printed_is_read_back(tree: Expression) -> None:
    assert parse(text(tree)) == tree


@slow
@given(EXPRESSIONS, ROWS, HIDDEN)
def test_the_normal_form_says_the_same_as_two_passes(tree: Expression, row: Mapping[str, Any], hidden: set[str]) -> None:
    seen = {**row, **dict.fromkeys(hidden, UNKNOWN)}
    least, most = (_pass(normal(tree), seen, unknown) for unknown in (False, True))
    assert _outcome(tree, seen) is (least if least is most else None)


def _pass(node: Expression, row: Mapping[str, Any], unknown: bool) -> bool:
    """The rule as DESIGN section 3 words it: every test on an unknown value is `unknown`."""
    if isinstance(node, All):
        return all(_pass(part, row, unknown) for part in node.parts)
    if isinstance(node, AnyOf):
        return any(_pass(part, row, unknown) for part in node.parts)
    found = clause_of(node, 0).outcome(row)
    return unknown if found is None else found


@slow
@given(EXPRESSIONS, ROWS, HIDDEN)
def test_a_value_that_turns_up_never_contradicts(tree: Expression, row: Mapping[str, Any], hidden: set[str]) -> None:
    """Whatever the unknown values are, known or absent: a match stays a match, a spared resource stays spared."""
    judged = _outcome(tree, {**row, **dict.fromkeys(hidden, UNKNOWN)})
    if judged is not None:
        assert _outcome(tree, row) is judged


@slow
@given(EXPRESSIONS, ROWS, HIDDEN)
def test_what_is_missing_is_unknown_and_decides(tree: Expression, row: Mapping[str, Any], hidden: set[str]) -> None:
    """Only unknown fields are named, and telling them gets on: an answer, or other unknown fields that now matter."""
    seen = {**row, **dict.fromkeys(hidden, UNKNOWN)}
    clause = clause_of(normal(tree), 0)
    if clause.outcome(seen) is None:
        missing = clause.unknown(seen)
        assert missing
        assert missing <= hidden
        told = {name: value for name, value in seen.items() if name not in missing or name == "tags"}
        told |= {name: row[name] for name in missing & set(row)}
        assert clause.outcome(told) is not None or clause.unknown(told).isdisjoint(missing)


def _rooted(node: Any) -> Any:
    """The same tree with its fields below `r.`, so that CEL's has() takes each of them."""
    if isinstance(node, Ref):
        return replace(node, name=f"r.{node.name}")
    if isinstance(node, tuple):
        return tuple(_rooted(part) for part in node)
    if isinstance(node, Has | Size | Arithmetic | Compare | Search | Not | All | AnyOf):
        names = [name for name in node.__dataclass_fields__ if name != "start"]
        return replace(node, **{name: _rooted(getattr(node, name)) for name in names})
    return node


@slow
@given(tree=EXPRESSIONS, rows=st.lists(ROWS, min_size=1, max_size=4))
def test_googles_cel_agrees(tree: Expression, rows: list[Mapping[str, Any]]) -> None:
    """An error of CEL's (an absent operand) is "not matched" here."""
    cel = pytest.importorskip("cel_expr_python.cel")
    environment = cel.NewEnv(variables={"r": cel.Type.Map(cel.Type.STRING, cel.Type.DYN)})
    program = environment.compile(text(_rooted(tree)))
    for row in rows:
        answer = program.eval(data={"r": row})
        matched = answer.type() != cel.Type.ERROR and answer.value() is True
        assert _outcome(parse(text(tree)), row) is matched, (text(tree), row)
