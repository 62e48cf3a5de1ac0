"""`sexton plan`: what policies match, or what a change of them would do."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.ending import DONE, FAILED, MISUSE, Stop

if TYPE_CHECKING:
    from api.comparing import Sides
    from engine.impact import Compared

POLICIES = Path("policies")


@click.command()
@click.option(
    "--policies", type=click.Path(path_type=Path), default=POLICIES, show_default=True, help="A folder or file of policies."
)
@click.option(
    "--inventory", type=click.Path(path_type=Path), help="A snapshot or a folder of them [default: the settings' store]."
)
@click.option("--base", metavar="REV", help="Compare with the policies of this commit.")
@click.option("--head", metavar="REV", help="The commit to compare; left out, the folder as it is now.")
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown", "github"]), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.pass_context
def command(  # noqa: PLR0913 - one argument for each option
    context: click.Context, policies: Path, inventory: Path | None, base: str | None, head: str | None, form: str, as_json: bool
) -> int:
    """Show what policies match in the newest inventory. With --base, what a change of them would add and remove.

    Exit 1 when the change needs somebody's review: the numbers that decide it are read from the base.
    """
    if base == "" or head == "":
        raise Stop("--base and --head name a commit or branch; one of them is empty.", MISUSE)
    if head and not base:
        raise Stop("--head compares with a --base: name both, or only --base.", MISUSE)
    form = "json" if as_json else form
    from api.comparing import Sides

    try:
        compared = found(context.obj, inventory, Sides(path=policies, base=base, head=head))
    except Stop as stop:
        if form == "markdown":  # a comment that said something else would otherwise stay
            from engine.render.markdown import refusal

            click.echo(refusal(stop.sentence, head or str(policies)), nl=False)
        raise
    click.echo(FORMATS[form](compared))
    return FAILED if compared.impact.needs else DONE


def found(settings_file: Path | None, place: Path | None, wanted: Sides) -> Compared:
    """The comparison. Settings are read only where no inventory is named."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start a thread for each core, and no matrix is multiplied
    from api import judging
    from api.comparing import compare, sides_of

    before, after = sides_of(wanted)
    if place is not None:
        return compare(before, after, judging.columns_at(place))
    from api.settings import load

    return compare(before, after, judging.the_columns(load(settings_file)))


def _text(compared: Compared) -> str:
    from api.commands.plan_text import told

    return "\n".join(told(compared))


def _json(compared: Compared) -> str:
    import json

    from api.shapes.impact import impact_json

    return json.dumps(impact_json(compared), indent=2, ensure_ascii=False)


def _markdown(compared: Compared) -> str:
    from engine.render.markdown import comment

    return comment(compared).rstrip("\n")


def _github(compared: Compared) -> str:
    from engine.render.annotations import annotated

    return annotated(compared)


FORMATS: Mapping[str, Callable[[Compared], str]] = {"text": _text, "json": _json, "markdown": _markdown, "github": _github}
"""What `--format` takes; each imports what it needs."""
