"""Guards about where a resource is: whose account, how lately it was scanned, and what else there needs it."""

from __future__ import annotations

from engine.guards.guard import Asked, Guard
from engine.model import Verb
from engine.owner import account_row
from engine.schedule import RUNGS


def _allowlist(asked: Asked) -> bool:
    """An account that the newest inventory does not name is nobody's: no row is tried on it."""
    scanned, organization = asked.standing.scanned, asked.standing.policies.organization
    account = scanned.accounts.get(asked.case.key.account) if scanned else None
    if account is None or asked.action is None or account.id in organization.protect.accounts:
        return True
    return account_row(account, asked.standing.policies).mode.rank < RUNGS[asked.action.verb].rank


def _scan(asked: Asked) -> bool:
    scanned, key = asked.standing.scanned, asked.case.key
    kind = asked.standing.policies.kinds.get(key.kind)
    if scanned is None or kind is None or not scanned.is_recent(asked.now):
        return True
    return not all(scanned.answered(key, name) for name in (key.kind, *kind.reads))


def _references(asked: Asked) -> bool:
    """What needs it must go first, or with it, and what goes with it must be ready. A stop takes nothing from anybody's list."""
    if asked.action is None or asked.action.verb is not Verb.DELETE:
        return False
    scanned, look = asked.standing.scanned, asked.look
    kind = asked.standing.policies.kinds.get(asked.case.key.kind)
    if scanned is None or kind is None:
        return True
    companies = asked.standing.companies
    company, users = companies.of(asked.case), scanned.users.get(asked.case.key.ref, frozenset()) - companies.gone
    held = {key.ref for key in kind.links(look.resource) if key.kind in kind.hangs_on} if look else set()
    return not (users | held) <= asked.leaving or (company is not None and bool(company.waits(asked.case)))


PLACE = (
    Guard(
        number=2,
        name="allowlist",
        sentence="No row of the Organization lets this be done in its account, or the account is protected or not known.",
        blocks=_allowlist,
    ),
    Guard(
        number=5,
        name="scan",
        sentence="The inventory is too old, or a list in which this resource or its evidence stands was not read to the end.",
        blocks=_scan,
    ),
    Guard(
        number=24,
        name="references",
        sentence="Something else refers to it, or it is attached to something, that does not go in the same plan; or it only "
        "goes together with something that is not ready.",
        blocks=_references,
    ),
)
