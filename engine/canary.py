"""The canary: under a new rule the first delete of a kind goes alone, an hour later five may follow, then the caps rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FEW = 5
"""So many follow the first."""

WAIT = timedelta(hours=1)
"""Between the first and the few, and between the few and the caps: time for somebody to cry out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """How far one rule has come with one kind: its first deletes that were done or are under way, counted over all time."""

    begun: tuple[datetime, ...] = ()
    """When the first of them began, at most FEW + 1, oldest first."""
    proven: bool = False
    """Whether the very first is known to be done."""

    def may_go(self, now: datetime) -> bool:
        """Whether one more may begin now."""
        if not self.begun:
            return True
        if not self.proven:
            return False
        last = self.begun[0] if len(self.begun) <= FEW else self.begun[FEW]
        return now >= last + WAIT

    def with_one(self, at: datetime) -> Canary:
        """With one more that begins at `at`."""
        return self if len(self.begun) > FEW else replace(self, begun=(*self.begun, at))
