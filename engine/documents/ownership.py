"""Ownership: where the field `owner` is read from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.documents.draft import Draft, World, many
from engine.documents.owners_map import Rules, rules_of
from engine.policy import Ownership, OwnerSource


def build(draft: Draft, world: World) -> Ownership:
    """The value of an Ownership document."""
    sources = tuple(_source(draft, world, index, written) for index, written in enumerate(draft.spec["from"]))
    counts = draft.spec.get("counts")
    return (
        Ownership(meta=draft.meta(), sources=sources)
        if counts is None
        else Ownership(meta=draft.meta(), sources=sources, counts=tuple(counts))
    )


def _source(draft: Draft, world: World, index: int, written: Mapping[str, Any]) -> OwnerSource:
    """One place; the schema has seen to it that it names exactly one."""
    source, value = next(iter(written.items()))
    if source == "tag":
        return OwnerSource(source=source, tags=many(value))
    if source == "map":
        return OwnerSource(source=source, path=value, rules=_rules(draft, world, index, value))
    return OwnerSource(source=source, path=value if isinstance(value, str) else "")


def _rules(draft: Draft, world: World, index: int, path: str) -> Rules:
    file = draft.lookup(path, world)
    if file is not None:
        return rules_of(file, world, draft.problems)
    if world.complete:
        at = ("spec", "from", index, "map")
        draft.error("reference", at, f"there is no file {path!r} among the policies", "add it, or take this source out")
    return ()
