"""`sexton explain`: why, or why not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.plan import POLICIES
from api.commands.table import put_json
from api.ending import FAILED, Stop, there

if TYPE_CHECKING:
    from api.lookup import Found
    from engine.model import Inventory
    from reapers.sources.snapshots import Store


@click.command()
@click.argument("what", metavar="KEY")
@click.option(
    "--policies", type=click.Path(path_type=Path), default=POLICIES, show_default=True, help="A folder or file of policies."
)
@click.option(
    "--inventory", type=click.Path(path_type=Path), help="A snapshot or a folder of them [default: the settings' store]."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(settings_file: Path | None, what: str, policies: Path, inventory: Path | None, as_json: bool) -> None:
    """Say why a resource is found, spared or undecided. KEY is a key (kind/account/region/id), an id, a name or an ARN.

    What is gone is explained as it was last seen in the daily history.
    """
    from api import judging
    from api.lookup import look_up
    from api.shapes.explain import explain_json
    from engine.judge import judge_one
    from engine.view import view

    named = judging.from_folder(policies)
    newest, store = _where(settings_file, inventory)
    try:
        found = look_up(what, newest, store)
    except Stop as stop:
        raise _with_case(stop, what) from None
    seen = found.inventory
    context = judging.context_of(named.policies, seen)
    judgement = judge_one(view(found.resource, context, seen.as_of), context, seen.as_of)
    shape = explain_json(judgement, context, seen, named.sha) | {"case": case_of(found.resource.key.ref)} | _gone(found)
    if as_json:
        put_json(shape)
    else:
        from api.commands.explain_text import told

        click.echo("\n".join(told(shape)))


def _where(settings_file: Path | None, place: Path | None) -> tuple[Inventory, Store | None]:
    """The newest inventory and the history it lies in; a single snapshot that somebody names has none."""
    from api import judging
    from reapers.sources.snapshots import Store

    if place is not None:
        there(place, option="--inventory")
        return judging.inventory_at(place), None if judging.SNAPSHOT.fullmatch(place.name) else Store(place)
    from api.settings import load
    from api.wiring import the_snapshots

    settings = load(settings_file)
    return judging.the_inventory(settings), the_snapshots(settings)


def _gone(found: Found) -> dict[str, Any]:
    """What became of something that is not there any more."""
    from api.shapes.times import stamp_or_none

    return {"gone": {"at": stamp_or_none(found.gone_at), "how": found.gone}} if found.gone else {}


def _with_case(stop: Stop, what: str) -> Stop:
    """A server may know a case of something that no inventory has."""
    case = case_of(what) if stop.code == FAILED and "may mean" not in stop.sentence else None
    if case is None:
        return stop
    ended = f", closed {case['closed']['at']}" if case.get("closed") else ""
    return Stop(f"{stop.sentence} Case {case['id']} of it: {case['says']}{ended}.", FAILED)


def case_of(text: str) -> dict[str, Any] | None:
    """The case, where a server answers; None where none does: explaining needs no server."""
    from api.client import Answered, NoAnswer, client_from

    try:
        found: list[dict[str, Any]] = client_from().get("/v1/cases", find=text)["cases"]
    except (Answered, NoAnswer):
        return None
    return found[0] if found else None
