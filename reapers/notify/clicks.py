"""A button that somebody pressed in Slack: is it Slack who says so, and what does it say? Who pressed it, people.py finds out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.notice import Button
from engine.render.slack import ACTION
from reapers.notify.signed import BadClick, Now, Signed

__all__ = ["BadClick", "Click", "Clicks", "Now"]

FIELDS = 10
"""Of a click's form: it has one."""


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


class Clicks:
    """Reads the requests that Slack sends to /slack/actions."""

    def __init__(self, signing_secret: str, clock: Now, base_url: str = "", *, app_id: str = "") -> None:
        """`base_url` is the Slack API in use: response URLs of its host are allowed too. `app_id`: refuse other apps' clicks."""
        self._signed = Signed(signing_secret, clock, base_url)
        self._app_id = app_id

    def read(self, body: bytes, headers: Mapping[str, str]) -> Click:
        """A verified click. BadClick: 401 unsigned, stale or forged; 413 too large; 400 signed but not one of our buttons."""
        form, replay = self._signed.form(body, headers, FIELDS)
        payload = _payload(form)
        if self._app_id and payload.get("api_app_id") != self._app_id:
            raise BadClick("This click belongs to another Slack app.", 401)
        return self._click(payload, replay)

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
            response_url=self._signed.allowed(str(payload.get("response_url", ""))),
            replay=replay,
        )


def _payload(form: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        payload = json.loads(form["payload"])
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
