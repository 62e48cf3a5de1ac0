"""`sexton freeze`: halt every act."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
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


def told(answered: Mapping[str, Any]) -> str:
    """Everything that halts acts, and what waits for a second person, a line each."""
    from api.shapes.freeze import told as halt_told

    if not answered["halts"]:
        return 'Nothing is frozen. With --reason "…" this command halts every act.'
    lines = [halt_told(halt) for halt in answered["halts"]]
    lines += [_asked(request) for request in answered["requests"]]
    return "\n".join([*lines, "A recovery is under way."] if answered["recovering"] else lines)


def _asked(request: Mapping[str, str]) -> str:
    reason = f" ({clean(request['reason'], 300)})" if request["reason"] else ""
    return (
        f"{clean(request['who'], 300)} asked to {request['what']}{reason}; until {request['until']} another operator can agree:"
        f" sexton {request['what']}"
    )


def _here(path: Path | None, reason: str) -> dict[str, Any]:
    """The way that works when the server does not: whoever can write the ledger can halt it. Without a reason it only looks."""
    from api.settings import load
    from api.shapes.freeze import freeze_json
    from api.wiring import open_the_ledger
    from reapers.clock import SystemClock
    from reapers.halts import in_file, in_ledger

    settings, now = load(path), SystemClock().now()
    with open_the_ledger(settings) as ledger:
        if reason:
            ledger.freeze(f"{getpass.getuser()} (local)", reason, now)
        halts = [*in_ledger(ledger), *filter(None, [in_file(settings.freeze.file)])]
        return freeze_json(halts, ledger.requests.open(now))
