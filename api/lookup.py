"""Which resource somebody means by a key, id, name or ARN: in the newest inventory, else in the history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from api.ending import FAILED, Stop
from engine.model import Inventory, Key, Resource
from engine.wording import clean, count

if TYPE_CHECKING:
    from reapers.sources.snapshots import Store

LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A resource and the inventory that has it. `gone_at`: when it was first known not to be there any more."""

    resource: Resource
    inventory: Inventory
    gone_at: datetime | None = None
    gone: str = ""
    """How that is known, as a sentence; empty where it is there."""


def look_up(what: str, newest: Inventory, store: Store | None) -> Found:
    """The one thing that is meant. Stop lists them where it may be several, and says where it was looked for in vain.

    `store` is the history, where there is one: a single snapshot has none.
    """
    meant = [resource for resource in newest.resources if means(what, resource.key, resource.name)]
    if meant:
        _only(what, [resource.key for resource in meant])
        return Found(resource=meant[0], inventory=newest)
    if store is not None and (past := _in_the_past(what, newest, store)):
        return past
    raise Stop(_never(what, newest, store), FAILED)


def means(what: str, key: Key, name: str) -> bool:
    """By key, id, name, or ARN, whose account and region must be the resource's where it names them."""
    if what in (key.ref, key.id, name):
        return True
    parts = what.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or parts[4] not in ("", key.account):
        return False
    if parts[3] not in ("", key.region) and key.region not in ("global", "*"):
        return False
    return parts[5] == key.id or parts[5].endswith((f"/{key.id}", f":{key.id}"))


def _only(what: str, keys: Iterable[Key]) -> None:
    refs = sorted({key.ref for key in keys})
    if len(refs) > 1:
        listed = "\n".join(f"  {clean(ref)}" for ref in refs[:LISTED])
        more = f"\n  and {len(refs) - LISTED} more" if len(refs) > LISTED else ""
        raise Stop(f"{what!r} may mean {len(refs)} resources; name one by its key:\n{listed}{more}")


def _in_the_past(what: str, newest: Inventory, store: Store) -> Found | None:
    from engine.follow import Sight
    from engine.policy import PolicySet
    from engine.view import Context
    from reapers.sources.days import absent_since, newest_with

    past = newest_with(store, lambda key, name: means(what, key, name))
    if past is None:
        return None
    then, keys = past
    _only(what, keys)
    resource = next(each for each in then.resources if each.key == keys[0])

    def answered(inventory: Inventory) -> bool:
        context = Context(policies=PolicySet(), accounts={})
        return Sight(inventory=inventory, judgements={}, context=context).answered(resource.key)

    since = absent_since(store, then, answered)
    if since is not None:
        how = f"last seen {_at(then)}; its list, read to the end, is without it"
        return Found(resource=resource, inventory=then, gone_at=since.as_of, gone=how)
    gap = newest.in_gap(resource.key)
    why = f" ({gap.why})" if gap else ""
    how = f"last seen {_at(then)}; its list has not been read to the end since{why}"
    return Found(resource=resource, inventory=then, gone=how)


def _never(what: str, newest: Inventory, store: Store | None) -> str:
    gaps = len(newest.gaps)
    unread = f"; {count(gaps, 'part')} of the estate could not be read, and it may be in one" if gaps else ""
    days = f", nor on the {count(len(store.daily()), 'day')} of the history" if store is not None else ""
    return f"There is no {what!r} in the inventory of {_at(newest)}{days}{unread}."


def _at(inventory: Inventory) -> str:
    return f"{inventory.as_of:%Y-%m-%d %H:%M} UTC"
