"""Releasing a hold: a person of platform has looked, and lets the policy go on in that account."""

from __future__ import annotations

from dataclasses import dataclass

from engine import people
from engine.holds.hold import Hold
from engine.policy import PolicySet
from engine.teams import Person
from reapers.clock import Clock
from reapers.refused import Refused
from reapers.store.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Releasing:
    """Takes the word of people who have signed in."""

    ledger: Ledger
    clock: Clock
    policies: PolicySet | None
    """Those in force: they say who is of platform."""

    def release(self, hold: Hold, person: Person, reason: str) -> Hold:
        """The hold as it was released. Refused, with the sentence they read, and then nothing has changed."""
        if self.policies is None:
            raise Refused("No policies have been loaded yet, so nobody's team is known; try again when they are.")
        if refusal := people.releasing(person, hold.caused_by, self.policies):
            raise Refused(refusal.sentence, forbidden=refusal.forbidden)
        if not reason.strip():
            raise Refused("Say why it may go on, in a few words: the next person will ask.")
        released = self.ledger.holds.release(hold.id, person.email, reason, self.clock.now())
        if released is None:
            raise Refused(f"Hold {hold.id} does not stand any more.")
        return released
