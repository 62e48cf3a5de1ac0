"""What halts all acts, and what waits for a second person, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from api.shapes.times import stamp, stamp_or_none
from engine.wording import clean

if TYPE_CHECKING:
    from reapers.halts import Halt
    from reapers.store.requests import Request


def freeze_json(halts: Iterable[Halt], requests: Iterable[Request] = (), recovering: bool = False) -> dict[str, Any]:
    """`frozen` is the first of `halts`; null where nothing halts."""
    shapes = [halt_json(halt) for halt in halts]
    first = {name: value for name, value in shapes[0].items() if name != "by"} if shapes else None
    asked = [request_json(request) for request in requests]
    return {"schema": "sexton/freeze@1", "frozen": first, "halts": shapes, "requests": asked, "recovering": recovering}


def halt_json(halt: Halt) -> dict[str, Any]:
    """One reason why nothing acts."""
    return {"by": halt.by, "who": halt.who, "reason": halt.reason, "at": stamp_or_none(halt.at)}


def request_json(request: Request) -> dict[str, Any]:
    """What somebody asked for."""
    return {
        "id": request.id,
        "what": request.what,
        "who": request.who,
        "reason": request.reason,
        "at": stamp(request.at),
        "until": stamp(request.until),
    }


def halted(halts: Iterable[Halt]) -> str:
    """What halts everything, one line each; empty where nothing does."""
    return "\n".join(told(halt_json(halt)) for halt in halts)


def told(halt: dict[str, Any]) -> str:
    """One halt as a sentence."""
    since = f" since {halt['at']}" if halt["at"] else ""
    return f"Frozen{since} by {clean(halt['who'], 300)}: {clean(halt['reason'], 500)}"
