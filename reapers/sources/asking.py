"""Questions in SQL over kept inventories. A question reads these files and nothing else: no other file, no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reapers.sources import parquet
from reapers.sources.errors import SnapshotError
from reapers.sources.snapshots import Store

if TYPE_CHECKING:
    import duckdb

AT_ONCE = 1000
"""Rows that are in memory at a time."""

NOW = tuple(table.name for table in parquet.TABLES)
"""The views over the newest inventory: resources, cells, gaps, accounts."""


class Refused(Exception):
    """A question that is none, or asks for more than reading. The text is one sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The inventory that was asked, the names of the columns, and the rows as they come."""

    inventory: str
    columns: tuple[str, ...]
    rows: Iterator[Sequence[Any]]


@contextmanager
def asked(store: Store, sql: str, ident: str = "") -> Iterator[Answer]:
    """The answer to one SELECT over an inventory (the newest, if none is named) and, as `history`, the last of each day.

    Refused for anything else than one SELECT, and for what DuckDB cannot make sense of; SnapshotError where nothing is kept.
    """
    newest = ident or store.newest_id()
    if not newest:
        raise SnapshotError(f"There is no inventory in {store.shown}; `sexton scan` takes one.")
    with ExitStack() as open_, parquet.database() as connection:
        days = {open_.enter_context(store.folder(ident)): day for day, ident in store.daily()}
        _views(connection, open_.enter_context(store.folder(newest)), days)
        yield _answer(connection, newest, sql)


def _views(connection: duckdb.DuckDBPyConnection, newest: Path, days: Mapping[Path, date]) -> None:
    """The views, and after them nothing more than them."""
    files = [newest / f"{name}.parquet" for name in NOW]
    history = {folder / parquet.RESOURCES.file: day for folder, day in days.items()}
    for name, path in zip(NOW, files, strict=True):
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({_quoted(path)})")
    connection.execute("CREATE TABLE days (filename VARCHAR, day DATE)")
    if history:
        connection.executemany("INSERT INTO days VALUES (?, ?)", [(str(path), day) for path, day in history.items()])
        listed = ", ".join(map(_quoted, history))
        kept = f"read_parquet([{listed}], filename = true, union_by_name = true)"
        connection.execute(
            f"CREATE VIEW history AS SELECT day, kept.* EXCLUDE filename FROM {kept} kept JOIN days USING (filename)"
        )
    connection.execute("SET temp_directory = ''")
    connection.execute("SET python_enable_replacements = false")
    paths = [*files, *history]
    allowed = sorted({_text(str(path)) for path in paths} | {_quoted(path) for path in paths})  # as a name, and as a pattern
    connection.execute(f"SET allowed_paths = [{', '.join(allowed)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _answer(connection: duckdb.DuckDBPyConnection, inventory: str, sql: str) -> Answer:
    import duckdb

    try:
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise Refused("Only one SELECT can be asked: inventories are never written.")
        connection.execute(sql)
        columns = tuple(str(column[0]) for column in connection.description or ())
        return Answer(inventory, columns, _rows(connection))
    except duckdb.Error as error:
        raise Refused(_sentence(error)) from error


def _rows(connection: duckdb.DuckDBPyConnection) -> Iterator[Sequence[Any]]:
    import duckdb

    try:
        while rows := connection.fetchmany(AT_ONCE):
            yield from rows
    except duckdb.Error as error:
        raise Refused(_sentence(error)) from error


def _sentence(error: Exception) -> str:
    """DuckDB's first line, without its own heading of the sort of error."""
    first = str(error).strip().split("\n", 1)[0].rstrip(" .")
    return f"The question cannot be answered: {first}."


def _quoted(path: Path) -> str:
    return _text(parquet.literal(path))


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
