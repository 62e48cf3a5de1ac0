"""Shields: until when a resource is left alone, by one policy or by all. They outlive the case they came from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from reapers.store.tables import shields
from reapers.store.values import Shield


def put(connection: Connection, shield: Shield) -> None:
    """Sets a shield; one that there was for the same resource and policy gives way, also to an earlier end."""
    remove(connection, shield.key_ref, shield.policy)
    values = {"until": shield.until, "who": shield.who, "reason": shield.reason}
    connection.execute(insert(shields).values(key_ref=shield.key_ref, policy=shield.policy, **values))


def remove(connection: Connection, key_ref: str, policy: str) -> bool:
    """Takes a shield away; False where there was none."""
    return connection.execute(delete(shields).where(shields.c.key_ref == key_ref, shields.c.policy == policy)).rowcount > 0


def in_force(connection: Connection, now: datetime, key_ref: str | None = None) -> dict[str, list[Shield]]:
    """Key ref -> the shields that last beyond `now`, of one resource or of all."""
    query = select(shields).where(shields.c.until > now).order_by(shields.c.key_ref, shields.c.policy)
    if key_ref is not None:
        query = query.where(shields.c.key_ref == key_ref)
    found: dict[str, list[Shield]] = {}
    for row in connection.execute(query):
        found.setdefault(row.key_ref, []).append(Shield(row.key_ref, row.policy, row.until, row.who, row.reason))
    return found
