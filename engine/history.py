"""What carries over from scan to scan: since when each negative fact holds without a gap. Creation time is not idle time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from engine.model import Inventory, Key, Resource, Unknown

Facts = Mapping[str, Callable[[Resource], bool | Unknown]]

SEEN = "seen"


def carry(
    resources: Iterable[Resource], previous: Inventory | None, facts: Mapping[str, Facts], as_of: datetime
) -> tuple[Resource, ...]:
    """The resources with their `since`: the provider's own date if it gave one, else the last inventory's, else `as_of`.

    A resource that was not in the last inventory (it was in a gap, say) starts anew. A main fact that is Unknown makes
    `idle_days` Unknown.
    """
    before: Mapping[Key, Resource] = {old.key: old for old in previous.resources} if previous else {}
    return tuple(_carried(resource, before.get(resource.key), facts.get(resource.key.kind, {}), as_of) for resource in resources)


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
