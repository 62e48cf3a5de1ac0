"""`sexton validate`: all problems of policy documents, at once. Editors run it at every save: it imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

import click

from api.ending import DONE, FAILED, there


@click.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json", "github", "sarif"]), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def command(paths: tuple[Path, ...], form: str, as_json: bool) -> int:
    """Check the policy documents below each PATH and show all problems with their places. Exit 1 when one is an error."""
    there(*paths)
    from engine.load import load
    from engine.render.problems import FORMATS
    from reapers.clock import SystemClock
    from reapers.kind import tables
    from reapers.sources.folder import read

    loaded = load(read(paths).files, tables(), today=SystemClock().now().date())
    click.echo(FORMATS["json" if as_json else form](loaded))
    return DONE if loaded.policies is not None else FAILED
