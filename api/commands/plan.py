"""`sexton plan`: what policies match, or what a change of them would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from api.commands.table import money, put_json, table
from api.ending import DONE, FAILED, MISUSE, Stop
from engine.wording import clean

SHOWN = 20
"""Resources that the text shows; JSON has all."""

POLICIES = Path("policies")
SIGNS = {"added": "+", "removed": "-", "undecided": "?", "same": " "}


@click.command()
@click.option(
    "--policies", type=click.Path(path_type=Path), default=POLICIES, show_default=True, help="A folder or file of policies."
)
@click.option(
    "--inventory", type=click.Path(path_type=Path), help="A snapshot or a folder of them [default: the settings' store]."
)
@click.option("--base", metavar="REV", help="Compare with the policies of this commit.")
@click.option("--head", metavar="REV", help="The commit to compare; left out, the folder as it is now.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.pass_context
def command(  # noqa: PLR0913 - one argument for each option
    context: click.Context, policies: Path, inventory: Path | None, base: str | None, head: str | None, form: str, as_json: bool
) -> int:
    """Show what policies match in the newest inventory. With --base, what a change of them would add and remove."""
    if head and not base:
        raise Stop("--head compares with a --base: name both, or only --base.", MISUSE)
    shape = found(context.obj, policies, inventory, (base, head))
    if as_json or form == "json":
        put_json(shape)
    else:
        click.echo("\n".join(told(shape)))
    return FAILED if shape["needs"] else DONE


def found(settings_file: Path | None, path: Path, place: Path | None, revisions: tuple[str | None, str | None]) -> dict[str, Any]:
    """The plan as JSON."""
    from api import judging
    from api.settings import load
    from api.shapes.impact import Side, impact_json
    from engine.impact import impact

    base, head = revisions
    after = judging.from_commit(path, head) if head else judging.from_folder(path)
    before = judging.from_commit(path, base) if base else None
    inventory = judging.the_inventory(load(settings_file), place)
    compared = impact(
        judging.judged(before.policies, inventory) if before else None, judging.judged(after.policies, inventory), inventory.as_of
    )
    sides = [Side(ref=one.ref, sha=one.sha) if one else None for one in (before, after)]
    assert sides[1] is not None
    return impact_json(compared, sides[0], sides[1], inventory)


def told(shape: Mapping[str, Any]) -> Iterator[str]:
    """The plan as text."""
    yield _heading(shape)
    rows = [row for row in shape["resources"] if row["change"] != "same"] if shape["base"] else shape["resources"]
    yield ""
    yield from _policies(shape)
    if rows:
        yield ""
        yield from _resources(rows)
    yield from _more(shape)


def _heading(shape: Mapping[str, Any]) -> str:
    inventory = shape["inventory"]
    about = f"{clean(shape['head']['ref'])}{_sha(shape['head'])}"
    if shape["base"]:
        about = f"from {clean(shape['base']['ref'])}{_sha(shape['base'])} to {about}"
    gaps = f", {len(inventory['gaps'])} gaps" if inventory["gaps"] else ""
    return f"Policies {about} over the inventory {inventory['id'][:12]} of {inventory['as_of']}{gaps}"


def _sha(side: Mapping[str, str]) -> str:
    return f" ({side['sha'][:12]}{'+' if side['sha'].endswith('+') else ''})" if side["sha"] else ""


def _policies(shape: Mapping[str, Any]) -> Iterator[str]:
    compared = shape["base"] is not None
    if not shape["policies"]:
        yield "There is no Reap policy here."
        return
    if compared:
        heads: tuple[str, ...] = ("POLICY", "CHANGE", ">BEFORE", ">AFTER", ">ADDED", ">REMOVED", ">UNDECIDED")
        names: tuple[str, ...] = ("base", "head", "added", "removed", "undecided")
    else:
        heads = ("POLICY", ">MATCHES", ">UNDECIDED")
        names = ("head", "undecided")
    rows = [
        (policy["name"], *((policy["change"],) if compared else ()), *(str(policy["matches"][name]) for name in names))
        for policy in shape["policies"]
    ]
    yield table(heads, rows)


def _resources(rows: list[dict[str, Any]]) -> Iterator[str]:
    lines = [
        (
            SIGNS[row["change"]],
            clean(row["key"]),
            clean(row["name"], 40),
            row["team"],
            row["policy"],
            _reach(row),
            money(row["monthly"]),
        )
        for row in rows[:SHOWN]
    ]
    yield table(("", "RESOURCE", "NAME", "TEAM", "POLICY", "AS FAR AS", ">MONTHLY"), lines)
    if len(rows) > SHOWN:
        yield f"and {len(rows) - SHOWN} more; --format json shows all"


def _reach(row: Mapping[str, Any]) -> str:
    return f"not known: {', '.join(row['missing'])}" if row["missing"] else str(row["rung"])


def _more(shape: Mapping[str, Any]) -> Iterator[str]:
    for met in shape["limits"]:
        days = f"{met['would']} at {met['allowed']} a day take {met['days_to_drain']} days"
        yield f"Limit {met['limit']} of {met['scope']}: {days}."
    for one in shape["exemptions_ending"]:
        yield f"Exemption {one['name']} ends {one['until']}; it speaks of {one['resources']} resources."
    for need in shape["needs"]:
        yield f"This needs {need['role']}: {need['why']}."
