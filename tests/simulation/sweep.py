"""kill -9 at every step: a reaper in a process of its own dies before or after each transaction and each call of an act, another
one goes on, and afterwards everything must hold.

The steps are not listed here: a first reaper that is not killed says which there are, so that a new one is swept as soon as it
is there. Every trial begins with a copy of one ledger, on SQLite a file, on PostgreSQL a database made from a template.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import Pipe
from pathlib import Path
from random import Random
from unittest.mock import patch

from sqlalchemy import create_engine, select, text, update

from engine.case import Case, Ending, State
from engine.model import Mode
from engine.schedule import action_of
from reapers.desk import Desk
from reapers.service import Service
from reapers.store import open_ledger
from reapers.store.database import Database
from reapers.store.ledger import Ledger
from reapers.store.tables import cases as case_table
from reapers.store.tables import intents as intent_table
from reapers.store.tables import outbox as outbox_table
from reapers.watch import Watch
from reapers.world import Options, World
from simulation.branch import Branch
from simulation.calendar import SimulatedClock
from simulation.chance import CALM, Chance
from simulation.channel import Channel
from simulation.cloud import SimulatedCloud
from simulation.documents import PROD, REGIONS, files, people_of
from simulation.estate import Estate, Sort
from simulation.invariants import Broken
from simulation.kinds import KINDS
from simulation.life import PRICES
from simulation.memory import Inline, MemoryStore
from simulation.people import People, person
from simulation.remote import Host, RemoteChannel, RemoteCloud, RemoteStore, die

BEGIN = datetime.fromisoformat("2026-11-02T06:00:00+00:00")
ROUNDS = 60
"""So many rounds a world may take to where a scenario begins, and a rescuer to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is under way when the reaper dies."""

    name: str
    sort: Sort
    begins: Callable[[Case], bool]
    """The case stands where the step is about to be made; people have said what they must."""
    over: Callable[[Case], bool]
    asks: bool = False
    """Somebody asks to have it back first."""


def _about_to(verb: str) -> Callable[[Case], bool]:
    def begins(case: Case) -> bool:
        action = action_of(case)
        return case.state is State.APPROVED and action is not None and str(action.verb) == verb

    return begins


def _gone(case: Case) -> bool:
    return case.state in (State.DELETED, State.CLOSED)


def _back(case: Case) -> bool:
    return case.state is State.KEPT or (case.closed is not None and case.closed.reason is Ending.RESTORED)


SCENARIOS = (
    Scenario(name="delete a disk", sort=Sort.DISK, begins=_about_to("delete"), over=_gone),
    Scenario(name="delete an address", sort=Sort.ADDRESS, begins=_about_to("delete"), over=_gone),
    Scenario(
        name="stop a machine",
        sort=Sort.MACHINE,
        begins=_about_to("stop"),
        over=lambda case: case.rung is Mode.STOP or _gone(case),
    ),
    Scenario(name="delete a machine", sort=Sort.MACHINE, begins=_about_to("delete"), over=_gone),
    Scenario(name="restore a disk", sort=Sort.DISK, begins=lambda case: case.state is State.DELETED, over=_back, asks=True),
    Scenario(name="start a machine", sort=Sort.MACHINE, begins=lambda case: case.rung is Mode.STOP, over=_back, asks=True),
)


@dataclass(frozen=True, slots=True)
class Kill:
    """Where: the n-th step of a run, which is this one."""

    number: int
    when: str
    step: str

    def __str__(self) -> str:
        return f"{self.when} {self.step} (step {self.number})"


@dataclass(slots=True)
class Sums:
    """What the sweep came to."""

    kills: int = 0
    effective: int = 0
    """The victim held a lease when it died."""
    violations: list[str] = field(default_factory=list)
    points: Counter[str] = field(default_factory=Counter)


# --- where ledgers are kept ------------------------------------------------------------------------------------------------


class Files:
    """Ledgers on SQLite."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder}/now.db"

    def fresh(self) -> None:
        """An empty one."""
        for old in self.folder.glob("now.db*"):
            old.unlink()

    def keep(self, name: str) -> None:
        """The ledger as it is now, under a name."""
        self._copy("now", name)

    def take(self, name: str) -> None:
        """The ledger as it was kept."""
        self._copy(name, "now")

    def _copy(self, source: str, target: str) -> None:
        for old in self.folder.glob(f"{target}.db*"):
            old.unlink()
        for file in self.folder.glob(f"{source}.db*"):
            shutil.copy(file, self.folder / file.name.replace(source, target, 1))


