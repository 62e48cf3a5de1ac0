"""`limits`: how many acts may happen. A document's may only be stricter than the Organization's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.documents.draft import Draft, World
from engine.policy import Limits

COUNTS = ("per_hour", "per_day")
AMOUNTS = ("percent_per_day", "dollars_per_day")


def limits_of(written: Mapping[str, Any], base: Limits) -> Limits:
    """Limits as written, over those of `base` where nothing is."""
    found: dict[str, Any] = {name: written[name] for name in COUNTS if name in written}
    found |= {name: decimal(written[name]) for name in AMOUNTS if name in written}
    return replace(base, **found)


def decimal(number: float) -> Decimal:
    """A number as it was written, without the dust of binary fractions."""
    return Decimal(str(number))


def stricter(draft: Draft, world: World) -> Limits:
    """A document's own limits; each that exceeds the Organization's is told."""
    limits = limits_of(draft.spec.get("limits", {}), Limits())
    for name in (*COUNTS, *AMOUNTS) if world.organization else ():
        own, ceiling = getattr(limits, name), getattr(world.organization.limits if world.organization else limits, name)
        if own is not None and ceiling is not None and own > ceiling:
            message = f"limits.{name} is {own}, but the Organization allows {ceiling}"
            draft.error("ceiling", ("spec", "limits", name), message, "a document's limits may only be stricter")
    return limits
