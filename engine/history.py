"""What carries over from scan to scan: since when each negative fact holds without a gap. Creation time is not idle time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from engine.model import Inventory, Resource, Unknown

Facts = Mapping[str, Callable[[Resource], bool | Unknown]]

SEEN = "seen"

UNWATCHED = timedelta(days=7)
"""Scans further apart than this leave a gap between them: what was unused before and after may have been used in it."""


def carry(
    resources: Iterable[Resource], previous: Inventory | None, facts: Mapping[str, Facts], as_of: datetime
) -> tuple[Resource, ...]:
    """The resources with their `since`: the provider's own date if it gave one, else the last inventory's, else `as_of`.

    A resource that was not in the last inventory (it was in a gap, say) starts anew, and so do the facts of all when nobody
    looked for a week; that a resource was there is not in doubt then. A main fact that is Unknown makes `idle_days` Unknown.
    """
    watched = previous is not None and as_of - previous.as_of <= UNWATCHED
    before = {old.key: old if watched else _only_seen(old) for old in previous.resources} if previous else {}
    return tuple(_carried(resource, before.get(resource.key), facts.get(resource.key.kind, {}), as_of) for resource in resources)


def _only_seen(old: Resource) -> Resource:
    return replace(old, since={SEEN: old.since[SEEN]} if SEEN in old.since else {})


def _carried(resource: Resource, old: Resource | None, facts: Facts, as_of: datetime) -> Resource:
    last = old.since if old else {}
    since = {SEEN: last.get(SEEN, as_of)}
    answers = {name: holds(resource) for name, holds in facts.items()}
    since |= {name: _since(name, resource, last, as_of) for name, answer in answers.items() if answer is True}
    main = next(iter(answers.values()), False)
    fields = {**resource.fields, "idle_days": main} if isinstance(main, Unknown) else resource.fields
    return replace(resource, since=since, fields=fields)


def _since(name: str, resource: Resource, last: Mapping[str, datetime], as_of: datetime) -> datetime:
    return resource.since.get(name) or last.get(name) or as_of
