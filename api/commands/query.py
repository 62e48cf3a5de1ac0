"""`sexton query`: inventories in SQL."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.table import table
from api.ending import Stop
from engine.wording import clean, harmless

if TYPE_CHECKING:
    from reapers.sources.asking import Answer
    from reapers.sources.snapshots import Store

SHOWN = 1000
"""Rows that a table holds; the other formats have all."""

CELL = 300
"""Characters of a cell that a table shows."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet compute a text instead of showing it."""


@click.command()
@click.argument("sql", metavar="SELECT")
@click.option(
    "--inventory", type=click.Path(path_type=Path), help="A snapshot or a folder of them [default: the settings' store]."
)
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--csv", "form", flag_value="csv", help="The same as --format csv.")
@click.pass_obj
def command(settings_file: Path | None, sql: str, inventory: Path | None, form: str) -> None:
    """Ask the inventories in SQL, for instance "select kind, count(*) from resources group by kind".

    The views resources, cells, gaps and accounts are the newest inventory; history is the resources of each day's last one.
    """
    from reapers.sources.asking import asked

    store, ident = _place(settings_file, inventory)
    with asked(store, sql, ident) as answer:
        {"text": _text, "json": _json, "csv": _csv}[form](answer)


def _place(settings_file: Path | None, place: Path | None) -> tuple[Store, str]:
    """The store, and the snapshot in it that a person named."""
    from api.ending import there
    from api.settings import load
    from api.wiring import the_snapshots
    from reapers.sources.shelf import NAME
    from reapers.sources.snapshots import Store

    if place is None:
        return the_snapshots(load(settings_file)), ""
    there(place, option="--inventory")
    folder = place.resolve()
    if not folder.is_dir():
        raise Stop(f"{place} is a file: name the folder of a snapshot, or a folder of them.")
    return (Store(folder.parent), folder.name) if NAME.fullmatch(folder.name) else (Store(folder), "")


def _text(answer: Answer) -> None:
    rows = [[_shown(cell) for cell in row] for row in islice(answer.rows, SHOWN)]
    click.echo(table([clean(name).lstrip(">") for name in answer.columns], rows))
    more = sum(1 for _ in answer.rows)
    if more:
        click.echo(f"{more:,} more rows: --csv or --json show all.")


def _shown(cell: Any) -> str:
    return "" if cell is None else clean(_plain_text(cell), CELL)


def _json(answer: Answer) -> None:
    """The rows one by one, however many there are."""
    said = {"schema": "sexton/query@1", "inventory": answer.inventory, "columns": list(answer.columns)}
    head = json.dumps(said, ensure_ascii=False)
    click.echo(f'{head[:-1]}, "rows": [', nl=False)
    for place, row in enumerate(answer.rows):
        click.echo(f"{',' if place else ''}\n{json.dumps([_plain(cell) for cell in row], ensure_ascii=False)}", nl=False)
    click.echo("\n]}")


def _csv(answer: Answer) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([_cell(name) for name in answer.columns])
    writer.writerows(_cells(answer.rows))


def _cells(rows: Iterator[Sequence[Any]]) -> Iterator[list[str]]:
    return ([_cell(cell) for cell in row] for row in rows)


def _cell(cell: Any) -> str:
    """Text that no spreadsheet takes for a formula. Numbers stay numbers."""
    if cell is None:
        return ""
    written = harmless(_plain_text(cell))
    return f"'{written}" if not isinstance(_plain(cell), int | float) and written.startswith(FORMULA) else written


def _plain_text(cell: Any) -> str:
    plain = _plain(cell)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _plain(cell: Any) -> Any:
    """A value as JSON has it: moments in UTC, amounts and everything else as text."""
    match cell:
        case None | bool() | int() | float() | str():
            return cell if cell == cell and cell not in (float("inf"), float("-inf")) else str(cell)
        case datetime():
            return cell.astimezone(UTC).isoformat().replace("+00:00", "Z") if cell.tzinfo else cell.isoformat()
        case date():
            return cell.isoformat()
        case list() | tuple():
            return [_plain(one) for one in cell]
        case dict():
            return {str(name): _plain(one) for name, one in cell.items()}
        case bytes():
            return cell.hex()
        case _:
            return str(cell)
