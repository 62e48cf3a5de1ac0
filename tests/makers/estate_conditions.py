"""Generated conditions over the fields of generated estates."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from engine.condition import ConditionError, compile_condition, tables_of
from engine.condition.condition import Condition
from engine.condition.printer import text
from engine.condition.tree import AnyOf, Arithmetic, Choices, Compare, Expression, Has, Literal, Not, Ref, Search, Size
from engine.policy import (
    Selection,
)
from makers.estates import KINDS, WORDS

COMMON = [
    Ref(name) for name in ("name", "region", "account", "kind", "team", "owner", "environment", "owner_source", "ttl_source")
]
TEXTS = [
    *COMMON,
    Ref("managed_by"),
    Ref("terraform_state"),
    Ref("tags", "owner"),
    Ref("tags", "env"),
    Ref("tags", "ttl"),
    Ref("tags", "nobody"),
]
COMMON_NUMBERS = [Ref(name) for name in ("age_days", "ttl_days_left", "monthly_dollars", "idle_days")]
OWN_NUMBERS = [Ref("size_gb"), Ref("cpu")]
SIGNS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
PATTERNS = st.sampled_from(["^team-", "[0-9]+$", "^\\d+$", "^$", "(?i)TEAM", "\\w$", "a"])
TEXT_VALUES = st.sampled_from([*WORDS, "payments", "platform", "dev", "us-east-1", "tag", "rule", "aws.ebs_volume", "r-3"])


def text_tests(refs: list[Ref]) -> st.SearchStrategy[Expression]:
    """Tests of texts."""
    text_ref = st.sampled_from(refs)
    return st.one_of(
        st.builds(Compare, SIGNS, text_ref, TEXT_VALUES.map(Literal)),
        st.builds(Compare, SIGNS, TEXT_VALUES.map(Literal), text_ref),
        st.builds(Compare, SIGNS, text_ref, text_ref),
        st.builds(
            lambda ref, some: Compare("in", ref, Choices(tuple(some))), text_ref, st.lists(TEXT_VALUES, min_size=1, max_size=3)
        ),
        st.builds(Search, st.sampled_from(["startsWith", "endsWith", "contains"]), text_ref, TEXT_VALUES),
        st.builds(Search, st.just("matches"), text_ref, PATTERNS),
        st.builds(Compare, SIGNS, text_ref.map(Size), st.integers(0, 5).map(Literal)),
        st.builds(lambda one, two: Compare("<", Size(one), two), text_ref, st.sampled_from(COMMON_NUMBERS)),
        text_ref.map(Has),
    )


def number_tests(refs: list[Ref]) -> st.SearchStrategy[Expression]:
    """Tests of numbers."""
    ref = st.sampled_from(refs)
    number = st.sampled_from([-2.0, 0.0, 0, 2, 3.25, 8.1, 14, 30.0, 100])
    return st.one_of(
        st.builds(Compare, SIGNS, ref, number.map(Literal)),
        st.builds(Compare, SIGNS, number.map(Literal), ref),
        st.builds(Compare, SIGNS, ref, ref),
        st.builds(lambda name, some: Compare("in", name, Choices(tuple(some))), ref, st.lists(number, min_size=1, max_size=3)),
        st.builds(
            lambda sign, one, two, by, least: Compare(
                "<", Arithmetic(sign, Arithmetic("*", one, Literal(by)), two), Literal(least)
            ),
            st.sampled_from("+-*"),
            ref,
            ref,
            number,
            number,
        ),
        ref.map(Has),
    )


@cache
def trees_over(own: bool) -> st.SearchStrategy[Expression]:
    """Expressions over the common fields; `own` adds those that both kinds of AWS have."""
    texts, numbers = ([*TEXTS, Ref("state"), Ref("zone")], [*COMMON_NUMBERS, *OWN_NUMBERS]) if own else (TEXTS, COMMON_NUMBERS)
    truths = st.sampled_from([Ref("ttl_invalid"), *([Ref("public")] if own else [])])
    tests = st.one_of(text_tests(texts), number_tests(numbers), truths, truths.map(Has))
    return st.recursive(
        tests,
        lambda inner: st.one_of(inner.map(Not), st.lists(inner, min_size=2, max_size=3).map(lambda parts: AnyOf(tuple(parts)))),
        max_leaves=5,
    )


@st.composite
def conditions(draw: st.DrawFn, kinds: tuple[str, ...]) -> Condition | None:
    """One to three lines that compile over these kinds; None where what was drawn does not."""
    trees = trees_over(all(kind.startswith("aws") for kind in kinds))
    return compiled([text(tree) for tree in draw(st.lists(trees, min_size=1, max_size=3))], kinds)


def compiled(lines: list[str], kinds: tuple[str, ...]) -> Condition | None:
    """Without the loader's advice on guards: the evaluators must agree on conditions that it would refuse, too."""
    from engine.condition.compile import clause_of
    from engine.condition.condition import Clause
    from engine.condition.normal import normal
    from engine.condition.parser import parse

    try:
        return compile_condition(lines, tables_of(KINDS[kind] for kind in kinds))
    except ConditionError as error:
        if not all("negative" in problem.message or "always there" in problem.message for problem in error.problems):
            return None
        trees = [normal(parse(line)) for line in lines]
        return Condition(tuple(lines), tuple(lines), Clause(True, tuple(clause_of(tree, at) for at, tree in enumerate(trees))))


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    """Kinds and a condition over them."""
    kinds = tuple(draw(st.sets(st.sampled_from(sorted(KINDS)), min_size=1)))
    return Selection(kinds=frozenset(kinds), when=draw(conditions(kinds) | st.none()))
