"""Inventories on disk: immutable snapshots, named by their content, with the newest and a daily history (CONTRACTS section 7)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.model import Inventory
from reapers.sources import manifest as manifests
from reapers.sources import parquet
from reapers.sources.errors import SnapshotError
from reapers.sources.manifest import Manifest, check, claimed_moment, damaged, digest, manifest_of, read_manifest
from reapers.sources.rows import storable
from reapers.sources.shelf import NAME, Shelf, shelf

__all__ = ["SnapshotError", "Store", "open_snapshot"]

RECENT = timedelta(days=1)
"""Of the last day before the newest, every snapshot is kept: cases and people still look at them."""


class Store:
    """The snapshots in one place: a folder, or any other Shelf. Every method raises SnapshotError with one sentence."""

    def __init__(self, place: str | Path | Shelf) -> None:
        self._shelf: Shelf = shelf(place) if isinstance(place, str | Path) else place
        self._moments: dict[str, datetime] = {}

    @property
    def shown(self) -> str:
        """What people call the place."""
        return self._shelf.shown

    def write(self, inventory: Inventory) -> Inventory:
        """Keep an inventory, as a whole or not at all. Returns it as it will be read, with its name as `id`."""
        kept = storable(inventory)
        try:
            ident = self._shelf.add(lambda folder: self._build(kept, folder))
        except ValueError as error:
            raise SnapshotError(f"This inventory cannot be kept in {self.shown}: {error}.") from error
        if self._is_newest(kept.as_of):
            self._shelf.point(ident)
        return replace(kept, id=ident)

    def newest(self) -> Inventory | None:
        """The inventory with the latest `as_of`; None only when nothing was ever kept here."""
        ident = self.newest_id()
        return self.read(ident) if ident else None

    def read(self, ident: str, tables: Sequence[parquet.Table] = parquet.TABLES) -> Inventory:
        """An inventory by its name. What does not verify against its digests is refused as a whole. `tables`: how rows become
        values, for whoever reads many days that are nearly the same.
        """
        if not NAME.fullmatch(ident):
            raise SnapshotError(f"{ident!r} is not the name of an inventory: expected 64 hexadecimal digits.")
        manifest = self._manifest(ident)
        with self._shelf.folder(ident) as folder:
            values = self._tables(ident, manifest, folder, tables)
        return Inventory(id=ident, as_of=manifest.as_of, commit=manifest.commit, **values)

    def folder(self, ident: str) -> AbstractContextManager[Path]:
        """The files of a snapshot, for whoever reads them as tables. They are not checked against their digests."""
        return self._shelf.folder(ident)

    def daily(self) -> list[tuple[date, str]]:
        """The last snapshot of each day (UTC) that has one, oldest first. Of a day that has only damaged ones it is one of these,
        which `read` refuses: the day is a gap, and has a name. One that does not even say its day is of none.
        """
        kept = self._readable()
        found = dict(_last_of_each_day(kept))
        lost = {ident: moment for ident in self._shelf.ids() if ident not in kept and (moment := self._claimed(ident))}
        return sorted((dict(_last_of_each_day(lost)) | found).items())

    def _claimed(self, ident: str) -> datetime | None:
        try:
            moment = claimed_moment(self._shelf.manifest(ident))
        except SnapshotError:
            return None
        return moment.astimezone(UTC) if moment else None

    def prune(self, keep_days: int) -> list[str]:
        """Remove what history does not need and return the names: of days older than yesterday only the last snapshot stays,
        of days more than `keep_days` before the newest none. Damaged ones stay where they are, for a person to look at.
        """
        moments = self._readable()
        if not moments:
            return []
        end = max(moments.values())
        daily = {ident for day, ident in _last_of_each_day(moments) if (end.date() - day).days <= keep_days}
        recent = {ident for ident, moment in moments.items() if end - moment < RECENT}
        gone = sorted(moments.keys() - daily - recent - {self._shelf.pointed()})
        for ident in gone:
            self._shelf.remove(ident)
        self._shelf.tidy()
        return gone

    def _build(self, inventory: Inventory, folder: Path) -> str:
        """Write the files of a snapshot into an empty folder; returns its name."""
        try:
            with parquet.database() as connection:
                for table in parquet.TABLES:
                    parquet.write(connection, table, getattr(inventory, table.name), folder)
        except SnapshotError as error:
            raise SnapshotError(
                f"The inventory could not be written to {self.shown}: {error}. Older ones are untouched."
            ) from error
        content = manifest_of(inventory, {table.file: digest(folder / table.file) for table in parquet.TABLES})
        (folder / manifests.FILE).write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    def newest_id(self) -> str:
        """The name of the newest: what the pointer says, where there is none the latest there is; empty where nothing is kept."""
        pointed = self._shelf.pointed()
        if pointed:
            return pointed
        moments = {ident: self._moment(ident) for ident in self._shelf.ids()}
        return max(moments, key=lambda ident: (moments[ident], ident)) if moments else ""

    def _is_newest(self, as_of: datetime) -> bool:
        try:
            pointed = self._shelf.pointed()
            return not pointed or self._moment(pointed) <= as_of
        except SnapshotError:
            return True  # what the pointer names cannot be read: ours can

    def _readable(self) -> dict[str, datetime]:
        found = {}
        for ident in self._shelf.ids():
            try:
                found[ident] = self._moment(ident)
            except SnapshotError:
                continue
        return found

    def _moment(self, ident: str) -> datetime:
        """A snapshot's `as_of`, UTC. It cannot change, so it is read once."""
        if ident not in self._moments:
            self._moments[ident] = self._manifest(ident).as_of.astimezone(UTC)
        return self._moments[ident]

    def _manifest(self, ident: str) -> Manifest:
        return read_manifest(self._shelf.manifest(ident), ident, self.shown)

    def _tables(self, ident: str, manifest: Manifest, folder: Path, tables: Sequence[parquet.Table]) -> Mapping[str, Any]:
        """Every table as the inventory's field of the same name, after each file was checked against its digest."""
        for table in tables:
            check(folder / table.file, manifest, ident, self.shown)
        try:
            with parquet.database() as connection:
                return {table.name: parquet.read(connection, table, folder) for table in tables}
        except (SnapshotError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise damaged(ident, self.shown, f"its tables do not hold an inventory: {error}") from error


def open_snapshot(path: str | Path) -> Inventory:
    """The inventory that a person names by a path: a snapshot's folder, a file in it, or a store (its newest)."""
    folder = Path(path).expanduser().resolve()
    folder = folder.parent if folder.is_file() else folder
    if (folder / manifests.FILE).is_file():
        return Store(folder.parent).read(folder.name)
    found = Store(folder).newest()
    if found is None:
        raise SnapshotError(f"There is no inventory in {folder}: `sexton scan` makes one.")
    return found


def _last_of_each_day(moments: Mapping[str, datetime]) -> list[tuple[date, str]]:
    last: dict[date, str] = {}
    for ident, moment in sorted(moments.items(), key=lambda item: (item[1], item[0])):
        last[moment.date()] = ident
    return sorted(last.items())
