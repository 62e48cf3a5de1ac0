"""Notices on their way to people: Slack, or a printed page that counts as nothing."""

from __future__ import annotations

from typing import TextIO

from reapers.notify.notifier import NotDelivered, Notifier, Receipt
from reapers.notify.printed import PrintNotifier

__all__ = ["NotDelivered", "Notifier", "PrintNotifier", "Receipt", "open_notifier"]


def open_notifier(token: str | None, base_url: str, stream: TextIO) -> Notifier:
    """Slack where a bot token is set, else printing to `stream`, with which nothing goes beyond observe."""
    if not token:
        return PrintNotifier(stream)
    from reapers.notify.slack import SlackNotifier  # costs 100 ms that printing need not pay

    return SlackNotifier(token, base_url)
