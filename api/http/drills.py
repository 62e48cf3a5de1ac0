"""Drills: which canaries there are, how the last drill of each kind went, and beginning one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.door import Asking, Door, Inside
from api.http.house import House
from api.shapes.drill import drill_json, offer_json
from engine.teams import Access
from reapers.drills import Drills, records
from reapers.refused import Refused


class Wanted(BaseModel):
    """Canaries, by key or id, and how the operator said that they may be deleted and restored."""

    model_config = ConfigDict(extra="forbid")

    keys: Annotated[list[Annotated[str, Field(min_length=1, max_length=1000)]], Field(min_length=1, max_length=100)]
    confirmed: Literal["yes", "typed"]


def shown(house: Inside) -> dict[str, Any]:
    """The canaries of the newest inventory, the kinds that have none, and the last drill of each kind."""
    drills = _drills(house)
    done = [drill_json(record) for record in records(house.service.world)]
    offers = [offer_json(offer) for offer in drills.offers()]
    return {"schema": "sexton/drills@1", "canaries": offers, "without": list(drills.without()), "drills": done}


def begin(house: Inside, person: Asking, wanted: Wanted) -> dict[str, Any]:
    """Deletes canaries and brings them back. Each stands alone: one that is refused does not keep the others from it."""
    begun, refused = [], []
    for key in dict.fromkeys(wanted.keys):
        try:
            begun.append(drill_json(_drills(house).begin(key, person, wanted.confirmed)))
        except Refused as no:
            refused.append({"key": key, "refused": str(no)})
    house.service.wake()
    return {"schema": "sexton/drilling@1", "drills": begun, "refused": refused}


def _drills(house: House) -> Drills:
    return Drills(house.service.world, house.service.situation)


DOORS = (
    Door(method="GET", path="/v1/drill", access=Access.VIEWER, answer=shown),
    Door(method="POST", path="/v1/drill", access=Access.OPERATOR, answer=begin),
)
