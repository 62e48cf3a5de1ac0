"""kill -9 at every step of every act, 80 effective kills on each database; SEXTON_TEST_NIGHTLY=1 makes it 500 on each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from makers.databases import postgresql

ROOT = Path(__file__).parents[2]
KILLS = 500 if os.environ.get("SEXTON_TEST_NIGHTLY") else 80


def swept(*words: str) -> dict[str, object]:
    """In a process of its own with one thread, because every trial forks."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT), os.environ.get("PYTHONPATH", "")])}
    ran = subprocess.run(
        [sys.executable, "-m", "simulation.sweep", "--kills", str(KILLS), *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.startswith("{"), ran.stderr[-3000:]
    told: dict[str, object] = json.loads(ran.stdout)
    print(f"{told['database']}: {told['effective']} effective kills of {told['kills']}, at {told['points']} points")
    return told


@pytest.mark.timeout(3600)
def test_sqlite() -> None:
    told = swept()
    assert told["violations"] == []
    assert int(str(told["effective"])) >= KILLS


@pytest.mark.timeout(3600)
def test_postgresql() -> None:
    with postgresql() as url:
        told = swept("--postgresql", url)
    assert told["violations"] == []
    assert int(str(told["effective"])) >= KILLS
