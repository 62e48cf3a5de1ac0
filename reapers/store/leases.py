"""Leases: one worker at a time acts on a case, for some seconds of the database's own time, under a fence that only rises."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from reapers.store.errors import Fenced
from reapers.store.tables import cases, database_seconds
from reapers.store.values import Lease


def claim(connection: Connection, case: str, worker: str, seconds: float) -> Lease | None:
    """A new lease, or None while another one lasts, is just being taken, or there is no such case."""
    free = select(cases.c.fence).where(cases.c.id == case, cases.c.lease_until <= database_seconds())
    fence = connection.execute(free.with_for_update(skip_locked=True)).scalar()
    if fence is None:
        return None
    values = {"fence": fence + 1, "lease_owner": worker, "lease_until": database_seconds() + seconds}
    connection.execute(update(cases).where(cases.c.id == case).values(**values))
    return Lease(case, fence + 1, worker)


def renew(connection: Connection, lease: Lease, seconds: float) -> None:
    """So many seconds more from now. Fenced when it is no longer held."""
    hold(connection, lease)
    connection.execute(update(cases).where(cases.c.id == lease.case).values(lease_until=database_seconds() + seconds))


def hold(connection: Connection, lease: Lease) -> None:
    """Fenced unless the lease still lasts; until the transaction ends nobody can take it over (the row is locked)."""
    held = select(cases.c.id).where(
        cases.c.id == lease.case,
        cases.c.fence == lease.fence,
        cases.c.lease_owner == lease.worker,
        cases.c.lease_until > database_seconds(),
    )
    if connection.execute(held.with_for_update()).scalar() is None:
        raise Fenced(lease.case)


def release(connection: Connection, lease: Lease) -> None:
    """Gives the case back at once. Nothing happens when somebody else has it by now."""
    mine = update(cases).where(cases.c.id == lease.case, cases.c.fence == lease.fence, cases.c.lease_owner == lease.worker)
    connection.execute(mine.values(lease_until=0.0))
