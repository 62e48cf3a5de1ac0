"""`sexton backtest`: how often policies would have been wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.plan import POLICIES
from api.ending import MISUSE, NOTHING_READ, Stop, there

if TYPE_CHECKING:
    from api.comparing import Sides
    from engine.backtest import Fold, Played, Span
    from engine.policy import PolicySet
    from reapers.sources.snapshots import Store


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 3660), default=90, show_default=True, help="How far back from the newest inventory."
)
@click.option(
    "--policies", type=click.Path(path_type=Path), default=POLICIES, show_default=True, help="A folder or file of policies."
)
@click.option("--inventory", type=click.Path(path_type=Path), help="A folder of snapshots [default: the settings' store].")
@click.option("--base", metavar="REV", help="Compare with the policies of this commit.")
@click.option("--head", metavar="REV", help="The commit to compare; left out, the folder as it is now.")
@click.option("--any-mode", is_flag=True, help="As if every account and every policy were in mode delete.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(  # noqa: PLR0913 - one argument for each option
    context: click.Context,
    days: int,
    policies: Path,
    inventory: Path | None,
    base: str | None,
    head: str | None,
    any_mode: bool,
    as_json: bool,
) -> None:
    """Play policies over the daily history: what they would have taken and when, and how much of it was wanted afterwards.

    As if nobody answered a notice and every approval came at once. With --base, what a change of policies would have made of it.
    """
    if base == "" or head == "":
        raise Stop("--base and --head name a commit or branch; one of them is empty.", MISUSE)
    if head and not base:
        raise Stop("--head compares with a --base: name both, or only --base.", MISUSE)
    from api.comparing import Sides

    sides = Sides(path=policies, base=base, head=head)
    played = play(_store(context.obj, inventory), days, sides, any_mode=any_mode)
    if as_json:
        from api.commands.table import put_json
        from api.shapes.backtest import backtest_json

        put_json(backtest_json(played))
    else:
        from api.commands.backtest_text import told

        click.echo("\n".join(told(played)))


def _store(settings_file: Path | None, place: Path | None) -> Store:
    """Where the history lies. Settings are read only where no place is named."""
    from reapers.sources.snapshots import Store

    if place is not None:
        there(place, option="--inventory")
        return Store(place)
    from api.settings import load
    from api.wiring import the_snapshots

    return the_snapshots(load(settings_file))


def play(store: Store, days: int, wanted: Sides, *, any_mode: bool = False) -> Played:
    """One or two sets of policies over the days, each of which is read once."""
    from api.comparing import sides_of
    from engine.backtest import Played, compared
    from engine.impact import Side

    before, after = sides_of(wanted)
    head = _fold(after.policies, any_mode=any_mode)
    base = _fold(before.policies, any_mode=any_mode) if before else None
    span = _over(store, days, [fold for fold in (base, head) if fold])
    found = compared(
        (before.policies, base.histories()) if before and base else None,
        (after.policies, head.histories()),
    )
    return Played(
        span=span,
        base=Side(ref=before.ref, sha=before.sha) if before else None,
        head=Side(ref=after.ref, sha=after.sha),
        policies=tuple(found),
        full_reach=any_mode,
    )


def _fold(policies: PolicySet, *, any_mode: bool) -> Fold:
    from engine.backtest import Fold, at_full_reach

    return Fold(at_full_reach(policies) if any_mode else policies)


def _over(store: Store, days: int, folds: list[Fold]) -> Span:
    """Every day into every fold. Stop where there is none."""
    from engine.backtest import Span
    from engine.model import Inventory
    from reapers.sources.days import Days

    daily = store.daily()
    if not daily:
        raise Stop(f"There is no inventory in {store.shown}; `sexton scan` takes one, and one a day is kept.", NOTHING_READ)
    span = Span(asked=days, until=daily[-1][0])
    for day, inventory in Days(store).last(days):
        if not isinstance(inventory, Inventory):
            span.unreadable[day] = str(inventory)
            continue
        span.day(inventory)
        for fold in folds:
            fold.day(inventory)
    if not span.read:
        raise Stop(f"None of the inventories in {store.shown} can be read: {next(iter(span.unreadable.values()))}", NOTHING_READ)
    return span
