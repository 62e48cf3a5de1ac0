"""Reapers as processes of their own (tests/scenarios/reaper.py), to be killed and to go on after others were."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from makers.world import World

SCRIPT = Path(__file__).parents[1] / "scenarios" / "reaper.py"
KILLED = -9


class Nursery:
    """The process that the reapers are forked from."""

    def __init__(self) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([sys.executable, str(SCRIPT)], stdin=pipe, stdout=pipe, text=True, env=environment)
        self._lock = threading.Lock()
        assert self._answer() == "ready"

    def start(self, order: Mapping[str, Any]) -> int:
        """A new reaper; its process id."""
        return int(self._ask({"run": order}))

    def wait(self, pid: int) -> int:
        """How it ended: its exit code, or minus the signal."""
        return int(self._ask({"wait": pid}))

    def close(self) -> None:
        """End it; its children have ended by then."""
        self._process.communicate()

    def _ask(self, order: Mapping[str, Any]) -> str:
        with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def order_of(world: World, ticks: int = 1, kill: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """What a reaper of this world is told."""
    return {
        "settings": dict(world.written),
        "environment": dict(world.aws.environment()),
        "now": world.clock.now().isoformat(),
        "ticks": ticks,
        "kill": kill,
        "log": str(world.folder / "reapers.log"),
        **more,
    }


@contextmanager
def nursery() -> Iterator[Nursery]:
    """For as long as it lasts."""
    made = Nursery()
    try:
        yield made
    finally:
        made.close()
