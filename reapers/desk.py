"""The desk: what people say of cases, checked by engine/people.py and written into the ledger under their name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from engine import people
from engine.case import Case
from engine.life import advance
from engine.people import Refusal
from engine.plan import awaiting
from engine.policy import PolicySet
from engine.schedule import Rules
from engine.teams import Person
from reapers import lifting, words
from reapers.clock import Clock
from reapers.recovery import SEXTON
from reapers.refused import Refused
from reapers.situation import HeadState
from reapers.sources.git import Moved
from reapers.store.errors import Stale
from reapers.store.values import Change
from reapers.watch import LAST_GOOD

if TYPE_CHECKING:
    from reapers.anchor import Anchor
    from reapers.store.ledger import Ledger
    from reapers.store.requests import Request

__all__ = ["Desk", "NoSuchCase", "Outcome", "Refused"]

TRIES = 2
"""A case that somebody else changed at the same moment is loaded and decided once more."""

LONGEST_REASON = 500
"""Characters: a reason is a sentence or a ticket, not a document."""


class NoSuchCase(Exception):
    """No case has this id, key, resource id or name. The text is a sentence."""


class Sees(Protocol):
    """The part of the service's situation that the desk asks."""

    @property
    def policies(self) -> PolicySet | None:
        """The policies in force; None before any have been loaded."""

    @property
    def head(self) -> HeadState:
        """How the branch stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one of several actions that were approved at once: the case, or why not."""

    action: str
    case: str = ""
    refused: str = ""


