"""`sexton audit`: whether the trail is whole, and the trail itself, through the server."""

from __future__ import annotations

import contextlib
import csv
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from api.commands.table import put_json
from api.ending import FAILED, Stop, there

if TYPE_CHECKING:
    from api.client import Client

Row = Mapping[str, Any]

WALK = (5, 600)
"""Seconds until the server answers that walks the whole trail: a million rows take some ten."""

BUNDLE = 500
"""Heads in one request."""

FAULTS: Mapping[str, str] = {
    "changed": "row {at} was changed after it was written",
    "missing": "row {at} is missing, or rows changed places",
    "cut": "its end was cut off: row {at} was there once and is not any more",
    "rewritten": "row {at} is another one than was kept elsewhere: the chain was made anew",
    "case": "the case of row {at} is stored otherwise than the trail says",
}


def _client() -> Client:
    from api.client import client_from

    return client_from()


@click.group()
def command() -> None:
    """Verify the audit trail, or export it. Both take an operator's token."""


@command.command()
@click.option(
    "--anchor",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A copy of the file that `audit.head` writes, kept out of the server's reach [default: the server's own].",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def verify(context: click.Context, anchor: Path | None, as_json: bool) -> None:
    """Find rows that were changed, removed or put in another order, and an end that was cut off."""
    heads = _heads_in(anchor) if anchor else []
    client = _client()
    client.seconds = WALK
    answered = client.get("/v1/audit/verify")
    if answered["ok"] and heads:
        answered = _compared(client, heads, answered)
    if as_json:
        put_json(answered)
    else:
        click.echo(told(answered))
    context.exit(0 if answered["ok"] else FAILED)


def _heads_in(anchor: Path) -> list[dict[str, Any]]:
    from reapers.anchor import HeadsUnread
    from reapers.heads import read

    try:
        return [{"seq": head.seq, "hash": head.hash} for head in read(anchor)]
    except HeadsUnread as unread:
        raise Stop(str(unread), FAILED) from unread


def _compared(client: Client, heads: Sequence[dict[str, Any]], whole: dict[str, Any]) -> dict[str, Any]:
    """The trail is whole; whether it is the one that somebody else's heads are of."""
    for start in range(0, len(heads), BUNDLE):
        found = client.post("/v1/audit/heads", {"heads": heads[start : start + BUNDLE]})
        if not found["ok"]:
            return found
    return {**whole, "heads": whole["heads"] + len(heads)}


def told(answered: Mapping[str, Any]) -> str:
    """The outcome in words."""
    if answered["fault"]:
        return f"The audit trail is broken: {FAULTS[answered['fault']].format(at=answered['broken_at'])}."
    end = f"row {answered['head']['seq']}, hash {answered['head']['hash']}"
    if answered["unread"]:
        return f"The audit trail is whole to its end ({end}), but whether its end was cut off is not known: {answered['unread']}"
    if not answered["heads"]:
        return (
            f"The audit trail is whole to its end ({end}). It was compared with no head kept elsewhere, so that an end that"
            " was cut off would not show: set `audit.head`, or name a file with --anchor."
        )
    heads = f"{answered['heads']:,} head{'s' if answered['heads'] != 1 else ''}"
    return f"The audit trail is whole to its end ({end}), and passes through {heads} kept elsewhere."


@command.command()
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what happened from this day on (UTC), as 2026-12-31.")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True, help="One line a row.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write [default: standard output].")
def export(since: Any, form: str, out: Path | None) -> None:
    """Write the trail, oldest row first: JSON lines as they are hashed, or CSV for a spreadsheet."""
    rows = _rows(_client(), f"{since:%Y-%m-%d}T00:00:00Z" if since else None)
    write = _write_csv if form == "csv" else _write_lines
    if out is None:
        write(rows, sys.stdout)
        return
    with _whole(out) as opened:
        count = write(rows, opened)
    click.echo(f"{count:,} rows in {out}.", err=True)


def _rows(client: Client, since: str | None) -> Iterator[Row]:
    cursor: int | None = 0
    while cursor is not None:
        page = client.get("/v1/audit", cursor=cursor, since=since, limit=1000)
        yield from page["rows"]
        cursor = page["next"]


def _write_lines(rows: Iterable[Row], out: TextIO) -> int:
    from api.shapes.audit import line_of

    count = 0
    for row in rows:
        out.write(line_of(row) + "\n")
        count += 1
    return count


def _write_csv(rows: Iterable[Row], out: TextIO) -> int:
    from api.shapes.audit import COLUMNS, cells_of

    written = csv.writer(out, lineterminator="\n")
    written.writerow(COLUMNS)
    count = 0
    for row in rows:
        written.writerow(cells_of(row))
        count += 1
    return count


@contextlib.contextmanager
def _whole(file: Path) -> Iterator[TextIO]:
    """A file that is there whole or not at all. It is its owner's alone: the trail names people."""
    there(file.parent)
    part = file.with_name(f".{file.name}.part")
    try:
        with open(part, "w", encoding="utf-8", newline="", opener=lambda path, flags: os.open(path, flags, 0o600)) as opened:
            yield opened
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
