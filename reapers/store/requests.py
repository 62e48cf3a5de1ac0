"""Requests: what one person asks and another must agree to. A word that nobody agreed to in time is as if it was never said."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from reapers.store import audit, control
from reapers.store.database import Database
from reapers.store.errors import Stale
from reapers.store.tables import requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asked for."""

    id: str
    what: str
    """`unfreeze`, `recover`."""
    subject: str
    """What exactly it is about: this freeze and no later one."""
    who: str
    known_as: str
    """Who they are where they signed in; may be empty."""
    reason: str
    at: datetime
    until: datetime


class Requests:
    """What waits for a second person. Use it as `ledger.requests`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def ask(self, wanted: Request) -> Request:
        """Files a request. What the same person has already asked of the same subject stands as it is."""
        with self.database.recording() as connection:
            for open_one in _open(connection, wanted.what, wanted.subject, wanted.at):
                if open_one.who == wanted.who:
                    return open_one
            values = {name: getattr(wanted, name) for name in Request.__slots__}
            connection.execute(insert(requests).values(**values, done_by=""))
            _record(connection, "asked", wanted.who, wanted.at, {**_told(wanted), "until": wanted.until})
            return wanted

    def open(self, now: datetime, what: str = "", subject: str = "") -> list[Request]:
        """What waits, oldest first; of all sorts and subjects, or of one."""
        with self.database.reading() as connection:
            return _open(connection, what, subject, now)

    def agree(self, request: Request, who: str, at: datetime, facts: Mapping[str, str]) -> None:
        """Ends a request with a second person's word, and writes facts in the same transaction. Stale when it is over."""
        self._end(request, who, at, lambda connection: control.put_all(connection, facts))

    def lift(self, request: Request, who: str, at: datetime, facts: Mapping[str, str]) -> None:
        """The same, and lifts the freeze in it."""
        self._end(request, who, at, lambda connection: control.lift(connection, who, at, facts))

    def _end(self, request: Request, who: str, at: datetime, then: Callable[[Connection], object]) -> None:
        mine = update(requests).where(requests.c.id == request.id, requests.c.done.is_(None), requests.c.until > at)
        with self.database.recording() as connection:
            if connection.execute(mine.values(done=at, done_by=who)).rowcount != 1:
                raise Stale(request.id)
            _record(connection, "agreed", who, at, {**_told(request), "asked_by": request.who})
            then(connection)


def new_id() -> str:
    """An id for a request."""
    return f"r-{secrets.token_hex(5)}"


def _open(connection: Connection, what: str, subject: str, now: datetime) -> list[Request]:
    query = select(requests).where(requests.c.done.is_(None), requests.c.until > now).order_by(requests.c.at, requests.c.id)
    if what:
        query = query.where(requests.c.what == what)
    if subject:
        query = query.where(requests.c.subject == subject)
    return [_request(row) for row in connection.execute(query)]


def _request(row: Row[Any]) -> Request:
    return Request(**{name: getattr(row, name) for name in Request.__slots__})


def _told(request: Request) -> dict[str, Any]:
    return {"request": request.id, "what": request.what, "subject": request.subject, "reason": request.reason}


def _record(connection: Connection, event: str, who: str, at: datetime, data: Mapping[str, Any]) -> None:
    audit.append(connection, audit.Step(at=at, event=event, who=who, data=data))
