"""Slack: one message per notice, sent once. What Slack answers becomes a receipt or a sentence for the person who can mend it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RateLimitErrorRetryHandler, RetryState

from engine.notice import Notice
from engine.render.slack import blocks, fallback
from reapers.notify.notifier import NotDelivered, Receipt

SLACK = "https://slack.com/api/"
TIMEOUT = 10
"""Seconds for one call. Slack answers within three; beyond ten the outcome counts as unknown."""
PATIENCE = 3
"""Seconds that a call waits for a rate limit by itself; a longer wait is the outbox's."""
SOON = timedelta(minutes=2)
"""When a failure that may pass is tried again."""
LATER = timedelta(hours=1)
"""When something that a person must mend is tried again."""

LOGGER = logging.getLogger("sexton.slack")
LOGGER.setLevel(logging.CRITICAL)  # the SDK logs each failure with its body; ours is told once, as NotDelivered

ADVICE: Mapping[str, str] = {
    "channel_not_found": "there is no channel {channel}, or it is private and the Sexton app is not in it: "
    "create it or run /invite @Sexton there, or correct `slack` in the document of team {team}",
    "not_in_channel": "the Sexton app is not in {channel}: run /invite @Sexton there",
    "is_archived": "{channel} is archived: unarchive it, or name another channel in the document of team {team}",
    "restricted_action": "the workspace keeps apps from writing to {channel}: ask its admin to allow Sexton there",
    "invalid_auth": "Slack does not accept the bot token: check SEXTON_SLACK__TOKEN",
    "not_authed": "no bot token was sent: set SEXTON_SLACK__TOKEN",
    "token_revoked": "the bot token was revoked: install the Sexton app again and set SEXTON_SLACK__TOKEN",
    "token_expired": "the bot token has expired: install the Sexton app again and set SEXTON_SLACK__TOKEN",
    "account_inactive": "the Sexton app was removed from the workspace: install it again and set SEXTON_SLACK__TOKEN",
    "users_not_found": "nobody in the workspace has the e-mail address {channel}: correct it where Team documents name it",
    "missing_scope": "the Sexton app lacks a permission ({needed}): add the scope and install the app again",
    "invalid_blocks": "Slack does not accept the message ({detail}): please report this as a fault of Sexton",
    "msg_blocks_too_long": "the message is too long for Slack: please report this as a fault of Sexton",
}
"""What Slack's errors mean and who can mend them."""

PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"})
"""Errors that go away by themselves."""


class BriefRateLimit(RateLimitErrorRetryHandler):
    """Waits for a rate limit of a few seconds; nothing else is retried: a connection that broke may have posted."""

    def _can_retry(
        self, *, state: RetryState, request: HttpRequest, response: HttpResponse | None = None, error: Exception | None = None
    ) -> bool:
        limited = super()._can_retry(state=state, request=request, response=response, error=error)
        return limited and response is not None and _seconds(response.headers) <= PATIENCE


def client(token: str, base_url: str = SLACK, timeout: int = TIMEOUT) -> WebClient:
    """A client that never sends anything twice by itself. Proxies are those of the environment, `no_proxy` included."""
    made = WebClient(
        token=token,
        base_url=base_url,
        timeout=timeout,
        logger=LOGGER,
        retry_handlers=[BriefRateLimit(max_retry_count=1)],
    )
    made.proxy = None  # the SDK's own reading of HTTPS_PROXY ignores no_proxy; urllib's does not
    return made


class SlackNotifier:
    """Posts notices to the teams' channels."""

    counts = True

    def __init__(self, token: str, base_url: str = SLACK, timeout: int = TIMEOUT) -> None:
        self._client = client(token, base_url, timeout)

    def deliver(self, notice: Notice, at: datetime) -> Receipt:
        """Post it once, to a channel or to the person whose e-mail address it names. The receipt is Slack's channel id and `ts`,
        by which the message can be found."""
        if not notice.channel.startswith(("#", "C", "G", "D")) and not notice.is_personal:
            raise NotDelivered(f'Team {notice.team} has no Slack channel: add `slack: "#…"` to its Team document.', LATER)
        answer = self._post(notice, at)
        ts, channel = answer.get("ts"), answer.get("channel")
        if not ts or not channel:
            raise NotDelivered(f"Slack took the notice for {notice.channel} without saying where it is; it is sent again.", SOON)
        return Receipt(channel=notice.channel, receipt=f"{channel}:{ts}")

    def _post(self, notice: Notice, at: datetime) -> Mapping[str, Any]:
        try:
            answer = self._client.chat_postMessage(
                channel=self._person(notice.channel) if notice.is_personal else notice.channel,
                text=fallback(notice),
                blocks=blocks(notice),
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": "sexton_notice", "event_payload": {"id": notice.id, "at": at.isoformat()}},
            )
        except SlackApiError as error:
            raise refused(error, notice) from None
        except (SlackClientError, OSError, HTTPException) as error:
            why = f"Slack could not be reached for {notice.channel} ({_cause(error)}); it is tried again."
            raise NotDelivered(why, SOON) from None
        return answer.data if isinstance(answer.data, dict) else {}

    def _person(self, email: str) -> str:
        """The id by which Slack writes to a person."""
        return str(self._client.users_lookupByEmail(email=email)["user"]["id"])


def refused(error: SlackApiError, notice: Notice) -> NotDelivered:
    """Slack's refusal as a sentence with what to do, and when trying again makes sense."""
    response = error.response
    status, headers = getattr(response, "status_code", 0), getattr(response, "headers", {})
    data = response.data if isinstance(getattr(response, "data", None), dict) else {}
    code = str(data.get("error", ""))
    if status == 429 or code == "ratelimited":
        return NotDelivered(f"Slack asks us to wait before writing to {notice.channel}.", timedelta(seconds=_seconds(headers)))
    if status >= 500 or code in PASSING:
        return NotDelivered(f"Slack is not available for {notice.channel} (status {status}); it is tried again.", SOON)
    detail = "; ".join(str(line) for line in data.get("response_metadata", {}).get("messages", []))
    known = {"channel": notice.channel, "team": notice.team, "needed": data.get("needed", "unnamed"), "detail": detail or code}
    advice = ADVICE.get(code, "Slack answered {code}").format(**known, code=code or "nothing we know")
    return NotDelivered(f"The notice for {notice.channel} was not delivered: {advice}.", LATER)


def _seconds(headers: Mapping[str, Any]) -> int:
    """Retry-After, at least a second; 30 where it is missing or unreadable (Slack's own advice is to wait that long)."""
    found = next((value for name, value in headers.items() if name.lower() == "retry-after"), "30")
    text = str(found[0] if isinstance(found, list | tuple) and found else found)
    return max(1, int(text)) if text.isascii() and text.isdigit() else 30


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return str(reason or error or type(error).__name__)
