"""What the simulated cloud says: its errors, and the calls for a change as it wrote them down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.model import Key, Outcome
from simulation.estate import Thing


class CloudError(Exception):
    """What the client of this cloud raises."""

    def __init__(self, outcome: Outcome, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A call that asked for a change, as the cloud wrote it down when it arrived."""

    at: datetime
    """True time."""
    verb: str
    key: Key
    case: str
    generation: int
    thing: Thing | None
    """What the name stood for then."""
    row: int
    """The last row of the ledger's trail when it arrived."""
    late: bool = False
    """It arrived after its sender had given up on it."""
    effect: bool = True


@dataclass(slots=True, kw_only=True)
class Door:
    """Who looks at each call as it arrives."""

    row: Callable[[], int] = lambda: 0
    knock: Callable[[str, Key], None] = lambda operation, key: None
    """Before anything else: people may come between, and the process may die."""
    received: Callable[[Received], None] = lambda call: None
