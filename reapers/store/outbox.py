"""The outbox: messages are stored with the step that causes them and sent afterwards; a receipt is what starts grace."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from reapers.store import codec
from reapers.store.tables import database_seconds, outbox
from reapers.store.values import Post


def post(connection: Connection, message: Post, at: datetime) -> bool:
    """Stores a message for sending; False where one with the same `dedupe` is there already, sent or not."""
    if connection.execute(select(exists().where(outbox.c.dedupe == message.dedupe))).scalar():
        return False
    values = {
        "id": message.id,
        "dedupe": message.dedupe,
        "team": message.team,
        "channel": message.channel,
        "payload": codec.text(message.payload),
        "cases": codec.text(message.cases),
        "day": message.day or at.astimezone(UTC).date(),
        "at": at,
        "attempts": 0,
        "error": "",
        "next_at": at,
        "taken_until": 0.0,
        "receipt": "",
    }
    connection.execute(insert(outbox).values(**values))
    return True


def pending(connection: Connection, now: datetime) -> list[Post]:
    """Messages to send by now, oldest first, but for those that a worker has taken."""
    return [_post(row) for row in connection.execute(_waiting(now))]


def take(connection: Connection, now: datetime, seconds: float, limit: int) -> list[Post]:
    """Like `pending`, and nobody else gets these for so many seconds of the database's time."""
    rows = connection.execute(_waiting(now).limit(limit).with_for_update(skip_locked=True)).all()
    if not rows:
        return []
    mine = outbox.c.id.in_([row.id for row in rows])
    connection.execute(update(outbox).where(mine).values(taken_until=database_seconds() + seconds))
    return [_post(row) for row in rows]


def _waiting(now: datetime) -> Any:
    due = outbox.c.delivered.is_(None), outbox.c.next_at <= now, outbox.c.taken_until <= database_seconds()
    return select(outbox).where(*due).order_by(outbox.c.at, outbox.c.id)


def delivered(connection: Connection, post: Post, receipt: str, at: datetime) -> bool:
    """Stores the channel's receipt and when; False where it was recorded before: the first one stands."""
    mine = update(outbox).where(outbox.c.id == post.id, outbox.c.delivered.is_(None))
    return connection.execute(mine.values(delivered=at, receipt=receipt, taken_until=0.0)).rowcount == 1


def failed(connection: Connection, post: Post, why: str, retry_at: datetime) -> None:
    """Counts an attempt and says when the next one may be."""
    mine = update(outbox).where(outbox.c.id == post.id, outbox.c.delivered.is_(None))
    connection.execute(mine.values(attempts=outbox.c.attempts + 1, error=why, next_at=retry_at, taken_until=0.0))


def posted(connection: Connection, team: str, day: date) -> bool:
    """Whether a team has a message of that day already, delivered or waiting."""
    return bool(connection.execute(select(exists().where(outbox.c.team == team, outbox.c.day == day))).scalar())


def oldest(connection: Connection) -> tuple[int, datetime | None]:
    """How many messages wait, and since when the oldest does."""
    row = connection.execute(select(func.count(), func.min(outbox.c.at)).where(outbox.c.delivered.is_(None))).one()
    return row[0], row[1]


def _post(row: Row[Any]) -> Post:
    payload, cases = codec.parsed(row.payload), codec.parsed(row.cases)
    return Post(row.id, row.dedupe, row.team, row.channel, payload, cases, row.day, row.attempts, row.error)
