"""`sexton run`: the loop."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.ending import DONE, FAILED, NOTHING_READ

if TYPE_CHECKING:
    from reapers.service import Service
    from reapers.situation import HeadState


def summary(service: Service) -> str:
    """What one round left behind, as a sentence for whoever started it."""
    situation = service.situation
    inventory = situation.inventory
    seen = f"{len(inventory.resources)} resources, {len(inventory.gaps)} gaps" if inventory else "nothing scanned"
    found = sum(bool(judgement.findings) for judgement in situation.judged)
    cases = len(service.ledger.open_cases())
    commit = situation.commit[:12] or "none"
    return f"{seen}; {found} match a policy; {cases} open cases; mode {situation.mode}, policies {commit}."


def ended(service: Service) -> int:
    """The exit code of one round, with a sentence where the policies that should be in force are not."""
    head, commit = service.situation.head, service.situation.commit
    if not commit:
        click.echo(f"sexton: No policies are in force, so nothing was judged: {_why(head)}", err=True)
        return NOTHING_READ
    if not head.valid:
        told = (
            f"The head {head.sha[:12]} of the branch is not taken, so nothing acts and {commit[:12]} stays in force: {_why(head)}"
        )
        click.echo(f"sexton: {told}", err=True)
        return FAILED
    return DONE


def _why(head: HeadState) -> str:
    """What is wrong with the branch, its first problem for all of them."""
    if head.moved == "rewound":
        return "it did not move forward; `sexton unfreeze` accepts it."
    if head.problems:
        first = head.problems[0]
        place = f"{first.file}:{first.line}:{first.col}: " if first.file else ""
        return f"{place}{first.sentence}. `sexton validate` shows all of them."
    return head.error or "it was not read yet."


@click.command()
@click.option("--once", is_flag=True, help="One round, then end.")
@click.pass_obj
def command(settings_file: Path | None, once: bool) -> int:
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
            return ended(service)
        stop = threading.Event()

        def end(_signal: int, _frame: object) -> None:
            stop.set()
            service.wake()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        service.run(stop)
    return DONE
