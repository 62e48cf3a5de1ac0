"""Cases: stored whole as JSON beside the columns that people look for; changed only by compare-and-set on the version."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, insert, or_, select, update

from engine.case import Case, State
from engine.condemn import is_left
from reapers.store import audit, backups, codec, leases, regrets, shields
from reapers.store.errors import AlreadyOpen, Stale
from reapers.store.tables import cases
from reapers.store.values import Change

STEP = update(cases).where(cases.c.id == bindparam("same_id"), cases.c.version == bindparam("before"))
"""Compare-and-set. Made once: making a statement takes longer than running it."""

FOUND = 50
"""How many cases `find` returns at most: it is for a person who then names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases to list: a state, a team, those due by a moment; from a cursor on, so many."""

    state: State | None = None
    team: str | None = None
    due: datetime | None = None
    cursor: str | None = None
    limit: int = 100


def read(connection: Connection, id: str) -> Case | None:
    """The case with this id."""
    return _one(connection, select(cases.c.body).where(cases.c.id == id))


def read_open(connection: Connection, key_ref: str) -> Case | None:
    """The open case of a resource."""
    return _one(connection, select(cases.c.body).where(cases.c.key_ref == key_ref, cases.c.is_open))


def read_in(connection: Connection, state: State) -> list[Case]:
    """Every case in a state, oldest first."""
    return _many(connection, select(cases.c.body).where(cases.c.state == str(state)).order_by(cases.c.opened, cases.c.id))


def read_to_tell(connection: Connection) -> list[Case]:
    """Every case, open or closed, with something to tell its owner, oldest first."""
    return _many(connection, select(cases.c.body).where(cases.c.tell > "").order_by(cases.c.opened, cases.c.id))


def read_left_condemned(connection: Connection) -> list[Case]:
    """Every case, open or closed, whose condemn tag is to be taken away, oldest first."""
    return _many(connection, select(cases.c.body).where(cases.c.condemned).order_by(cases.c.opened, cases.c.id))


def page(connection: Connection, wanted: Wanted) -> tuple[list[Case], str | None]:
    """Cases in the order of their opening, and the cursor of the next page. Neither order nor cursor moves when cases change."""
    query = select(cases.c.body).where(*_conditions(wanted)).order_by(cases.c.opened, cases.c.id)
    found = _many(connection, query.limit(wanted.limit + 1))
    more = len(found) > wanted.limit
    shown = found[: wanted.limit]
    return shown, _cursor(shown[-1]) if more else None


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        conditions.append(cases.c.state == str(wanted.state))
    if wanted.team is not None:
        conditions.append(cases.c.team == wanted.team)
    if wanted.due is not None:
        conditions.append(and_(cases.c.is_open, cases.c.due <= wanted.due))
    if wanted.cursor is not None:
        opened, id = _place(wanted.cursor)
        conditions.append(or_(cases.c.opened > opened, and_(cases.c.opened == opened, cases.c.id > id)))
    return conditions


def _cursor(case: Case) -> str:
    return base64.urlsafe_b64encode(json.dumps([case.opened.isoformat(), case.id]).encode()).decode()


def _place(cursor: str) -> tuple[datetime, str]:
    try:
        opened, id = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        place = datetime.fromisoformat(opened), str(id)
    except (binascii.Error, ValueError, TypeError) as error:
        raise ValueError(f"{cursor!r} is no cursor: take the `next` of the page before") from error
    if place[0].tzinfo is None:
        raise ValueError(f"{cursor!r} is no cursor: take the `next` of the page before")
    return place


def find(connection: Connection, text: str) -> list[Case]:
    """Cases that a person may mean: by id or its beginning, key, resource id or name; open ones first, the newest first."""
    if not text.strip():
        return []
    means = or_(
        cases.c.id.startswith(text, autoescape=True),
        cases.c.key_ref == text,
        cases.c.resource_id == text,
        func.lower(cases.c.name) == text.lower(),
    )
    order = cases.c.is_open.desc(), cases.c.opened.desc(), cases.c.id
    return _many(connection, select(cases.c.body).where(means).order_by(*order).limit(FOUND))


def apply(connection: Connection, change: Change, at: datetime) -> Case:
    """One step: the case by compare-and-set, its shields, its row of the trail. AlreadyOpen, Stale or Fenced if not."""
    if change.lease is not None:
        leases.hold(connection, change.lease)
    body = codec.case_text(replace(change.after, version=change.before.version + 1 if change.before else 1))
    saved = codec.case_from(body)
    if change.before is None:
        _insert(connection, saved, body)
    else:
        _replace(connection, change.before, saved, body)
    for shield in change.shields:
        shields.put(connection, shield)
    backups.note(connection, change.before, saved)
    audit.append(
        connection,
        audit.Step(at=at, event=change.event, who=change.who, data=change.data, case=saved, digest=audit.digest_of(body)),
    )
    if change.before is not None:
        regrets.heed(connection, change.before, saved, change.who, at)
    return saved


def _insert(connection: Connection, case: Case, body: str) -> None:
    taken = or_(cases.c.id == case.id, and_(cases.c.key_ref == case.key.ref, cases.c.is_open))
    # One writer at a time (`Database.recording`), so nobody can come between; the unique indexes stand behind it.
    other = connection.execute(select(cases.c.id).where(taken)).scalar()
    if other is not None:
        raise AlreadyOpen(other, case.key.ref)
    connection.execute(insert(cases).values(id=case.id, fence=0, lease_owner="", lease_until=0.0, **_columns(case, body)))


def _replace(connection: Connection, before: Case, after: Case, body: str) -> None:
    if connection.execute(STEP, {**_columns(after, body), "same_id": before.id, "before": before.version}).rowcount != 1:
        raise Stale(before.id)


def _columns(case: Case, body: str) -> dict[str, Any]:
    return {
        "key_ref": case.key.ref,
        "resource_id": case.key.id,
        "name": case.name,
        "team": case.team,
        "policy": case.policy if case.findings else "",
        "state": str(case.state),
        "is_open": case.is_open,
        "tell": case.tell,
        "opened": case.opened,
        "due": case.due,
        "condemned": is_left(case) or None,
        "version": case.version,
        "body": body,
    }


def _one(connection: Connection, query: Select[Any]) -> Case | None:
    body = connection.execute(query).scalar()
    return None if body is None else codec.case_from(body)


def _many(connection: Connection, query: Select[Any]) -> list[Case]:
    return [codec.case_from(body) for body in connection.execute(query).scalars()]
