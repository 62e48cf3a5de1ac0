"""Grace starts with the receipt and with nothing else, and a team reads one message a day whatever happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.case import State
from engine.model import Mode
from makers.world import FILES, World
from reapers.store import Post


def scan_later(world: World, **span: float) -> None:
    world.later(**span)
    world.scan()
    world.tick()


def test_grace_starts_with_the_receipt(world: World) -> None:
    volume = world.volume()
    world.slack.down()
    world.tick()
    case = world.case(volume)
    assert (case.state, case.told, case.due) == (State.NOTIFIED, None, None)
    world.slack.well()
    world.later(minutes=10)
    world.tick()
    told = world.case(volume)
    (message,) = world.messages()
    assert told.state is State.GRACE
    assert told.told is not None
    assert told.told.receipt.endswith(message.ts)
    assert told.due is not None
    assert told.due >= told.told.at + timedelta(hours=24)


def test_slack_away_for_two_days_starts_nothing_and_is_followed_by_one_message(world: World) -> None:
    ids = [world.volume(f"v{number}") for number in range(3)]
    world.slack.down()
    for _ in range(60):
        world.tick()
        world.later(hours=1)
    assert {world.state(id) for id in ids} == {State.NOTIFIED}
    assert all(world.case(id).told is None for id in ids)
    assert world.called() == [call for call in world.called() if call.action == "CreateVolume"], "nothing was done"
    assert world.messages() == ()
    world.slack.well()
    for _ in range(8):
        world.tick()
        world.later(hours=1)
    (message,) = world.messages()
    assert all(name in str(message.blocks) for name in ("v0", "v1", "v2"))
    assert {world.state(id) for id in ids} == {State.GRACE}
    case = world.case(ids[0])
    assert case.due is not None
    assert case.due >= message.at + timedelta(hours=24), "no day of grace is lost to the outage"


def test_while_slack_is_away_nothing_that_was_told_goes_on_without_being_asked_again(world: World) -> None:
    volume = world.volume()
    world.tick()
    world.slack.down()
    for _ in range(72):
        world.tick()
        world.later(hours=1)
    assert world.state(volume) is State.AWAITING_APPROVAL
    assert world.deletes() == 0


def test_a_team_reads_one_message_a_day_whatever_happens(world: World) -> None:
    for day in range(4):
        for number in range(5):
            world.volume(f"v{day}-{number}")
            scan_later(world, hours=4)
            world.tick(2)
    days = Counter(message.at.date() for message in world.messages())
    assert days
    assert max(days.values()) == 1


def test_each_team_reads_its_own(world: World) -> None:
    world.volume("ours")
    world.volume("theirs", owner="search")
    world.volume("nobodys", owner="")
    world.tick()
    for channel, name in (("#payments", "ours"), ("#search", "theirs"), ("#platform", "nobodys")):
        (message,) = world.messages(channel)
        assert name in str(message.blocks)
    assert len(world.slack.messages()) == 3


def test_a_lost_answer_is_read_twice_and_counted_once(world: World) -> None:
    volume = world.volume()
    world.slack.lost()
    world.tick()
    assert world.state(volume) is State.NOTIFIED
    world.later(minutes=3)
    world.tick()
    assert world.state(volume) is State.GRACE
    assert len(world.messages()) == 2
    assert [entry.event for entry in world.ledger.history(world.case(volume).id)].count("told") == 1


def test_answers_that_keep_getting_lost_do_not_flood_a_channel(world: World) -> None:
    world.volume()
    world.slack.lost(1000)
    for _ in range(15 * 6):
        world.tick()
        world.later(minutes=10)
    assert len(world.messages()) <= 10, "the waits grow"
    assert world.cases()[0].told is None


def test_a_slow_channel_is_told_later(world: World) -> None:
    volume = world.volume()
    world.slack.limited(retry_after=600)
    world.tick()
    assert world.state(volume) is State.NOTIFIED
    world.later(minutes=9)
    world.tick()
    assert world.state(volume) is State.NOTIFIED
    world.later(minutes=2)
    world.tick()
    assert world.state(volume) is State.GRACE


def test_a_receipt_of_a_team_that_does_not_own_it_any_more_starts_no_grace(world: World) -> None:
    volume = world.volume()
    world.slack.down()
    world.tick()
    world.tag(volume, owner="search")
    world.scan()
    assert world.case(volume).team == "search"
    world.slack.well()
    world.later(minutes=10)
    world.tick()
    assert len(world.messages("#payments")) == 1
    told = world.case(volume).told
    assert told is None or told.channel == "#search"
    world.go(lambda: world.state(volume) is State.GRACE)
    told = world.case(volume).told
    assert told is not None
    assert told.channel == "#search"


def test_what_was_kept_while_its_notice_waited_is_not_moved_by_the_receipt(world: World) -> None:
    from makers.world import somebody

    volume = world.volume()
    world.slack.down()
    world.tick()
    world.desk.keep(world.case(volume).id, somebody("ann"), None, "needed")
    world.slack.well()
    world.later(minutes=10)
    world.tick()
    assert world.state(volume) is State.KEPT
    assert world.case(volume).told is None


def test_without_slack_the_notice_is_printed_and_nothing_goes_beyond_observe(
    build: Callable[..., World], capsys: pytest.CaptureFixture[str]
) -> None:
    world = build(tells=False)
    volume = world.volume()
    for _ in range(10):
        world.tick()
        world.later(hours=12)
    printed = capsys.readouterr().err
    assert "for #payments" in printed
    assert "scratch" in printed
    assert printed.count("for #payments") <= 6, "one a day"
    case = world.case(volume)
    assert (case.state, case.told, case.lead.mode) == (State.DETECTED, None, Mode.OBSERVE)
    assert world.service.situation.mode is Mode.OBSERVE
    assert world.deletes() == 0


def test_a_notify_account_is_told_and_never_acted_on(build: Callable[..., World]) -> None:
    world = build({"organization.yaml": FILES["organization.yaml"].replace("mode: delete", "mode: notify")})
    volume = world.volume()
    for _ in range(20):
        world.tick()
        world.later(hours=6)
    (message,) = world.messages()
    assert "nothing will be done" in str(message.blocks).lower()
    assert world.state(volume) is State.GRACE
    assert world.case(volume).due is None
    assert world.deletes() == 0


def test_raising_the_mode_tells_anew_before_anything_happens(build: Callable[..., World]) -> None:
    world = build({"organization.yaml": FILES["organization.yaml"].replace("mode: delete", "mode: notify")})
    volume = world.volume()
    for _ in range(12):
        world.tick()
        world.later(hours=6)
    world.commit({"organization.yaml": FILES["organization.yaml"]})
    world.tick()
    case = world.case(volume)
    assert case.told is None or case.told.mode is Mode.DELETE or case.tell == "raised"
    raised = world.clock.now()
    world.go(lambda: world.state(volume) is State.AWAITING_APPROVAL)
    due = world.case(volume).due
    assert due is not None
    assert due >= raised + timedelta(hours=2), "the grace counts from the new telling"
    assert len(world.messages()) >= 2


def test_a_notice_of_an_older_version_is_given_up_and_written_anew(world: World, caplog: pytest.LogCaptureFixture) -> None:
    volume = world.volume()
    today = world.clock.now()
    yesterday = Post(
        "old", "old", "payments", "#payments", payload={"strange": 1}, cases=[], day=(today - timedelta(days=1)).date()
    )
    world.ledger.post(yesterday, today)
    strange = Post("odd", "odd", "search", "#search", payload={"strange": 1}, cases=[], day=today.date())
    world.ledger.post(strange, today)
    world.tick()
    assert "cannot read a notice in the outbox" in caplog.text
    assert world.ledger.outbox_waiting()[0] == 0
    assert world.state(volume) is State.GRACE
    assert world.service.tally.counts["notices_total", "withdrawn", ""] == 1


def test_a_receipt_waits_for_a_case_that_changes_all_the_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from reapers.store import Stale

    volume = world.volume()
    delivered = type(world.ledger).delivered
    attempts: list[str] = []

    def busy(self: object, post: Post, receipt: str, at: object, changes: object = ()) -> bool:
        attempts.append(receipt)
        if len(attempts) <= 3:
            raise Stale(post.id)
        return delivered(world.ledger, post, receipt, at, changes)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(type(world.ledger), "delivered", busy)
    world.tick()
    assert world.state(volume) is State.NOTIFIED, "three times it could not be written"
    world.pass_database_time()
    world.tick()
    assert world.state(volume) is State.GRACE


def test_nobody_is_told_at_the_weekend_or_before_work_begins(build: Callable[..., World]) -> None:
    hours = FILES["organization.yaml"].replace('mon-sun, from: "00:00", to: "23:59"', 'mon-fri, from: "10:00", to: "16:00"')
    world = build({"organization.yaml": hours})
    world.volume()
    world.tick()
    assert world.messages() == (), "it is nine on a Monday"
    world.go(world.messages)
    assert world.messages()[0].at.hour == 10
    world.later(days=4, hours=14)
    world.volume("late")
    world.scan()
    world.tick()
    assert world.clock.now().isoweekday() == 6
    world.go(lambda: len(world.messages()) > 1)
    assert world.messages()[1].at.isoweekday() == 1
