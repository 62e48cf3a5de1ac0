"""Which documents two commits say differently. Layout, comments and the place in a file are no difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.matches import Change
from engine.policy import Meta, Organization, PolicySet, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """A document that a change adds, removes or says differently, and its place: in the newer commit where it is there."""

    kind: str
    name: str
    change: Change
    file: str
    line: int


def altered(base: PolicySet, head: PolicySet) -> tuple[Altered, ...]:
    """Every document that decides something and is not the same, by kind and name. Tests of policies decide nothing."""
    old, new = _documents(base), _documents(head)
    found = []
    for kind, name in sorted({*old, *new}):
        before, after = old.get((kind, name)), new.get((kind, name))
        change = compare(before, after)
        if change is not Change.SAME:
            meta: Meta = (after if after is not None else old[kind, name]).meta
            found.append(Altered(kind=kind, name=name, change=change, file=meta.file, line=meta.line))
    return tuple(found)


def compare(old: Any, new: Any) -> Change:
    """What happened to a document; None is "there is none"."""
    if old is None or new is None:
        return Change.ADDED if old is None else Change.REMOVED
    return Change.SAME if old is new or _said(old) == _said(new) else Change.CHANGED


def _documents(policies: PolicySet) -> Mapping[tuple[str, str], Any]:
    return {(type(one).__name__, one.meta.name): one for one in _all(policies)}


def _all(policies: PolicySet) -> Iterator[Any]:
    if policies.organization != Organization():
        yield policies.organization
    yield from policies.teams.values()
    yield from (one for one in (policies.ownership, policies.ttl) if one)
    yield from policies.reaps.values()
    yield from (*policies.exemptions, *policies.sizings, *policies.budgets, *policies.shared_costs)


def _said(document: Any) -> Any:
    """A document without where it stands. Conditions are equal in their normal form; whose it is decides by `only_team`."""
    changes: dict[str, Any] = {"meta": Meta(name=document.meta.name)}
    for field in fields(document):
        value = getattr(document, field.name)
        if isinstance(value, Selection):
            changes[field.name] = replace(value, lines=())
    return replace(document, **changes)
