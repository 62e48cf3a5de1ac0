"""One seed: thirty days of two hundred resources, through the real service on one thread, with everything around it simulated.

A seed is told by its number alone: the same number gives the same days, to the last statement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from engine.case import READY, State
from engine.model import Key, Mode
from reapers.desk import Desk
from reapers.service import Service
from reapers.store import LedgerUnavailable
from reapers.watch import Watch
from reapers.world import Options, World
from simulation.arrivals import Broken
from simulation.branch import Branch
from simulation.calendar import SimulatedClock
from simulation.calls import Door
from simulation.chance import USUAL, Chance, Profile
from simulation.channel import Channel, Message
from simulation.cloud import SimulatedCloud
from simulation.documents import files
from simulation.estate import Estate
from simulation.invariants import Invariants, ended
from simulation.kinds import KINDS
from simulation.memory import Crash, Inline, MemoryStore, Trap, Wire, memory_ledger, quiet
from simulation.nature import Nature
from simulation.outcome import WHOLE, Outcome, Size, every, told_of
from simulation.people import People
from simulation.setting import BEGINNINGS, CRASHES, PRICES, SCANS, SETTLING

AT_WORK = frozenset({State.STOPPING, State.DELETING, State.RESTORING})


@dataclass
class Simulation:
    """The whole world of one seed."""

    seed: int
    profile: Profile = USUAL
    size: Size = WHOLE
    keep_trace: bool = False
    clock: SimulatedClock = field(init=False)
    service: Service = field(init=False)
    trace: list[str] = field(default_factory=list)
    crashes: int = 0
    rounds: int = 0
    lost: int = 0
    """Answers that the reaper may not have heard or kept."""
    restarts: int = 0

    def __post_init__(self) -> None:
        self.chance = Chance(self.seed, self.profile)
        self.clock = SimulatedClock(BEGINNINGS[self.seed % len(BEGINNINGS)])
        self.begin = self.clock.true
        self.wire = Wire()
        self.ledger, self.anchor = memory_ledger(self.clock, self.wire)
        self.estate = Estate()
        self.store = MemoryStore()
        self.branch = Branch(self.clock, files())
        self.branch.merge(files(), frozenset())
        self.channel = Channel(self.clock, self.chance)
        self.cloud = SimulatedCloud(self.clock, self.estate, self.chance)
        self.people = People(clock=self.clock, random=self.chance.people.random, desk=lambda: self.desk, note=self.note)
        self.nature = Nature(
            clock=self.clock,
            chance=self.chance,
            estate=self.estate,
            branch=self.branch,
            channel=self.channel,
            people=self.people,
            note=self.note,
        )
        self.invariants = Invariants(
            ledger=self.ledger,
            cloud=self.cloud,
            estate=self.estate,
            branch=self.branch,
            channel=self.channel,
            people=self.people,
            newest=lambda: self.service.situation.inventory or self.store.newest(),
            lost_answers=lambda: self.lost,
        )
        self.cloud.door = Door(row=lambda: self.ledger.audit_head().seq, knock=self.knock, received=self.arrived)
        self.channel.read = self.told
        for _ in range(self.size.things):
            self.nature.make(timedelta(days=20 + 200 * self.nature.random.random()))
        self.restart()

    def restart(self) -> None:
        """Another process goes on from the same database, inventories and branch."""
        self.restarts += 1
        tables = {name: kind.table for name, kind in KINDS.items()}
        world = World(
            ledger=self.ledger,
            clock=self.clock,
            clouds={"aws": self.cloud},
            kinds=KINDS,
            prices=PRICES,
            snapshots=self.store,
            watch=Watch(repository=self.branch, ledger=self.ledger, kinds=tables),
            notifier=self.channel,
            machine=self.clock,
        )
        self.service = Service(world, Options(mode=Mode.DELETE, scan_every=SCANS, worker=f"reaper-{self.restarts}"))

    @property
    def desk(self) -> Desk:
        """Where people say what they want."""
        return Desk(self.ledger, self.clock, lambda: self.service.situation)

    def round(self) -> None:
        """One round of the reaper, which may die in it; then everything that must hold is looked at."""
        self.rounds += 1
        self._arm()
        try:
            self.service.tick()
        except Crash as crash:
            self.note(f"CRASH {crash}")
            self.crashes += 1
            self.lost += 1
            self.restart()
        except LedgerUnavailable as error:
            self.note(f"the ledger: {error}")
            self.lost += 1
        self.cloud.crash_at, self.channel.crash, self.wire.trap = None, False, None
        self.invariants.after_round()

    def _arm(self) -> None:
        trouble, profile = self.chance.trouble, self.profile
        if self.cloud.calm:
            return
        if trouble.random() < profile.crash:
            if trouble.random() < 0.5:
                self.cloud.crash_at = trouble.choice(CRASHES)
            elif trouble.random() < 0.1:
                self.channel.crash = True
            else:
                self.wire.trap = Trap(trouble.randrange(1, 90), "crash")
        elif trouble.random() < profile.database:
            self.wire.trap = Trap(trouble.randrange(1, 60), trouble.choice(("locked", "full")), trouble.randrange(1, 6))

    def note(self, what: str) -> None:
        """One line of the trace."""
        if self.keep_trace:
            self.trace.append(f"{self.clock.true:%m-%d %H:%M:%S} {what}")

    def knock(self, operation: str, key: Key) -> None:
        """People may come between two readings of a resource, not between the last one and the call that it allowed."""
        trap, self.wire.trap = self.wire.trap, None
        if operation in ("get", "backup") and not self.cloud.calm and self.chance.nature.random() < 0.03:
            self.nature.disturb(key.ref)
        self.wire.trap = trap

    def arrived(self, call: object) -> None:
        """A call at the cloud's door."""
        trap, self.wire.trap = self.wire.trap, None  # looking must not spring it
        self.note(f"cloud: {call}")
        self.invariants.received(call)  # type: ignore[arg-type]  # the door passes what it received
        self.wire.trap = trap

    def told(self, message: Message) -> None:
        """A message is there to be read."""
        if not message.answered:
            self.lost += 1
        self.note(f"slack: {message.notice.id} tells {[(item.ref, item.tell) for item in message.notice.items]}")
        self.nature.watched += [item.ref for item in message.notice.items]
        self.people.read(message)

    def run(self) -> Outcome:
        """Thirty days with whatever happens, then as long as it takes in peace."""
        broken = ""
        with quiet(), patch("reapers.scan.ThreadPoolExecutor", Inline):
            try:
                self._live(self.begin + timedelta(days=self.size.days))
                self.calm()
                self._live(self.clock.true + SETTLING, until_over=True)
                self.invariants.at_the_end()
            except Broken as failed:
                broken = str(failed)
                self.note(f"BROKEN {broken}")
        return self._outcome(broken)

    def calm(self) -> None:
        """From here on nothing goes wrong, and people do what they are asked."""
        self.note("--- calm ---")
        self.cloud.calm = self.channel.calm = self.people.diligent = True
        self.channel.down_until = self.branch.down_until = None
        self.clock.wrong = timedelta(0)
        self.nature.merge("at the end")
        self.people.unfreeze()

    def _live(self, end: datetime, *, until_over: bool = False) -> None:
        event = day = self.clock.true
        while self.clock.true < end:
            self.cloud.arrive()
            if not until_over and event <= self.clock.true:
                self.nature.something()
                event = self.nature.next()
            if day <= self.clock.true:
                day += timedelta(days=1)
                self.people.later(timedelta(hours=10), self.people.tidy) if until_over else self.nature.day()
            acted = self.people.act()
            if acted or self.clock.true >= self._next_round:
                self.round()
                self._next_round = self._when()
            if until_over and self.over():
                return
            arriving = [at for at, _ in self.cloud.arriving]
            todo = [self.people.todo[0][0]] if self.people.todo else []
            event_at = [] if until_over else [event]
            self.clock.ahead(min([self._next_round, day, *event_at, *todo, *arriving]))

    _next_round: datetime = datetime(1, 1, 1, tzinfo=UTC)

    def _when(self) -> datetime:
        """When the next round begins: soon while something is under way, else when something may happen."""
        cases = self.ledger.open_cases()
        if any(case.state in AT_WORK for case in cases):
            return self.clock.true + timedelta(minutes=20)
        moment = self.service.next_moment() - self.clock.wrong
        if any(case.state in READY for case in cases):
            moment = min(moment, self.clock.true + timedelta(hours=2))
        return max(moment, self.clock.true + timedelta(minutes=1))

    def over(self) -> bool:
        """Whether nothing waits any more."""
        return all(ended(case) for case in self.ledger.open_cases())

    def _outcome(self, broken: str) -> Outcome:
        cases = list(every(self.ledger))
        verbs = [call.verb for call in self.cloud.log if call.effect]
        waiting = tuple(told_of(case) for case in cases if not ended(case))
        return Outcome(
            seed=self.seed,
            broken=broken,
            cases=len(cases),
            ended=sum(map(ended, cases)),
            deleted=verbs.count("delete"),
            stopped=verbs.count("stop"),
            crashes=self.crashes,
            rounds=self.rounds,
            trace=tuple(self.trace),
            waiting=waiting,
        )
