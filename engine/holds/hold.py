"""A hold: which policy rests in which account, since when, why, and who let it go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.case import Case
from engine.wording import count, listed, moment

NAMED = 5
"""So many regrets are named."""


class Cause(StrEnum):
    """Why a policy rests."""

    SURGE = "surge"
    """It found far more than it usually does."""
    DROP = "drop"
    """Far fewer resources of a kind were listed than before: who knows what else the lists leave out."""
    WIDENED = "widened"
    """It is new, or its document changed and matches what it did not."""
    REGRETS = "regrets"
    """Too much of what it did was wanted back, or had changed after people agreed."""
    VERSION = "version"
    """Another version of Sexton judges otherwise: nothing is done anywhere, whatever the policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One hold. It stands until somebody of platform releases it; those with `until` also end by themselves."""

    id: str
    cause: Cause
    subject: str
    """The policy's name; for a drop the kind's, whose policies all rest; for a version its number."""
    account: str
    """`*` for a version: it holds everywhere."""
    at: datetime
    until: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What was seen: numbers for `says`, and `evidence`, for which no second hold opens."""
    told: datetime | None = None
    """When the platform's page was written."""
    released: datetime | None = None
    released_by: str = ""
    """Empty where time did it."""
    why: str = ""
    """What they said."""

    def stands(self, now: datetime) -> bool:
        """Whether it holds at this moment."""
        return self.released is None and (self.until is None or now < self.until)

    def speaks_of(self, case: Case) -> bool:
        """Whether it holds this case: by its lead policy, or by its kind."""
        if self.cause is Cause.VERSION:
            return True
        named = case.key.kind if self.cause is Cause.DROP else case.policy
        return self.account == case.key.account and self.subject == named

    @property
    def caused_by(self) -> frozenset[str]:
        """The people whose word opened it; they do not release it."""
        return frozenset(self.data.get("people", ()))


def says(hold: Hold) -> str:
    """What happened and what follows, as sentences for the platform team."""
    until = f" It ends by itself on {moment(hold.until, 'UTC')}." if hold.until else ""
    return f"{SAYINGS[hold.cause](hold)} Nothing is done there until somebody of platform has released it.{until}"


def _surge(hold: Hold) -> str:
    found, usual = count(int(hold.data["new"]), "new resource"), hold.data["usual"]
    return f"Policy {hold.subject} found {found} in account {hold.account} at once, where {usual} at most are usual."


def _drop(hold: Hold) -> str:
    was, now = count(int(hold.data["before"]), "resource"), int(hold.data["now"])
    return (
        f"Account {hold.account} had {was} of kind {hold.subject} and now lists {now:,}, not counting what we deleted: "
        "every policy of that kind rests there."
    )


def _widened(hold: Hold) -> str:
    new, matches = int(hold.data["new"]), count(int(hold.data["matches"]), "resource")
    told = f"Policy {hold.subject} is new in account {hold.account}, or was changed: it matches {matches}, {new:,} of them newly."
    if hold.until is None:
        told += f" That is more than platform reviews before a merge ({hold.data['most']}), so it does not end by itself."
    return told


def _regrets(hold: Hold) -> str:
    told = hold.data["regrets"]
    more = [f"{len(told) - NAMED} more"] if len(told) > NAMED else []
    said = listed([*(f"{what} of {case}" for case, what in told[:NAMED]), *more])
    return f"Policy {hold.subject} did in account {hold.account} what people did not want: {said}."


def _version(hold: Hold) -> str:
    told = f"Sexton was changed (from {hold.data['was']} to {hold.data['now']}) and {hold.data['why']}."
    return f"{told} Nothing is done anywhere."


SAYINGS: Mapping[Cause, Callable[[Hold], str]] = {
    Cause.SURGE: _surge,
    Cause.DROP: _drop,
    Cause.WIDENED: _widened,
    Cause.REGRETS: _regrets,
    Cause.VERSION: _version,
}
"""Why it opened."""
