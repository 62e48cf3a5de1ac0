"""Lifting what halts everything: one operator asks, another agrees where production may be acted upon (engine/pairs.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.pairs import lifting, takes_two
from engine.policy import PolicySet
from engine.teams import Person, same
from reapers.recovery import BEHIND, RECOVERING
from reapers.refused import Refused
from reapers.store.errors import Stale
from reapers.store.values import Freeze

if TYPE_CHECKING:
    from reapers.anchor import Anchor
    from reapers.store.ledger import Ledger
    from reapers.store.requests import Request

LASTS = timedelta(hours=24)
"""So long a request waits for a second person."""

UNFREEZE, RECOVER = "unfreeze", "recover"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What somebody says, when, and under which policies."""

    person: Person
    reason: str
    now: datetime
    policies: PolicySet | None
    only_asks: bool = False
    """It files a request and agrees to none: what is said in Slack."""


def unfreeze(ledger: Ledger, word: Word, facts: Mapping[str, str]) -> Request | None:
    """The request that now waits for a second person; None: the freeze is lifted, and `facts` are written with it."""
    _check(word, UNFREEZE)
    freeze = ledger.frozen()
    if freeze is None:
        raise Refused("Nothing is frozen in the ledger; what a file says is lifted by removing the file.")
    if freeze.reason.startswith(BEHIND):
        raise Refused("The ledger is older than its kept head, and only `sexton recover` lets it go on.")
    asked = _first_of_others(ledger, UNFREEZE, freeze, word)
    if asked is None and not takes_two(word.policies) and not word.only_asks:
        ledger.unfreeze(word.person.email, word.now, facts)
        return None
    if asked is None:
        return _ask(ledger, UNFREEZE, freeze, word)
    try:
        ledger.requests.lift(asked, word.person.email, word.now, facts)
    except Stale as stale:
        raise Refused("This request is over; look at `sexton freeze` again.") from stale
    return None


def recover(ledger: Ledger, heads: Anchor | None, word: Word) -> Request | None:
    """The request that now waits for a second person; None: it is agreed, and the next round carries it out."""
    _check(word, RECOVER)
    freeze = ledger.frozen()
    if freeze is None:
        raise Refused(
            "Nothing says that the ledger was restored from an older copy. If it was, run `sexton freeze` first, then this again."
        )
    if ledger.get(RECOVERING):
        raise Refused("A recovery is agreed to and under way; the log says what it waits for.")
    asked = _first_of_others(ledger, RECOVER, freeze, word)
    if asked is None and takes_two(word.policies):
        return _ask(ledger, RECOVER, freeze, word)
    agreed = _agreed(ledger, heads, freeze, word) | {"asked_by": asked.who if asked else word.person.email}
    if asked is None:
        ledger.set(RECOVERING, json.dumps(agreed))
        return None
    try:
        ledger.requests.agree(asked, word.person.email, word.now, {RECOVERING: json.dumps(agreed)})
    except Stale as stale:
        raise Refused("This request is over; look at `sexton freeze` again.") from stale
    return None


def _check(word: Word, what: str) -> None:
    if refusal := lifting(word.person, what, word.policies):
        raise Refused(refusal.sentence, forbidden=refusal.forbidden)


def subject_of(freeze: Freeze) -> str:
    """This freeze and no later one."""
    return f"freeze of {freeze.at.isoformat()} by {freeze.who}"


def _first_of_others(ledger: Ledger, what: str, freeze: Freeze, word: Word) -> Request | None:
    """What somebody else has asked; nobody agrees to what they asked for themselves."""
    if word.only_asks:
        return None
    waiting = ledger.requests.open(word.now, what, subject_of(freeze))
    return next((request for request in waiting if not same(word.person, request.who, request.known_as)), None)


def _ask(ledger: Ledger, what: str, freeze: Freeze, word: Word) -> Request:
    from reapers.store.requests import Request, new_id

    return ledger.requests.ask(
        Request(
            id=new_id(),
            what=what,
            subject=subject_of(freeze),
            who=word.person.email,
            known_as=word.person.subject,
            reason=word.reason,
            at=word.now,
            until=word.now + LASTS,
        )
    )


def _agreed(ledger: Ledger, heads: Anchor | None, freeze: Freeze, word: Word) -> dict[str, Any]:
    """What the trail will say: who, and from which row to which it is lost, where that is known."""
    from reapers.anchor import HeadsUnread

    known: dict[str, Any] = {"agreed_by": word.person.email, "freeze": freeze.at.isoformat(), "reason": word.reason}
    try:
        gap = heads.gap(ledger) if heads else None
    except (OSError, HeadsUnread) as error:
        raise Refused(f"What was kept of the trail cannot be read, so that nobody knows what is lost: {error}.") from error
    return known | ({"whole": gap.whole, "lost": gap.lost} if gap and gap.lost > gap.whole else {})
