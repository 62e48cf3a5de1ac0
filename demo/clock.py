"""The story's clock: it goes as fast as told, and jumps ahead to the next moment at which something may happen."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class StoryClock:
    """A clock for the product and the doubles alike, never going back; `speed` is its seconds per second of the machine."""

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._at = start
        self._since = time.monotonic()
        self.speed = speed

    def now(self) -> datetime:
        """The story's moment, aware, UTC."""
        with self._lock:
            return self._now()

    def jump(self, to: datetime) -> None:
        """Ahead to a moment; a moment that has passed changes nothing."""
        with self._lock:
            self._at, self._since = max(self._now(), to), time.monotonic()

    def at_speed(self, speed: float) -> None:
        """From now on so fast."""
        with self._lock:
            self._at, self._since, self.speed = self._now(), time.monotonic(), speed

    def sleep(self, seconds: float) -> None:
        """So many seconds of the story."""
        time.sleep(seconds / self.speed)

    def _now(self) -> datetime:
        return self._at + timedelta(seconds=(time.monotonic() - self._since) * self.speed)


def last_monday(today: datetime) -> datetime:
    """Seven in the morning (UTC) of the last Monday: the story begins with a working week, on whatever day it is told."""
    morning = today.astimezone(UTC).replace(hour=7, minute=0, second=0, microsecond=0)
    return morning - timedelta(days=(today.isoweekday() - 1) or 7)
