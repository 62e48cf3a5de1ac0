"""What an act must know of the newest inventory: how old it is, which cells answered, and what refers to what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.model import EVERYWHERE, Account, Inventory, Key, KindTable, Outcome
from engine.policy import PolicySet

ANSWERED = frozenset({Outcome.OK, Outcome.EMPTY})
STALE = 3
"""An inventory older than so many scan intervals says nothing any more: one scan may fail and the next be slow."""

Cell = tuple[str, str, str]
"""Kind, account, region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """The newest inventory, looked up once for all acts until the next."""

    inventory: Inventory
    every: timedelta
    """How often the estate is scanned."""
    complete: frozenset[Cell] = frozenset()
    """The cells that were read to their end."""
    users: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Key text -> key texts of what needs it."""
    bound: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Key text -> key texts of the parts that it is made of, and of the wholes that it is a part of."""
    accounts: Mapping[str, Account] = field(default_factory=dict)

    @classmethod
    def of(cls, inventory: Inventory, policies: PolicySet, every: timedelta) -> Scanned:
        """The index of an inventory."""
        cells = ((cell.kind, cell.account, cell.region) for cell in inventory.cells if cell.outcome in ANSWERED)
        return cls(
            inventory=inventory,
            every=every,
            complete=frozenset(cells),
            users=_users(inventory, policies),
            bound=_bound(inventory, policies),
            accounts={account.id: account for account in inventory.accounts},
        )

    def is_recent(self, now: datetime) -> bool:
        """Whether it is young enough for acts, and not from the future."""
        return timedelta(0) <= now - self.inventory.as_of <= STALE * self.every

    def answered(self, key: Key, kind: str) -> bool:
        """Whether the cell that lists a kind in a resource's own place was read to its end, with no gap in it."""
        places = {(kind, key.account, region) for region in (key.region, EVERYWHERE, "global")}
        there = Key(kind, key.account, key.region, key.id)
        return not places.isdisjoint(self.complete) and self.inventory.in_gap(there) is None


def _users(inventory: Inventory, policies: PolicySet) -> Mapping[str, frozenset[str]]:
    """Who needs what: the links of every resource turned round, but for those to what it only hangs on."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for user, key, kind in _links(inventory, policies):
        if key.kind not in kind.hangs_on:
            found[key.ref].add(user.ref)
    return {ref: frozenset(users) for ref, users in found.items()}


def _bound(inventory: Inventory, policies: PolicySet) -> Mapping[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for whole, part, kind in _links(inventory, policies):
        if part.kind in kind.parts:
            found[part.ref].add(whole.ref)
            found[whole.ref].add(part.ref)
    return {ref: frozenset(others) for ref, others in found.items()}


def _links(inventory: Inventory, policies: PolicySet) -> Iterator[tuple[Key, Key, KindTable]]:
    """Every link there is: who refers, to what, and the kind of who refers."""
    for resource in inventory.resources:
        kind = policies.kinds.get(resource.key.kind)
        for key in kind.links(resource) if kind else ():
            if kind:
                yield resource.key, key, kind
