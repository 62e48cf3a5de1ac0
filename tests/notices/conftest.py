"""Cases, items and notices to tell of, and golden files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.case import Case, Closed, Ending, Kept, State
from engine.model import Key, Mode
from engine.money import Money
from engine.notice import Item, Notice, Particulars, compose, item
from engine.policy import Approval, Duration, Meta, Team
from engine.verdict import Finding, Terms

NOW = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
TITLES = {"aws.ec2_instance": "EC2 instance", "aws.ebs_volume": "EBS volume", "aws.elastic_ip": "Elastic IP address"}
GOLDEN = Path(__file__).parents[1] / "golden" / "notices"

TERMS = Terms(
    policy="ec2-idle",
    after={Mode.NOTIFY: Duration(), Mode.STOP: Duration(hours=72), Mode.DELETE: Duration(hours=14 * 24)},
    before_delete=("backup",),
    approval={Mode.STOP: Approval.NONE, Mode.DELETE: Approval.OWNER},
)
PAYMENTS = Team(meta=Meta(name="payments"), slack="#payments", time_zone="Europe/Berlin")
DATES = {Mode.STOP: NOW + timedelta(days=3), Mode.DELETE: NOW + timedelta(days=14)}

MakeCase = Callable[..., Case]
MakeItem = Callable[..., Item]


def a_case(number: int = 1, **changes: Any) -> Case:
    """A case that has just been found."""
    mode = changes.pop("mode", Mode.DELETE)
    terms = changes.pop("terms", TERMS)
    found = Case(
        id=f"c-{number:010x}",
        key=Key("aws.ec2_instance", "111122223333", "eu-west-1", f"i-{number:08x}", "2026-01-01T00:00:00Z"),
        name=f"build-cache-{number}",
        opened=NOW,
        state=State.NOTIFIED,
        findings=(
            Finding(terms=terms, mode=mode, because="the mode of account 111122223333" if mode is not Mode.DELETE else ""),
        ),
        team="payments",
        owner="payments",
        monthly=Money.of(40 + number),
        fingerprint="f1",
        tell="found",
    )
    return replace(found, **changes)


def an_item(number: int = 1, promised: Mapping[Mode, datetime] = DATES, why: str = "stopped for 31 days", **changes: Any) -> Item:
    """The line of a notice about such a case."""
    more = Particulars(why=why, undo=Duration(hours=30 * 24), silent=changes.pop("silent", ()))
    found = a_case(number, **changes)
    return item(found, promised, found.lead.mode, TITLES, more)


def everything() -> list[Item]:
    """One of each thing that can be told."""
    waits = {"state": State.AWAITING_APPROVAL, "rung": Mode.STOP, "approve_by": NOW + timedelta(days=14)}
    strict = replace(TERMS, approval={Mode.STOP: Approval.OWNER, Mode.DELETE: Approval.OWNER_AND_PLATFORM})
    bare = replace(
        TERMS, policy="address-idle", before_delete=(), after={Mode.NOTIFY: Duration(), Mode.DELETE: Duration(working_days=5)}
    )
    address = Key("aws.elastic_ip", "111122223333", "eu-west-1", "eipalloc-1")
    return [
        an_item(1),
        an_item(2, tell="approval", **waits),
        an_item(3, tell="escalated", **waits, terms=strict),
        an_item(4, tell="stopped", state=State.STOPPED, rung=Mode.STOP),
        an_item(5, tell="deleted", state=State.DELETED, rung=Mode.DELETE, undo_until=NOW + timedelta(days=30)),
        an_item(6, tell="deleted", state=State.DELETED, rung=Mode.DELETE),
        an_item(7, tell="left_stopped", state=State.CLOSED, rung=Mode.STOP, closed=Closed(reason=Ending.EXEMPT, at=NOW)),
        an_item(8, tell="restored", state=State.KEPT, kept=Kept(until=NOW + timedelta(days=90), who="ann@example.com")),
        an_item(9, tell="stuck", state=State.STUCK, stuck="AWS refused ec2:StopInstances", stuck_from=State.GRACE),
        an_item(10, mode=Mode.NOTIFY, managed_by="cloudformation:web-stack"),
        an_item(11, mode=Mode.NOTIFY, monthly=Money.unknown("no list price for m9.large in eu-west-1")),
        an_item(12, tell="raised", owner=""),
        an_item(13, tell="changed", terms=strict),
        an_item(14, tell="drifted"),
        an_item(16, tell="reminder"),
        an_item(17, tell="last_call", state=State.STOPPED, rung=Mode.STOP),
        an_item(18, tell="escalated", **waits, silent=("lead@example.com", "platform")),
        an_item(19, tell="further", **waits, silent=("lead@example.com", "platform")),
        an_item(20, tell="restarted"),
        an_item(21, mode=Mode.NOTIFY, recreated="it was re-created 12 minutes after we deleted it: something manages it"),
        an_item(22, tell="stuck", state=State.STUCK, stuck="something refers to it", stuck_by=("i-1", "eni-2")),
        an_item(15, promised={Mode.DELETE: NOW + timedelta(days=7)}, terms=bare, key=address, name="", monthly=Money(free=True)),
    ]


@pytest.fixture
def case_of() -> MakeCase:
    """Makes cases."""
    return a_case


@pytest.fixture
def item_of() -> MakeItem:
    """Makes items."""
    return an_item


@pytest.fixture
def all_items() -> list[Item]:
    """One of each thing that can be told."""
    return everything()


@pytest.fixture
def now() -> datetime:
    """A Tuesday morning."""
    return NOW


@pytest.fixture
def payments() -> Team:
    """A team in Berlin with a Slack channel."""
    return PAYMENTS


@pytest.fixture
def notice_of() -> Callable[..., Notice]:
    """Makes the notice of the payments team."""

    def make(*items: Item, link: str = "https://sexton.example.com", team: Team = PAYMENTS) -> Notice:
        return compose(team, items, NOW, link)

    return make


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares with a golden file; WRITE_GOLDEN=1 writes it instead, for a person to read and commit."""

    def compare(name: str, shown: str) -> None:
        path = GOLDEN / name
        if os.environ.get("WRITE_GOLDEN"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(shown, encoding="utf-8")
        assert shown == path.read_text(encoding="utf-8"), f"{name} differs; WRITE_GOLDEN=1 writes it anew"

    return compare
