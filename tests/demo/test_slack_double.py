"""The Slack stand-in: it answers as Slack does, its page works without JavaScript, its clicks are signed."""

from __future__ import annotations

import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_sdk.errors import SlackApiError

from demo.slack import LocalSlack, Person
from demo.slack.presses import Pressed
from reapers.notify.answers import answer
from reapers.notify.clicks import BadClick, Click, Clicks
from reapers.notify.slack import client

AT = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
ANN = Person(id="U1", email="ann@example.com", name="Ann")
BO = Person(id="U2", email="bo@example.com", name="Bo")
BUTTON = {"type": "button", "action_id": "sexton.keep", "text": {"type": "plain_text", "text": "Keep"}, "value": "c-1.abc"}
SURE = {
    name: {"type": "plain_text", "text": words}
    for name, words in {"title": "Delete?", "text": "Really", "confirm": "Yes", "deny": "No"}.items()
}
BLOCKS: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "Sexton &amp; co"}},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*`a&lt;b`* <https://x.example/1|details>\nline <!channel> <script>alert(1)</script>"},
    },
    {
        "type": "actions",
        "elements": [{**BUTTON, "accessibility_label": "Keep: a"}, {**BUTTON, "action_id": "sexton.approve", "confirm": SURE}],
    },
]


class Ticking:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.at = AT

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    """A Slack with two people in which channels come to exist."""
    with LocalSlack(Ticking(), [ANN, BO]) as running:
        yield running


