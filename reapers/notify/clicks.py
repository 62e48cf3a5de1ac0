"""A button that somebody pressed in Slack: is it Slack who says so, and what does it say? Who pressed it, people.py finds out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier

from engine.notice import Button
from engine.render.slack import ACTION

LARGEST = 100_000
"""Bytes of a body that are read. A message of ours comes back with its click and stays far below."""
ANSWERS = "hooks.slack.com"
"""The host that Slack's response URLs have."""
FORM = "application/x-www-form-urlencoded"


class Now(Protocol):
    """Tells the time; reapers.clock.Clock does."""

    def now(self) -> datetime:
        """The moment, aware, UTC."""


class BadClick(Exception):
    """A request that is not a click of ours. `status` is the HTTP status to answer with, the text one sentence."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One press of one button, as Slack signed it. Everything in it is a claim to check against the ledger."""

    user_id: str
    team_id: str
    app_id: str
    button: Button
    case: str
    prefix: str
    """The first characters of the action hash that the message showed; empty where nothing was to be approved."""
    trigger: str
    channel: str
    message: str
    """The `ts` of the message."""
    response_url: str
    """Where an answer can be shown to this person; empty unless it is Slack's own host."""
    replay: str
    """SHA-256 of the signature: the caller stores it and refuses a second click with the same one."""


class Seconds(SlackClock):
    """A clock as slack_sdk's verifier asks for it."""

    def __init__(self, clock: Now) -> None:
        self._clock = clock

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock.now().timestamp()


class Clicks:
    """Reads the requests that Slack sends to /slack/actions."""

    def __init__(self, signing_secret: str, clock: Now, base_url: str = "", *, app_id: str = "") -> None:
        """`base_url` is the Slack API in use: response URLs of its host are allowed too. `app_id`: refuse other apps' clicks."""
        self._verifier = SignatureVerifier(signing_secret, Seconds(clock))
        self._hosts = frozenset({ANSWERS, urlsplit(base_url).netloc} - {""})
        self._app_id = app_id

    def read(self, body: bytes, headers: Mapping[str, str]) -> Click:
        """A verified click. BadClick: 401 unsigned, stale or forged; 413 too large; 400 signed but not one of our buttons."""
        names = {name.lower(): value for name, value in headers.items()}
        self._verify(body, names)
        if names.get("content-type", "").split(";")[0].strip().lower() != FORM:
            raise BadClick("Slack sends clicks as a form; this is something else.", 400)
        payload = _payload(body)
        if self._app_id and payload.get("api_app_id") != self._app_id:
            raise BadClick("This click belongs to another Slack app.", 401)
        return self._click(payload, hashlib.sha256(names["x-slack-signature"].encode()).hexdigest())

    def _verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        if len(body) > LARGEST:
            raise BadClick(f"A click has at most {LARGEST:,} bytes.", 413)
        try:
            signed = self._verifier.is_valid_request(body, dict(headers))
        except (ValueError, TypeError):  # a timestamp that is no number, a body that is not UTF-8, a signature that is not ASCII
            signed = False
        if not signed:
            raise BadClick("The request is not signed by Slack with our signing secret, or is older than five minutes.", 401)

    def _click(self, payload: Mapping[str, Any], replay: str) -> Click:
        action = _one_action(payload)
        case, _, prefix = _text(action, "value").rpartition(".")
        if not case:
            raise BadClick("The button names no case.", 400)
        container = payload.get("container") if isinstance(payload.get("container"), dict) else {}
        return Click(
            user_id=_text(_part(payload, "user"), "id"),
            team_id=_text(_part(payload, "team"), "id"),
            app_id=str(payload.get("api_app_id", "")),
            button=_button(_text(action, "action_id")),
            case=case,
            prefix=prefix,
            trigger=str(payload.get("trigger_id", "")),
            channel=str((container or {}).get("channel_id", "")),
            message=str((container or {}).get("message_ts", "")),
            response_url=self._allowed(str(payload.get("response_url", ""))),
            replay=replay,
        )

    def _allowed(self, url: str) -> str:
        """A response URL only of Slack's host over https, or of the API that is configured."""
        parts = urlsplit(url)
        slack = parts.scheme == "https" and parts.netloc == ANSWERS
        ours = parts.netloc in self._hosts - {ANSWERS} and parts.scheme in {"http", "https"}
        return url if slack or ours else ""


def _payload(body: bytes) -> Mapping[str, Any]:
    try:
        form = parse_qs(body.decode(), strict_parsing=True, max_num_fields=10)
        (text,) = form["payload"]
        payload = json.loads(text)
    except (ValueError, KeyError, RecursionError):
        raise BadClick("The form holds no readable `payload`.", 400) from None
    if not isinstance(payload, dict) or payload.get("type") != "block_actions":
        raise BadClick("The payload is not a press of a button.", 400)
    return payload


def _one_action(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    actions = payload.get("actions")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], dict):
        raise BadClick("A click is one action.", 400)
    return actions[0]


def _part(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = payload.get(name)
    if not isinstance(part, dict):
        raise BadClick(f"The payload has no `{name}`.", 400)
    return part


def _text(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    if not isinstance(value, str) or not value:
        raise BadClick(f"The payload has no `{name}`.", 400)
    return value


def _button(action_id: str) -> Button:
    name = action_id.removeprefix(ACTION)
    if not action_id.startswith(ACTION) or name not in set(Button):
        raise BadClick("The button is not one of Sexton's.", 400)
    return Button(name)
