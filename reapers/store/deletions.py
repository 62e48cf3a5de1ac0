"""What we deleted: by it, something that is made anew again and again is known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from engine.model import Verb
from engine.recreated import Deletion
from reapers.store import codec
from reapers.store.database import Database
from reapers.store.tables import cases, intents


class Deletions:
    """The deletes that are known to be done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def since(self, moment: datetime) -> list[Deletion]:
        """Those that began at this moment or later."""
        done = intents.c.verb == str(Verb.DELETE), intents.c.status == "done", intents.c.at >= moment
        query = select(intents.c.at, cases.c.body).join(cases, cases.c.id == intents.c.case_id).where(*done)
        with self._database.reading() as connection:
            return [_deletion(row.at, row.body) for row in connection.execute(query)]


def _deletion(at: datetime, body: str) -> Deletion:
    case = codec.case_from(body)
    restored = case.memory.get(Verb.RESTORE, {}).get("key", "")
    return Deletion(key=case.key, name=case.name, at=at, restored=str(restored))
