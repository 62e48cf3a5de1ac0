"""Notices on their way: the real slack_sdk client against the Slack stand-in, printing, the outbox's copy."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from demo.slack import LocalSlack, Person
from engine.case import State
from engine.model import Mode
from engine.notice import Item, Notice
from engine.policy import Team
from reapers.notify import NotDelivered, PrintNotifier, Receipt, open_notifier
from reapers.notify.notifier import delivered
from reapers.notify.payload import Unreadable, pack, unpack
from reapers.notify.slack import SlackNotifier

NoticeOf = Callable[..., Notice]
ItemOf = Callable[..., Item]


class Still:
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def slack(now: datetime) -> Iterator[LocalSlack]:
    """A Slack with one channel."""
    with LocalSlack(Still(now), [Person(id="U1", email="ann@example.com", name="Ann")], channels=["#payments"]) as running:
        running.token = "xoxb-right"
        yield running


@pytest.fixture
def notifier(slack: LocalSlack) -> SlackNotifier:
    """The product's notifier, talking to it."""
    return SlackNotifier("xoxb-right", slack.api_url)


def test_a_delivered_notice_has_slack_s_receipt(
    slack: LocalSlack, notifier: SlackNotifier, notice_of: NoticeOf, item_of: ItemOf, now: datetime
) -> None:
    receipt = notifier.deliver(notice_of(item_of()), now)
    (message,) = slack.messages("#payments")
    assert receipt == Receipt(channel="#payments", receipt=f"{message.channel}:{message.ts}")
    assert notifier.counts
    assert message.text == "Sexton for payments, Tue 10 Nov 2026: 1 new. Together: $41.00/mo."
    assert message.metadata["event_payload"]["id"] == "payments-2026-11-10"
    assert [button["value"] for button in message.buttons()] == ["c-0000000001."] * 3


def test_everything_that_can_be_told_is_taken(
    slack: LocalSlack, notifier: SlackNotifier, notice_of: NoticeOf, all_items: list[Item], now: datetime
) -> None:
    notifier.deliver(notice_of(*all_items), now)
    assert len(slack.messages("#payments")) == 1


@pytest.mark.parametrize(
    ("break_it", "words", "wait"),
    [
        (lambda slack: slack.down(), "Slack is not available for #payments (status 503)", timedelta(minutes=2)),
        (lambda slack: slack.lost(), "Slack is not available for #payments (status 500)", timedelta(minutes=2)),
        (
            lambda slack: slack.limited(retry_after=77),
            "Slack asks us to wait before writing to #payments.",
            timedelta(seconds=77),
        ),
        (
            lambda slack: slack.workspace.remove("#payments"),
            "there is no channel #payments, or it is private",
            timedelta(hours=1),
        ),
        (
            lambda slack: setattr(slack.workspace.channel("#payments"), "archived", True),
            "#payments is archived",
            timedelta(hours=1),
        ),
        (lambda slack: setattr(slack, "token", "xoxb-other"), "Slack does not accept the bot token", timedelta(hours=1)),
        (lambda slack: slack.stop(), "Slack could not be reached for #payments (", timedelta(minutes=2)),
    ],
)
def test_what_goes_wrong_is_a_sentence_with_a_time_to_try_again(
    slack: LocalSlack,
    notifier: SlackNotifier,
    notice_of: NoticeOf,
    now: datetime,
    break_it: Callable[[LocalSlack], None],
    words: str,
    wait: timedelta,
) -> None:
    break_it(slack)
    with pytest.raises(NotDelivered) as refusal:
        notifier.deliver(notice_of(), now)
    assert words in refusal.value.why
    assert refusal.value.retry_after == wait
    assert "xoxb" not in refusal.value.why


def test_a_short_rate_limit_is_waited_for_and_posts_once(
    slack: LocalSlack, notifier: SlackNotifier, notice_of: NoticeOf, now: datetime
) -> None:
    slack.limited(retry_after=0)
    notifier.deliver(notice_of(), now)
    assert [call.status for call in slack.log] == [429, 200]
    assert len(slack.messages()) == 1


def test_an_unknown_outcome_is_never_sent_again_by_itself(
    slack: LocalSlack, notifier: SlackNotifier, notice_of: NoticeOf, now: datetime
) -> None:
    slack.lost()
    with pytest.raises(NotDelivered):
        notifier.deliver(notice_of(), now)
    assert [call.method for call in slack.log] == ["chat.postMessage"]


@pytest.mark.parametrize("slack_channel", ["", "payments@example.com"])
def test_a_team_without_a_channel_is_told_what_to_add(
    notifier: SlackNotifier, slack: LocalSlack, payments: Team, notice_of: NoticeOf, now: datetime, slack_channel: str
) -> None:
    homeless = notice_of(team=replace(payments, slack="", email=slack_channel))
    with pytest.raises(NotDelivered, match='Team payments has no Slack channel: add `slack: "#…"` to its Team document'):
        notifier.deliver(homeless, now)
    assert not slack.log


def test_printing_counts_for_nothing(notice_of: NoticeOf, item_of: ItemOf, now: datetime) -> None:
    page = io.StringIO()
    notifier = PrintNotifier(page)
    assert notifier.deliver(notice_of(item_of()), now).receipt == ""
    assert not notifier.counts
    assert page.getvalue().startswith("--- Tue 10 Nov 2026, 10:00 CET, for #payments ---\nSexton for payments, Tue 10 Nov 2026\n")


def test_without_a_token_notices_are_printed() -> None:
    assert isinstance(open_notifier(None, "", io.StringIO()), PrintNotifier)
    assert isinstance(open_notifier("xoxb-1", "http://127.0.0.1:9/api/", io.StringIO()), SlackNotifier)


def test_the_outbox_s_copy_is_the_notice(notice_of: NoticeOf, all_items: list[Item]) -> None:
    notice = notice_of(*all_items)
    assert unpack(json.loads(json.dumps(pack(notice)))) == notice


def test_another_version_s_copy_is_refused_with_a_sentence(notice_of: NoticeOf) -> None:
    payload = pack(notice_of())
    del payload["zone"]
    with pytest.raises(Unreadable, match=r"cannot read a notice in the outbox \(zone\)"):
        unpack(payload)


def test_a_delivery_s_event_names_what_was_promised(notice_of: NoticeOf, item_of: ItemOf) -> None:
    item = item_of(state=State.NOTIFIED)
    (told,) = notice_of(item).told()
    event = delivered(told, Receipt(channel="#payments", receipt="C1:1.1"))
    assert (event.promised, event.mode, event.receipt) == (item.promised, Mode.DELETE, "C1:1.1")
