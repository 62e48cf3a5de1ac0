"""Slack's buttons end to end: a signed click over HTTP, people by their verified address, the answer at the response URL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from starlette.testclient import TestClient

from api.http.app import create_app
from api.http.house import house_of
from api.http.slack import Buttons
from demo.slack.server import LocalSlack
from demo.slack.workspace import APP, TEAM, Person
from engine.case import Case, State
from engine.model import Mode
from engine.notice import Button, item
from engine.schedule import action_of
from makers.doors import NOW, StillClock
from reapers.notify.clicks import Click, Clicks
from reapers.notify.people import People
from reapers.service import Service
from reapers.store.ledger import Ledger

SECRET = "a-secret-of-this-test"
WORKERS = [
    Person(id="UANN", email="ann@acme.example", name="Ann"),
    Person(id="UDEE", email="dee@acme.example", name="Dee"),
    Person(id="UGUEST", email="bo@acme.example", name="Bo", guest=True),
    Person(id="UELSE", email="ann@acme.example", name="Ann of another workspace", team="T0OTHER"),
]


@pytest.fixture
def slack(clock: StillClock) -> Iterator[LocalSlack]:
    with LocalSlack(clock, WORKERS, signing_secret=SECRET) as running:
        yield running


@pytest.fixture
def answers() -> list[tuple[str, str]]:
    """(response URL, text) of every answer to a person."""
    return []


@pytest.fixture
def http(service: Service, clock: StillClock, slack: LocalSlack, answers: list[tuple[str, str]]) -> Iterator[TestClient]:
    people = People(WebClient(token="xoxb-test", base_url=slack.api_url), clock)
    clicks = Clicks(SECRET, clock, slack.api_url)

    def heard(pressed: Click, text: str) -> bool:
        answers.append((pressed.response_url, text))
        return True

    buttons = Buttons(clicks=clicks, people=people, answer=heard)
    with TestClient(create_app(house_of(service, buttons)), raise_server_exceptions=False) as client:
        yield client


def click(case: Case, button: str, user: str = "UANN", team: str = TEAM, prefix: str | None = None) -> bytes:
    """What Slack sends when somebody presses a button of ours."""
    action = action_of(case)
    value = f"{case.id}.{(action.hash[:16] if action else '') if prefix is None else prefix}"
    payload = {
        "type": "block_actions",
        "user": {"id": user},
        "team": {"id": team},
        "api_app_id": APP,
        "response_url": "https://hooks.slack.com/actions/T0/1/x",
        "actions": [{"action_id": f"sexton.{button}", "value": value}],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def headers(body: bytes, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(NOW.timestamp() if at is None else at))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
    }


def press(http: TestClient, body: bytes) -> int:
    return http.post("/slack/actions", content=body, headers=headers(body)).status_code


@pytest.mark.parametrize(
    ("button", "state", "says"),
    [
        ("approve", State.APPROVED, "to delete, as soon as hours and limits allow"),
        ("keep", State.KEPT, "kept until 2027-02-08"),
        ("snooze", State.KEPT, "kept until 2026-11-24"),
        ("not_mine", State.NOTIFIED, "a notice to platform"),
        ("reject", State.CLOSED, "rejected"),
    ],
)
def test_each_button(
    button: str, state: State, says: str, http: TestClient, ledger: Ledger, waiting: Case, answers: list[tuple[str, str]]
) -> None:
    assert press(http, click(waiting, button)) == 200
    after = ledger.case(waiting.id)
    assert after
    assert after.state is state
    ((url, text),) = answers
    assert url == "https://hooks.slack.com/actions/T0/1/x"
    assert says in text
    assert ledger.history(waiting.id)[-1].who == "ann@acme.example"


def test_what_was_deleted_comes_back_by_a_button(
    http: TestClient, ledger: Ledger, waiting: Case, answers: list[tuple[str, str]]
) -> None:
    until = NOW + timedelta(days=30)
    gone = replace(waiting, state=State.DELETED, rung=Mode.DELETE, backed_up=True, undo_until=until)
    ledger.save(waiting, gone, "delete done", NOW)
    deleted = ledger.case(waiting.id)
    assert deleted
    assert item(deleted, {}, Mode.DELETE, {}).buttons == (Button.RESTORE,)
    assert press(http, click(deleted, "restore", user="UDEE")) == 200
    assert "may not restore" in answers[0][1]
    assert press(http, click(deleted, "restore")) == 200
    after = ledger.case(waiting.id)
    assert after
    assert (after.state, after.asked_by) == (State.RESTORING, "ann@acme.example")


@pytest.mark.parametrize(
    ("user", "team", "says"),
    [
        ("UDEE", TEAM, "may not approve"),
        ("UGUEST", TEAM, "Guests cannot answer"),
        ("UELSE", TEAM, "Only people of this Slack workspace"),
        ("UANN", "T0OTHER", "another Slack workspace"),
        ("UNOBODY", TEAM, "could not say who you are"),
    ],
)
def test_who_may_not_is_told_so(
    user: str, team: str, says: str, http: TestClient, ledger: Ledger, waiting: Case, answers: list[tuple[str, str]]
) -> None:
    assert press(http, click(waiting, "approve", user, team)) == 200
    assert says in answers[0][1]
    assert ledger.case(waiting.id) == waiting


def test_a_button_of_an_old_message_approves_nothing(
    http: TestClient, ledger: Ledger, waiting: Case, answers: list[tuple[str, str]]
) -> None:
    assert press(http, click(waiting, "approve", prefix="0" * 16)) == 200
    assert "no longer what you saw" in answers[0][1]
    assert ledger.case(waiting.id) == waiting


def test_the_same_request_twice_is_one_click(
    http: TestClient, ledger: Ledger, waiting: Case, answers: list[tuple[str, str]]
) -> None:
    body = click(waiting, "snooze")
    assert [press(http, body), press(http, body)] == [200, 409]
    after = ledger.case(waiting.id)
    assert after
    assert after.snoozes == 1
    assert len(answers) == 1


def test_a_replay_is_refused_by_another_server_too(
    http: TestClient, service: Service, slack: LocalSlack, clock: StillClock, ledger: Ledger, waiting: Case
) -> None:
    """Two apps over one ledger, or one app and itself after a restart."""
    body = click(waiting, "snooze")
    assert press(http, body) == 200
    people = People(WebClient(token="xoxb-test", base_url=slack.api_url), clock)
    buttons = Buttons(clicks=Clicks(SECRET, clock), people=people, answer=lambda pressed, text: True)
    other = TestClient(create_app(house_of(service, buttons)))
    assert press(other, body) == 409
    assert (ledger.case(waiting.id) or waiting).snoozes == 1


def test_what_was_seen_is_forgotten_when_its_signature_is_old(
    http: TestClient, ledger: Ledger, waiting: Case, clock: StillClock
) -> None:
    assert press(http, click(waiting, "snooze")) == 200
    clock.sleep(16 * 60)
    body = click(waiting, "snooze", "UDEE")
    assert http.post("/slack/actions", content=body, headers=headers(body, clock.now().timestamp())).status_code == 200
    with ledger.database.reading() as connection:
        assert len(connection.exec_driver_sql("select name from once").all()) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"X-Slack-Signature": "v0=" + "0" * 64}, 401),
        ({"X-Slack-Signature": ""}, 401),
        ({"X-Slack-Request-Timestamp": "soon"}, 401),
        ({"X-Slack-Request-Timestamp": str(int(NOW.timestamp()) - 301)}, 401),
        ({"Content-Type": "application/json"}, 400),
    ],
)
def test_what_slack_did_not_sign_is_refused(
    change: dict[str, str], status: int, http: TestClient, ledger: Ledger, waiting: Case
) -> None:
    body = click(waiting, "snooze")
    answer = http.post("/slack/actions", content=body, headers={**headers(body), **change})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert ledger.case(waiting.id) == waiting


def test_another_secret_signs_nothing(http: TestClient, waiting: Case) -> None:
    body = click(waiting, "snooze")
    assert http.post("/slack/actions", content=body, headers=headers(body, secret="wrong")).status_code == 401


def test_without_slack_there_are_no_buttons(app: FastAPI, waiting: Case) -> None:
    body = click(waiting, "snooze")
    answer = TestClient(app).post("/slack/actions", content=body, headers=headers(body))
    assert answer.status_code == 404
    assert "Slack is not configured" in answer.json()["detail"]
