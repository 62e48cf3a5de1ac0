"""A ledger and inventories in memory: the product's own SQL on SQLite, with the simulation's time as the database's clock.

Statements can be counted, and the process can die, or the disk fill up, at any one of them.
"""

from __future__ import annotations

import itertools
import logging
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool

from engine.model import Inventory
from reapers.sources.snapshots import Store
from reapers.store.database import Database
from reapers.store.ledger import Ledger
from reapers.store.migrate import migrate
from simulation.calendar import SimulatedClock

UNIX_EPOCH = 2440587.5
"""As a Julian day: what SQLite counts in."""


class Crash(BaseException):
    """The process dies here: nothing of ours may catch it."""


@dataclass(slots=True)
class Trap:
    """What happens at one of the next statements: a crash, or an error of SQLite."""

    statements: int
    what: str
    """`crash`, `locked` or `full`."""
    lasts: int = 1
    """So many statements fail, one after the other."""


class Wire:
    """Between the ledger and SQLite."""

    def __init__(self) -> None:
        self.trap: Trap | None = None
        self.sprung = 0

    def statement(self, *_: Any) -> None:
        """Before each statement."""
        trap = self.trap
        if trap is None:
            return
        trap.statements -= 1
        if trap.statements > 0:
            return
        trap.lasts -= 1
        if trap.lasts <= 0:
            self.trap = None
        self.sprung += 1
        if trap.what == "crash":
            raise Crash("at a statement of the ledger")
        error = sqlite3.OperationalError("database is locked" if trap.what == "locked" else "database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY if trap.what == "locked" else sqlite3.SQLITE_FULL
        raise error


@cache
def _empty() -> sqlite3.Connection:
    """A ledger without a row, migrated once for all seeds."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"isolation_level": None})
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("begin"))
    migrate(Database(engine, engine, "memory"))
    made = sqlite3.connect(":memory:")
    raw = engine.raw_connection()
    raw.driver_connection.backup(made)  # type: ignore[union-attr]  # it is sqlite3's own connection
    raw.close()
    engine.dispose()
    return made


_names = itertools.count()


def memory_ledger(clock: SimulatedClock, wire: Wire) -> tuple[Ledger, sqlite3.Connection]:
    """An empty ledger whose database goes by true time, and the connection that keeps it while the reaper is dead."""
    where = f"file:simulation-{next(_names)}?mode=memory&cache=shared"
    anchor = sqlite3.connect(where, uri=True, check_same_thread=False)
    _empty().backup(anchor)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
        connection.create_function("julianday", 1, lambda _: clock.true.timestamp() / 86400 + UNIX_EPOCH)
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool, hide_parameters=True)
    event.listen(engine, "begin", lambda connection: connection.connection.driver_connection.execute("begin"))
    event.listen(engine, "before_cursor_execute", wire.statement)
    return Ledger(Database(engine, engine, "memory")), anchor


class MemoryStore(Store):
    """Inventories in a list; `lost` simulates a folder that is gone after a restart."""

    def __init__(self) -> None:
        self.kept: list[Inventory] = []

    def write(self, inventory: Inventory) -> Inventory:
        """Keeps it under a name of its own."""
        named = replace(inventory, id=f"inventory-{len(self.kept) + 1}")
        self.kept = [*self.kept[-1:], named]
        return named

    def newest(self) -> Inventory | None:
        """The one with the latest `as_of`."""
        return max(self.kept, key=lambda one: one.as_of, default=None)

    def prune(self, keep_days: int) -> list[str]:
        """Nothing is kept long enough to be removed."""
        return []


class Inline(Executor):
    """Work done at once on the caller's thread: the order is the same for every run of a seed."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as a pool does; a Crash is none and flies through
            future.set_exception(error)
        return future


@contextmanager
def quiet() -> Iterator[None]:
    """A simulated failure is no news for the log."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
