"""Notices on a terminal, for those who have no Slack yet. Nobody proves to have read them."""

from __future__ import annotations

from datetime import datetime
from typing import TextIO

from engine.notice import Notice
from engine.render.text import text
from engine.wording import moment
from reapers.notify.notifier import Receipt


class PrintNotifier:
    """Writes each notice to a stream. Its receipts do not count: with it nothing goes beyond observe."""

    counts = False

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def deliver(self, notice: Notice, at: datetime) -> Receipt:
        """Print it under a line that says when and for whom."""
        self._stream.write(f"--- {moment(at, notice.zone)}, for {notice.channel or notice.team} ---\n{text(notice)}\n")
        self._stream.flush()
        return Receipt(channel="printed", receipt="")
