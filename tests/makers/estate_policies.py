"""Generated policies over generated estates: every sort of document that decides what becomes of a resource."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from engine.attached import carriers
from engine.model import Inventory, Mode
from engine.policy import (
    TTL,
    AccountRow,
    Duration,
    Exemption,
    Limits,
    Meta,
    Organization,
    Ownership,
    OwnerSource,
    PolicySet,
    Protect,
    Reap,
    Team,
    TTLRule,
)
from engine.view import Context
from makers.cases import days
from makers.estate_conditions import selections
from makers.estates import KINDS

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
        AccountRow(match={"id": "1111*"}, environment="dev", team="payments", mode=Mode.DELETE),
        AccountRow(match={"cloud": "gcp"}, environment="prod", mode=Mode.DELETE),
        AccountRow(match={"cloud": "aws"}, team="platform", mode=Mode.STOP),
        AccountRow(match={"id": "*"}, environment="dev"),
        AccountRow(match={"id": "*"}, environment="prod", mode=Mode.DELETE),
    ]
)
PROTECTS = st.builds(
    Protect,
    tags=st.sampled_from([("do-not-delete", "sexton:keep"), (), ("ENV", "sexton:until")]),
    accounts=st.sampled_from([(), ("444455556666",)]),
    resources=st.sampled_from([(), ("r-1", "aws.ebs_volume/111122223333/eu/r-2", "nothing")]),
)
ONLY = st.sampled_from(["", "", "payments"])
LADDERS = st.sampled_from(
    [
        {Mode.NOTIFY: Duration()},
        {Mode.NOTIFY: Duration(), Mode.STOP: days(3)},
        {Mode.NOTIFY: Duration(), Mode.DELETE: days(14)},
        {Mode.NOTIFY: Duration(), Mode.STOP: days(3), Mode.DELETE: days(14)},
    ]
)
LIMITS = st.builds(
    Limits,
    per_hour=st.sampled_from([None, 0, 1]),
    per_day=st.sampled_from([None, 0, 1, 2]),
    percent_per_day=st.sampled_from([None, Decimal(1), Decimal(50)]),
    dollars_per_day=st.sampled_from([None, Decimal(5)]),
)


@st.composite
def reaps(draw: st.DrawFn, number: int) -> Reap:
    """One policy."""
    return Reap(
        meta=Meta(name=f"policy-{number}"),
        selects=draw(selections()),
        after=draw(LADDERS),
        mode=draw(st.sampled_from([Mode.DELETE, Mode.DELETE, Mode.STOP, Mode.NOTIFY])),
        before_delete=draw(st.sampled_from([("backup",), ()])),
        limits=draw(LIMITS),
        only_team=draw(ONLY),
    )


@st.composite
def policy_sets(draw: st.DrawFn) -> PolicySet:
    """One to three policies with every other document that changes their verdicts."""
    found = [draw(reaps(number)) for number in range(draw(st.integers(1, 3)))]
    exemptions = tuple(
        Exemption(
            meta=Meta(name=f"exemption-{number}"),
            of=draw(st.sampled_from([("*",), ("policy-0",), ("policy-1", "policy-2")])),
            selects=draw(selections()),
            until=draw(st.sampled_from([date(2026, 12, 31), date(2026, 11, 20), date(2026, 11, 1)])),
            reason="",
            only_team=draw(ONLY),
        )
        for number in range(draw(st.integers(0, 2)))
    )
    return PolicySet(
        organization=Organization(
            platform=draw(st.sampled_from([(), ("platform",)])),
            accounts=tuple(draw(st.lists(ROWS, max_size=3))),
            protect=draw(PROTECTS),
            limits=draw(LIMITS),
            total=draw(LIMITS),
            review_resources=draw(st.sampled_from([0, 500])),
            review_dollars=Decimal(draw(st.sampled_from([5, 10_000]))),
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
        reaps={reap.meta.name: reap for reap in found},
        exemptions=exemptions,
        kinds=KINDS,
    )


def context(policies: PolicySet, inventory: Inventory) -> Context:
    """As the scalar evaluator takes it, without a server's ceiling."""
    accounts = {account.id: account for account in inventory.accounts}
    return Context(policies=policies, accounts=accounts, carriers=carriers(inventory.resources, policies))
