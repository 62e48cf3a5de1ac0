"""Generated estates and policies: every way in which a field can be known, absent or unknown, under every sort of document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from engine.condition import ConditionError, compile_condition, tables_of
from engine.condition.condition import Condition
from engine.condition.printer import text
from engine.condition.tree import AnyOf, Arithmetic, Choices, Compare, Expression, Has, Literal, Not, Ref, Search, Size
from engine.model import Account, Field, Inventory, Key, KindTable, Resource, Unknown
from engine.money import FREE, Money
from engine.policy import (
    TTL,
    AccountRow,
    Duration,
    Exemption,
    Meta,
    Organization,
    Ownership,
    OwnerSource,
    PolicySet,
    Protect,
    Reap,
    Selection,
    Team,
    TTLRule,
)
from engine.view import Context
from makers.cases import NOW, days

KINDS = {
    "aws.ebs_volume": KindTable(
        name="aws.ebs_volume",
        title="",
        main_fact="detached",
        fields={
            "state": Field(type="string", doc=""),
            "size_gb": Field(type="int", doc=""),
            "cpu": Field(type="double", doc="", optional=True),
            "public": Field(type="bool", doc="", optional=True),
            "zone": Field(type="string", doc="", optional=True),
        },
    ),
    "aws.ec2_instance": KindTable(
        name="aws.ec2_instance",
        title="",
        main_fact="stopped",
        fields={
            "state": Field(type="string", doc="", optional=True),
            "size_gb": Field(type="int", doc="", optional=True),
            "cpu": Field(type="double", doc=""),
            "public": Field(type="bool", doc=""),
            "zone": Field(type="string", doc=""),
        },
    ),
    "gcp.disk": KindTable(
        name="gcp.disk",
        title="",
        fields={
            "state": Field(type="bool", doc=""),  # another type than elsewhere
            "size_gb": Field(type="double", doc=""),
            "cpu": Field(type="string", doc="", optional=True),
        },
    ),
}
WORDS = ["", "a", "dev", "prod", "team-1", "Payments", "é", "a\nb", "it's", "b\\c", "١٢", "z😀", "\ud7ff", "\uffff"]
TAG_WORDS = [*WORDS, "payments", " search ", "squad-payments", "ann@x.example", "30d", "2d", "1w", "2026-11-30", "never", "soon"]
TAG_KEYS = ["owner", "Owner", "team", "ttl", "TTL", "expires", "env", "do-not-delete", "sexton:keep", "sexton:until", "terraform"]
ACCOUNTS = ["111122223333", "444455556666", "project-a"]
HIDDEN = st.just(Unknown("denied"))

words, whole, broken = st.sampled_from(WORDS), st.integers(-3, 6), st.sampled_from([-1.5, 0.0, 0.5, 2.0, 3.25, 1e6])
moments = st.integers(-40, 3000).map(lambda hours: NOW - timedelta(hours=hours, microseconds=hours * 7919))
tags = st.one_of(
    st.dictionaries(st.sampled_from(TAG_KEYS), st.sampled_from(TAG_WORDS), max_size=4),
    HIDDEN,
)
VALUES: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
    "aws.ebs_volume": {"state": words, "size_gb": whole, "cpu": broken, "public": st.booleans(), "zone": words},
    "aws.ec2_instance": {"state": words, "size_gb": whole, "cpu": broken, "public": st.booleans(), "zone": words},
    "gcp.disk": {"state": st.booleans(), "size_gb": broken, "cpu": words},
}
EXTRA: Mapping[str, st.SearchStrategy[Any]] = {
    "idle_days": broken | HIDDEN,
    "owner": words | HIDDEN,
    "operator": words,
    "environment": words,
}
"""Raw fields that are called like derived ones."""


@cache
def fields_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Some of a kind's fields, some of them unknown."""
    every = {name: value | HIDDEN for name, value in VALUES[kind].items()}
    return st.fixed_dictionaries({}, optional={**every, **EXTRA})


