"""The hundred conditions as policies: alone, and with everything else that a verdict rests on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from benchmarks.estate import AS_OF, TEAMS
from benchmarks.questions import lines, questions
from engine.condition import compile_condition, tables_of
from engine.model import Mode
from engine.policy import (
    TTL,
    AccountRow,
    Duration,
    Exemption,
    Meta,
    Organization,
    PolicySet,
    Protect,
    Reap,
    Selection,
    Team,
    TTLRule,
)
from reapers.kind import tables

KIND = "aws.ec2_instance"

TABLES = tables()


def policy(name: str, when: list[str]) -> Reap:
    return Reap(meta=Meta(name=name), selects=_selects(when), after={Mode.NOTIFY: Duration()})


def _selects(when: list[str]) -> Selection:
    return Selection(kinds=frozenset({KIND}), when=compile_condition(when, tables_of([TABLES[KIND]])))


def bare() -> PolicySet:
    """The hundred conditions, without protections and ages that peers do not look at."""
    reaps = {f"p{place:03}": policy(f"p{place:03}", lines(question)) for place, question in enumerate(questions())}
    return PolicySet(organization=Organization(min_age=Duration(), protect=Protect(tags=())), reaps=reaps, kinds=TABLES)


def full() -> PolicySet:
    """The same with everything that a verdict rests on: accounts, teams, owners, lifetimes, exemptions, protections, ages."""
    rows = [(f"1000000000{place:02}", ["dev", "prod"][place % 2], TEAMS[place]) for place in range(100)]
    return replace(
        bare(),
        organization=Organization(
            platform=("platform",),
            accounts=tuple(AccountRow(match={"id": ident}, environment=where, team=team) for ident, where, team in rows),
        ),
        teams={name: Team(meta=Meta(name=name), time_zone="Europe/Berlin") for name in TEAMS},
        ttl=TTL(meta=Meta(name="ttl"), rules=(TTLRule(environment=("dev",), default=Duration(hours=24 * 30)),)),
        exemptions=(
            Exemption(
                meta=Meta(name="atlas"),
                of=("*",),
                selects=_selects(["tags.project == 'p7'"]),
                until=date(AS_OF.year + 1, 1, 1),
                reason="",
            ),
        ),
    )
