"""Control: the freeze, and small facts that outlive a restart (the last good commit, the last scan, the last tick)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from reapers.store import audit, codec, holds, shields
from reapers.store.tables import control, database_seconds
from reapers.store.values import Control, Freeze

FREEZE = "freeze"
"""The row that holds the freeze; facts may not have this name."""


def frozen(connection: Connection) -> Freeze | None:
    """Who froze everything, and why."""
    value = get(connection, FREEZE)
    return None if value is None else _freeze(value)


def freeze(connection: Connection, freeze: Freeze) -> None:
    """From the commit of this transaction on, no act begins. A freeze that there was is replaced; the trail has both."""
    put(connection, FREEZE, codec.text({"who": freeze.who, "reason": freeze.reason, "at": freeze.at.isoformat()}))


def unfreeze(connection: Connection) -> bool:
    """Lifts the freeze; False where there was none."""
    return connection.execute(delete(control).where(control.c.name == FREEZE)).rowcount > 0


def lift(connection: Connection, who: str, at: datetime, facts: Mapping[str, str]) -> bool:
    """Lifts the freeze, says so in the trail and writes facts with it; False, and nothing written, where there was none."""
    lifted = unfreeze(connection)
    if lifted:
        put_all(connection, facts)
        audit.append(connection, audit.Step(at=at, event="unfrozen", who=who))
    return lifted


def get(connection: Connection, name: str) -> str | None:
    """A fact."""
    value: str | None = connection.execute(select(control.c.value).where(control.c.name == name)).scalar()
    return value


def put(connection: Connection, name: str, value: str) -> None:
    """Stores a fact, over the one there was."""
    connection.execute(delete(control).where(control.c.name == name))
    connection.execute(insert(control).values(name=name, value=value))


def put_all(connection: Connection, facts: Mapping[str, str]) -> None:
    """Stores several facts."""
    for name, value in facts.items():
        put(connection, name, value)


def read(connection: Connection, key_ref: str, now: datetime) -> Control:
    """Everything that holds acts on this resource back."""
    facts = {row.name: row.value for row in connection.execute(select(control))}
    stop = facts.pop(FREEZE, None)
    promised = shields.in_force(connection, now, key_ref).get(key_ref, [])
    frozen = None if stop is None else _freeze(stop)
    at = datetime.fromtimestamp(connection.execute(select(database_seconds())).scalar_one(), UTC)
    return Control(frozen=frozen, facts=facts, shields=tuple(promised), holds=holds.in_force(connection, now), at=at)


def _freeze(value: str) -> Freeze:
    shape = codec.parsed(value)
    return Freeze(shape["who"], shape["reason"], datetime.fromisoformat(shape["at"]))
