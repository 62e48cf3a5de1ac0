"""A look: one resource as its owning API described it a moment ago, and what that meant for its case. Only an act has one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.events import Judged
from engine.model import Resource

YOUNG = timedelta(minutes=2)
"""How old a look may be when the act begins: longer than a read and a note on the resource take, shorter than a coffee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was read, judged at the running commit."""

    resource: Resource
    event: Judged
    """What every policy says of it; after our own stop: whether it is as we left it."""
    at: datetime
    """When it was taken, by the database's clock: an injected calendar may jump."""
    skew: timedelta | None
    """How far the cloud's own clock (the Date of its answer) is from the calendar; None where no answer was dated."""