class Server:
    """Ledgers on PostgreSQL: one database each, made from another as a template."""

    def __init__(self, url: str) -> None:
        self._admin = create_engine(url, isolation_level="AUTOCOMMIT")
        self.url = url.replace("/postgres?", "/sexton_now?") if "/postgres?" in url else f"{url.rsplit('/', 1)[0]}/sexton_now"

    def fresh(self) -> None:
        """As above."""
        self._do("drop database if exists sexton_now with (force)")
        self._do("create database sexton_now")

    def keep(self, name: str) -> None:
        """As above."""
        self._copy("sexton_now", f"sexton_{name}")

    def take(self, name: str) -> None:
        """As above."""
        self._copy(f"sexton_{name}", "sexton_now")

    def _copy(self, source: str, target: str) -> None:
        self._do(f"drop database if exists {target} with (force)")
        self._do(f"create database {target} template {source}")

    def __deepcopy__(self, memo: object) -> Server:
        """Trials are copied, the server that they share is not."""
        return self

    def _do(self, words: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(words))


# --- one world -------------------------------------------------------------------------------------------------------------


@dataclass
class Trial:
    """One resource and the reapers that die over it. Estate, channel and people live in this process, reapers in others."""

    shelf: Files | Server
    scenario: Scenario

    def __post_init__(self) -> None:
        self.chance = Chance(1, CALM)
        self.clock = SimulatedClock(BEGIN)
        self.estate = Estate()
        self.branch = Branch(self.clock, files())
        self.branch.merge(files(), frozenset())
        self.store = MemoryStore()
        self.channel = Channel(self.clock, self.chance)
        self.cloud = SimulatedCloud(self.clock, self.estate, self.chance, calm=True)
        idle = {Sort.MACHINE: "running", Sort.DISK: "available", Sort.ADDRESS: "held"}[self.scenario.sort]
        for number in range(3):  # two more, so that percentages and drops are not about one alone
            busy = number > 0
            state = "in-use" if busy and self.scenario.sort is Sort.DISK else idle
            self.estate.add(
                self.scenario.sort,
                (PROD, REGIONS[0]),
                f"thing-{number}",
                created=BEGIN - timedelta(days=90),
                tags={"owner": "payments"},
                state=state,
                busy=busy,
            )

    # --- reapers --------------------------------------------------------------------------------------------------------

    def service(self, ledger: Ledger, cloud: SimulatedCloud, channel: Channel) -> Service:
        """A reaper on the ledger."""
        tables = {name: kind.table for name, kind in KINDS.items()}
        world = World(
            ledger=ledger,
            clock=self.clock,
            clouds={"aws": cloud},
            kinds=KINDS,
            prices=PRICES,
            snapshots=self.store,
            watch=Watch(repository=self.branch, ledger=ledger, kinds=tables),
            notifier=channel,
        )
        return Service(
            world, Options(mode=Mode.DELETE, scan_every=timedelta(hours=12), worker=f"reaper-{os.getpid()}", call_seconds=60)
        )

    def here(self) -> None:
        """One round in this process, where nobody dies."""
        with open_ledger(self.shelf.url) as ledger:
            self.service(ledger, self.cloud, self.channel).tick()

    def there(self, kill: Kill | None, steps: list[Kill] | None = None) -> int:
        """One round in a process of its own; how it ended (minus the signal). Without a kill it says which steps it made."""
        ours, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._child(theirs, kill)
        theirs.close()
        Host(self.cloud, self.channel, self.store).serve(_Listening(ours, steps))  # type: ignore[arg-type]  # a pipe, and a pair of ears
        ours.close()
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def _child(self, pipe: object, kill: Kill | None) -> None:
        """Never returns."""
        try:
            count = 0

            def step(when: str, name: str) -> None:
                nonlocal count
                count += 1
                pipe.send(("step", (count, when, name)))  # type: ignore[attr-defined]  # a Connection
                pipe.recv()  # type: ignore[attr-defined]
                if kill is not None and count == kill.number:
                    die()

            cloud = RemoteCloud(self.clock, self.estate, self.chance, calm=True)
            cloud.pipe, cloud.step = pipe, step  # type: ignore[assignment]
            channel = RemoteChannel(self.clock, self.chance)
            channel.pipe, channel.step = pipe, step  # type: ignore[assignment]
            self.store = RemoteStore(self.store, pipe)  # type: ignore[arg-type]
            with open_ledger(self.shelf.url) as ledger, _watched(step):
                self.service(ledger, cloud, channel).tick()
        except BaseException:  # noqa: BLE001 - a forked child must not fall back into its parent's loop
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    # --- time and people ------------------------------------------------------------------------------------------------

    def case(self) -> Case | None:
        """The first case of the first resource."""
        with open_ledger(self.shelf.url) as ledger:
            mine = [case for case in ledger.cases(limit=100)[0] if case.key.id == "thing-0"]
        return min(mine, key=lambda case: case.opened, default=None)

    def people(self) -> None:
        """Who is asked says yes."""
        case = self.case()
        with open_ledger(self.shelf.url) as ledger:
            desk = Desk(ledger, self.clock, lambda: self._situation(ledger))
            who = People(clock=self.clock, random=lambda: 0.5, desk=lambda: desk, note=lambda _: None, diligent=True)
            who.release()
            action = action_of(case) if case else None
            if case and action and case.state is State.AWAITING_APPROVAL and not case.tell:
                who.agree(case, action.hash)

    def _situation(self, ledger: Ledger) -> object:
        service = self.service(ledger, self.cloud, self.channel)
        service.world.watch.look(self.clock.now())
        return type("Sees", (), {"policies": service.world.watch.policies, "head": service.world.watch.head})()

    def pass_time(self, hours: float = 13) -> None:
        """The calendar and the database's own clock go on: leases run out, no call can be under way."""
        self.clock.ahead(self.clock.true + timedelta(hours=hours))
        while self.clock.true.hour not in range(8, 16) or self.clock.true.isoweekday() > 5:
            self.clock.ahead(self.clock.true + timedelta(hours=1))
        with open_ledger(self.shelf.url) as ledger, ledger.database.writing() as connection:
            connection.execute(update(case_table).values(lease_until=case_table.c.lease_until - 600))
            connection.execute(update(intent_table).values(not_after=intent_table.c.not_after - 600))
            connection.execute(update(outbox_table).values(taken_until=outbox_table.c.taken_until - 600))


