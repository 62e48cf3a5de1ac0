"""What a look at the cloud says of an act, where every kind decides it alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from reapers.kind import Progress

SETTLING = timedelta(minutes=2)
"""Reads may lag behind a write that was answered (EC2: eventual consistency, seconds as a rule)."""


def sent(now: datetime, **more: Any) -> dict[str, Any]:
    """The memory of an act that the cloud has answered."""
    return {"sent": now.isoformat(), **more}


def unchanged(memory: Mapping[str, Any], now: datetime) -> Progress:
    """The resource looks as before: an answered act may still be on its way, one without an answer never arrived."""
    answered = memory.get("sent")
    if answered and now - datetime.fromisoformat(answered) < SETTLING:
        return Progress.PENDING
    return Progress.NO_EFFECT
