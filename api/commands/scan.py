"""`sexton scan`: take an inventory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.table import put_json, table
from api.ending import DONE, FAILED, NOTHING_READ, Stop
from engine.wording import clean

if TYPE_CHECKING:
    from api.settings import Settings
    from engine.model import Account, Inventory
    from engine.view import Context
    from reapers.scan import Step
    from reapers.sources.snapshots import Store

GAPS_SHOWN = 20


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where to keep it [default: the settings' store].")
@click.option(
    "--policies", type=click.Path(path_type=Path), help="Read what these policies need to know; without, only what is free."
)
@click.option("--strict", is_flag=True, help="Exit 1 when anything could not be read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(settings_file: Path | None, out: Path | None, policies: Path | None, strict: bool, as_json: bool) -> int:
    """Take an inventory of the accounts and projects of the settings: without settings, the caller's AWS account."""
    from api.settings import load
    from api.wiring import the_snapshots

    settings = load(settings_file)
    store = the_snapshots(settings, out)
    with progress() as step:
        inventory = store.write(_scan(settings, store, policies, step))
    if as_json:
        from api.shapes.findings import inventory_json

        put_json(inventory_json(inventory))
    else:
        click.echo(_told(inventory, store.shown))
    return FAILED if strict and inventory.gaps else DONE


def _scan(settings: Settings, store: Store, policies: Path | None, step: Callable[[Step], None]) -> Inventory:
    from api.wiring import the_clouds, the_states
    from reapers.clock import SystemClock
    from reapers.kind import kinds
    from reapers.prices import book
    from reapers.scan import Request, scan

    clouds = the_clouds(settings)
    if not clouds:
        raise Stop("The settings name no cloud: leave out `aws.accounts`, or name `gcp.projects`.", NOTHING_READ)
    now = SystemClock().now()
    request = Request(
        clouds=tuple(clouds.values()),
        kinds=kinds(),
        prices=book(),
        previous=_previous(store),
        context=_context(settings, policies) if policies else None,
        progress=step,
        states=the_states(settings).read(now),
    )
    inventory = scan(request, now)
    _something(inventory, store)
    return inventory


def _something(inventory: Inventory, store: Store) -> None:
    """Stop where not one part of the estate could be read: that is no inventory to judge by, and the newest stays what it was."""
    from engine.follow import ANSWERED

    if inventory.gaps and not inventory.resources and not any(cell.outcome in ANSWERED for cell in inventory.cells):
        first = inventory.gaps[0]
        about = f"all {len(inventory.gaps)} parts are gaps; the first is {first.kind} in {first.account}: {first.why}"
        raise Stop(f"Nothing could be read, {about}. The newest inventory in {store.shown} stays.", NOTHING_READ)


def _previous(store: Store) -> Inventory | None:
    """The newest inventory, whose history is carried on; a damaged one is left where it is, and history begins anew."""
    from reapers.sources.errors import SnapshotError

    try:
        return store.newest()
    except SnapshotError as error:
        click.echo(f"sexton: {error} This scan takes its place; what is idle counts anew.", err=True)
        return None


def _context(settings: Settings, path: Path) -> Callable[[Mapping[str, Account]], Context]:
    from api.judging import from_folder
    from engine.view import Context

    policies = from_folder(path).policies
    return lambda accounts: Context(policies=policies, accounts=accounts, server=settings.mode)


@contextmanager
def progress() -> Iterator[Callable[[Step], None]]:
    """A bar on standard error, where that is a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("asking for accounts", total=None)

        def show(step: Step) -> None:
            text = clean(f"{step.cell.kind} {step.cell.account} {step.cell.region}", 60)
            bar.update(task, completed=step.done, total=step.of, description=text.replace("[", "("))

        yield show


def _told(inventory: Inventory, where: str) -> str:
    counts: dict[tuple[str, str], int] = {}
    for resource in inventory.resources:
        place = (resource.key.kind, resource.key.account)
        counts[place] = counts.get(place, 0) + 1
    lines = [
        f"{len(inventory.resources)} resources in {len(inventory.accounts)} accounts, kept in {where} as {inventory.id[:12]}."
    ]
    if counts:
        rows = [(kind, account, str(count)) for (kind, account), count in sorted(counts.items())]
        lines += ["", table(("KIND", "ACCOUNT", ">RESOURCES"), rows)]
    if inventory.gaps:
        lines += ["", f"{len(inventory.gaps)} gaps: nothing is concluded about what lies in them."]
        lines += [f"  {gap.kind} {gap.account} {gap.region}: {clean(gap.why, 300)}" for gap in inventory.gaps[:GAPS_SHOWN]]
    if len(inventory.gaps) > GAPS_SHOWN:
        lines.append(f"  and {len(inventory.gaps) - GAPS_SHOWN} more; --json shows all")
    return "\n".join(lines)
