"""A process from which reapers are forked, so that each of them starts in milliseconds and dies alone.

Reads orders, one JSON object a line: {"run": {settings, environment, now, ticks, kill, log}} answers with the new process's id,
{"wait": id} with how it ended (negative: the signal). `kill` says at which step of the ledger the reaper kills itself:
{"method": "begin", "when": "before" | "inside" | "after", "event": "…", "count": 1}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import duckdb  # noqa: F401 - these three so that no child has to
import yaml  # noqa: F401

import api.settings
import api.wiring
import reapers.service  # noqa: F401
from demo.clock import StoryClock
from reapers.clouds.aws_session import Clients
from reapers.kind import kinds


def die() -> None:
    """As a power cut: nothing is cleaned up, flushed or said."""
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(ledger: Any, kill: Mapping[str, Any]) -> None:
    """The ledger's method kills the process before, inside or after the given step. It is wrapped here, not in the product."""
    real: Callable[..., Any] = getattr(ledger, kill["method"])
    left = [kill.get("count", 1)]

    def call(*arguments: Any, **more: Any) -> Any:
        if not _is_it(kill.get("event", ""), arguments):
            return real(*arguments, **more)
        left[0] -= 1
        if left[0]:
            return real(*arguments, **more)
        if kill["when"] == "before":
            die()
        if kill["when"] == "inside":
            arguments = (*arguments[:4], lambda usage, control: die(), *arguments[5:])  # the check runs in the transaction
        answer = real(*arguments, **more)
        die()
        return answer

    setattr(ledger, kill["method"], call)


def _is_it(event: str, arguments: tuple[Any, ...]) -> bool:
    changes = arguments[0] if arguments and isinstance(arguments[0], list | tuple) else ()
    return not event or event in arguments or any(getattr(change, "event", "") == event for change in changes)


def reap(order: Mapping[str, Any]) -> None:
    """So many rounds of the real service."""
    os.environ.update(order["environment"])
    settings = api.settings.Settings.model_validate(order["settings"])
    clock = StoryClock(datetime.fromisoformat(order["now"]))
    with api.wiring.open_the_ledger(settings) as ledger:
        if order.get("kill"):
            deadly(ledger, order["kill"])
        service = api.wiring.the_service(settings, ledger, clock)
        service.options = replace(service.options, poll_every=timedelta(0))
        if order.get("begin_at"):
            time.sleep(max(0.0, order["begin_at"] - time.monotonic()))
        for _ in range(order["ticks"]):
            service.tick()


def child(order: Mapping[str, Any]) -> None:
    """Never returns."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        reap(order)
    except BaseException:  # noqa: BLE001 - a forked child must not fall back into its parent's loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Orders until there are no more."""
    kinds()
    clients = Clients()
    for service in ("ec2", "sts", "rds", "s3", "cloudwatch"):
        clients.get(service, "us-east-1", False)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            child(order["run"])
        print(pid, flush=True)


if __name__ == "__main__":
    main()
