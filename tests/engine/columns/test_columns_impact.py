"""Two commits on columns: the whole comparison is the one that is found resource by resource, and nothing is evaluated twice."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.columns import Columns, judge_columns
from engine.columns.impact import impact_of
from engine.impact import Impact, impact
from engine.judge import judge_all
from engine.matches import Judged
from engine.model import Inventory
from engine.policy import PolicySet
from makers.estate_policies import context, policy_sets, reaps
from makers.estates import KINDS, inventories

EXAMPLES = int(os.environ.get("COLUMNS_EXAMPLES", "300"))

pytestmark = pytest.mark.timeout(max(180, EXAMPLES))
"""Seconds: the nightly run takes longer than any other test may."""

thorough = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # estates take too long to shrink
)

DERIVING = ("organization", "ownership", "ttl", "exemptions")


@st.composite
def changes(draw: st.DrawFn) -> tuple[PolicySet, PolicySet]:
    """Two sets: the second differs in everything, or in some sorts of documents, or in one policy."""
    base, other = draw(policy_sets()), draw(policy_sets())
    kept = draw(st.sets(st.sampled_from([*DERIVING, "reaps"])))
    head = replace(other, **{name: getattr(base, name) for name in kept})
    if draw(st.booleans()):
        policy = draw(reaps(0))
        near = replace(base.reaps["policy-0"], after=policy.after, mode=policy.mode, before_delete=policy.before_delete)
        head = replace(head, reaps={**head.reaps, "policy-0": draw(st.sampled_from([policy, near, base.reaps["policy-0"]]))})
    return base, head


def by_columns(inventory: Inventory, base: PolicySet | None, head: PolicySet) -> Impact:
    columns = Columns.of(inventory, KINDS)
    bare = replace(context(head, inventory), carriers=frozenset())
    if base is None:
        return impact_of(None, judge_columns(columns, bare))
    before = judge_columns(columns, replace(bare, policies=base))
    return impact_of(before, before.after(bare))


def one_by_one(inventory: Inventory, base: PolicySet | None, head: PolicySet) -> Impact:
    before = judged(inventory, base) if base else None
    return impact(before, judged(inventory, head), inventory.as_of)


def judged(inventory: Inventory, policies: PolicySet) -> Judged:
    return Judged(policies=policies, judgements=judge_all(inventory, context(policies, inventory)))


def said(found: Impact) -> dict[str, Any]:
    """Everything that a comparison says. Listings are read, in order and by weight."""
    listings = {
        name: (len(listing), tuple(listing), listing.weightiest(2), listing.weightiest(100))
        for name, listing in (("rows", found.rows), ("news", found.news))
    }
    return {one.name: getattr(found, one.name) for one in fields(found)} | listings


@thorough
@given(inventories(), changes(), st.booleans())
def test_the_whole_comparison_is_the_scalar_one(inventory: Inventory, pair: tuple[PolicySet, PolicySet], compared: bool) -> None:
    base, head = (pair[0] if compared else None), pair[1]
    assert said(by_columns(inventory, base, head)) == said(one_by_one(inventory, base, head))


@settings(thorough, max_examples=100)
@given(inventories(), policy_sets(), policy_sets())
def test_one_changed_policy_is_the_whole_set_judged_anew(inventory: Inventory, policies: PolicySet, other: PolicySet) -> None:
    columns = Columns.of(inventory, KINDS)
    policy = replace(other.reaps["policy-0"], only_team="")
    again = judge_columns(columns, context(policies, inventory)).again(policy)
    anew = judge_columns(columns, context(replace(policies, reaps={**policies.reaps, "policy-0": policy}), inventory))
    for name in anew.names:
        assert again.matches(name).tolist() == anew.matches(name).tolist()
        assert again.undecided(name).tolist() == anew.undecided(name).tolist()
