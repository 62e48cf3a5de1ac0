"""A real app over a real SQLite ledger, with policies of our own, a clock that stands still, and people with tokens."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.http.app import create_app
from api.http.house import House, house_of
from engine.case import Case
from engine.load import load
from engine.model import Account, CellRead, Inventory, Mode, Outcome
from engine.policy import PolicySet
from engine.scanned import Scanned
from makers.doors import FILES, KEY, NOW, StillClock, case_of, commit
from reapers.kind import kinds, tables
from reapers.notify import PrintNotifier
from reapers.prices import book
from reapers.service import Service
from reapers.situation import HeadState, Situation
from reapers.sources.git import Repository
from reapers.sources.snapshots import Store
from reapers.store import open_ledger
from reapers.store.ledger import Ledger
from reapers.watch import Watch
from reapers.world import World


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A git repository that holds FILES."""
    folder = tmp_path_factory.mktemp("repository")
    return Repository(str(commit(folder, FILES)))


@pytest.fixture(scope="session")
def policies(repository: Repository) -> PolicySet:
    """FILES, loaded."""
    head = repository.poll(NOW)
    loaded = load(head.files, tables(), head.sha)
    assert loaded.policies, loaded.problems
    return loaded.policies


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


@pytest.fixture
def service(tmp_path: Path, ledger: Ledger, clock: StillClock, policies: PolicySet, repository: Repository) -> Service:
    """A service that has loaded its policies and not yet scanned. It reads nothing by itself."""
    watch = Watch(repository=repository, ledger=ledger, kinds=policies.kinds)
    printed = io.StringIO()
    world = World(
        ledger=ledger,
        clock=clock,
        clouds={},
        kinds=kinds(),
        prices=book(),
        snapshots=Store(tmp_path / "inventory"),
        watch=watch,
        notifier=PrintNotifier(printed),
    )
    made = Service(world=world)
    head = HeadState(sha=policies.commit, polled_at=NOW, valid=True)
    made.situation = Situation(policies=policies, head=head, mode=Mode.DELETE, scanned=scanned(policies), proven=True)
    return made


def scanned(policies: PolicySet) -> Scanned:
    """A scan a minute ago in which everything answered, for the acts of cases that tests write into the ledger."""
    cell = CellRead(kind=KEY.kind, account=KEY.account, region=KEY.region, outcome=Outcome.OK)
    account = Account(cloud="aws", id=KEY.account)
    inventory = Inventory(id="0" * 64, as_of=NOW - timedelta(minutes=1), resources=(), cells=(cell,), accounts=(account,))
    return Scanned.of(inventory, policies, timedelta(hours=1))


@pytest.fixture
def house(service: Service) -> House:
    return house_of(service)


@pytest.fixture
def app(house: House) -> FastAPI:
    return create_app(house)


@pytest.fixture
def http(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


Signed = Callable[..., dict[str, str]]


@pytest.fixture
def signed(ledger: Ledger) -> Signed:
    """`signed("ann", "approver")`: headers with a new token of that person."""

    def headers(name: str, role: str = "approver") -> dict[str, str]:
        return {"Authorization": f"Bearer {ledger.add_token(f'{name}@acme.example', role, NOW + timedelta(days=30), NOW)}"}

    return headers


@pytest.fixture
def waiting(ledger: Ledger) -> Case:
    """A case in the ledger that awaits approval."""
    return ledger.open(case_of(), NOW)
