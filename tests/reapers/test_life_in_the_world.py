"""The life of a case among real parts: reminders, last calls, silent teams, what is made anew and what starts by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest

from engine.case import State
from engine.model import Mode, Verb
from makers.world import ACCOUNT, FILES, REGION, World

LONG = FILES["volumes.yaml"].replace("delete: 24h", "delete: 30d")
TEAM = FILES["payments.yaml"].replace('slack: "#payments"', 'slack: "#payments", when_silent: [bo@acme.example, platform]')
QUICK = FILES["organization.yaml"].replace("undo: 30d", "undo: 30d\n  approvals: {approve_by: 2d, execute_by: 3d}")
RARELY = {"inventory": {"every": "5d"}}

DATABASES = """
kind: Reap
metadata: {name: databases, owner: platform}
spec:
  resource: aws.rds_instance
  when: [state == 'available']
  after: {notify: 0h, stop: 24h, delete: 12d}
  before_delete: [backup]
"""


def said(world: World, channel: str) -> list[str]:
    return [str(message.blocks) for message in world.slack.messages(channel)]


def test_silence_is_reminded_called_and_asked_around_in_one_message_a_day_and_deletes_nothing(
    build: Callable[..., World],
) -> None:
    world = build({"volumes.yaml": LONG, "payments.yaml": TEAM, "organization.yaml": QUICK}, **RARELY)
    volumes = [world.volume(name) for name in ("one", "two")]
    world.tick()
    world.go(lambda: world.case(volumes[0]).further == 2, days=60)
    told = [message.at for message in world.messages()]
    assert len(told) == len({at.date() for at in told}) == 4, "found, reminder, approval, once more"
    for text, word in zip(said(world, "#payments"), ("New", "A reminder", "Please answer by", "then we ask"), strict=True):
        assert word in text
        assert "one" in text
        assert "two" in text
    (to_bo,) = said(world, "UBO")
    assert "Team payments was asked and has not answered" in to_bo
    (to_platform,) = said(world, "#platform")
    assert "only if team payments agrees" in to_platform
    assert world.deletes() == 0
    assert not world.ledger.to_tell(), "nothing is left unsaid"
    events = Counter(entry.event for entry in world.ledger.history(world.case(volumes[0]).id))
    assert (events["reminder"], events["escalated"], events["further"]) == (1, 1, 2)


def test_what_silence_deletes_is_called_first(build: Callable[..., World]) -> None:
    world = build({"volumes.yaml": LONG + "  approval: {delete: none}\n"}, **RARELY)
    volume = world.volume()
    world.go(lambda: volume not in world.volumes(), days=60)
    texts = said(world, "#payments")
    assert ["This is the last message before we act." in text for text in texts] == [False, False, True]
    assert "can bring it back for 30 days, until" in texts[2]
    called, done = world.messages()[2].at, world.intents(volume, Verb.DELETE)[0].at
    assert timedelta(hours=24) <= done - called <= timedelta(days=7)


def test_what_is_made_anew_after_we_deleted_it_is_only_proposed(build: Callable[..., World]) -> None:
    world = build()
    first = world.volume("node-cache")
    world.to(first, State.DELETED)
    world.later(minutes=12)
    second = world.volume("node-cache", age=0)
    world.go(lambda: world.state(second) is State.GRACE)
    case = world.case(second)
    assert case.lead.mode is Mode.NOTIFY
    assert "after we deleted it: something manages it" in said(world, "#payments")[-1]
    world.later(days=20)
    world.tick(3)
    assert second in world.volumes()
    assert world.deletes() == 1
    (opened,) = [entry for entry in world.ledger.history(case.id) if entry.event == "opened"]
    assert "was re-created" in opened.data["recreated"]


def stopped_database(world: World) -> None:
    rds = world.aws.client("rds", ACCOUNT)
    with world.aws.ago(days=40):
        rds.create_db_instance(
            DBInstanceIdentifier="ledger", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
            MasterUsername="admin1", MasterUserPassword="only-in-tests", Tags=[{"Key": "owner", "Value": "payments"}],
        )  # fmt: skip
    world.to("ledger", State.STOPPED)
    world.go(lambda: not world.case("ledger").tell)


def starts(world: World, *messages: str) -> None:
    """The instance is started, and RDS leaves these events."""
    from moto.backends import get_backend

    events = get_backend("rds")[ACCOUNT][REGION].events
    for message in messages:
        event = {
            "source_identifier": "ledger",
            "source_type": "db-instance",
            "message": message,
            "event_categories": ["notification"],
            "date": world.clock.now(),
            "source_arn": "",
            "SourceIdentifier": "ledger",
        }
        events.append(SimpleNamespace(**event))
    world.aws.client("rds", ACCOUNT).start_db_instance(DBInstanceIdentifier="ledger")
    world.aws.forget_calls()


BY_AWS = "DB instance is being started due to it exceeding the maximum allowed time being stopped."


@pytest.fixture
def quarantine(build: Callable[..., World]) -> World:
    """A database that we stopped."""
    world = build({"databases.yaml": DATABASES})
    stopped_database(world)
    return world


def test_what_rds_started_after_seven_days_is_stopped_again_and_told(quarantine: World) -> None:
    world = quarantine
    world.later(days=7)
    starts(world, BY_AWS, "DB instance started")
    world.go(lambda: world.case("ledger").restarts == 1)
    assert world.called("StopDBInstance") == []
    world.go(lambda: world.state("ledger") is State.STOPPED)
    assert [intent.generation for intent in world.intents("ledger", Verb.STOP)] == [0, 1]
    assert len(world.called("StopDBInstance")) == 1
    assert any("the cloud started it again by itself" in text for text in said(world, "#payments"))


def test_what_somebody_started_stays_as_it_is(quarantine: World) -> None:
    world = quarantine
    world.later(days=2)
    starts(world, "DB instance started")
    world.go(lambda: world.state("ledger") is State.KEPT)
    world.later(days=20)
    world.tick(2)
    assert world.called("StopDBInstance", "DeleteDBInstance") == []


def test_where_no_event_says_who_started_it_its_clock_stands_still(quarantine: World) -> None:
    world = quarantine
    world.later(days=7)
    starts(world)
    world.go(lambda: world.case("ledger").paused_at is not None)
    assert world.case("ledger").missing == ("started_by",)
    world.later(days=20)
    world.tick(2)
    assert world.called("StopDBInstance", "DeleteDBInstance") == []
