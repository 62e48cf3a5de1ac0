"""`sexton run`: the loop."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reapers.service import Service


def summary(service: Service) -> str:
    """What one round left behind, as a sentence for whoever started it."""
    situation = service.situation
    inventory = situation.inventory
    seen = f"{len(inventory.resources)} resources, {len(inventory.gaps)} gaps" if inventory else "nothing scanned"
    found = sum(bool(judgement.findings) for judgement in situation.judged)
    cases = len(service.ledger.open_cases())
    commit = situation.commit[:12] or "none"
    return f"{seen}; {found} match a policy; {cases} open cases; mode {situation.mode}, policies {commit}."


@click.command()
@click.option("--once", is_flag=True, help="One round, then end.")
@click.pass_obj
def command(settings_file: Path | None, once: bool) -> None:
    """Run the loop: policies from git, scan, judge, tell, act; until it is told to end, then to the end of its round."""
    from api import logs
    from api.settings import load
    from api.wiring import open_the_ledger, the_service
    from reapers.clock import SystemClock

    settings = load(settings_file)
    logs.start()
    with open_the_ledger(settings) as ledger:
        service = the_service(settings, ledger, SystemClock())
        if once:
            service.tick()
            click.echo(summary(service))
            return
        stop = threading.Event()

        def end(_signal: int, _frame: object) -> None:
            stop.set()
            service.wake()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        service.run(stop)
