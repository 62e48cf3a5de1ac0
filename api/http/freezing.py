"""The freeze, and going on: at once, by two people, or after the ledger was restored from an older copy."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from api.http.cases import Said
from api.http.door import Asking, Door, Inside
from api.shapes.freeze import freeze_json
from engine.teams import Access
from reapers.recovery import RECOVERING


class Halt(BaseModel):
    """Why everything is frozen."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Why(Said):
    """Why it may go on; may be left out."""


def frozen(house: Inside) -> dict[str, Any]:
    """Whether everything is frozen, where it was said, by whom and why; and what waits for a second person."""
    asked = house.ledger.requests.open(house.clock.now())
    return freeze_json(house.service.halts(), asked, bool(house.ledger.get(RECOVERING)))


def freeze(house: Inside, person: Asking, said: Halt) -> dict[str, Any]:
    """Halt every act."""
    house.desk.freeze(person, said.reason)
    return frozen(house)


def unfreeze(house: Inside, person: Asking, said: Annotated[Why, Query()]) -> dict[str, Any]:
    """Let acts go on. Where production may be acted upon, the first operator's word is a request and the second one's lifts."""
    house.desk.unfreeze(person, said.reason)
    return frozen(house)


def recover(house: Inside, person: Asking, said: Why) -> dict[str, Any]:
    """Go on with a ledger that was restored from an older copy, by as many people as an unfreeze takes."""
    house.desk.recover(person, said.reason, house.service.world.heads)
    return frozen(house)


DOORS = (
    Door(method="GET", path="/v1/freeze", access=Access.VIEWER, answer=frozen),
    Door(method="POST", path="/v1/freeze", access=Access.APPROVER, answer=freeze),
    Door(method="DELETE", path="/v1/freeze", access=Access.OPERATOR, answer=unfreeze),
    Door(method="POST", path="/v1/recover", access=Access.OPERATOR, answer=recover),
)
