"""The code columns beside a snapshot: derived from it, opened in milliseconds, made anew whenever they do not fit."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from engine.columns import column as columns_
from engine.columns import encode, inventory
from engine.columns.column import FIRST, Coded, Column, Micros, Numbers
from engine.columns.inventory import ALWAYS, FIELD, TAG, Columns, micros_of
from engine.model import Account, Gap, KindTable
from engine.money import Money
from reapers.sources import columnfile, parquet, parquet_columns, rows
from reapers.sources.columnfile import Array, Torn
from reapers.sources.manifest import FILE, Manifest, check, read_manifest
from reapers.sources.parquet_columns import COSTS, ParquetColumns, facts_of
from reapers.sources.shelf import read_file

FOLDER = "codes"
INDEX = "index.json"
MADE_BY = (columns_, encode, inventory, columnfile, parquet_columns, rows)
"""The modules that say what a column holds: when one of them changes, old columns are not used any more."""


def open_columns(folder: Path, kinds: Mapping[str, KindTable], names: Iterable[str] = ()) -> Columns:
    """The columns of the snapshot in `folder`. Those that are not there yet are made now, `names` all in one go.

    SnapshotError where the snapshot is damaged: its tables are checked against their digests when columns are first made.
    """
    folder = folder.resolve()
    manifest = read_manifest(read_file(folder / FILE, folder.name), folder.name, str(folder.parent))
    files = _Files(folder, manifest, kinds)
    files.make(names)
    return files.columns()


def names_of(fields: Iterable[str], tag_keys: Iterable[str]) -> list[str]:
    """The names of the columns of some fields and tags, for `open_columns`."""
    return [*(FIELD + name for name in fields), *(TAG + key for key in tag_keys)]


@cache
def _stamp() -> str:
    """What the modules are that make columns."""
    seen = hashlib.sha256()
    for module in MADE_BY:
        seen.update(Path(str(module.__file__)).read_bytes())
    return seen.hexdigest()


@dataclass(slots=True, eq=False)
class _Files:
    """A snapshot's folder of columns."""

    snapshot: Path
    manifest: Manifest
    kinds: Mapping[str, KindTable]
    index: Mapping[str, Any] = field(default_factory=dict)
    loaded: dict[str, Column | Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.index = self._fitting() or self._begin()

    @property
    def place(self) -> Path:
        """Where the columns lie."""
        return self.snapshot / FOLDER

    def columns(self) -> Columns:
        """The columns, each mapped when it is first asked for."""
        index = self.index
        return Columns(
            rows=index["rows"],
            as_of=self.manifest.as_of,
            accounts={each["id"]: Account(**{**each, "parents": tuple(each["parents"])}) for each in index["accounts"]},
            fields=frozenset(index["fields"]),
            tag_keys=frozenset(index["tag_keys"]),
            main_facts=index["facts"],
            costs=_Costs(self.coded(COSTS).cells),
            column=self.column,
            moment=self.moment,
            id=self.snapshot.name,
            commit=self.manifest.commit,
            gaps=tuple(Gap(**each) for each in index["gaps"]),
        )

    def column(self, name: str) -> Column:
        """A column by its name."""
        found = self.get(name)
        assert isinstance(found, Coded | Numbers)
        return found

    def coded(self, name: str) -> Coded:
        """A column of codes."""
        found = self.get(name)
        assert isinstance(found, Coded)
        return found

    def moment(self, name: str) -> Micros:
        """A column of moments."""
        found = self.get(name)
        assert not isinstance(found, Coded | Numbers)
        return found

    def get(self, name: str) -> Column | Array:
        """Mapped once, made anew where it is missing or torn."""
        if name not in self.loaded:
            try:
                self.loaded[name] = columnfile.load(self._path(name))
            except (FileNotFoundError, Torn):
                self._write([name])
        return self.loaded[name]

    def make(self, names: Iterable[str]) -> None:
        """See to it that these are there. Nobody has a field or tag that is not in the index."""
        always = (*ALWAYS, COSTS)
        there = {*always, *names_of(self.index["fields"], self.index["tag_keys"])}
        lacking = [name for name in dict.fromkeys((*always, *names)) if name in there and not self._path(name).is_file()]
        if lacking:
            self._write(lacking)

    def _path(self, name: str) -> Path:
        """A tag key can be longer than a file's name and hold a slash."""
        return self.place / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.column"

    def _fitting(self) -> Mapping[str, Any] | None:
        """The index of columns that are of this snapshot, these kinds and this Sexton; None where there are none."""
        try:
            index: dict[str, Any] = json.loads((self.place / INDEX).read_bytes())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        facts = index.get("facts")
        fits = index.get("stamp") == _stamp() and isinstance(facts, dict) and facts == facts_of(facts, self.kinds)
        return index if fits else None

    def _begin(self) -> Mapping[str, Any]:
        """Write an index, and the columns that every set needs, into an empty folder."""
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(exist_ok=True)
        for table in (parquet.RESOURCES, parquet.ACCOUNTS, parquet.GAPS):
            check(self.snapshot / table.file, self.manifest, self.snapshot.name, str(self.snapshot.parent))
        with self._reading() as source:
            accounts, gaps = (parquet.read(source.connection, table, self.snapshot) for table in (parquet.ACCOUNTS, parquet.GAPS))
            index = {
                "stamp": _stamp(),
                "rows": source.rows,
                "facts": dict(source.facts),
                "fields": source.fields(),
                "tag_keys": source.tag_keys(),
                "accounts": [asdict(one) for one in accounts],
                "gaps": [asdict(one) for one in gaps],
            }
            (self.place / INDEX).write_text(json.dumps(index, ensure_ascii=False))
        return index

    def _write(self, names: Sequence[str]) -> None:
        with self._reading() as source:
            for name, made in source.columns(names):
                columnfile.save(made, self._path(name))
                self.loaded[name] = columnfile.load(self._path(name))

    @contextmanager
    def _reading(self) -> Iterator[ParquetColumns]:
        path = self.snapshot / parquet.RESOURCES.file
        with parquet.database() as connection:
            yield ParquetColumns(connection, path, micros_of(self.manifest.as_of), self.kinds)


class _Costs(Sequence[Money]):
    """The distinct costs, read when somebody adds up: opening a snapshot takes none of them."""

    def __init__(self, texts: Sequence[Any]) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts) - FIRST

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        return rows.money_of(json.loads(self._texts[place + FIRST]))
