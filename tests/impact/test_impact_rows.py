"""What a change does, wherever it is made: conditions, owners, lifetimes, exemptions, protections, the Organization."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.impact import impact
from engine.matches import Change, Judged
from engine.model import Mode, Unknown
from engine.money import Money
from makers.changes import FOUR, LARGER, OLDER, compared, estate, organization, under, volume
from makers.doors import FILES, NOW

EXEMPTION = """
apiVersion: sexton/v1
kind: Exemption
metadata: {name: atlas, owner: platform}
spec: {of: [ebs-unattached], resource: aws.ebs_volume, when: [size_gb > 100], until: 2027-06-01, reason: OPS-1}
"""
BY_TAG = """
apiVersion: sexton/v1
kind: Ownership
metadata: {name: ownership, owner: platform}
spec: {from: [{tag: [%s]}, {account: {}}]}
"""
LIFETIMES = """
apiVersion: sexton/v1
kind: TTL
metadata: {name: lifetimes, owner: platform}
spec: {tag: [ttl], rules: [{default: %s, longest: 500d}]}
"""
PROTECTED = organization(protect="{tags: [owner]}")
OLD_ONLY = organization(min_age="500d")
LONGER = EXEMPTION.replace("2027-06-01", "2027-07-01")
OTHERS = FILES["payments.yaml"].replace("ann@", "anna@")
EXPIRED = OLDER.replace("state == 'available'", "ttl_days_left < 0")


def said(base: Judged | None, head: Judged) -> dict[str, str]:
    """Name -> what happens, of the rows that say something."""
    return {row.name: str(row.change) for row in impact(base, head, NOW).rows if row.news}


ALL = {"data-1", "data-2", "data-3"}


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        pytest.param({}, {"ebs": LARGER}, {"data-1": "removed"}, id="condition"),
        pytest.param({"new": EXEMPTION}, {}, {"data-2": "added", "data-3": "added", "data-4": "undecided"}, id="exemption"),
        pytest.param({}, {"organization": PROTECTED}, dict.fromkeys(ALL, "removed"), id="protection"),
        pytest.param({"organization": OLD_ONLY}, {}, dict.fromkeys(ALL, "added") | {"data-4": "undecided"}, id="age"),
        pytest.param(
            {"ebs": EXPIRED, "ttl": LIFETIMES % "450d"},
            {"ebs": EXPIRED, "ttl": LIFETIMES % "300d"},
            dict.fromkeys(ALL, "added"),
            id="lifetime",
        ),
        pytest.param(
            {"ebs": OLDER.replace("state == 'available'", '"!has(owner)"'), "own": BY_TAG % "owner"},
            {"ebs": OLDER.replace("state == 'available'", '"!has(owner)"'), "own": BY_TAG % "team"},
            dict.fromkeys(ALL, "added"),
            id="owner",
        ),
    ],
)  # fmt: skip
def test_a_change_is_seen_wherever_it_is_made(base: dict[str, str], head: dict[str, str], expected: dict[str, str]) -> None:
    assert said(under(**base), under(**head)) == expected


def test_a_raised_mode_takes_what_matched_before_further() -> None:
    found = impact(under(organization=organization(mode="notify")), under(), NOW)
    assert {(row.name, row.was_rung, row.rung) for row in found.rows if row.further} == {
        (name, Mode.NOTIFY, Mode.DELETE) for name in ALL
    }
    weight = found.policies[0].weight
    assert (weight.added, weight.further, weight.eased, str(weight.monthly_further)) == (0, 3, 0, "≥ $510.00/mo (1 unpriced)")


def test_a_raised_mode_needs_a_review_and_meets_limits_like_a_wider_condition() -> None:
    base = under(organization=organization(mode="notify", review="{resources: 2, dollars: 500}"))
    found = impact(base, under(), NOW)
    assert [need.why for need in found.needs] == [
        "3 resources newly match or go further than before, more than 2",
        "≥ $510.00/mo (1 unpriced) newly match or go further than before, more than $500/mo",
    ]
    assert ("percent_per_day", "team payments, aws.ebs_volume", 3, 1) in {
        (met.limit, met.scope, met.would, met.allowed) for met in found.limits
    }


def test_a_lowered_mode_eases_and_needs_nobody() -> None:
    base = under(organization=organization(review="{resources: 0, dollars: 0}"))
    found = impact(base, under(organization=organization(mode="observe")), NOW)
    assert (found.policies[0].weight.eased, found.needs, found.limits) == (3, (), ())


def test_the_numbers_of_a_review_are_the_bases_own() -> None:
    strict, lax = organization(review="{resources: 1, dollars: 1}"), organization(review="{resources: 9999, dollars: 99999}")
    assert impact(under(ebs=None, organization=strict), under(organization=lax), NOW).needs
    assert not impact(under(ebs=None, organization=lax), under(organization=strict), NOW).needs


def test_another_team_is_told_of_as_a_move() -> None:
    inventory = estate(volume(1, tags={"owner": "payments"}))
    head = under(
        inventory, own=BY_TAG % "squad", organization=FILES["organization.yaml"].replace("team: payments", "team: search")
    )
    base = under(inventory, own=BY_TAG % "owner")
    (row,) = impact(base, head, NOW).rows
    assert (row.change, row.was_team, row.team, row.moved, row.news) == (Change.SAME, "payments", "search", True, True)
    assert impact(base, head, NOW).teams["search"].moved == 1


def test_what_was_undecided_before_is_counted_and_no_news() -> None:
    found = impact(under(ebs=LARGER), under(), NOW)
    weight = found.policies[0].weight
    assert (weight.undecided, weight.newly_undecided) == (1, 0)
    assert "data-4" not in {row.name for row in found.rows if row.news}


def test_what_becomes_undecided_says_which_field_is_missing() -> None:
    inventory = estate(volume(1, fields={"state": "available", "size_gb": Unknown("throttled"), "in_use": False}))
    (row,) = impact(under(inventory), under(inventory, ebs=LARGER), NOW).rows
    assert (row.change, row.missing, row.was_undecided, row.news, row.matched) == (
        Change.UNDECIDED,
        ("size_gb",),
        False,
        True,
        True,
    )


def test_layout_order_and_comments_change_no_document() -> None:
    base = under(new=EXEMPTION)
    head = under(
        new="# why\n" + EXEMPTION.replace("size_gb > 100", "size_gb>100"), organization="\n" + FILES["organization.yaml"]
    )
    assert impact(base, head, NOW).altered == ()


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ({}, {"new": EXEMPTION}, [("Exemption", "atlas", Change.ADDED, "new.yaml")]),
        ({"new": EXEMPTION}, {}, [("Exemption", "atlas", Change.REMOVED, "new.yaml")]),
        ({"new": EXEMPTION}, {"new": LONGER}, [("Exemption", "atlas", Change.CHANGED, "new.yaml")]),
        ({}, {"ebs": LARGER}, [("Reap", "ebs-unattached", Change.CHANGED, "ebs.yaml")]),
        ({}, {"organization": organization(undo="60d")}, [("Organization", "acme", Change.CHANGED, "organization.yaml")]),
        ({}, {"payments": OTHERS}, [("Team", "payments", Change.CHANGED, "payments.yaml")]),
    ],
    ids=["added", "removed", "changed", "reap", "organization", "team"],
)  # fmt: skip
def test_every_document_that_says_something_else_is_listed(
    base: dict[str, str], head: dict[str, str], expected: list[tuple[str, str, Change, str]]
) -> None:
    found = impact(under(**base), under(**head), NOW).altered
    assert [(one.kind, one.name, one.change, one.file) for one in found] == expected


def test_without_a_base_nothing_is_news_and_nothing_altered() -> None:
    found = impact(None, under(), NOW)
    assert (found.altered, found.needs) == ((), ())
    assert not any(row.further or row.moved for row in found.rows)


def limits_of(text: str, *prices: Money) -> dict[tuple[str, str], tuple[int, int, int]]:
    inventory = estate(*(volume(number, monthly_cost=price) for number, price in enumerate(prices)))
    head = under(inventory, organization=organization(limits=text))
    return {
        (met.limit, met.scope): (met.would, met.allowed, met.days_to_drain)
        for met in impact(under(inventory, ebs=None), head, NOW).limits
    }


def test_a_percentage_is_of_the_kind_in_its_scope_and_at_least_one() -> None:
    found = limits_of("{per_hour: 100, per_day: 100, percent_per_day: 20}", *[Money.of(1)] * 12)
    assert found[("percent_per_day", "account 111122223333, aws.ebs_volume")] == (12, 2, 6)
    assert not [key for key in found if key[0] == "per_day"]


def test_an_unknown_price_uses_up_a_day_of_dollars() -> None:
    found = limits_of("{per_day: 100, percent_per_day: 100, dollars_per_day: 50}", Money.of("60.10"), Money.unknown("?"))
    assert found[("dollars_per_day", "team payments")] == (111, 50, 3)


def test_the_hour_counts_where_it_is_tighter_than_the_day() -> None:
    found = limits_of("{per_hour: 1, per_day: 20, percent_per_day: 100}", *[Money.of(1)] * 8)
    assert found[("per_hour", "policy ebs-unattached")] == (8, 6, 2)
    found = limits_of("{per_hour: 5, per_day: 6, percent_per_day: 100}", *[Money.of(1)] * 8)
    assert [key for key in found if key[0] == "per_hour"] == []


def test_limits_come_slowest_first() -> None:
    found = impact(under(ebs=None), under(), NOW).limits
    assert [met.days_to_drain for met in found] == sorted((met.days_to_drain for met in found), reverse=True)


def test_a_comparison_knows_its_sums() -> None:
    whole = compared(under(ebs=None), under()).impact.whole
    assert (whole.added, whole.newly_undecided, whole.monthly_added.known) == (3, 1, Decimal(510))
    assert len(compared(under(), under()).impact.news) == 0
    assert len(compared(None, under(), FOUR).impact.news) == 4