class Product:
    """What stands behind /slack/actions: reads clicks as the product does and answers."""

    def __init__(self, slack: LocalSlack) -> None:
        self.clicks: list[Click] = []
        reader = Clicks(slack.signing_secret, slack.workspace.clock, slack.api_url)
        received = self.clicks

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                try:
                    click = reader.read(self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers))
                except BadClick as error:
                    self._say(error.status, error.why)
                    return
                received.append(click)
                self._say(200, "")
                self.wfile.flush()
                answer(click, "Kept <until> Sunday.")

            def _say(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Silence."""

        self._server = HTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}/slack/actions"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def product(slack: LocalSlack) -> Iterator[Product]:
    """A product that listens to the buttons."""
    listening = Product(slack)
    slack.deliver_to = listening.url
    yield listening
    listening.close()


def get(url: str) -> tuple[str, Any]:
    """A page and its headers."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as response:
        return response.read().decode(), response.headers


def submit(url: str, **fields: str) -> str:
    """The page after a form."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        url, urlencode(fields).encode(), timeout=10
    ) as response:
        return str(response.read().decode())


def test_messages_can_be_posted_changed_and_found(slack: LocalSlack) -> None:
    web = client("xoxb-1", slack.api_url)
    posted = web.chat_postMessage(channel="#payments", text="hello", blocks=BLOCKS)
    web.chat_update(channel=posted["channel"], ts=posted["ts"], text="changed")
    (message,) = slack.messages("#payments")
    assert (message.text, message.ts, message.edited, message.at) == ("changed", posted["ts"], True, AT)
    assert posted["ts"].startswith(f"{int(AT.timestamp())}.")
    assert [one["name"] for one in web.conversations_list()["channels"]] == ["payments"]
    assert web.conversations_info(channel=posted["channel"])["channel"]["name"] == "payments"
    assert web.conversations_history(channel=posted["channel"])["messages"][0]["ts"] == posted["ts"]


def test_people_can_be_asked_for(slack: LocalSlack) -> None:
    web = client("xoxb-1", slack.api_url)
    assert web.auth_test()["team_id"] == "T0SEXTON"
    assert web.users_info(user="U1")["user"]["profile"]["email"] == "ann@example.com"
    assert web.users_lookupByEmail(email="bo@example.com")["user"]["id"] == "U2"


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("users.info", {"user": "U9"}, "user_not_found"),
        ("users.lookupByEmail", {"email": "x@y"}, "users_not_found"),
        ("conversations.info", {"channel": "C0999999"}, "channel_not_found"),
        ("conversations.history", {"channel": "C0999999"}, "channel_not_found"),
        ("chat.update", {"channel": "#a", "ts": "1", "text": "x"}, "message_not_found"),
        ("chat.update", {"channel": "C0999999", "ts": "1", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "#a"}, "no_text"),
        ("chat.postMessage", {"channel": "#a", "blocks": [{"type": "video"}]}, "invalid_blocks"),
        ("chat.postMessage", {"channel": "#a", "blocks": "nonsense"}, "invalid_blocks"),
        ("chat.postMessage", {"channel": "#a", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ("files.upload", {}, "unknown_method"),
    ],
)
def test_errors_are_slack_s(slack: LocalSlack, method: str, params: dict[str, Any], error: str) -> None:
    with pytest.raises(SlackApiError) as refusal:
        client("xoxb-1", slack.api_url).api_call(method, json=params)
    assert refusal.value.response["error"] == error


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}, "less than 3001"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": ""}}, "more than 0"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "text object"),
        ({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}, "less than 151"),
        ({"type": "context", "elements": []}, "1 to 10"),
        ({"type": "actions", "elements": []}, "1 to 25"),
        ({"type": "actions", "elements": [BUTTON, BUTTON]}, "not unique"),
        ({"type": "actions", "elements": [{**BUTTON, "value": "x" * 2001}]}, "value must be less"),
        ({"type": "actions", "elements": [{**BUTTON, "style": "red"}]}, "style"),
        ({"type": "actions", "elements": [{**BUTTON, "confirm": {}}]}, "text object"),
        ({"type": "actions", "elements": [{**BUTTON, "type": "menu"}]}, "only buttons"),
    ],
)
def test_slack_s_limits_are_kept(slack: LocalSlack, block: dict[str, Any], problem: str) -> None:
    with pytest.raises(SlackApiError) as refusal:
        client("xoxb-1", slack.api_url).chat_postMessage(channel="#a", text="x", blocks=[block])
    assert problem in str(refusal.value.response["errors"])


def test_all_texts_together_have_a_limit(slack: LocalSlack) -> None:
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    with pytest.raises(SlackApiError, match="msg_blocks_too_long"):
        client("xoxb-1", slack.api_url).chat_postMessage(channel="#a", text="x", blocks=[long] * 5)


def test_it_misbehaves_as_told_and_gets_well(slack: LocalSlack) -> None:
    web = client("xoxb-1", slack.api_url)
    slack.down(calls=1)
    slack.limited(retry_after=60)
    slack.lost()
    statuses = []
    for _ in range(4):
        try:
            statuses.append(web.chat_postMessage(channel="#a", text="x").status_code)
        except SlackApiError as error:
            statuses.append(error.response.status_code)
    assert statuses == [503, 429, 500, 200]
    assert len(slack.messages()) == 2
    slack.down()
    slack.well()
    assert web.auth_test()["ok"]
    assert [call.status for call in slack.log] == [503, 429, 500, 200, 200]


def test_a_wrong_token_is_refused(slack: LocalSlack) -> None:
    slack.token = "xoxb-right"
    with pytest.raises(SlackApiError, match="invalid_auth"):
        client("xoxb-wrong", slack.api_url).auth_test()
    with pytest.raises(SlackApiError, match="not_authed"):
        client("", slack.api_url).auth_test()


def test_its_date_is_the_story_s(slack: LocalSlack) -> None:
    assert get(slack.url)[1].get_all("Date") == ["Tue, 10 Nov 2026 09:00:00 GMT"]


class Controls(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]


def test_the_page_shows_messages_with_real_buttons(slack: LocalSlack) -> None:
    client("xoxb-1", slack.api_url).chat_postMessage(channel="#payments", text="hello", blocks=BLOCKS)
    text, headers = get(slack.url)
    page = Controls(text)
    assert page.all("html") == [{"lang": "en"}]
    assert [button.get("aria-label") for button in page.all("button")] == [None, "Keep: a", "Keep"]
    assert {label["for"] for label in page.all("label")} <= {select["id"] for select in page.all("select")}
    assert "<h3>Sexton &amp; co</h3>" in text
    assert "<strong><code>a&lt;b</code></strong>" in text
    assert '<a href="https://x.example/1" rel="noreferrer">details</a><br>line <mark class="mention">!channel</mark>' in text
    assert "<script>alert" not in text
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert not [tag for tag in page.tags if tag[0] in {"img", "link", "iframe"}]


def test_an_empty_workspace_has_a_page(slack: LocalSlack) -> None:
    assert "No channels yet" in get(slack.url)[0]


def test_a_pressed_button_reaches_the_product_and_its_answer_is_shown(slack: LocalSlack, product: Product) -> None:
    client("xoxb-1", slack.api_url).chat_postMessage(channel="#payments", text="hello", blocks=BLOCKS)
    (message,) = slack.messages()
    where = {"channel": message.channel, "ts": message.ts, "you": "U2"}
    shown = submit(f"{slack.url}/press", press="sexton.keep c-1.abc", **where)
    (click,) = product.clicks
    assert (click.user_id, click.button, click.case, click.prefix, click.channel) == ("U2", "keep", "c-1", "abc", message.channel)
    assert re.search(r"Only visible to Bo</span> Kept &lt;until&gt; Sunday\.", shown)
    assert '<option value="U2" selected>' in shown


def test_a_button_with_a_question_asks_first(slack: LocalSlack, product: Product) -> None:
    client("xoxb-1", slack.api_url).chat_postMessage(channel="#payments", text="hello", blocks=BLOCKS)
    (message,) = slack.messages()
    fields = {"channel": message.channel, "ts": message.ts, "you": "U1", "press": "sexton.approve c-1.abc"}
    question = submit(f"{slack.url}/press", **fields)
    assert "<h1>Delete?</h1>" in question
    assert not product.clicks
    hidden = {str(one["name"]): str(one["value"]) for one in Controls(question).all("input")}
    submit(f"{slack.url}/press", **hidden, confirmed="yes")
    assert [click.button for click in product.clicks] == ["approve"]


@pytest.mark.parametrize("changes", [{"you": "U9"}, {"ts": "1.1"}, {"press": "sexton.keep c-2.abc"}])
def test_a_button_that_is_not_there_is_404(slack: LocalSlack, changes: dict[str, str]) -> None:
    client("xoxb-1", slack.api_url).chat_postMessage(channel="#payments", text="hello", blocks=BLOCKS)
    (message,) = slack.messages()
    fields = {"channel": message.channel, "ts": message.ts, "you": "U1", "press": "sexton.keep c-1.abc"} | changes
    with pytest.raises(urllib.error.HTTPError) as refusal:
        submit(f"{slack.url}/press", **fields)
    with refusal.value:
        assert refusal.value.code == 404


def test_a_story_presses_buttons_by_case_and_person(slack: LocalSlack, product: Product) -> None:
    client("xoxb-1", slack.api_url).chat_postMessage(channel="#payments", text="hello", blocks=BLOCKS)
    assert slack.press("c-1", "keep", "ann@example.com") == Pressed(200, "Kept &lt;until&gt; Sunday.")
    assert product.clicks[0].user_id == "U1"
    with pytest.raises(LookupError, match="no message has a button keep for case c-2"):
        slack.press("c-2", "keep", "ann@example.com")
    with pytest.raises(LookupError, match="nobody in this Slack"):
        slack.press("c-1", "keep", "eve@example.com")


def test_a_product_that_is_away_is_said(slack: LocalSlack) -> None:
    client("xoxb-1", slack.api_url).chat_postMessage(channel="#payments", text="hello", blocks=BLOCKS)
    assert slack.press("c-1", "keep", "ann@example.com").text == "Nobody listens to this Slack's buttons."
    slack.deliver_to = "http://127.0.0.1:9/slack/actions"
    pressed = slack.press("c-1", "keep", "ann@example.com")
    assert pressed.status == 0
    assert "Sexton could not be reached" in pressed.text


def test_a_refusal_of_the_product_is_shown(slack: LocalSlack, product: Product) -> None:
    client("xoxb-1", slack.api_url).chat_postMessage(channel="#payments", text="hello", blocks=BLOCKS)
    slack.signing_secret = "another"
    pressed = slack.press("c-1", "keep", "ann@example.com")
    assert pressed.status == 401
    assert "not signed by Slack" in slack.messages()[0].replies[0].text
