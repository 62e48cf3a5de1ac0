"""`sexton recover`: go on after the ledger was restored from an older copy."""

from __future__ import annotations

import click

from api.commands.freeze import told
from api.commands.table import put_json


@click.command()
@click.option("--reason", default="", help="What was restored and why, in a few words.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(reason: str, as_json: bool) -> None:
    """Go on with a ledger that was restored from an older copy.

    Outcomes are read from the cloud, every agreement is void, every owner is told again with the whole grace. An operator may;
    where production may be acted upon, a second one must run this too.
    """
    from api.client import client_from

    answered = client_from().post("/v1/recover", {"reason": reason})
    if as_json:
        put_json(answered)
    else:
        click.echo(told(answered))
