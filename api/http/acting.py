"""What may be done now, agreement to several actions at once, and the freeze."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.http.cases import Said
from api.http.door import Asking, Door, Inside
from api.http.house import House
from api.shapes.plan import plan_json
from api.shapes.times import stamp
from engine.plan import Plan
from engine.teams import Access

Hash = Annotated[str, Field(min_length=16, max_length=64, pattern="^[0-9a-f]+$")]


class Approvals(Said):
    """Either the actions one by one, or the hash of a whole plan."""

    actions: Annotated[list[Hash], Field(min_length=1, max_length=500)] | None = None
    plan: Hash | None = None

    @model_validator(mode="after")
    def one_of_them(self) -> Approvals:
        """Exactly one of the two."""
        if (self.actions is None) == (self.plan is None):
            raise ValueError("name either `actions` or a `plan`")
        return self


class Halt(BaseModel):
    """Why everything is frozen."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=500)]


def plan(house: Inside) -> dict[str, Any]:
    """What may be done now, and what holds back the rest."""
    return plan_json(_current(house))


def _current(house: House) -> Plan:
    current = house.service.plan()
    if current is None:
        raise HTTPException(503, "No policies have been loaded yet, so there is no plan; try again in a minute.")
    return current


def approve(house: Inside, person: Asking, said: Approvals) -> dict[str, Any]:
    """Agree to each of several actions. Each stands alone: one that has changed does not void the others."""
    outcomes = house.desk.approve_all(said.actions or _of_plan(house, said.plan or ""), person, said.reason)
    results = [{"action": one.action, "case": one.case or None, "refused": one.refused or None} for one in outcomes]
    return {"schema": "sexton/approvals@1", "approved": sum(not one.refused for one in outcomes), "results": results}


def _of_plan(house: House, wanted: str) -> list[str]:
    current = _current(house)
    if current.hash != wanted:
        raise HTTPException(409, "The plan is no longer what you saw; look at it again, then approve that.")
    return [action.hash for action in current.actions]


def frozen(house: Inside) -> dict[str, Any]:
    """Whether everything is frozen, by whom and why."""
    freeze = house.ledger.frozen()
    told = {"who": freeze.who, "reason": freeze.reason, "at": stamp(freeze.at)} if freeze else None
    return {"schema": "sexton/freeze@1", "frozen": told}


def freeze(house: Inside, person: Asking, said: Halt) -> dict[str, Any]:
    """Halt every act."""
    house.desk.freeze(person, said.reason)
    return frozen(house)


def unfreeze(house: Inside, person: Asking) -> dict[str, Any]:
    """Let acts go on."""
    house.desk.unfreeze(person)
    return frozen(house)


DOORS = (
    Door(method="GET", path="/v1/plan", access=Access.VIEWER, answer=plan),
    Door(method="POST", path="/v1/approvals", access=Access.APPROVER, answer=approve),
    Door(method="GET", path="/v1/freeze", access=Access.VIEWER, answer=frozen),
    Door(method="POST", path="/v1/freeze", access=Access.APPROVER, answer=freeze),
    Door(method="DELETE", path="/v1/freeze", access=Access.OPERATOR, answer=unfreeze),
)
