"""What the last scan saw and what the policies say of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from api.http.door import Door, Inside
from api.http.house import House
from api.shapes.findings import findings_json, inventory_json
from engine.judge import Judgement
from engine.model import Inventory
from engine.teams import Access


class Wanted(BaseModel):
    """Which findings."""

    model_config = ConfigDict(extra="forbid")

    policy: Annotated[str | None, Field(max_length=63)] = None
    team: Annotated[str | None, Field(max_length=63)] = None
    cursor: Annotated[int, Field(ge=0)] = 0
    """Resources to pass over: the `next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


def findings(house: Inside, wanted: Annotated[Wanted, Query()]) -> dict[str, Any]:
    """What matches and what is undecided in the newest inventory, resource by resource."""
    situation = house.service.situation
    inventory = _seen(house)
    judged = [one for one in situation.judged if _wanted(one, wanted)]
    end = wanted.cursor + wanted.limit
    page = judged[wanted.cursor : end]
    following = end if end < len(judged) else None
    return findings_json(page, inventory, situation.commit, wanted.policy) | {"next": following}


def _wanted(judgement: Judgement, wanted: Wanted) -> bool:
    policies = {finding.policy for finding in judgement.findings} | {verdict.policy for verdict in judgement.undecided}
    of_policy = wanted.policy in policies if wanted.policy else bool(policies)
    return of_policy and wanted.team in (None, judgement.view.owner.team)


def inventory(house: Inside) -> dict[str, Any]:
    """The newest inventory: when, which accounts, how many of what, and its gaps."""
    return inventory_json(_seen(house))


def _seen(house: House) -> Inventory:
    seen = house.service.situation.inventory
    if seen is None:
        raise HTTPException(503, "There is no inventory yet; the first scan is still to come.")
    return seen


DOORS = (
    Door(method="GET", path="/v1/findings", access=Access.VIEWER, answer=findings),
    Door(method="GET", path="/v1/inventory", access=Access.VIEWER, answer=inventory),
)
