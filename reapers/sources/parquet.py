"""The tables of a snapshot as Parquet files, through DuckDB. Only this module and `sexton query` know that it is DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reapers.sources import rows
from reapers.sources.errors import SnapshotError

if TYPE_CHECKING:
    import duckdb

TIME = "TIMESTAMPTZ"


@dataclass(frozen=True, slots=True)
class Table:
    """One Parquet file: its columns with their SQL types, and how a value becomes a row and a row a value."""

    name: str
    columns: Mapping[str, str]
    row: Callable[[Any], rows.Row]
    value: Callable[[rows.Row], Any]

    @property
    def file(self) -> str:
        """The name of the file in the snapshot's folder."""
        return f"{self.name}.parquet"


TEXT = "VARCHAR"
_PLACE = dict.fromkeys(("kind", "account", "region"), TEXT)
_JSON = dict.fromkeys(("tags", "fields", "unknown", "sources", "since"), TEXT)
_MONEY = {"monthly_cost": TEXT, "monthly_dollars": "DOUBLE"}
_MARK = dict.fromkeys(("fingerprint", "fingerprint_unknown"), TEXT)

RESOURCES = Table(
    "resources",
    {"cloud": TEXT}
    | _PLACE
    | {"id": TEXT, "born": TEXT, "name": TEXT, "created": TIME}
    | _JSON
    | {"seen_at": TIME}
    | _MONEY
    | _MARK,
    rows.resource_row,
    rows.resource_of,
)
CELLS = Table("cells", _PLACE | {"outcome": TEXT, "calls": "BIGINT", "why": TEXT}, rows.cell_row, rows.cell_of)
GAPS = Table("gaps", _PLACE | {"why": TEXT}, rows.gap_row, rows.gap_of)
ACCOUNTS = Table("accounts", {"cloud": TEXT, "id": TEXT, "name": TEXT, "parents": TEXT}, rows.account_row, rows.account_of)
TABLES = (RESOURCES, CELLS, GAPS, ACCOUNTS)


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory that keeps the order of rows, loads no extension and writes nothing of its own.

    Its errors leave as SnapshotError with their first line; the caller knows which snapshot it was about.
    """
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": True,
    }
    try:
        with duckdb.connect(":memory:", config=settings) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
    except duckdb.Error as error:
        raise SnapshotError(str(error).split("\n", 1)[0].rstrip(" .")) from error


def write(connection: duckdb.DuckDBPyConnection, table: Table, values: Sequence[Any], folder: Path) -> None:
    """One file of a snapshot. ValueError when a value has no place in the columns."""
    columns = list(zip(*map(table.row, values), strict=True)) or [()] * len(table.columns)
    spread = ", ".join(_spread(name, sql) for name, sql in table.columns.items())
    typed = ", ".join(f'"{name}" {sql}' for name, sql in table.columns.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table.name} ({typed})")
    connection.execute(f"INSERT INTO {table.name} SELECT {spread}", [list(column) for column in columns])
    path = str(folder / table.file).replace("'", "''")
    connection.execute(f"COPY {table.name} TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def _spread(name: str, sql: str) -> str:
    """A list parameter as a column; times travel as microseconds."""
    return f'make_timestamptz(unnest(?::BIGINT[])) AS "{name}"' if sql == TIME else f'unnest(?::{sql}[]) AS "{name}"'


def read(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> tuple[Any, ...]:
    """The values of one file, in the order they were written. KeyError, TypeError, ValueError when they are not ours."""
    wanted = ", ".join(f'epoch_us("{name}")' if sql == TIME else f'"{name}"' for name, sql in table.columns.items())
    found = connection.read_parquet(literal(folder / table.file)).project(wanted).fetchall()
    return tuple(table.value(row) for row in found)


def literal(path: Path) -> str:
    """A path that DuckDB does not take for a pattern."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))
