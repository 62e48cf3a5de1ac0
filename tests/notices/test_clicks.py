"""Buttons pressed in Slack: only Slack's own signed, fresh, single clicks by members of our workspace count (S1)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from demo.slack import LocalSlack, Person
from engine.notice import Button
from reapers.notify.answers import answer
from reapers.notify.clicks import BadClick, Click, Clicks
from reapers.notify.people import People, Stranger
from reapers.notify.slack import client

SECRET = "the-signing-secret"
AT = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)


class Still:
    """A clock that stands where it is put."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def payload(**changes: Any) -> dict[str, Any]:
    """What Slack sends for a press of Keep."""
    base: dict[str, Any] = {
        "type": "block_actions",
        "user": {"id": "U1", "team_id": "T0SEXTON"},
        "team": {"id": "T0SEXTON"},
        "api_app_id": "A0SEXTON",
        "container": {"channel_id": "C1", "message_ts": "1.1"},
        "trigger_id": "t1",
        "response_url": "https://hooks.slack.com/actions/T/1/x",
        "actions": [{"action_id": "sexton.keep", "value": "c-0123456789.0123456789abcdef"}],
    }
    return base | changes


def form(content: Any) -> bytes:
    """The body."""
    return urlencode({"payload": json.dumps(content)}).encode()


def signed(body: bytes, at: float = AT.timestamp(), secret: str = SECRET, stamp: str = "") -> dict[str, str]:
    """The headers, signed by hand: v0 of HMAC-SHA256."""
    stamp = stamp or str(int(at))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/x-www-form-urlencoded",
    }


@pytest.fixture
def clicks() -> Clicks:
    """The reader, at AT, for our app."""
    return Clicks(SECRET, Still(), "https://slack.com/api/", app_id="A0SEXTON")


def test_a_signed_click_is_read(clicks: Clicks) -> None:
    body = form(payload())
    headers = signed(body)
    assert clicks.read(body, headers) == Click(
        user_id="U1",
        team_id="T0SEXTON",
        app_id="A0SEXTON",
        button=Button.KEEP,
        case="c-0123456789",
        prefix="0123456789abcdef",
        trigger="t1",
        channel="C1",
        message="1.1",
        response_url="https://hooks.slack.com/actions/T/1/x",
        replay=hashlib.sha256(headers["X-Slack-Signature"].encode()).hexdigest(),
    )


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_five_minutes_are_fresh(clicks: Clicks, seconds: int) -> None:
    body = form(payload())
    assert clicks.read(body, signed(body, AT.timestamp() + seconds)).case == "c-0123456789"


def _without(name: str) -> dict[str, str]:
    return {key: value for key, value in signed(form(payload())).items() if key != name}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (form(payload(user={"id": "U2"})), signed(form(payload()))),
        (form(payload()), signed(form(payload()), secret="another")),
        (form(payload()), signed(form(payload()), AT.timestamp() - 301)),
        (form(payload()), signed(form(payload()), AT.timestamp() + 301)),
        (form(payload()), signed(form(payload()), stamp="soon")),
        (form(payload()), signed(form(payload()), stamp="9" * 5000)),
        (form(payload()), signed(form(payload()), stamp="nan")),
        (form(payload()), {**signed(form(payload())), "X-Slack-Signature": ""}),
        (form(payload()), {**signed(form(payload())), "X-Slack-Signature": "v0=é"}),
        (form(payload()), _without("X-Slack-Signature")),
        (form(payload()), _without("X-Slack-Request-Timestamp")),
        (form(payload()), {}),
        (b"payload=\xff\xfe", signed(b"payload=\xff\xfe")),
        (form(payload(api_app_id="A0OTHER")), signed(form(payload(api_app_id="A0OTHER")))),
    ],
    ids=[
        "tampered", "wrong secret", "301 s old", "301 s ahead", "no number", "huge number", "nan", "empty signature",
        "signature not ASCII", "no signature", "no timestamp", "no headers", "not UTF-8", "another app",
    ],
)  # fmt: skip
def test_what_slack_did_not_sign_is_refused(clicks: Clicks, body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(BadClick) as refusal:
        clicks.read(body, headers)
    assert refusal.value.status == 401
    assert SECRET not in refusal.value.why


def test_an_empty_secret_verifies_nothing() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        Clicks("", Still())


def test_a_huge_body_is_refused_before_it_is_read(clicks: Clicks) -> None:
    body = form(payload(padding="x" * 100_001))
    with pytest.raises(BadClick) as refusal:
        clicks.read(body, signed(body))
    assert refusal.value.status == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload=",
        b"payload=%7B%7D&payload=%7B%7D",
        b"payload=not+json",
        b"payload=" + b"%5B" * 30_000,
        json.dumps(payload()).encode(),
        form([]),
        form(payload(type="view_submission")),
        form(payload(actions=[])),
        form(payload(actions=[{}, {}])),
        form(payload(actions=[{"action_id": "sexton.explode", "value": "c-1."}])),
        form(payload(actions=[{"action_id": "keep", "value": "c-1."}])),
        form(payload(actions=[{"action_id": "sexton.keep", "value": "no dot"}])),
        form(payload(actions=[{"action_id": "sexton.keep", "value": 5}])),
        form(payload(user=None)),
        form(payload(user={"id": ["U1"]})),
        form(payload(team="T1")),
    ],
)
def test_what_is_signed_but_no_click_of_ours_is_a_bad_request(clicks: Clicks, body: bytes) -> None:
    with pytest.raises(BadClick) as refusal:
        clicks.read(body, signed(body))
    assert refusal.value.status == 400


