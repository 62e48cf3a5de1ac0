"""What takes two people: lifting what halts everything, where production may be acted upon. Pure look-ups in the policies."""

from __future__ import annotations

from engine.model import Mode
from engine.people import Refusal
from engine.policy import AccountRow, PolicySet
from engine.teams import Access, Person

LOCAL = "operator@localhost"
"""Whose the token is that `sexton serve` writes: whoever is on the machine. It operates, and is no second person."""

PRODUCTION = "prod"
"""How the name of a production environment begins."""


def takes_two(policies: PolicySet | None) -> bool:
    """Whether acts may reach production: an account row in an environment `prod…`, or in none, whose mode stops or deletes.

    Before policies were loaded nobody knows, and it takes two.
    """
    return policies is None or any(_reaches_production(row) for row in policies.organization.accounts)


def _reaches_production(row: AccountRow) -> bool:
    return row.mode.rank >= Mode.STOP.rank and (not row.environment or row.environment.lower().startswith(PRODUCTION))


def lifting(person: Person, what: str, policies: PolicySet | None) -> Refusal | None:
    """Whether somebody may ask for it or agree to it: an operator, and one with a name where it takes two."""
    if not person.access.covers(Access.OPERATOR):
        sentence = f"{person.email} has a {person.access} token; to {what} takes {Access.OPERATOR} or more."
        return Refusal(sentence, forbidden=True)
    if person.email == LOCAL and takes_two(policies):
        sentence = f"To {what} takes two people with names, and {LOCAL} is whoever is on the machine: use your own token."
        return Refusal(sentence, forbidden=True)
    return None
