"""A pressed button: the payload that Slack would send, signed, and what the product answered."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from demo.slack.workspace import APP, TEAM, Message, Person

PATIENCE = 10
"""Seconds that the product has. Slack itself gives it three."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """What the product said: the HTTP status (0: it could not be reached) and the words for the person."""

    status: int
    text: str


def payload(message: Message, button: Mapping[str, Any], person: Person, response_url: str) -> dict[str, Any]:
    """A `block_actions` payload as Slack documents it."""
    return {
        "type": "block_actions",
        "user": {"id": person.id, "username": person.name.lower(), "name": person.name.lower(), "team_id": person.team},
        "api_app_id": APP,
        "token": "deprecated",
        "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel, "is_ephemeral": False},
        "trigger_id": f"{message.ts}.{person.id}",
        "team": {"id": TEAM, "domain": "demo"},
        "channel": {"id": message.channel, "name": "demo"},
        "message": {"type": "message", "ts": message.ts, "text": message.text, "blocks": list(message.blocks)},
        "response_url": response_url,
        "actions": [
            {
                "type": "button", "action_id": button["action_id"], "block_id": "demo", "text": button["text"],
                "value": button["value"], "action_ts": message.ts,
            }
        ],
    }  # fmt: skip


def command(text: str, person: Person, response_url: str) -> dict[str, str]:
    """The form of a slash command `/sexton TEXT` as Slack documents it."""
    return {
        "token": "deprecated",
        "team_id": person.team,
        "team_domain": "demo",
        "channel_id": "C0000001",
        "channel_name": "general",
        "user_id": person.id,
        "user_name": person.name.lower(),
        "command": "/sexton",
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": f"command.{person.id}",
    }


def send(url: str, content: Mapping[str, Any], signing_secret: str, at: float) -> Pressed:
    """POST a payload as Slack does: a form with one field, signed at `at` (seconds since 1970)."""
    return post(url, {"payload": json.dumps(content)}, signing_secret, at)


def post(url: str, form: Mapping[str, str], signing_secret: str, at: float) -> Pressed:
    """POST a signed form."""
    body = urlencode(form)
    timestamp = str(int(at))
    signature = SignatureVerifier(signing_secret).generate_signature(timestamp=timestamp, body=body)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature or "",
    }
    request = urllib.request.Request(url, data=body.encode(), headers=headers, method="POST")  # noqa: S310 - the demo's own address
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE) as response:
            return Pressed(response.status, _words(response.read()))
    except urllib.error.HTTPError as error:
        with error:
            return Pressed(error.code, _words(error.read()) or f"Sexton answered {error.code}.")
    except (OSError, HTTPException) as error:
        return Pressed(0, f"Sexton could not be reached ({error}).")


def _words(body: bytes) -> str:
    """The sentence in an answer: `text` or `detail` of a JSON object, else the text itself."""
    text = body.decode(errors="replace").strip()
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return text
    return str(found.get("text") or found.get("detail") or "") if isinstance(found, dict) else text
