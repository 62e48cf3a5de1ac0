"""The daily history, one inventory at a time. Most of an estate is the same from day to day, and is built only once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, timedelta

from engine.model import Inventory, Key, Resource, Unknown
from reapers.sources import parquet
from reapers.sources.errors import SnapshotError
from reapers.sources.rows import EPOCH, Row, resource_of
from reapers.sources.snapshots import Store

_COLUMNS = tuple(parquet.RESOURCES.columns)
_IDENTITY = slice(_COLUMNS.index("kind"), _COLUMNS.index("born") + 1)
_READING = frozenset(_COLUMNS.index(name) for name in ("sources", "seen_at"))
"""The columns that say when and how a resource was read: they differ with every scan, and nothing is judged by them."""
_SAYS = tuple(index for index in range(len(_COLUMNS)) if index not in _READING)


class Days:
    """Reads the inventories of a store day by day. A resource that is as it was the day before is the same object, with the time
    and sources of the first day that it looked so.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._before: dict[Row, tuple[Row, Resource]] = {}
        self._today: dict[Row, tuple[Row, Resource]] = {}
        resources = replace(parquet.RESOURCES, value=self._resource)
        self._tables = tuple(resources if table is parquet.RESOURCES else table for table in parquet.TABLES)

    def last(self, number: int) -> Iterator[tuple[date, Inventory | SnapshotError]]:
        """The days (UTC) that have an inventory, of the `number` days up to the newest, oldest first; a damaged one is its error.

        SnapshotError when the store itself cannot be read.
        """
        daily = self._store.daily()
        since = daily[-1][0] - timedelta(days=number - 1) if daily else date.min
        for day, ident in daily:
            if day >= since:
                yield day, self._read(ident)

    def _read(self, ident: str) -> Inventory | SnapshotError:
        self._before, self._today = self._today or self._before, {}
        try:
            return self._store.read(ident, self._tables)
        except SnapshotError as error:
            return error

    def _resource(self, row: Row) -> Resource:
        name = row[_IDENTITY]
        says = tuple([row[index] for index in _SAYS])
        known = self._before.get(name)
        if known is None or known[0] != says:
            known = (says, resource_of(row))
        self._today[name] = known
        return known[1]


def newest_with(store: Store, wanted: Callable[[Key, str], bool]) -> tuple[Inventory, tuple[Key, ...]] | None:
    """The last day of the history that has something wanted, by key and name, and the keys of all that is; None where no day has.

    Only names are read of the days before it is found. A damaged day is passed over: what it had, the day before had mostly.
    """
    for _, ident in reversed(store.daily()):
        try:
            found = tuple(each.key for each in store.read(ident, (_NAMED,)).resources if wanted(each.key, each.name))
            if found:
                return store.read(ident), found
        except SnapshotError:
            continue
    return None


def absent_since(store: Store, last: Inventory, answered: Callable[[Inventory], bool]) -> Inventory | None:
    """The first day after `last` on which absence is evidence, without its resources; None where it never is."""
    for day, ident in store.daily():
        if day <= last.as_of.astimezone(UTC).date():
            continue
        try:
            there = replace(store.read(ident, (_NAMED, parquet.CELLS, parquet.GAPS)), resources=())
        except SnapshotError:
            continue
        if answered(there):
            return there
    return None


def _named(row: Row) -> Resource:
    """A resource of which only the key and the name are read."""
    *key, name = row
    return Resource(key=Key(*key), name=name, created=None, tags=NOT_READ, fields={}, seen_at=EPOCH)


NOT_READ = Unknown("not read")
_NAMES = ("kind", "account", "region", "id", "born", "name")
_NAMED = parquet.Table("resources", {name: parquet.RESOURCES.columns[name] for name in _NAMES}, parquet.RESOURCES.row, _named)
