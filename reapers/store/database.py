"""Opening the database: one pool to read with, one to write with, and the transactions of both."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from reapers.store.errors import LedgerUnavailable
from reapers.store.unavailable import explained

WAIT = 5.0
"""Seconds to wait for a lock or a connection before saying so: a leaked transaction must show, not hang everything."""

STATEMENT = 60
"""Seconds that one PostgreSQL statement, or a transaction left idle, may last."""

ONE_WRITER = 5723301
"""The advisory lock that orders audited transactions on PostgreSQL, as BEGIN IMMEDIATE does on SQLite. Any number will do."""

POSTGRESQL = ("postgres", "postgresql", "postgresql+psycopg")
SQLITE = ("sqlite", "sqlite+pysqlite")


@dataclass(frozen=True, slots=True)
class Database:
    """A ledger's database. `where` names it for people: a file, or host and database; never a password."""

    read: Engine
    write: Engine
    where: str
    file: Path | None = None
    identity: tuple[int, int] | None = None
    """Device and inode of the file as it was opened."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state and cannot write."""
        with explained(self.where):
            self._check_file()
            with self.read.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("set transaction read only")
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or leaves nothing behind."""
        with explained(self.where):
            self._check_file()
            with self.write.begin() as connection:
                yield connection

    @contextmanager
    def recording(self) -> Iterator[Connection]:
        """Like `writing`, but one at a time among all processes: what it reads (usage, freeze, head) holds until it commits."""
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"select pg_advisory_xact_lock({ONE_WRITER})")
            yield connection

    def close(self) -> None:
        """Closes every connection."""
        self.read.dispose()
        self.write.dispose()

    def _check_file(self) -> None:
        """A deleted file can still be written to, by us alone, and is lost when we end: better to stop at once."""
        if self.file is not None and _identity(self.file) != self.identity:
            raise LedgerUnavailable(
                f"the ledger {self.where} was removed or replaced while it was open: put it back, then start Sexton again"
            )


def open_database(text: str) -> Database:
    """The database of a URL, not yet migrated. LedgerUnavailable where there is none to be had."""
    url = _parsed(text)
    return _sqlite(url) if url.drivername in SQLITE else _postgresql(url)


def _parsed(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise LedgerUnavailable("`ledger.url` is not a URL: write sqlite:///FILE or postgresql://USER@HOST/DATABASE") from error
    if url.drivername not in (*POSTGRESQL, *SQLITE):
        scheme = url.drivername
        raise LedgerUnavailable(
            f"`ledger.url` names {scheme!r}: a ledger is kept in sqlite:///FILE or postgresql://USER@HOST/DATABASE"
        )
    return url


# --- SQLite --------------------------------------------------------------------------------------------------------


def _sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise LedgerUnavailable("`ledger.url` names no file: write sqlite:///FILE, because a ledger must outlive the program")
    file = Path(url.database).absolute()
    where = str(file)
    _create(file)
    url = URL.create("sqlite+pysqlite", database=where)
    arguments = {"timeout": WAIT, "check_same_thread": False, "isolation_level": None}
    # One connection writes: threads wait for it in a fair queue instead of racing for SQLite's one lock.
    write = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=WAIT, connect_args=arguments, hide_parameters=True)
    read = create_engine(url, pool_size=8, max_overflow=8, pool_timeout=WAIT, connect_args=arguments, hide_parameters=True)
    event.listen(write, "connect", _on_write_connect)
    event.listen(read, "connect", _on_read_connect)
    event.listen(write, "begin", _begin_immediate)
    event.listen(read, "begin", _begin)
    return Database(read, write, where, file, _identity(file))


def _create(file: Path) -> None:
    """Makes the file, for this user alone, before SQLite does. An existing one stays shut: closing it drops SQLite's locks."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if file.exists():
            return  # another process was faster
        raise LedgerUnavailable(f"the ledger {file} cannot be made: a part of its path is a file, not a folder") from None
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise LedgerUnavailable(
            f"the ledger {file} cannot be made ({reason}): check the path and that this user may write there"
        ) from error


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _on_write_connect(connection: Any, _: ConnectionPoolEntry) -> None:
    _prepare(connection)
    _use_wal(connection)


def _on_read_connect(connection: Any, _: ConnectionPoolEntry) -> None:
    _prepare(connection)
    connection.execute("pragma query_only = on")


def _prepare(connection: Any) -> None:
    connection.execute(f"pragma busy_timeout = {int(WAIT * 1000)}")
    connection.execute("pragma foreign_keys = on")
    # FULL: an intent that we acted upon must survive a power cut.
    connection.execute("pragma synchronous = full")


def _use_wal(connection: Any) -> None:
    """Once per file. SQLite does not wait for others here, whatever busy_timeout says, so we do."""
    until = time.monotonic() + WAIT
    while True:
        try:
            if connection.execute("pragma journal_mode").fetchone()[0] != "wal":
                connection.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("begin immediate")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("begin")


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


def _postgresql(url: URL) -> Database:
    host = url.host or str(url.query.get("host", "local socket"))
    where = f"{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"
    times = {"lock_timeout": WAIT, "statement_timeout": STATEMENT, "idle_in_transaction_session_timeout": STATEMENT}
    limits = " ".join(f"-c {name}={int(seconds * 1000)}" for name, seconds in times.items())
    theirs = url.query.get("options", "")
    arguments = {"connect_timeout": int(WAIT), "options": f"{theirs} {limits}", "application_name": "sexton"}
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            pool_timeout=WAIT,
            connect_args=arguments,
            hide_parameters=True,
        )
    except ModuleNotFoundError as error:
        raise LedgerUnavailable(f"the ledger {where} needs the PostgreSQL driver: install sexton[postgres]") from error
    return Database(engine, engine, where)
