"""`sexton freeze`: halt every act."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from api.commands.table import put_json
from engine.wording import clean


@click.command()
@click.option("--reason", default="", help="Why, in a few words: whoever unfreezes will ask.")
@click.option("--local", is_flag=True, help="Write it into the ledger of the settings here, without the server.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(settings: Path | None, reason: str, local: bool, as_json: bool) -> None:
    """Halt every act, at once. Scans and notices go on. Without a --reason, say whether everything is frozen."""
    if local:
        _here(settings, reason)
        return
    from api.client import client_from

    client = client_from()
    answered = client.post("/v1/freeze", {"reason": reason}) if reason else client.get("/v1/freeze")
    if as_json:
        put_json(answered)
    else:
        click.echo(told(answered))


def told(answered: dict[str, dict[str, str] | None]) -> str:
    """Whether everything is frozen, as a sentence."""
    frozen = answered["frozen"]
    return f"Frozen since {frozen['at']} by {frozen['who']}: {clean(frozen['reason'], 300)}" if frozen else "Nothing is frozen."


def _here(path: Path | None, reason: str) -> None:
    """The way that works when the server does not: whoever can write the ledger can halt it."""
    from api.settings import load
    from api.wiring import open_the_ledger
    from reapers.clock import SystemClock

    with open_the_ledger(load(path)) as ledger:
        ledger.freeze(f"{getpass.getuser()} (local)", reason or "frozen on the command line", SystemClock().now())
    click.echo("Frozen. `sexton unfreeze` lets acts go on.")
