"""Who pressed the button: a Slack user as the person whom policies name, or nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any, Protocol

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from reapers.notify.signed import Now

FRESH = timedelta(minutes=5)
"""How long an answer of users.info is used: whoever leaves the company loses the buttons within it."""


class Presser(Protocol):
    """Who pressed a button or typed a command, as Slack signed it."""

    @property
    def user_id(self) -> str:
        """The user within the workspace."""

    @property
    def team_id(self) -> str:
        """The workspace."""


class Stranger(Exception):
    """Nobody who may press a button, or Slack could not say who it is. The text is one sentence for that person."""


class People:
    """Slack users by their verified e-mail address, which is how policies name people."""

    def __init__(self, client: WebClient, clock: Now) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[datetime, str]] = {}
        self._workspace = ""

    def email(self, click: Presser) -> str:
        """The person's e-mail address, lower case. Stranger: guests, bots, people of other workspaces, those who left."""
        if click.team_id != self._own_workspace():
            raise Stranger("This click comes from another Slack workspace; only people of this one can answer.")
        now = self._clock.now()
        known = self._known.get(click.user_id)
        if known and now - known[0] < FRESH:
            return known[1]
        email = self._verified(click.user_id)
        self._known[click.user_id] = (now, email)
        return email

    def _own_workspace(self) -> str:
        if not self._workspace:
            self._workspace = str(self._ask("auth.test", {}).get("team_id", ""))
        return self._workspace

    def _verified(self, user_id: str) -> str:
        user = self._ask("users.info", {"user": user_id}).get("user", {})
        if user.get("deleted"):
            raise Stranger("Your Slack account is deactivated; it cannot answer.")
        if user.get("is_bot") or user.get("is_workflow_bot"):
            raise Stranger("Bots cannot answer; a person has to.")
        if user.get("is_restricted") or user.get("is_ultra_restricted"):
            raise Stranger("Guests cannot answer; ask a member of the workspace.")
        if user.get("is_stranger") or user.get("team_id") != self._own_workspace():
            raise Stranger("Only people of this Slack workspace can answer, not those of a connected one.")
        email = str(user.get("profile", {}).get("email") or "").strip().lower()
        if not email or user.get("is_email_confirmed") is False:
            raise Stranger("Slack shows no confirmed e-mail address for you, so we cannot tell who you are: use the console.")
        return email

    def _ask(self, method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer = self._client.api_call(method, params=dict(params)).data
        except SlackApiError as error:
            code = error.response.get("error", "") if error.response is not None else ""
            said = code or "no reason given"
            raise Stranger(f"Slack could not say who you are ({said}); please try again or use the console.") from None
        except (SlackClientError, OSError, HTTPException):
            raise Stranger("Slack could not be asked who you are; please try again or use the console.") from None
        return answer if isinstance(answer, dict) else {}
