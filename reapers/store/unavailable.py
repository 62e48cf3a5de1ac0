"""Driver errors as one sentence for the person who runs Sexton: what, where, what to do. Never a URL, a password or a value."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from reapers.store.errors import LedgerUnavailable

LOCKED = "is locked by another program: stop that one (on SQLite one Sexton acts at a time), or use PostgreSQL for several"
FULL = "has no space left: free some on its disk; nothing was written"
READ_ONLY = "cannot be written: give this user write access to the file and its folder"
NOT_OURS = "is not a ledger of Sexton: name another file or database in `ledger.url`"
DAMAGED = "is damaged: restore it from a backup"

SQLITE: Mapping[int, str] = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: check that the folder exists and that this user may write there",
    sqlite3.SQLITE_NOTADB: NOT_OURS,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_IOERR: "cannot be read or written: check its disk (full, over quota or failing); nothing was written",
}
"""SQLite's primary result codes."""

POSTGRESQL: Mapping[str, str] = {
    "08": "lost its connection: check the server and the network, then try again",
    "25006": "is read-only: name the primary server in `ledger.url`",
    "28": "refused the user or password: check them in `ledger.url`",
    "3D000": "does not exist: create the database first (createdb)",
    "40": "had a conflict between two transactions: nothing was written; try again",
    "42501": "does not allow this: give the user the right to create and change tables",
    "42703": NOT_OURS,
    "42P01": NOT_OURS,
    "42P07": NOT_OURS,
    "53100": FULL,
    "53": "has too few resources (connections, memory): raise its limits or stop other users",
    "55P03": "is locked by another program for more than 5 s: find the long transaction in pg_stat_activity",
    "57014": "took longer than the allowed time: find what slows the server down",
    "57P": "is shutting down or starting: try again when it is up",
}
"""SQLSTATE, or how it begins; the longest that fits counts."""

BEFORE_A_SESSION: Mapping[str, str] = {
    "authentication failed": "28",
    "no password supplied": "28",
    'role "': "28",
    "does not exist": "3D000",
    "starting up": "57P",
    "shutting down": "57P",
    "too many": "53",
    "remaining connection slots": "53",
}
"""Words in the server's refusal of a connection -> the SQLSTATE it would have."""

BUSY = "did not answer within 5 s because all its connections are in use: try again; if it lasts, restart Sexton"


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turns what a person can cause into LedgerUnavailable about the ledger at `where`; our own mistakes pass through."""
    try:
        yield
    except IntegrityError:
        raise
    except PoolTimeout as error:
        raise LedgerUnavailable(f"the ledger {where} {BUSY}") from error
    except (DBAPIError, sqlite3.Error) as error:
        said = _sentence(error)
        if said is None:
            raise
        raise LedgerUnavailable(f"the ledger {where} {said}") from error


def _sentence(error: DBAPIError | sqlite3.Error) -> str | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _sqlite(cause)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        fits = [code for code in POSTGRESQL if str(state).startswith(code)]
        return POSTGRESQL[max(fits, key=len)] if fits else None
    return _unreachable(str(cause)) if isinstance(error, OperationalError | InterfaceError) else None


def _sqlite(error: sqlite3.Error) -> str | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    if code & 0xFF == sqlite3.SQLITE_ERROR and str(error).startswith(("no such table", "no such column")):
        return NOT_OURS
    return SQLITE.get(code & 0xFF)


def _unreachable(said: str) -> str:
    """Before there is a session there is no SQLSTATE: the server's words decide. They are not repeated, they name users."""
    code = next((code for words, code in BEFORE_A_SESSION.items() if words in said), None)
    if code is not None:
        return POSTGRESQL[code]
    return "cannot be reached: check that the server runs, its address in `ledger.url`, and the network"
