"""Cases: read them, and say what should become of them. What a person may say is decided by engine/people.py at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import HTTPException, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.http.door import Asking, Door, Inside
from api.http.house import House
from api.shapes.case import case_json, history_json
from engine.case import Case, State
from engine.standing import Standing
from engine.teams import Access
from reapers.together import with_company

Reason = Annotated[str, Field(max_length=500)]


def end_of(value: Any) -> Any:
    """A date means the end of that day in UTC, as everywhere in Sexton; a time stands as it is and has a zone."""
    if not isinstance(value, str):
        raise ValueError("expected a date such as 2026-12-31")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return _moment(value)
    if day == date.max:
        raise ValueError("that is too far off")
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("expected a date such as 2026-12-31, or a time such as 2026-12-31T12:00:00Z") from error
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone, as in 2026-12-31T12:00:00Z")
    return moment


class Said(BaseModel):
    """What somebody says of a case."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = ""


class Yes(Said):
    """Agreement to exactly this action: its hash, or the first 16 digits of it."""

    action: Annotated[str, Field(min_length=16, max_length=64, pattern="^[0-9a-fA-F]+$")]


class Until(Said):
    """Leave it alone until then; left out: as long as the organization allows."""

    until: Annotated[datetime | None, BeforeValidator(lambda value: None if value is None else end_of(value))] = None


class NotMine(Said):
    """Another team to ask; left out: the platform."""

    team: Annotated[str, Field(max_length=63)] = ""


class Filters(BaseModel):
    """Which cases to list."""

    model_config = ConfigDict(extra="forbid")

    state: State | None = None
    team: Annotated[str | None, Field(max_length=63)] = None
    due: bool = False
    find: Annotated[str | None, Field(max_length=2000)] = None
    """An id or its beginning, a key, a resource id or name."""
    cursor: Annotated[str | None, Field(max_length=500)] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


def _shown(case: Case, house: House) -> dict[str, Any]:
    return case_json(case, standing_for([case], house), house.clock.now())


def standing_for(cases: Sequence[Case], house: House) -> Standing | None:
    """How things stand for these cases, and for what goes together with them; None before policies were loaded."""
    standing = house.service.standing()
    return with_company(standing, cases, house.ledger.open_case, house.service.situation.rests) if standing else None


def listed(house: Inside, wanted: Annotated[Filters, Query()]) -> dict[str, Any]:
    """Cases in the order of their opening, a page at a time."""
    now = house.clock.now()
    if wanted.find is not None:
        cases, cursor = house.ledger.find(wanted.find), None
    else:
        try:
            cases, cursor = house.ledger.cases(
                state=wanted.state, team=wanted.team, due=now if wanted.due else None, cursor=wanted.cursor, limit=wanted.limit
            )
        except ValueError as error:
            raise HTTPException(422, f"cursor: {error}.") from error
    standing = standing_for(cases, house)
    return {"schema": "sexton/cases@1", "cases": [case_json(case, standing, now) for case in cases], "next": cursor}


def shown(house: Inside, case_id: str) -> dict[str, Any]:
    """One case with its history."""
    case = house.desk.case(case_id)
    return {**_shown(case, house), "history": history_json(house.ledger.history(case.id))}


def approve(house: Inside, person: Asking, case_id: str, said: Yes) -> dict[str, Any]:
    """Agree to an action."""
    return _shown(house.desk.approve(case_id, person, said.action, said.reason), house)


def reject(house: Inside, person: Asking, case_id: str, said: Said | None = None) -> dict[str, Any]:
    """Close the case; the policy leaves the resource alone for 30 days."""
    return _shown(house.desk.reject(case_id, person, said.reason if said else ""), house)


def keep(house: Inside, person: Asking, case_id: str, said: Until) -> dict[str, Any]:
    """Keep the resource, with a reason."""
    return _shown(house.desk.keep(case_id, person, said.until, said.reason), house)


def snooze(house: Inside, person: Asking, case_id: str, said: Until | None = None) -> dict[str, Any]:
    """Put the case off for a while."""
    said = said or Until()
    return _shown(house.desk.snooze(case_id, person, said.until, said.reason), house)


def not_mine(house: Inside, person: Asking, case_id: str, said: NotMine | None = None) -> dict[str, Any]:
    """Say that somebody else owns it."""
    said = said or NotMine()
    return _shown(house.desk.not_mine(case_id, person, said.team, said.reason), house)


def retry(house: Inside, person: Asking, case_id: str, said: Said | None = None) -> dict[str, Any]:
    """Send a stuck case on its way."""
    return _shown(house.desk.retry(case_id, person, said.reason if said else ""), house)


def restore(house: Inside, person: Asking, case_id: str, said: Said | None = None) -> dict[str, Any]:
    """Bring it back."""
    return _shown(house.desk.restore(case_id, person, said.reason if said else ""), house)


DOORS = (
    Door(method="GET", path="/v1/cases", access=Access.VIEWER, answer=listed),
    Door(method="GET", path="/v1/cases/{case_id}", access=Access.VIEWER, answer=shown),
    Door(method="POST", path="/v1/cases/{case_id}/approve", access=Access.APPROVER, answer=approve),
    Door(method="POST", path="/v1/cases/{case_id}/reject", access=Access.APPROVER, answer=reject),
    Door(method="POST", path="/v1/cases/{case_id}/keep", access=Access.VIEWER, answer=keep),
    Door(method="POST", path="/v1/cases/{case_id}/snooze", access=Access.VIEWER, answer=snooze),
    Door(method="POST", path="/v1/cases/{case_id}/not-mine", access=Access.VIEWER, answer=not_mine),
    Door(method="POST", path="/v1/cases/{case_id}/retry", access=Access.VIEWER, answer=retry),
    Door(method="POST", path="/v1/cases/{case_id}/restore", access=Access.VIEWER, answer=restore),
)
