"""A hundred thousand open cases on one worker: how long until the first act, how long a step takes, how many a second."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
STEP, FIRST, MOVED = 0.250, 10.0, 200
"""Seconds of one act at the 99th percentile, seconds from the start to the first act, steps of cases a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was measured, in seconds and steps a second."""

    cases: int
    first: float
    p50: float
    p99: float
    steps: float
    moved: float

    def broken(self) -> Iterator[str]:
        """Promises that were not kept."""
        if self.p99 > STEP:
            yield f"one act takes {self.p99:.3f} s at p99, {STEP} promised"
        if self.first > FIRST:
            yield f"the first act comes after {self.first:.1f} s, {FIRST:.0f} promised"
        if self.moved < MOVED:
            yield f"{self.moved:.0f} steps a second, {MOVED} promised"


def run(cases: int) -> Found:
    """Measured once: it takes minutes to make so many cases."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT)])}
    words = [sys.executable, "-m", "simulation.many", "--cases", str(cases)]
    ran = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return Found(**json.loads(ran.stdout.splitlines()[-1]))


def report(found: Found) -> str:
    """The table, as Markdown."""
    return "\n".join(
        [
            f"{found.cases:,} open cases, one worker, SQLite in a file; wall time.",
            "",
            "| what | measured | promised |",
            "|---|---|---|",
            f"| from opening the ledger to the first act | {found.first:.1f} s | {FIRST:.0f} s |",
            f"| one act, from claim to release, p50 | {found.p50 * 1000:.0f} ms | |",
            f"| one act, p99 | {found.p99 * 1000:.0f} ms | {STEP * 1000:.0f} ms |",
            f"| steps of cases a second when many fall due | {found.moved:.0f} | {MOVED} |",
            f"| steps a second while acting, every guard asked twice | {found.steps:.0f} | |",
        ]
    )
