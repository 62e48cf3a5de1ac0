"""Backups that cases made, by the life of the resource: written with the step that says so, and never taken off the list."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from engine.case import Case
from engine.model import Verb
from engine.spent import MADE
from reapers.store.database import Database
from reapers.store.tables import backups


class Backups:
    """Whose backups there are. Use it as `ledger.backups`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def lives(self) -> frozenset[str]:
        """Every life (`engine.spent.life`) that a case made as its backup."""
        with self.database.reading() as connection:
            return frozenset(connection.execute(select(backups.c.life)).scalars())


def note(connection: Connection, before: Case | None, after: Case) -> None:
    """Lists what a step remembers for the first time as made by the case's backup."""
    known = frozenset(_made(before)) if before is not None else frozenset()
    for life in sorted(frozenset(_made(after)) - known):
        there = connection.execute(select(backups.c.case_id).where(backups.c.life == life)).scalar()
        if there is None:
            connection.execute(insert(backups).values(life=life, case_id=after.id))


def _made(case: Case) -> list[str]:
    lives = case.memory.get(Verb.BACKUP, {}).get(MADE, ())
    return [str(life) for life in lives]
