"""The simulation's clock: it stands still until it is told, and may be set back, as a machine's clock may."""

from __future__ import annotations

from datetime import datetime, timedelta


class SimulatedClock:
    """The calendar of the product and of everything around it; `wrong` is how far the reaper's own clock is off."""

    def __init__(self, start: datetime) -> None:
        self.true = start
        self.wrong = timedelta(0)

    def now(self) -> datetime:
        """What the reaper's machine believes."""
        return self.true + self.wrong

    def sleep(self, seconds: float) -> None:
        """Nobody waits in a simulation: time passes between rounds."""

    def ahead(self, to: datetime) -> None:
        """True time goes on; a moment that has passed changes nothing."""
        self.true = max(self.true, to)
