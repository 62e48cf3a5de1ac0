"""A slash command that somebody typed in Slack: `/sexton freeze REASON`. Is it Slack who says so, and what does it say?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reapers.notify.signed import BadClick, Now, Signed

FIELDS = 40
"""Of a command's form: Slack sends some twenty, all of them flat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command, as Slack signed it."""

    user_id: str
    team_id: str
    app_id: str
    word: str
    """The first word after the command, lower case: `freeze`, `unfreeze`, or nothing."""
    rest: str
    """What stands after it: the reason."""
    replay: str
    """SHA-256 of the signature."""


class Commands:
    """Reads the requests that Slack sends to /slack/commands."""

    def __init__(self, signing_secret: str, clock: Now, *, app_id: str = "") -> None:
        """`app_id`: refuse other apps' commands."""
        self._signed = Signed(signing_secret, clock)
        self._app_id = app_id

    def read(self, body: bytes, headers: Mapping[str, str]) -> Command:
        """A verified command. BadClick: 401 unsigned, stale, forged, another app's; 413 too large; 400 signed but no command."""
        form, replay = self._signed.form(body, headers, FIELDS)
        if self._app_id and form.get("api_app_id") != self._app_id:
            raise BadClick("This command belongs to another Slack app.", 401)
        if not form.get("user_id") or not form.get("team_id") or not form.get("command", "").startswith("/"):
            raise BadClick("The form is not a slash command.", 400)
        word, _, rest = form.get("text", "").strip().partition(" ")
        return Command(
            user_id=form["user_id"],
            team_id=form["team_id"],
            app_id=form.get("api_app_id", ""),
            word=word.lower(),
            rest=rest.strip(),
            replay=replay,
        )
