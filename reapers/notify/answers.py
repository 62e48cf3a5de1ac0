"""What a person reads after a click: a line that only they see, in the channel where they pressed the button."""

from __future__ import annotations

from http.client import HTTPException

from slack_sdk.webhook import WebhookClient

from engine.render.slack import escaped
from engine.wording import REMARK, clean
from reapers.notify.clicks import Click
from reapers.notify.slack import LOGGER, TIMEOUT


def answer(click: Click, sentence: str) -> bool:
    """Show a sentence to the person who clicked. False when there is no way to, or Slack did not take it."""
    if not click.response_url:
        return False
    webhook = WebhookClient(click.response_url, timeout=TIMEOUT, logger=LOGGER, retry_handlers=[])
    webhook.proxy = None  # as in slack.py: urllib reads the environment, no_proxy included
    try:
        told = webhook.send(text=escaped(clean(sentence, 2 * REMARK)), response_type="ephemeral", replace_original=False)
    except (OSError, HTTPException):
        return False
    return bool(told.status_code == 200)