def test_json_where_a_form_belongs_is_refused(clicks: Clicks) -> None:
    body = form(payload())
    with pytest.raises(BadClick) as refusal:
        clicks.read(body, {**signed(body), "Content-Type": "application/json"})
    assert refusal.value.status == 400


def test_the_same_request_twice_has_the_same_mark(clicks: Clicks) -> None:
    body = form(payload())
    first, second = clicks.read(body, signed(body)), clicks.read(body, signed(body))
    other = clicks.read(body, signed(body, AT.timestamp() + 1))
    assert first.replay == second.replay != other.replay


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://hooks.slack.com/actions/1", True),
        ("http://hooks.slack.com/actions/1", False),
        ("https://hooks.slack.com.evil.example/1", False),
        ("https://hooks.slack.com@evil.example/1", False),
        ("https://slack.com/api/x", True),
        ("http://169.254.169.254/latest", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_answers_go_only_to_slack(clicks: Clicks, url: str, kept: bool) -> None:
    body = form(payload(response_url=url))
    assert clicks.read(body, signed(body)).response_url == (url if kept else "")


# --- who it was -----------------------------------------------------------------------------------------------------

USERS = [
    Person(id="U1", email="Ann@Example.com", name="Ann"),
    Person(id="U2", email="gone@example.com", name="Gone", deleted=True),
    Person(id="U3", email="bot@example.com", name="Bot", bot=True),
    Person(id="U4", email="guest@example.com", name="Guest", guest=True),
    Person(id="U5", email="other@example.org", name="Other", team="T0OTHER"),
    Person(id="U6", email="", name="Nameless"),
    Person(id="U7", email="new@example.com", name="New", confirmed=False),
]


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    """A Slack with all sorts of people."""
    with LocalSlack(Still(), USERS) as running:
        yield running


@pytest.fixture
def click_by(clicks: Clicks) -> Callable[..., Click]:
    """A click by a user."""

    def make(user: str, team: str = "T0SEXTON") -> Click:
        body = form(payload(user={"id": user}, team={"id": team}))
        return clicks.read(body, signed(body))

    return make


def test_a_member_is_their_verified_address(slack: LocalSlack, click_by: Callable[..., Click]) -> None:
    assert People(client("xoxb-1", slack.api_url), Still()).email(click_by("U1")) == "ann@example.com"


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("U2", "deactivated"),
        ("U3", "Bots cannot answer"),
        ("U4", "Guests cannot answer"),
        ("U5", "not those of a connected one"),
        ("U6", "no confirmed e-mail address"),
        ("U7", "no confirmed e-mail address"),
        ("U9", "user_not_found"),
    ],
)
def test_strangers_are_refused_with_a_sentence(slack: LocalSlack, click_by: Callable[..., Click], user: str, words: str) -> None:
    with pytest.raises(Stranger, match=words):
        People(client("xoxb-1", slack.api_url), Still()).email(click_by(user))


def test_a_click_from_another_workspace_is_refused(slack: LocalSlack, click_by: Callable[..., Click]) -> None:
    with pytest.raises(Stranger, match="another Slack workspace"):
        People(client("xoxb-1", slack.api_url), Still()).email(click_by("U1", team="T0OTHER"))


def test_when_slack_cannot_say_who_it_was_nobody_is_assumed(slack: LocalSlack, click_by: Callable[..., Click]) -> None:
    slack.down()
    with pytest.raises(Stranger, match="please try again"):
        People(client("xoxb-1", slack.api_url), Still()).email(click_by("U1"))
    slack.stop()
    with pytest.raises(Stranger, match="could not be asked"):
        People(client("xoxb-1", slack.api_url), Still()).email(click_by("U1"))


def test_a_known_person_is_asked_for_again_after_five_minutes(slack: LocalSlack, click_by: Callable[..., Click]) -> None:
    clock = Still()
    people = People(client("xoxb-1", slack.api_url), clock)
    click = click_by("U1")
    assert people.email(click) == people.email(click)
    assert [call.method for call in slack.log] == ["auth.test", "users.info"]
    slack.workspace.people["U1"] = Person(id="U1", email="ann@example.com", name="Ann", deleted=True)
    assert people.email(click) == "ann@example.com"
    clock.sleep(301)
    with pytest.raises(Stranger, match="deactivated"):
        people.email(click)


def test_an_answer_without_a_place_to_show_it_is_no_error(clicks: Clicks) -> None:
    body = form(payload(response_url="http://evil.example/"))
    assert answer(clicks.read(body, signed(body)), "Kept until Sunday.") is False


def test_an_answer_that_slack_does_not_take_is_no_error(slack: LocalSlack, click_by: Callable[..., Click]) -> None:
    lost = replace(click_by("U1"), response_url=f"{slack.url}/response/C1/1.1/U1")
    assert answer(lost, "Kept.") is False
    slack.stop()
    assert answer(lost, "Kept.") is False
