"""`sexton doctor`: what works and what does not, each with what to do."""

from __future__ import annotations

from pathlib import Path

import click

from api.commands.table import put_json
from api.ending import DONE, FAILED
from engine.wording import clean

WORDS = {True: "ok", False: "NO", None: "--"}


@click.command()
@click.option("--strict", is_flag=True, help="Exit 1 when something is wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(settings_file: Path | None, strict: bool, as_json: bool) -> int:
    """Check the installation, settings, policies, ledger, credentials of each cloud, and Slack; say what to do."""
    from api.checks import Check, checks

    found: list[Check] = []
    for check in checks(settings_file):
        found.append(check)
        if not as_json:
            click.echo(f"{WORDS[check.ok]}  {check.name:12}  {clean(check.says, 1000)}")
    bad = [check for check in found if check.ok is False]
    if as_json:
        shapes = [{"name": check.name, "ok": check.ok, "says": check.says} for check in found]
        put_json({"schema": "sexton/doctor@1", "ok": not bad, "checks": shapes})
    return FAILED if strict and bad else DONE
