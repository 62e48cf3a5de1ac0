"""The calendar as a value that can be injected: days of grace, hours, due dates. Leases use the database's time instead."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """The moment, aware, UTC."""

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds of this clock, or earlier when told to stop."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The moment, aware, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Sleep for real."""
        time.sleep(seconds)
