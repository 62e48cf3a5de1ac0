"""One resource and the reapers that die over it, each in a process of its own."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import Pipe
from unittest.mock import patch

from sqlalchemy import update

from engine.case import Case, State
from engine.model import Mode
from engine.schedule import action_of
from reapers.desk import Desk
from reapers.service import Service
from reapers.situation import Situation
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
from simulation.documents import PROD, REGIONS, files
from simulation.estate import Estate, Sort
from simulation.kinds import KINDS
from simulation.memory import MemoryStore
from simulation.people import People
from simulation.remote import Host, RemoteChannel, RemoteCloud, RemoteStore, die
from simulation.scenarios import Scenario
from simulation.setting import PRICES
from simulation.shelves import Files, Server

BEGIN = datetime.fromisoformat("2026-11-02T06:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Kill:
    """Where: the n-th step of a run, which is this one."""

    number: int
    when: str
    step: str

    def __str__(self) -> str:
        return f"{self.when} {self.step} (step {self.number})"


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
            desk = Desk(ledger, self.clock, lambda: self.situation(ledger))
            who = People(clock=self.clock, random=lambda: 0.5, desk=lambda: desk, note=lambda _: None, diligent=True)
            who.release()
            action = action_of(case) if case else None
            if case and action and case.state is State.AWAITING_APPROVAL and not case.tell:
                who.agree(case, action.hash)

    def situation(self, ledger: Ledger) -> Situation:
        service = self.service(ledger, self.cloud, self.channel)
        service.world.watch.look(self.clock.now())
        return Situation(policies=service.world.watch.policies, head=service.world.watch.head)

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
