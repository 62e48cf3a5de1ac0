"""`sexton freeze`: halt every act."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

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
    answered = _here(settings, reason) if local else _there(reason)
    if as_json:
        put_json(answered)
    else:
        click.echo(told(answered))


def _there(reason: str) -> dict[str, Any]:
    from api.client import client_from

    client = client_from()
    return client.post("/v1/freeze", {"reason": reason}) if reason else client.get("/v1/freeze")


def told(answered: dict[str, dict[str, str] | None]) -> str:
    """Whether everything is frozen, as a sentence."""
    frozen = answered["frozen"]
    if frozen is None:
        return 'Nothing is frozen. With --reason "…" this command halts every act.'
    return f"Frozen since {frozen['at']} by {frozen['who']}: {clean(frozen['reason'], 300)}"


def _here(path: Path | None, reason: str) -> dict[str, Any]:
    """The way that works when the server does not: whoever can write the ledger can halt it. Without a reason it only looks."""
    from api.settings import load
    from api.shapes.times import stamp
    from api.wiring import open_the_ledger
    from reapers.clock import SystemClock

    with open_the_ledger(load(path)) as ledger:
        if reason:
            ledger.freeze(f"{getpass.getuser()} (local)", reason, SystemClock().now())
        freeze = ledger.frozen()
    frozen = {"who": freeze.who, "reason": freeze.reason, "at": stamp(freeze.at)} if freeze else None
    return {"schema": "sexton/freeze@1", "frozen": frozen}
