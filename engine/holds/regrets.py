"""Regrets: an act that somebody wanted undone, or an agreement to what was no longer so. Several of them trip the breaker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from engine.case import Case, State
from engine.drill import is_drill
from engine.model import Mode

DAY = timedelta(days=1)
A_DAY = 3
"""So many in 24 hours hold the policy in the account."""
ACTS = 50
"""Its last acts there, of which more than PERCENT regretted hold it too, once there were so many."""
PERCENT = 5

READY = frozenset({State.APPROVED, State.SNAPSHOTTING})
"""Everybody who must has agreed, or nobody had to."""


class Regret(StrEnum):
    """What somebody regretted."""

    KEPT = "keep after stop"
    RESTORED = "restore"
    CHANGED = "change after approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regretted:
    """One regret as the ledger remembers it."""

    at: datetime
    case: str
    what: Regret
    who: str = ""
    """Empty where nobody said it: the resource had changed."""


def regret_of(before: Case, after: Case) -> Regret | None:
    """What a step of a case regrets, if anything. A snooze only says "later"; a restore counts when it is asked for."""
    if is_drill(before):  # that it comes back is what it was deleted for
        return None
    if after.state is State.RESTORING and before.state is not State.RESTORING:
        return Regret.RESTORED
    left = before.rung is Mode.STOP and before.state not in (State.KEPT, State.RESTORING)
    if left and after.state is State.KEPT and after.snoozes == before.snoozes:
        return Regret.KEPT
    agreed = before.state in READY or bool(before.agreements)
    return Regret.CHANGED if agreed and after.tell == "drifted" and before.fingerprint != after.fingerprint else None


def too_many(today: int, of_last: int, acts: int) -> bool:
    """Whether regrets of 24 hours, or of the last ACTS acts (`acts` is how many there were, at most ACTS), trip the breaker."""
    return today >= A_DAY or (acts >= ACTS and of_last * 100 > ACTS * PERCENT)
