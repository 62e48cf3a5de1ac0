"""`Hold` as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from api.shapes.times import stamp, stamp_or_none
from engine.holds.hold import Hold, says


def hold_json(hold: Hold, now: datetime) -> dict[str, Any]:
    """A hold as it stands at `now`."""
    released = {"at": stamp(hold.released), "who": hold.released_by or None, "reason": hold.why} if hold.released else None
    return {
        "id": hold.id,
        "cause": str(hold.cause),
        "subject": hold.subject,
        "account": hold.account,
        "at": stamp(hold.at),
        "until": stamp_or_none(hold.until),
        "stands": hold.stands(now),
        "says": says(hold),
        "caused_by": sorted(hold.caused_by),
        "released": released,
    }
