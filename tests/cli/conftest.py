"""The real command in a process of its own, in a folder of its own, with no credentials to be found."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.model import Account, CellRead, Inventory, Outcome, Resource, Unknown
from engine.money import Money
from makers.doors import FILES, KEY, NOW, commit
from reapers.sources.snapshots import Store

COMMAND = "import sys; from api.main import main; main()"
"""What the console script does; run so that the guard of tests/conftest.py is in force in the process."""


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, where the command runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def sexton(home: Path) -> Run:
    """`sexton("plan", "--json", SEXTON_URL=…)`: run it here."""

    def run(*words: str, stdin: str = "", **variables: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, *words],
            cwd=home,
            env=environment(variables),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "100", **variables}


@pytest.fixture
def repository(home: Path) -> Path:
    """A git repository with policies, which is where the command runs."""
    return commit(home, FILES)


@pytest.fixture
def inventory(home: Path) -> Inventory:
    """A snapshot where the settings look for it: two volumes that match and one whose tags were denied."""
    days = timedelta(days=1)
    volumes = [
        Resource(
            key=replace(KEY, id=f"vol-{number}"),
            name="data" if number < 3 else "secret-\x1b[31mred",
            created=NOW - 400 * days,
            tags=Unknown("denied") if number == 3 else {"owner": "payments"},
            fields={"state": "available", "size_gb": 10},
            seen_at=NOW,
            monthly_cost=Money.of(number),
            since={"seen": NOW - 400 * days, "detached": NOW - 40 * days},
        )
        for number in (1, 2, 3)
    ]
    cells = (CellRead("aws.ebs_volume", KEY.account, "us-east-1", Outcome.OK),)
    taken = Inventory(id="", as_of=NOW, resources=tuple(volumes), cells=cells, accounts=(Account("aws", KEY.account),))
    return Store(home / ".sexton" / "inventory").write(taken)


@pytest.fixture
def serve(home: Path) -> Callable[..., AbstractContextManager[subprocess.Popen[str]]]:
    """`with serve("serve") as process`: a command that goes on until it is told to end."""

    @contextmanager
    def running(*words: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [sys.executable, "-c", COMMAND, *words], cwd=home, env=environment(variables), stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    return running
