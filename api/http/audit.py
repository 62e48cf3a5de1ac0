"""The audit trail: page by page, and whether it is whole."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.http.door import Door, Inside
from api.http.house import House
from api.shapes.audit import check_json, row_json
from engine.teams import Access
from reapers.anchor import HeadsUnread
from reapers.store import AuditHead

MOST_HEADS = 500
"""Of one request: so many fit into its body."""


class Page(BaseModel):
    """Which rows."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[int, Field(ge=0)] = 0
    """The row to begin after: the `next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000
    since: AwareDatetime | None = None
    """Only what happened then or later."""


class Head(BaseModel):
    """Where the trail ended once. A prefix of the hash, as the metric has it, is enough."""

    model_config = ConfigDict(extra="forbid")

    seq: Annotated[int, Field(ge=0)]
    hash: Annotated[str, Field(min_length=12, max_length=64, pattern="^[0-9a-f]+$")]


class Heads(BaseModel):
    """Heads that somebody kept."""

    model_config = ConfigDict(extra="forbid")

    heads: Annotated[list[Head], Field(min_length=1, max_length=MOST_HEADS)]


def rows(house: Inside, wanted: Annotated[Page, Query()]) -> dict[str, Any]:
    """The trail, oldest first, a page at a time."""
    since: datetime | None = wanted.since
    page = house.ledger.audit_page(wanted.cursor, wanted.limit, since)
    following = page[-1].seq if len(page) == wanted.limit else None
    return {"schema": "sexton/audit@1", "rows": [row_json(row) for row in page], "next": following}


def verify(house: Inside) -> dict[str, Any]:
    """Walk the whole trail, and compare it with the heads in the file of `audit.head`."""
    heads, why = _kept(house)
    return check_json(house.ledger.verify_audit(heads=heads), len(heads), why)


def _kept(house: House) -> tuple[tuple[AuditHead, ...], str]:
    """The heads that this server keeps, and why they could not be read: a file that was taken away must not pass for none."""
    kept = house.service.world.heads
    if kept is None:
        return (), ""
    try:
        return kept.heads(), ""
    except HeadsUnread as unread:
        return (), str(unread)


def compare(house: Inside, said: Heads) -> dict[str, Any]:
    """Whether the trail still passes through heads that somebody kept. That its rows are whole is for `verify` to say."""
    heads = [AuditHead(head.seq, head.hash) for head in said.heads]
    return check_json(house.ledger.audit_passes(heads), len(heads))


DOORS = (
    Door(method="GET", path="/v1/audit", access=Access.OPERATOR, answer=rows),
    Door(method="GET", path="/v1/audit/verify", access=Access.OPERATOR, answer=verify),
    Door(method="POST", path="/v1/audit/heads", access=Access.OPERATOR, answer=compare),
)