class _Listening:
    """The parent's end of the pipe, which also hears of steps."""

    def __init__(self, pipe: object, steps: list[Kill] | None) -> None:
        self.pipe, self.steps = pipe, steps

    def recv(self) -> object:
        while True:
            name, about = self.pipe.recv()  # type: ignore[attr-defined]
            if name != "step":
                return name, about
            if self.steps is not None:
                self.steps.append(Kill(*about))
            self.pipe.send(None)  # type: ignore[attr-defined]

    def send(self, what: object) -> None:
        self.pipe.send(what)  # type: ignore[attr-defined]


@contextmanager
def _watched(step: Callable[[str, str], None]) -> Iterator[None]:
    """Every transaction that writes is a step, before its commit and after it, named by the ledger's method."""
    real = Database.writing

    @contextmanager
    def writing(self: Database) -> Iterator[object]:
        name = _caller()
        with real(self) as connection:
            yield connection
            step("before", f"the commit of {name}")
        step("after", f"the commit of {name}")

    with patch.object(Database, "writing", writing):
        yield


def _caller() -> str:
    frame = sys._getframe(2)
    while frame.f_code.co_filename.endswith(("contextlib.py", "database.py")) and frame.f_back:
        frame = frame.f_back
    return frame.f_code.co_name


# --- the sweep -------------------------------------------------------------------------------------------------------------


def sweep(shelf: Files | Server, kills: int, seed: int = 0) -> Sums:
    """So many effective kills, spread evenly over every step of every scenario."""
    sums, random = Sums(), Random(seed)
    with patch("reapers.scan.ThreadPoolExecutor", Inline):
        prepared = [(scenario, *_prepare(shelf, scenario)) for scenario in SCENARIOS]
        points = [(scenario, start, kill) for scenario, start, steps in prepared for kill in steps]
        number = 0
        while sums.effective < kills:
            if number and number % len(points) == 0 and not sums.effective:
                raise RuntimeError("no kill hits a reaper that holds a lease")
            if number % len(points) == 0:
                random.shuffle(points)
            scenario, start, kill = points[number % len(points)]
            _kill(shelf, scenario, start, kill, sums)
            number += 1
    return sums


