"""Three clocks that must agree before anything is done: the machine's, the database's, and the cloud's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

DATABASE = timedelta(seconds=5)
"""So far may the machine and the database be apart: leases and intents go by the one, dates that were promised by the other."""
CLOUD = timedelta(seconds=60)
"""So far may the calendar and a cloud be apart: the Date of an answer has whole seconds, and answers take time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The machine's clock and the database's, read at one moment. Not the calendar, which may be simulated."""

    machine: datetime
    database: datetime

    @property
    def agree(self) -> bool:
        """Whether neither may be wrong by more than what does no harm."""
        return abs(self.machine - self.database) <= DATABASE


def skew(before: datetime, said: datetime | None, after: datetime) -> timedelta | None:
    """How far a cloud's clock is from ours: it dated an answer that we asked for after `before` and had by `after`."""
    return None if said is None else max(before - said, said - after, timedelta(0))
