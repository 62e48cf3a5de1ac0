"""`sexton demo`: found through an entry point, so that nothing here knows what it shows."""

from __future__ import annotations

from importlib.metadata import entry_points

import click

from api.ending import Stop

GROUP = "sexton.demo"
MISSING = "The demo needs more packages: pip install 'sexton[demo]'."


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
@click.pass_context
def command(context: click.Context) -> int:
    """Play the whole story on this machine: a local AWS, GCP and Slack, an estate, and policies that judge it."""
    found = next(iter(entry_points(group=GROUP)), None)
    if found is None:
        raise Stop(MISSING)
    try:
        play = found.load()
    except ModuleNotFoundError as error:
        raise Stop(f"{MISSING} (There is no {error.name}.)") from error
    code = play(list(context.args))
    return code if isinstance(code, int) else 0
