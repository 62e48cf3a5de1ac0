"""`sexton unfreeze`: let acts go on."""

from __future__ import annotations

import click

from api.commands.freeze import told
from api.commands.table import put_json


@click.command()
@click.option("--reason", default="", help="Why it may go on, in a few words: the second person will ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(reason: str, as_json: bool) -> None:
    """Let acts go on. An operator may; where production may be acted upon, a second one must run this too."""
    from api.client import client_from

    answered = client_from().delete("/v1/freeze", reason=reason or None)
    if as_json:
        put_json(answered)
    else:
        click.echo(told(answered) if answered["halts"] else "Unfrozen: acts go on with the next round.")
