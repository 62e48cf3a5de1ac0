"""The Web API: each method that Sexton uses, answering as Slack does, errors included."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from demo.slack.accepted import problems, too_long
from demo.slack.workspace import APP, BOT, BOT_USER, TEAM, Channel, Workspace

Params = Mapping[str, Any]
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: Body
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(workspace: Workspace, method: str, params: Params, token: str, right_token: str = "") -> Answer:
    """What Slack says to one call. `right_token`: the only one that is accepted; empty: any."""
    fault = workspace.fault()
    if fault and fault.sort == "down":
        given = Answer(503, {"ok": False, "error": "service_unavailable"})
    elif fault and fault.sort == "limited":
        given = Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(fault.retry_after)})
    else:
        body = _body(workspace, method, params, token, right_token)
        given = Answer(500, {"ok": False, "error": "internal_error"}) if fault else Answer(200, body)
    workspace.note(method, params, given.status, str(given.body.get("error", "")))
    return given


def _body(workspace: Workspace, method: str, params: Params, token: str, right_token: str) -> Body:
    if not token:
        return _error("not_authed")
    if right_token and token != right_token:
        return _error("invalid_auth")
    known = METHODS.get(method)
    return known(workspace, params) if known else _error("unknown_method", req_method=method)


def _error(code: str, **more: Any) -> Body:
    return {"ok": False, "error": code, **more}


def _auth_test(_workspace: Workspace, _params: Params) -> Body:
    return {
        "ok": True, "url": "https://demo.slack.test/", "team": "Sexton demo", "user": "sexton", "team_id": TEAM,
        "user_id": BOT_USER, "bot_id": BOT, "is_enterprise_install": False,
    }  # fmt: skip


def _post_message(workspace: Workspace, params: Params) -> Body:
    channel = workspace.channel(str(params.get("channel", "")))
    refusal = _refusal(channel, params)
    if refusal or channel is None:
        return refusal or _error("channel_not_found")
    message = workspace.post(channel.id, str(params.get("text", "")), _json(params, "blocks", []), _json(params, "metadata", {}))
    shown = {
        "type": "message", "subtype": "bot_message", "text": message.text, "ts": message.ts, "bot_id": BOT, "app_id": APP,
        "blocks": list(message.blocks),
    }  # fmt: skip
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": shown}


def _update(workspace: Workspace, params: Params) -> Body:
    channel = workspace.channel(str(params.get("channel", "")))
    refusal = _refusal(channel, params)
    if refusal or channel is None:
        return refusal or _error("channel_not_found")
    message = workspace.message(channel.id, str(params.get("ts", "")))
    if message is None:
        return _error("message_not_found")
    changed = workspace.change(message, str(params.get("text", "")), _json(params, "blocks", []))
    return {"ok": True, "channel": channel.id, "ts": changed.ts, "text": changed.text}


def _refusal(channel: Channel | None, params: Params) -> Body | None:
    """Why Slack would not take a message."""
    if channel is None:
        return _error("channel_not_found")
    if channel.archived:
        return _error("is_archived")
    blocks = _json(params, "blocks", [])
    if not blocks and not params.get("text"):
        return _error("no_text")
    wrong = problems(blocks) if isinstance(blocks, list) else ["[ERROR] must be an array [json-pointer:/blocks]"]
    if wrong:
        return _error("invalid_blocks", errors=wrong, response_metadata={"messages": wrong})
    return _error("msg_blocks_too_long") if too_long(blocks) else None


def _user(workspace: Workspace, params: Params) -> Body:
    person = workspace.people.get(str(params.get("user", "")))
    return {"ok": True, "user": person.as_slack()} if person else _error("user_not_found")


def _user_by_email(workspace: Workspace, params: Params) -> Body:
    email = str(params.get("email", "")).lower()
    person = next((one for one in workspace.people.values() if one.email == email and not one.deleted), None)
    return {"ok": True, "user": person.as_slack()} if person else _error("users_not_found")


def _conversations(workspace: Workspace, _params: Params) -> Body:
    return {"ok": True, "channels": [_shown(one) for one in workspace.channels()], "response_metadata": {"next_cursor": ""}}


def _conversation(workspace: Workspace, params: Params) -> Body:
    channel = workspace.channel(str(params.get("channel", "")))
    return {"ok": True, "channel": _shown(channel)} if channel else _error("channel_not_found")


def _history(workspace: Workspace, params: Params) -> Body:
    channel = workspace.channel(str(params.get("channel", "")))
    if channel is None:
        return _error("channel_not_found")
    newest_first = reversed(workspace.messages(channel.id))
    messages = [{"type": "message", "ts": one.ts, "text": one.text, "metadata": dict(one.metadata)} for one in newest_first]
    return {"ok": True, "messages": messages, "has_more": False}


def _shown(channel: Channel) -> Body:
    return {"id": channel.id, "name": channel.name, "is_channel": True, "is_archived": channel.archived, "is_member": True}


def _json(params: Params, name: str, missing: Any) -> Any:
    """A parameter that forms send as JSON text and JSON bodies send as it is."""
    value = params.get(name, missing)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


METHODS: Mapping[str, Callable[[Workspace, Params], Body]] = {
    "auth.test": _auth_test,
    "chat.postMessage": _post_message,
    "chat.update": _update,
    "users.info": _user,
    "users.lookupByEmail": _user_by_email,
    "conversations.list": _conversations,
    "conversations.info": _conversation,
    "conversations.history": _history,
}
"""What this Slack can do."""
