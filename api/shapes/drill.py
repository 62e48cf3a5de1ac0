"""Drills and canaries as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reapers.drills import Offer, Record


def drill_json(record: Record) -> dict[str, Any]:
    """How far the last drill of a kind is. `good`: it came back as it was; `waits`: what holds it up, guards by name."""
    named = ("kind", "case", "name", "who", "began", "deleted", "restored_as", "ended", "failed", "waits")
    told = {name: getattr(record, name) or None for name in named}
    return {"key": record.ref, **told, "differences": [dict(each) for each in record.differences], "good": record.is_good}


def offer_json(offer: Offer) -> dict[str, Any]:
    """A canary, and why it is not drilled."""
    written = asdict(offer)
    return {"key": written.pop("ref"), **written, "refused": offer.refused or None}