def _prepare(shelf: Files | Server, scenario: Scenario) -> tuple[Trial, list[Kill]]:
    """A world that stands where the scenario begins, kept under its name; and the steps that lead on from there."""
    shelf.fresh()
    trial = Trial(shelf, scenario)
    _to(trial, scenario.begins)
    if scenario.asks:
        with open_ledger(shelf.url) as ledger:
            case = trial.case()
            assert case is not None
            Desk(ledger, trial.clock, lambda: trial._situation(ledger)).restore(
                case.id, person(people_of("platform")[0]), "needed"
            )  # type: ignore[arg-type,return-value]
    name = scenario.name.replace(" ", "_")
    shelf.keep(name)
    start = copy.deepcopy(trial)
    steps: list[Kill] = []
    assert trial.there(None, steps) == 0
    return start, steps


def _to(trial: Trial, there: Callable[[Case], bool]) -> None:
    for _ in range(ROUNDS):
        trial.here()
        case = trial.case()
        if case is not None and there(case):
            return
        trial.people()
        case = trial.case()
        if case is not None and there(case):
            return
        trial.pass_time()
    raise RuntimeError(f"{trial.scenario.name} never began: {trial.case()}")


def _kill(shelf: Files | Server, scenario: Scenario, start: Trial, kill: Kill, sums: Sums) -> None:
    shelf.take(scenario.name.replace(" ", "_"))
    trial = copy.deepcopy(start)
    trial.shelf = shelf
    ended = trial.there(kill)
    sums.kills += 1
    sums.points[f"{scenario.name}: {kill}"] += 1
    if ended != -9:
        sums.violations.append(f"{scenario.name}: {kill}: the victim ended with {ended}")
        return
    with open_ledger(shelf.url) as ledger, ledger.database.reading() as connection:
        held = connection.execute(select(case_table.c.id).where(case_table.c.lease_until > 0)).all()
    sums.effective += bool(held)
    try:
        _rescue(trial)
    except (Broken, AssertionError) as broken:
        sums.violations.append(f"{scenario.name}: {kill}: {broken}")


def _rescue(trial: Trial) -> None:
    """Others go on, with people answering what they are asked, until it is over; then everything is looked at."""
    for _ in range(ROUNDS):
        trial.pass_time()
        assert trial.there(None) == 0, "a rescuer failed"
        case = trial.case()
        if case is not None and trial.scenario.over(case):
            break
        trial.people()
    else:
        raise AssertionError(f"it never ended: {case}")
    _holds(trial)


def _holds(trial: Trial) -> None:
    with open_ledger(trial.shelf.url) as ledger:
        assert ledger.verify_audit().ok, "the trail is broken"
        assert not ledger.open_intents(), "an intent is open"
        intents = [intent for case in ledger.cases(limit=100)[0] for intent in ledger.intents(case.id)]
        for verb in ("stop", "delete"):
            sent = Counter(call.generation for call in trial.cloud.log if call.verb == verb)
            begun = {intent.generation for intent in intents if str(intent.verb) == verb}
            assert set(sent) <= begun, f"{verb} was sent in generations {sorted(sent)} and begun in {sorted(begun)}"
            assert all(count == 1 for count in sent.values()), f"{verb} was sent more than once in a generation: {dict(sent)}"
            took = sum(call.verb == verb and call.effect for call in trial.cloud.log)
            assert took <= 1, f"{verb} took effect {took} times"
        closed = [case.closed.reason for case in ledger.cases(limit=100)[0] if case.closed]
        assert Ending.VANISHED not in closed, "what we deleted is said to have vanished"
        backups = Counter(backup.generation for backup in trial.estate.backups.values())
        assert all(count == 1 for count in backups.values()), f"{dict(backups)} backups by generation"


def main(words: list[str] | None = None) -> int:
    """Prints one JSON line; exit code 1 where something broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=80)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--postgresql", default="", help="URL of a server's database `postgres`; SQLite without it")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        shelf = Server(asked.postgresql) if asked.postgresql else Files(Path(folder))
        sums = sweep(shelf, asked.kills, asked.seed)
    where = "postgresql" if asked.postgresql else "sqlite"
    told = {
        "database": where,
        "kills": sums.kills,
        "effective": sums.effective,
        "points": len(sums.points),
        "violations": sums.violations,
    }
    print(json.dumps(told))
    return 1 if sums.violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
