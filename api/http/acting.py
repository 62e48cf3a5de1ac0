"""What may be done now, what waits for people, and agreement to several actions at once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import HTTPException
from pydantic import Field, model_validator

from api.http.cases import Said, standing_for
from api.http.door import Asking, Door, Inside
from api.http.house import House
from api.shapes.plan import awaiting_json, plan_json
from engine.plan import Plan, awaiting, hash_of
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


def plan(house: Inside) -> dict[str, Any]:
    """What may be done now, what holds back the rest, and what awaits people's yes: in all, and of each team."""
    current = plan_json(_current(house))
    waiting = house.ledger.waiting()
    house.shown.remember(waiting)
    return current | {"awaiting": awaiting_json(waiting)}


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
    """The actions of a plan that still stands: what may be done now, all that awaits approval, a team's part of that, or what
    goes together."""
    current, waiting = _current(house), house.ledger.waiting()
    if current.hash == wanted:
        return [action.hash for action in current.actions]
    standing = standing_for(waiting, house)
    companies = standing.companies.by_case.values() if standing else ()
    teams = (awaiting(waiting, team) for team in ("", *{case.team for case in waiting}))
    for actions in (*teams, *(awaiting(company.cases) for company in companies)):
        if actions and hash_of(actions) == wanted:
            return [action.hash for action in actions]
    raise HTTPException(409, house.shown.changed(wanted, waiting))


DOORS = (
    Door(method="GET", path="/v1/plan", access=Access.VIEWER, answer=plan),
    Door(method="POST", path="/v1/approvals", access=Access.APPROVER, answer=approve),
)
