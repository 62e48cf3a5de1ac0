"""Looking at a ledger as it is: nothing is made, migrated or changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import delete, make_url

from reapers.store.database import SQLITE, open_database
from reapers.store.errors import LedgerUnavailable
from reapers.store.ledger import Ledger
from reapers.store.migrate import HEAD, revision
from reapers.store.tables import control

NOTHING = "nothing has this name"
"""Deleting a fact that there is not needs all that writing needs, and changes nothing."""


class NotYet(Exception):
    """There is no ledger yet, or one of an older schema; the next start makes it. The text is a clause."""


@contextmanager
def as_it_is(url: str) -> Iterator[Ledger]:
    """The ledger of a URL. NotYet; LedgerUnavailable where it cannot be had."""
    file = _file_of(url)
    if file is not None and not file.exists():
        raise NotYet(_to_be_made(file))
    database = open_database(url)
    try:
        found = revision(database)
        if found != HEAD:
            raise NotYet(f"{database.where} has the schema {found or 'of nothing'}; the next start brings it to {HEAD}")
        yield Ledger(database)
    finally:
        database.close()


def _file_of(url: str) -> Path | None:
    """The file of a SQLite URL; None for a server, or for what `open_database` refuses with a sentence."""
    try:
        parsed = make_url(url)
    except (ValueError, TypeError):
        return None
    named = parsed.drivername in SQLITE and parsed.database not in (None, "", ":memory:")
    return Path(str(parsed.database)).absolute() if named and not str(parsed.database).startswith("file:") else None


def _to_be_made(file: Path) -> str:
    """LedgerUnavailable where it could not be made."""
    folder = next(parent for parent in file.parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise LedgerUnavailable(f"the ledger {file} cannot be made: {folder} is no folder in which this user may write")
    return f"{file} is not there yet; the first start makes it"


def try_to_write(ledger: Ledger) -> None:
    """LedgerUnavailable where it is locked or read-only."""
    with ledger.database.recording() as connection:
        connection.execute(delete(control).where(control.c.name == NOTHING))
