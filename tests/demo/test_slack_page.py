"""The Slack stand-in's page in a real browser: a person sees the message, presses a button, reads the answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from demo.slack import LocalSlack, Person
from reapers.notify.slack import client

BUTTON: dict[str, Any] = {
    "type": "button",
    "action_id": "sexton.keep",
    "text": {"type": "plain_text", "text": "Keep"},
    "value": "c-1.abc",
    "accessibility_label": "Keep: EBS volume cache",
}
CONFIRM = {
    name: {"type": "plain_text", "text": words}
    for name, words in {"title": "Approve: delete it?", "text": "Delete cache?", "confirm": "Approve", "deny": "Not now"}.items()
}
BLOCKS: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*`cache`* EBS volume"}},
    {
        "type": "actions",
        "elements": [
            {
                **BUTTON,
                "action_id": "sexton.approve",
                "text": {"type": "plain_text", "text": "Approve"},
                "confirm": CONFIRM,
                "accessibility_label": "Approve: cache",
            },
            BUTTON,
        ],
    },
]


class Still:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 11, 10, 9, 0, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        """Nothing waits here."""


class Kept(BaseHTTPRequestHandler):
    """A product that answers every click at once."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "11")
        self.end_headers()
        self.wfile.write(b"It is kept.")

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    """A Slack with a message, two people and a product behind its buttons."""
    product = HTTPServer(("127.0.0.1", 0), Kept)
    thread = threading.Thread(target=product.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    people = [Person(id="U1", email="ann@example.com", name="Ann"), Person(id="U2", email="bo@example.com", name="Bo")]
    with LocalSlack(Still(), people) as running:
        running.deliver_to = f"http://127.0.0.1:{product.server_port}/slack/actions"
        client("xoxb-1", running.api_url).chat_postMessage(channel="#payments", text="hello", blocks=BLOCKS)
        yield running
    product.shutdown()
    product.server_close()
    thread.join(5)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, slack: LocalSlack, program: Callable[..., str]) -> Iterator[Page]:
    """The page, as it opens; nothing may fail in the browser's console."""
    path = program("browser", "chromium", "chromium-browser", "google-chrome")
    wrong: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        opened = browser.new_context(java_script_enabled=request.param).new_page()
        opened.on("console", lambda message: wrong.append(message.text))
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.goto(slack.url)
        yield opened
        browser.close()
    assert not wrong


def test_a_person_keeps_and_another_thinks_twice(page: Page) -> None:
    page.get_by_label("You are").select_option("U2")
    page.get_by_role("button", name="Switch").click()
    page.get_by_role("button", name="Keep: EBS volume cache").click()
    expect(page.get_by_text("It is kept.")).to_be_visible()
    expect(page.get_by_text("Only visible to Bo")).to_be_visible()
    page.get_by_role("button", name="Approve: cache").click()
    expect(page.get_by_role("heading", name="Approve: delete it?")).to_be_visible()
    page.get_by_role("link", name="Not now").click()
    expect(page.get_by_text("Only visible to Bo")).to_have_count(1)


def test_each_control_can_be_reached_by_keyboard(page: Page) -> None:
    reached: list[str] = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.locator(":focus").inner_text())
    assert reached[0] == "Skip to the messages"
    assert reached[2] == "Switch"
    assert reached[4:] == ["Approve", "Keep"]
