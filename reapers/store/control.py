"""Control: the freeze, and small facts that outlive a restart (the last good commit, the last scan, the last tick)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from reapers.store import codec, shields
from reapers.store.tables import control
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


def get(connection: Connection, name: str) -> str | None:
    """A fact."""
    value: str | None = connection.execute(select(control.c.value).where(control.c.name == name)).scalar()
    return value


def put(connection: Connection, name: str, value: str) -> None:
    """Stores a fact, over the one there was."""
    connection.execute(delete(control).where(control.c.name == name))
    connection.execute(insert(control).values(name=name, value=value))


def read(connection: Connection, key_ref: str, now: datetime) -> Control:
    """Everything that holds acts on this resource back."""
    facts = {row.name: row.value for row in connection.execute(select(control))}
    stop = facts.pop(FREEZE, None)
    promised = shields.in_force(connection, now, key_ref).get(key_ref, [])
    return Control(frozen=None if stop is None else _freeze(stop), facts=facts, shields=tuple(promised))


def _freeze(value: str) -> Freeze:
    shape = codec.parsed(value)
    return Freeze(shape["who"], shape["reason"], datetime.fromisoformat(shape["at"]))
