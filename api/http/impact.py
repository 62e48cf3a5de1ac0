"""What a change of policies would do: asked by pipelines with their forge's token, and by people with theirs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from api.http.door import Door, Inside
from api.reviewing import Asked, NotReviewed
from engine.teams import Access
from reapers.sources.errors import SourceError

Rev = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9_][A-Za-z0-9._/+@#~^-]*$")]


class Change(BaseModel):
    """Two commits of the policy repository, by id or name."""

    model_config = ConfigDict(extra="forbid")

    base: Rev
    head: Rev


def impact(request: Request, house: Inside, change: Change) -> dict[str, Any]:
    """The comment for the pull request, and the same as JSON. The server fetches both commits; the inventory stays here."""
    if house.reviews is None:
        raise HTTPException(503, "This server has no policy repository to fetch changes from.")
    pipeline = getattr(request.state, "pipeline", None)
    asked = Asked(
        base=change.base,
        head=change.head,
        subject=pipeline.subject if pipeline else request.state.person.email,
        branch=pipeline.branch if pipeline else "",
    )
    try:
        return house.reviews.review(asked)
    except NotReviewed as error:
        headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
        raise HTTPException(error.status, str(error), headers) from error
    except SourceError as error:
        raise HTTPException(422, str(error)) from error


DOORS = (Door(method="POST", path="/v1/impact", access=Access.VIEWER, answer=impact, pipelines=True),)
