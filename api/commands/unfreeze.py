"""`sexton unfreeze`: let acts go on."""

from __future__ import annotations

import click

from api.commands.table import put_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """Let acts go on. An operator may."""
    from api.client import client_from

    answered = client_from().delete("/v1/freeze")
    if as_json:
        put_json(answered)
    else:
        click.echo("Unfrozen: acts go on with the next round.")
