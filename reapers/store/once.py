"""Things that may happen once: a signed request of Slack, say. Whoever is second, on whichever server, is refused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, insert, select

from reapers.store.database import Database
from reapers.store.tables import once


class Once:
    """Remembers names until they can do no harm any more. Use it as `ledger.once`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def first(self, name: str, until: datetime, at: datetime) -> bool:
        """Whether nobody has said this name before; it is remembered until then. One at a time among all servers."""
        with self.database.recording() as connection:
            connection.execute(delete(once).where(once.c.until <= at))
            if connection.execute(select(exists().where(once.c.name == name))).scalar():
                return False
            connection.execute(insert(once).values(name=name, until=until))
            return True
