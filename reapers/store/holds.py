"""Holds: opened for what an inventory shows or people regret, told of once, released by a person or ended by time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, or_, select, update

from engine.holds.hold import Cause, Hold
from engine.holds.look import Opening, Place, learn
from engine.holds.seen import Seen
from reapers.store import audit, baselines, codec, outbox
from reapers.store.database import Database
from reapers.store.tables import holds
from reapers.store.values import Post

LISTED = 1000
"""The most holds that a list of those that were has."""


class Holds:
    """The ledger's holds. Each method is one transaction; use it as `ledger.holds`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def standing(self, now: datetime) -> tuple[Hold, ...]:
        """Every hold that stands, oldest first."""
        with self.database.reading() as connection:
            return in_force(connection, now)

    def all(self) -> tuple[Hold, ...]:
        """Every hold that there was, newest first, at most LISTED."""
        with self.database.reading() as connection:
            return _many(connection, select(holds).order_by(holds.c.at.desc(), holds.c.id).limit(LISTED))

    def get(self, id: str) -> Hold | None:
        """The hold with this id."""
        with self.database.reading() as connection:
            return next(iter(_many(connection, select(holds).where(holds.c.id == id))), None)

    def look(self, seen: Seen, now: datetime) -> tuple[Hold, ...]:
        """What an inventory shows beside those before it: opens what is to open, and remembers. The new holds."""
        with self.database.recording() as connection:
            _end(connection, now)
            learned = learn(seen, baselines.known(connection, seen), now)
            baselines.keep(connection, seen, learned)
            return tuple(open_one(connection, opening, now) for opening in learned.openings)

    def open(self, opening: Opening, at: datetime) -> Hold | None:
        """Opens one hold. None where one stands in its place, or the newest there opened for the same."""
        with self.database.recording() as connection:
            newest = next(iter(_many(connection, _in(opening.place).order_by(holds.c.at.desc()).limit(1))), None)
            if newest and (newest.stands(at) or newest.data.get("evidence") == opening.data["evidence"]):
                return None
            return open_one(connection, opening, at)

    def release(self, id: str, who: str, why: str, at: datetime) -> Hold | None:
        """Lets a policy go on. None where no such hold stands any more."""
        with self.database.recording() as connection:
            standing = next((hold for hold in in_force(connection, at) if hold.id == id), None)
            if standing is None:
                return None
            _close(connection, standing, at, who, why)
            return next(iter(_many(connection, select(holds).where(holds.c.id == id))))

    def untold(self, now: datetime) -> tuple[Hold, ...]:
        """Those that stand and that nobody has been told of yet."""
        return tuple(hold for hold in self.standing(now) if hold.told is None)

    def tell(self, told: Iterable[Hold], message: Post, at: datetime) -> None:
        """Posts the one message that tells of these; whoever is faster does it, the other does nothing."""
        with self.database.recording() as connection:
            ids = [hold.id for hold in told]
            mine = update(holds).where(holds.c.id.in_(ids), holds.c.told.is_(None))
            if connection.execute(mine.values(told=at)).rowcount == len(ids):
                outbox.post(connection, message, at)


def in_force(connection: Connection, now: datetime) -> tuple[Hold, ...]:
    """Every hold that stands, oldest first."""
    lasts = or_(holds.c.until.is_(None), holds.c.until > now)
    return _many(connection, select(holds).where(holds.c.released.is_(None), lasts).order_by(holds.c.at, holds.c.id))


def open_one(connection: Connection, opening: Opening, at: datetime) -> Hold:
    """Opens a hold; one that stood in the same place gives way to it."""
    for standing in _many(connection, _in(opening.place).where(holds.c.released.is_(None))):
        _close(connection, standing, at, "", "a later one took its place")
    cause, subject, account = opening.place
    made = Hold(
        id=_id(opening, at),
        cause=cause,
        subject=subject,
        account=account,
        at=at,
        until=opening.until,
        data=opening.data,
    )
    values = {"at": at, "until": made.until, "data": codec.text(made.data), "released_by": "", "why": ""}
    named = {"id": made.id, "cause": str(cause), "subject": subject, "account": account}
    connection.execute(insert(holds).values(**named, **values))
    data = {"hold": made.id, "cause": cause, "subject": subject, "account": account, "until": made.until, **made.data}
    audit.append(connection, audit.Step(at=at, event="hold opened", data=data))
    return made


def _id(opening: Opening, at: datetime) -> str:
    """A short name: h- and ten hex digits of its place, its evidence and its moment."""
    text = "\n".join((*opening.place, str(opening.data["evidence"]), at.isoformat()))
    return f"h-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _in(place: Place) -> Select[Any]:
    """Every hold that there was in a place."""
    cause, subject, account = place
    return select(holds).where(holds.c.cause == str(cause), holds.c.subject == subject, holds.c.account == account)


def _close(connection: Connection, hold: Hold, at: datetime, who: str, why: str) -> None:
    connection.execute(update(holds).where(holds.c.id == hold.id).values(released=at, released_by=who, why=why))
    event = "hold released" if who else "hold ended"
    audit.append(connection, audit.Step(at=at, event=event, who=who, data={"hold": hold.id, "why": why}))


def _end(connection: Connection, now: datetime) -> None:
    """Writes down what time has ended."""
    over = select(holds).where(holds.c.released.is_(None), holds.c.until <= now)
    for hold in _many(connection, over):
        _close(connection, hold, now, "", "its time was over")


def _many(connection: Connection, query: Select[Any]) -> tuple[Hold, ...]:
    return tuple(_hold(row) for row in connection.execute(query).all())


def _hold(row: Row[Any]) -> Hold:
    return Hold(
        id=row.id,
        cause=Cause(row.cause),
        subject=row.subject,
        account=row.account,
        at=row.at,
        until=row.until,
        data=codec.parsed(row.data),
        told=row.told,
        released=row.released,
        released_by=row.released_by,
        why=row.why,
    )
