"""Two commits on columns: the same numbers as the comparison resource by resource, and nothing evaluated twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.columns import Columns, judge_columns
from engine.columns.diff import ColumnDiff
from engine.judge import judge_all
from engine.matches import Change, Judged, Row, rows
from engine.model import Inventory
from engine.money import Money, total
from engine.policy import PolicySet
from makers.estates import KINDS, context, inventories, policy_sets

thorough = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # estates take too long to shrink
)


@st.composite
def changes(draw: st.DrawFn) -> tuple[PolicySet, PolicySet]:
    """Two sets of which the second may differ in everything, or only in its policies and exemptions."""
    base, head = draw(policy_sets()), draw(policy_sets())
    if draw(st.booleans()):
        head = replace(head, organization=base.organization, ownership=base.ownership, ttl=base.ttl)
    kept = draw(st.booleans())
    return base, replace(head, reaps={**head.reaps, "policy-0": base.reaps["policy-0"]}) if kept else head


def diff_of(inventory: Inventory, base: PolicySet | None, head: PolicySet) -> ColumnDiff:
    columns = Columns.of(inventory, KINDS)
    if base is None:
        return ColumnDiff(None, judge_columns(columns, context(head, inventory)))
    before = judge_columns(columns, context(base, inventory))
    return ColumnDiff(before, before.after(context(head, inventory)))


def judged(inventory: Inventory, policies: PolicySet | None) -> Judged | None:
    return Judged(policies=policies, judgements=judge_all(inventory, context(policies, inventory))) if policies else None


def refs(inventory: Inventory, found: list[Row]) -> list[str]:
    places = {resource.key.ref: place for place, resource in enumerate(inventory.resources)}
    return sorted((row.key for row in found), key=places.__getitem__)


@thorough
@given(inventories(), changes(), st.booleans())
def test_who_is_added_removed_undecided_and_the_same(
    inventory: Inventory, pair: tuple[PolicySet, PolicySet], compared: bool
) -> None:
    base, head = (pair[0] if compared else None), pair[1]
    diff = diff_of(inventory, base, head)
    after = judged(inventory, head)
    assert after
    found = list(rows(judged(inventory, base), after))
    for policy in diff.policies:
        for change in (Change.ADDED, Change.REMOVED, Change.UNDECIDED, Change.SAME):
            mine = [row for row in found if row.policy == policy and row.change is change]
            places = diff.rows(policy, change)
            assert [diff.head.columns.key_of(place) for place in places.tolist()] == refs(inventory, mine)
            assert diff.monthly(places) == total(row.monthly for row in mine)
        numbers = diff.counts(policy)
        assert numbers.base == sum(row.matched for row in found if row.policy == policy)
        assert numbers.undecided == sum(row.change is Change.UNDECIDED for row in found if row.policy == policy)
        moved = [row for row in found if row.policy == policy and row.change is Change.SAME and row.moved]
        assert [diff.head.columns.key_of(place) for place in diff.moved(policy).tolist()] == refs(inventory, moved)


@thorough
@given(inventories(), changes())
def test_the_sums_of_each_team(inventory: Inventory, pair: tuple[PolicySet, PolicySet]) -> None:
    after = judged(inventory, pair[1])
    assert after
    found = [row for row in rows(judged(inventory, pair[0]), after) if row.change is not Change.SAME]
    sums = diff_of(inventory, *pair).teams()
    assert set(sums) == {row.team for row in found}
    for team, one in sums.items():
        mine = {change: [row for row in found if row.team == team and row.change is change] for change in Change}
        assert (one.added, one.removed, one.undecided) == tuple(
            len(mine[change]) for change in (Change.ADDED, Change.REMOVED, Change.UNDECIDED)
        )
        wanted: Mapping[Change, Money] = {change: total(row.monthly for row in mine[change]) for change in Change}
        for change, money in ((Change.ADDED, one.monthly_added), (Change.REMOVED, one.monthly_removed)):
            assert (money.known, money.unpriced, money.free) == (
                wanted[change].known,
                wanted[change].unpriced,
                wanted[change].free,
            )


@thorough
@given(inventories(), policy_sets(), policy_sets())
def test_one_changed_policy_is_the_whole_set_judged_anew(inventory: Inventory, policies: PolicySet, other: PolicySet) -> None:
    columns = Columns.of(inventory, KINDS)
    policy = replace(other.reaps["policy-0"], only_team="")
    again = judge_columns(columns, context(policies, inventory)).again(policy)
    anew = judge_columns(columns, context(replace(policies, reaps={**policies.reaps, "policy-0": policy}), inventory))
    for name in anew.names:
        assert again.matches(name).tolist() == anew.matches(name).tolist()
        assert again.undecided(name).tolist() == anew.undecided(name).tolist()
