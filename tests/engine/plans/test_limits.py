"""How many acts may happen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from engine.limits import Act, Population, Usage, hits, price_of
from engine.model import Verb
from engine.money import Money
from engine.policy import Limits, Organization
from makers.cases import NOW, policies, reap

ACT = Act(at=NOW, account="1", kind="aws.ebs_volume", policy="unattached", team="payments", verb=Verb.DELETE, dollars=Decimal(10))
MANY = Population(
    by_kind={"aws.ebs_volume": 1000},
    by_account={("aws.ebs_volume", "1"): 1000},
    by_team={("aws.ebs_volume", "payments"): 1000},
)
OPEN = Limits()


def over(*before: Act, limits: Limits = OPEN, **more: object) -> list[str]:
    organization = Organization(limits=limits, total=more.pop("total", OPEN))  # type: ignore[arg-type]  # Limits
    under = policies(reap(limits=more.pop("own", OPEN)), organization=organization)
    population = more.pop("population", MANY)
    act = more.pop("act", ACT)
    return [str(hit) for hit in hits(act, Usage(acts=before), population, under, **more)]  # type: ignore[arg-type]


def ago(act: Act = ACT, **span: float) -> Act:
    return replace(act, at=NOW - timedelta(**span))


def test_without_limits_there_is_none() -> None:
    assert over(*[ACT] * 100) == []


def test_per_hour_and_per_day_count_what_was_done() -> None:
    limits = Limits(per_hour=2, per_day=3)
    assert over(ago(minutes=30), limits=limits) == []
    assert over(ago(minutes=30), ago(minutes=40), limits=limits)[0] == "per_hour of account 1: 3 of 2"
    assert over(ago(hours=2), ago(hours=3), limits=limits) == []
    assert "per_day of team payments: 4 of 3" in over(ago(hours=2), ago(hours=3), ago(hours=4), limits=limits)
    assert over(ago(hours=24), ago(hours=25), ago(hours=26), limits=limits) == []


def test_each_account_policy_and_team_has_its_own() -> None:
    limits = Limits(per_hour=1)
    elsewhere = replace(ACT, account="2", policy="other", team="search")
    assert over(elsewhere, limits=limits) == []
    assert over(replace(elsewhere, team="payments"), limits=limits) == ["per_hour of team payments: 2 of 1"]


def test_a_policys_own_limit_and_that_of_the_whole_organization() -> None:
    elsewhere = replace(ACT, account="2", policy="other", team="search")
    assert over(elsewhere, total=Limits(per_day=1)) == ["per_day of the organization: 2 of 1"]
    assert over(replace(elsewhere, policy="unattached"), own=Limits(per_day=1)) == ["per_day of policy unattached: 2 of 1"]
    assert over(act=replace(ACT, policy="gone"), limits=Limits(per_day=1)) == []


def test_percentages_are_of_the_kind_there_rounded_down_and_at_least_one() -> None:
    limits = Limits(percent_per_day=Decimal("0.25"))
    assert over(ago(hours=1), limits=limits) == []
    assert "percent_per_day of account 1: 3 of 2" in over(ago(hours=1), ago(hours=1), limits=limits)
    few = Population(by_kind={"aws.ebs_volume": 3})
    assert over(limits=limits, population=few) == []
    assert len(over(ago(hours=1), limits=limits, population=few)) == 3
    other_kind = replace(ago(hours=1), kind="aws.ec2_instance")
    assert over(other_kind, limits=limits, population=few) == []


def test_dollars_add_up_and_an_unknown_price_uses_up_the_day() -> None:
    limits = Limits(dollars_per_day=Decimal(25))
    assert over(ago(hours=1), limits=limits) == []
    assert len(over(ago(hours=1), ago(hours=2), limits=limits)) == 3
    unpriced = replace(ACT, dollars=None)
    assert over(act=unpriced, limits=limits) == []
    assert len(over(ago(hours=1), act=unpriced, limits=limits)) == 3
    assert len(over(ago(unpriced, hours=1), limits=limits)) == 3
    assert over(ago(hours=1), act=unpriced, limits=limits, priced_by_platform=True) == []


def test_zero_means_zero() -> None:
    assert len(over(limits=Limits(per_hour=0))) == 3


def test_the_price_of_an_act() -> None:
    assert price_of(Money.of(3)) == 3
    assert price_of(Money.unknown("no price")) is None
