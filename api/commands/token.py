"""`sexton token`: a token is a person; its text is shown once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from api.commands.table import put_json
from api.ending import MISUSE, Stop
from engine.teams import Access


@click.command()
@click.argument("person", metavar="PERSON")
@click.option(
    "--role", type=click.Choice([str(access) for access in Access]), default="viewer", show_default=True, help="What it opens."
)
@click.option("--days", type=click.IntRange(1, 90), default=90, show_default=True, help="How long it lasts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(settings: Path | None, person: str, role: str, days: int, as_json: bool) -> None:
    """Make a token for a person, named by the e-mail address that the policies use. Runs where the ledger is."""
    if "@" not in person.strip("@"):
        raise Stop(f"{person!r} is not an e-mail address; policies name people by theirs.", MISUSE)
    from api.settings import load
    from api.wiring import open_the_ledger
    from reapers.clock import SystemClock

    now = SystemClock().now()
    expires = now + timedelta(days=days)
    with open_the_ledger(load(settings)) as ledger:
        text = ledger.add_token(person, role, expires, now)
    if as_json:
        put_json(
            {"schema": "sexton/token@1", "token": text, "person": person.lower(), "role": role, "expires": expires.isoformat()}
        )
    else:
        click.echo(text)
        click.echo(f"For {person.lower()}, {role}, until {expires:%Y-%m-%d}. It is not shown again.", err=True)
