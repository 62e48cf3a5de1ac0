"""Sizing: defaults and ceilings of size."""

from __future__ import annotations

from engine.documents.draft import Draft, World
from engine.documents.limits import decimal
from engine.documents.selection import select
from engine.policy import Sizing


def build(draft: Draft, world: World) -> Sizing:
    """The value of a Sizing document."""
    spec = draft.spec
    if not {"default", "max", "allow"} & set(spec):
        draft.error("sizing", ("spec",), "this document says nothing about sizes", "add default, max or allow")
    return Sizing(
        meta=draft.meta(),
        selects=select(draft, world),
        default=spec.get("default", ""),
        max={name: decimal(number) for name, number in spec.get("max", {}).items()},
        allow=tuple(spec.get("allow", ())),
    )