class Desk:
    """Takes the word of people who have signed in. Every method raises Refused or NoSuchCase, and then nothing has changed."""

    def __init__(
        self, ledger: Ledger, clock: Clock, situation: Callable[[], Sees], heard: Callable[[], None] = lambda: None
    ) -> None:
        self.ledger = ledger
        self.clock = clock
        self.situation = situation
        self.heard = heard
        """Called after every change, so that the service looks again at once."""

    def case(self, text: str) -> Case:
        """The one case that somebody means: by id or its beginning, key, resource id or name. Open ones go first."""
        exact = self.ledger.case(text)
        if exact:
            return exact
        found = self.ledger.find(text)
        meant = [case for case in found if case.is_open] or found
        if not meant:
            raise NoSuchCase(f"There is no case {text!r}; `sexton cases` lists them.")
        if len(meant) > 1:
            listed = ", ".join(f"{case.id} ({case.key.ref})" for case in meant[:5])
            raise Refused(f"{text!r} may mean several cases: {listed}; name one by its id.")
        return meant[0]

    def approve(self, case_id: str, person: Person, action: str, reason: str = "") -> Case:
        """Agree to exactly one action, named by its hash (or at least 16 of its digits)."""
        return self._do(case_id, person, words.approving(person, action, reason), reason)

    def approve_all(self, actions: Iterable[str], person: Person, reason: str = "") -> tuple[Outcome, ...]:
        """Agree to several actions; each stands alone."""
        by_hash = {action.hash: action.case for action in awaiting(self.ledger.waiting())}
        return tuple(self._approve_one(action, by_hash.get(action), person, reason) for action in dict.fromkeys(actions))

    def _approve_one(self, action: str, case_id: str | None, person: Person, reason: str) -> Outcome:
        if case_id is None:
            return Outcome(
                action=action, refused="No case awaits approval for this action; it may have changed since you saw it."
            )
        try:
            return Outcome(action=action, case=self.approve(case_id, person, action, reason).id)
        except Refused as refused:
            return Outcome(action=action, case=case_id, refused=str(refused))

    def reject(self, case_id: str, person: Person, reason: str = "") -> Case:
        """Close the case; its lead policy leaves the resource alone for 30 days."""
        return self._do(case_id, person, words.rejecting(person, reason), reason)

    def keep(self, case_id: str, person: Person, until: datetime | None, reason: str) -> Case:
        """Keep the resource until a moment, at longest (None) as long as the organization allows. It needs a reason."""
        return self._do(case_id, person, words.keeping(person, until, reason), reason)

    def snooze(self, case_id: str, person: Person, until: datetime | None = None, reason: str = "") -> Case:
        """Put the case off until a moment, at longest (None) as long as the organization allows."""
        return self._do(case_id, person, words.snoozing(person, until, reason), reason)

    def not_mine(self, case_id: str, person: Person, team: str = "", reason: str = "") -> Case:
        """Say that somebody else owns it: that team, else the first platform team, is told anew with the whole grace."""
        return self._do(case_id, person, words.disowning(person, team, reason), reason)

    def retry(self, case_id: str, person: Person, reason: str = "") -> Case:
        """Send a stuck case on its way, through every guard again."""
        return self._do(case_id, person, words.retrying(person, reason), reason)

    def restore(self, case_id: str, person: Person, reason: str = "") -> Case:
        """Ask for a resource back: start what we stopped, bring back what we deleted. The service does it."""
        return self._do(case_id, person, words.restoring(person, reason), reason)

    def freeze(self, person: Person, reason: str) -> None:
        """Halt every act from the next transaction on."""
        self._refuse(people.freezing(person))
        if not reason.strip():
            raise Refused("Say why everything is frozen, in a few words: whoever unfreezes it will ask.")
        _short(reason)
        self.ledger.freeze(person.email, reason, self.clock.now())
        self.heard()

    def unfreeze(self, person: Person, reason: str = "", *, only_asks: bool = False) -> Request | None:
        """Let acts go on. Where that takes two people: the request that now waits for the other one; else None, it is done."""
        frozen = self.ledger.frozen()
        rewritten = frozen is not None and frozen.who == SEXTON and self.situation().head.moved == Moved.REWOUND
        # They have seen that the branch was rewritten, and take it as it is now: a poll must not freeze it again.
        facts = {LAST_GOOD: ""} if rewritten else {}
        asked = lifting.unfreeze(self.ledger, self._word(person, reason, only_asks), facts)
        self.heard()
        return asked

    def recover(self, person: Person, reason: str = "", heads: Anchor | None = None) -> Request | None:
        """Go on with a ledger that was restored from an older copy: what waits for the other person, or None: it is under way."""
        asked = lifting.recover(self.ledger, heads, self._word(person, reason))
        self.heard()
        return asked

    def _word(self, person: Person, reason: str, only_asks: bool = False) -> lifting.Word:
        _short(reason)
        policies = self.situation().policies
        return lifting.Word(person=person, reason=reason, now=self.clock.now(), policies=policies, only_asks=only_asks)

    def _refuse(self, refusal: Refusal | None) -> None:
        if refusal:
            raise Refused(refusal.sentence, forbidden=refusal.forbidden)

    def _do(self, case_id: str, person: Person, decide: words.Decide, reason: str) -> Case:
        _short(reason)
        for _ in range(TRIES):
            before = self.case(case_id)
            policies = self.situation().policies
            if policies is None:
                raise Refused("No policies have been loaded yet, so nobody's team is known; try again when they are.")
            now = self.clock.now()
            step = decide(before, policies, now)
            if isinstance(step, Refusal):
                raise Refused(step.sentence, forbidden=step.forbidden)
            after = advance(before, step.event, Rules(policies=policies), now)
            if after == before:
                raise Refused(f"Case {before.id} is {str(before.state).replace('_', ' ')}, where this changes nothing.")
            change = Change(before, after, step.name, person.email, step.data, shields=step.shields)
            try:
                saved = self.ledger.save_all([change], now)[0]
            except Stale:
                continue
            self.heard()
            return saved
        raise Refused(f"Case {case_id} is being changed by somebody else at this moment; look at it again.")


def _short(reason: str) -> None:
    if len(reason) > LONGEST_REASON:
        raise Refused(f"The reason is longer than {LONGEST_REASON} characters; write a sentence or the name of a ticket.")