@st.composite
def resources(draw: st.DrawFn, number: int = 0) -> Resource:
    """One resource."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    facts = st.sampled_from(["seen", "seen", "detached", "stopped"])
    return Resource(
        key=Key(kind, draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from(["us-east-1", "eu"])), f"r-{number}"),
        name=draw(words),
        created=draw(st.none() | moments),
        tags=draw(tags),
        fields=draw(fields_of(kind)),
        seen_at=NOW,
        monthly_cost=draw(st.sampled_from([FREE, Money.of("8.10"), Money.of(3), Money.unknown("no price"), Money.unknown("?")])),
        since=draw(st.dictionaries(facts, moments, max_size=3)),
    )


@st.composite
def inventories(draw: st.DrawFn, most: int = 12) -> Inventory:
    """Up to `most` resources."""
    found = tuple(draw(resources(number)) for number in range(draw(st.integers(0, most))))
    listed = tuple(Account("gcp" if name == "project-a" else "aws", name) for name in ACCOUNTS[draw(st.integers(0, 2)) :])
    return Inventory(id="", as_of=NOW, resources=found, accounts=listed)


COMMON = [
    Ref(name) for name in ("name", "region", "account", "kind", "team", "owner", "environment", "owner_source", "ttl_source")
]
TEXTS = [*COMMON, Ref("managed_by"), Ref("tags", "owner"), Ref("tags", "env"), Ref("tags", "ttl"), Ref("tags", "nobody")]
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


SOURCES = st.sampled_from(
    [
        OwnerSource(source="tag", tags=("owner", "team")),
        OwnerSource(source="tag", tags=("TEAM",)),
        OwnerSource(source="account"),
        OwnerSource(
            source="map", rules=(("*", "platform"), ("aws/1*/us-east-1/", "payments"), ("/aws/*/eu/**", ""), ("dev", "search"))
        ),
        OwnerSource(source="map", rules=(("/gcp/", "payments"), ("aws/4*/*/ebs_volume/a*", "ann@x.example"))),
        OwnerSource(source="iac"),
        OwnerSource(source="creator"),
    ]
)
TEAMS = {
    "payments": Team(
        meta=Meta(name="payments"), aliases=("squad-payments",), people=("ann@x.example",), time_zone="Europe/Berlin"
    ),
    "platform": Team(meta=Meta(name="platform")),
    "search": Team(meta=Meta(name="search"), time_zone="Pacific/Auckland"),
}
RULES = st.builds(
    TTLRule,
    environment=st.sampled_from([(), ("dev",), ("prod", "dev")]),
    resource=st.sampled_from([(), ("aws.ebs_volume",), ("gcp.disk", "aws.ec2_instance")]),
    team=st.sampled_from([(), ("payments",)]),
    default=st.sampled_from([None, days(5), Duration(hours=700)]),
    longest=st.sampled_from([None, days(20), Duration(hours=30)]),
)
ROWS = st.sampled_from(
    [
        AccountRow(match={"id": "1111*"}, environment="dev", team="payments"),
        AccountRow(match={"cloud": "gcp"}, environment="prod"),
        AccountRow(match={"cloud": "aws"}, team="platform"),
        AccountRow(match={"id": "*"}, environment="dev"),
    ]
)
PROTECTS = st.builds(
    Protect,
    tags=st.sampled_from([("do-not-delete", "sexton:keep"), (), ("ENV", "sexton:until")]),
    accounts=st.sampled_from([(), ("444455556666",)]),
    resources=st.sampled_from([(), ("r-1", "aws.ebs_volume/111122223333/eu/r-2", "nothing")]),
)
ONLY = st.sampled_from(["", "", "payments"])


@st.composite
def policy_sets(draw: st.DrawFn) -> PolicySet:
    """One to three policies with every other document that changes their verdicts."""
    reaps = [
        Reap(meta=Meta(name=f"policy-{at}"), selects=draw(selections()), after={}, only_team=draw(ONLY))
        for at in range(draw(st.integers(1, 3)))
    ]
    exemptions = tuple(
        Exemption(
            meta=Meta(name="exemption"),
            of=draw(st.sampled_from([("*",), ("policy-0",), ("policy-1", "policy-2")])),
            selects=draw(selections()),
            until=draw(st.sampled_from([date(2026, 12, 31), date(2026, 11, 1)])),
            reason="",
            only_team=draw(ONLY),
        )
        for _ in range(draw(st.integers(0, 2)))
    )
    return PolicySet(
        organization=Organization(
            platform=draw(st.sampled_from([(), ("platform",)])),
            accounts=tuple(draw(st.lists(ROWS, max_size=3))),
            protect=draw(PROTECTS),
            min_age=draw(st.sampled_from([days(14), days(0), Duration(hours=12, working_days=1)])),
        ),
        teams=TEAMS,
        ownership=draw(
            st.none()
            | st.builds(
                Ownership,
                meta=st.just(Meta(name="ownership")),
                sources=st.lists(SOURCES, max_size=4).map(tuple),
                counts=st.sets(st.sampled_from(["tag", "map", "account", "iac"])).map(tuple),
            )
        ),
        ttl=draw(
            st.none()
            | st.builds(
                TTL,
                meta=st.just(Meta(name="ttl")),
                tags=st.sampled_from([("ttl", "expires"), ("TTL",), ("none",)]),
                rules=st.lists(RULES, max_size=3).map(tuple),
            )
        ),
        reaps={reap.meta.name: reap for reap in reaps},
        exemptions=exemptions,
        kinds=KINDS,
    )


def context(policies: PolicySet, inventory: Inventory) -> Context:
    """Without a server's ceiling."""
    return Context(policies=policies, accounts={account.id: account for account in inventory.accounts})
