"""`sexton release`: list the holds, or let a policy that rests go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import click

from api.commands.cases import as_json, with_reason
from api.commands.table import put_json, table
from engine.wording import clean


@click.command()
@click.argument("hold", required=False, metavar="[HOLD]")
@with_reason
@as_json
def command(hold: str | None, reason: str, as_json: bool) -> None:
    """Let a policy go on that a hold keeps from acting in an account, with a --reason. Somebody of platform may.

    Without HOLD, list the holds that stand.
    """
    from api.client import client_from

    client = client_from()
    answered = client.post(f"/v1/holds/{quote(hold, safe='')}/release", {"reason": reason}) if hold else client.get("/v1/holds")
    if as_json:
        put_json(answered)
    else:
        click.echo(_released(answered) if hold else _list(answered["holds"]))


def _released(hold: Mapping[str, Any]) -> str:
    goes_on = f"{clean(hold['subject'])} goes on in account {clean(hold['account'])}" if hold["subject"] else "everything goes on"
    return f"{hold['id']} is released: {goes_on} with the next round."


def _list(holds: Sequence[Mapping[str, Any]]) -> str:
    if not holds:
        return "Nothing is held."
    rows = [(hold["id"], hold["cause"], clean(hold["says"], 400)) for hold in holds]
    return table(("HOLD", "CAUSE", "WHAT HAPPENED"), rows)
