"""`/sexton freeze REASON` typed in Slack: signed, by a member whom policies or a token let freeze, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from starlette.testclient import TestClient

from api.http.app import create_app
from api.http.house import House, house_of
from api.http.slack import Buttons
from demo.slack import presses
from demo.slack.server import LocalSlack
from demo.slack.workspace import Person
from engine.plan import awaiting
from makers.doors import NOW, StillClock, case_of
from reapers.notify.clicks import Clicks
from reapers.notify.commands import Commands
from reapers.notify.people import People
from reapers.service import Service
from reapers.store.ledger import Ledger

SECRET = "a-secret-of-this-test"
ANN = Person(id="UANN", email="ann@acme.example", name="Ann")
BO = Person(id="UBO", email="bo@acme.example", name="Bo")
PIA = Person(id="UPIA", email="pia@acme.example", name="Pia")
GUEST = Person(id="UGUEST", email="qi@acme.example", name="Qi", guest=True)


@pytest.fixture
def slack(clock: StillClock) -> Iterator[LocalSlack]:
    with LocalSlack(clock, [ANN, BO, PIA, GUEST], signing_secret=SECRET) as running:
        yield running


@pytest.fixture
def house(service: Service, clock: StillClock, slack: LocalSlack) -> House:
    people = People(WebClient(token="xoxb-test", base_url=slack.api_url), clock)
    buttons = Buttons(
        clicks=Clicks(SECRET, clock), people=people, answer=lambda click, text: True, commands=Commands(SECRET, clock)
    )
    return house_of(service, buttons)


@pytest.fixture
def http(house: House) -> Iterator[TestClient]:
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        yield client


def typed(http: TestClient, person: Person, text: str, **changes: str) -> Any:
    body = urlencode(presses.command(text, person, "https://hooks.slack.com/commands/x") | changes)
    stamp = str(int(NOW.timestamp()))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body) or "",
    }
    return http.post("/slack/commands", content=body, headers=headers)


def test_an_approver_freezes_and_everybody_sees_it(http: TestClient, ledger: Ledger) -> None:
    said = typed(http, ANN, "freeze  the bill <!channel> looks wrong").json()
    assert said["response_type"] == "in_channel"
    assert said["text"] == "ann@acme.example has frozen everything: the bill &lt;!channel&gt; looks wrong"
    frozen = ledger.frozen()
    assert frozen
    assert (frozen.who, frozen.reason) == ("ann@acme.example", "the bill <!channel> looks wrong")


@pytest.mark.parametrize(
    ("person", "text", "says"),
    [
        (BO, "freeze because", "has a viewer token; to freeze takes approver"),
        (GUEST, "freeze because", "Guests cannot answer"),
        (ANN, "freeze", "Say why everything is frozen"),
        (ANN, "unfreeze", "to unfreeze takes operator"),
        (ANN, "", "Nothing is frozen. Write /sexton freeze"),
        (ANN, "drop everything", "Write /sexton freeze"),
    ],
)
def test_what_does_nothing_is_told_to_the_person_alone(
    person: Person, text: str, says: str, http: TestClient, ledger: Ledger
) -> None:
    said = typed(http, person, text).json()
    assert (said["response_type"], says in said["text"]) == ("ephemeral", True)
    assert ledger.frozen() is None


def test_a_token_counts_in_slack_too_while_it_is_good(http: TestClient, ledger: Ledger, clock: StillClock) -> None:
    ledger.add_token("bo@acme.example", "approver", NOW + timedelta(days=1), NOW)
    assert "has frozen everything" in typed(http, BO, "freeze drill").json()["text"]
    ledger.unfreeze("pia@acme.example", NOW)
    ledger.revoke(ledger.tokens()[0].id, "pia@acme.example", NOW)
    assert "viewer token" in typed(http, BO, "freeze drill 2").json()["text"]


def test_an_operator_asks_to_go_on_and_nothing_more(http: TestClient, ledger: Ledger) -> None:
    ledger.add_token("pia@acme.example", "operator", NOW + timedelta(days=1), NOW)
    ledger.freeze("ann@acme.example", "drill", NOW)
    said = typed(http, PIA, "unfreeze it is over").json()["text"]
    assert "pia@acme.example asks to go on. Until 2026-11-11 11:00 UTC another operator" in said
    assert ledger.frozen()
    assert [request.who for request in ledger.requests.open(NOW)] == ["pia@acme.example"]


def test_the_same_request_twice_is_one_command(http: TestClient) -> None:
    assert [typed(http, ANN, "freeze drill").status_code for _ in range(2)] == [200, 409]


@pytest.mark.parametrize(
    ("change", "status"), [({"command": "sexton"}, 400), ({"user_id": ""}, 400), ({"team_id": "T0OTHER"}, 200)]
)
def test_what_is_no_command_of_ours_changes_nothing(
    change: dict[str, str], status: int, http: TestClient, ledger: Ledger
) -> None:
    assert typed(http, ANN, "freeze now", **change).status_code == status
    assert ledger.frozen() is None


def test_what_slack_did_not_sign_is_refused(http: TestClient, ledger: Ledger) -> None:
    body = urlencode(presses.command("freeze now", ANN, ""))
    assert http.post("/slack/commands", content=body).status_code == 401
    assert ledger.frozen() is None


def test_the_double_sends_what_slack_sends(slack: LocalSlack, house: House, ledger: Ledger) -> None:
    """Over a real socket, as in `sexton demo`."""
    import threading
    import time

    import uvicorn

    server = uvicorn.Server(uvicorn.Config(create_app(house), port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        slack.commands_to = f"http://127.0.0.1:{port}/slack/commands"
        pressed = slack.command("freeze drill", "ann@acme.example")
    finally:
        server.should_exit = True
        thread.join(10)
    assert (pressed.status, "has frozen everything" in pressed.text, ledger.frozen() is not None) == (200, True, True)


def test_an_approval_names_the_person_as_slack_knows_them(http: TestClient, house: House, ledger: Ledger) -> None:
    from engine.teams import Access
    from engine.teams import Person as SignedIn

    case = ledger.open(case_of(), NOW)
    (action,) = awaiting([case])
    person = SignedIn(email="ann@acme.example", access=Access.APPROVER, subject="slack:T0SEXTON/UANN")
    after = house.desk.approve(case.id, person, action.hash)
    assert after.agreements[0].subject == "slack:T0SEXTON/UANN"
    assert ledger.history(case.id)[-1].data["subject"] == "slack:T0SEXTON/UANN"
