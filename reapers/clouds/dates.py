"""What time it is by a cloud's own clock: the Date of its newest answer."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class Dates:
    """Remembers the newest Date. Safe to use from several threads: one value takes another's place."""

    def __init__(self) -> None:
        self.newest: datetime | None = None
        """Aware, whole seconds; None before any answer was dated."""

    def hear(self, header: str | None) -> None:
        """The Date header of an answer (RFC 9110). One that is missing or no date says nothing."""
        try:
            said = parsedate_to_datetime(header or "")
        except ValueError:
            return
        self.newest = said if said.tzinfo else said.replace(tzinfo=UTC)
