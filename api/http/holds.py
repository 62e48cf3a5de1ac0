"""Holds: which policies rest where, and letting one go on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from api.http.door import Asking, Door, Inside
from api.shapes.holds import hold_json
from engine.teams import Access
from reapers.releasing import Releasing


class Wanted(BaseModel):
    """Which holds."""

    model_config = ConfigDict(extra="forbid")

    all: bool = False
    """Also those that were released or have ended."""


class Why(BaseModel):
    """Why it may go on."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=500)]


def listed(house: Inside, wanted: Annotated[Wanted, Query()]) -> dict[str, Any]:
    """The holds that stand, oldest first; with `all` every one there was, newest first."""
    now = house.clock.now()
    found = house.ledger.holds.all() if wanted.all else house.ledger.holds.standing(now)
    return {"schema": "sexton/holds@1", "holds": [hold_json(hold, now) for hold in found]}


def release(house: Inside, person: Asking, hold_id: str, said: Why) -> dict[str, Any]:
    """Let a policy go on."""
    hold = house.ledger.holds.get(hold_id)
    if hold is None:
        raise HTTPException(404, f"There is no hold {hold_id!r}; `sexton release` lists them.")
    desk = Releasing(ledger=house.ledger, clock=house.clock, policies=house.service.situation.policies)
    released = desk.release(hold, person, said.reason)
    house.service.wake()
    return {"schema": "sexton/hold@1", **hold_json(released, house.clock.now())}


DOORS = (
    Door(method="GET", path="/v1/holds", access=Access.VIEWER, answer=listed),
    Door(method="POST", path="/v1/holds/{hold_id}/release", access=Access.APPROVER, answer=release),
)
