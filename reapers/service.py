"""The loop. Each round: policies from git, a scan when due, what both mean for the cases, notices, acts, outcomes.

    poll -> scan -> judge -> advance -> tell -> plan -> execute -> settle

Every step leaves what it did in the ledger, so a round that was cut off anywhere is simply followed by the next one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from engine.compound import going
from engine.model import Account, Mode, lowest
from engine.plan import Plan
from engine.schedule import Rules
from engine.standing import Standing
from engine.view import Context
from reapers.casework import apply_inventory, apply_time
from reapers.clock import Clock
from reapers.clouds.cloud import Unreachable
from reapers.doing import Doing
from reapers.drilling import drill
from reapers.execute import Report
from reapers.halts import Halt, halts
from reapers.holding import look, page
from reapers.moments import moments
from reapers.proving import prove
from reapers.recovery import Recovery, is_sound
from reapers.scan import Request, Step, scan
from reapers.situation import Situation, judged, rests_of
from reapers.sources.errors import SnapshotError
from reapers.store import LedgerUnavailable
from reapers.store.ledger import Ledger
from reapers.tally import Tally
from reapers.telling import Telling
from reapers.tidying import tidy
from reapers.vetoes import apply_vetoes
from reapers.world import Options, World

log = logging.getLogger(__name__)

LAST_TICK = "last_tick"
LAST_SCAN = "last_scan"
ROUND = timedelta(seconds=15)
"""How often a round begins; a click is answered by the next one at the latest."""


@dataclass(slots=True)
class Service:
    """One reaper. `situation` is replaced as a whole; readers on other threads take it once and use that."""

    world: World
    options: Options = field(default_factory=Options)
    situation: Situation = field(default_factory=Situation)
    tally: Tally = field(default_factory=Tally)
    """What was counted since the start: notices and acts by result, guards, limits."""
    progress: Callable[[Step], None] = lambda step: None
    reported: Callable[[Report], None] = lambda report: None
    _polled: datetime | None = None
    _awake: threading.Event = field(default_factory=threading.Event)

    @property
    def ledger(self) -> Ledger:
        """Where everything is remembered."""
        return self.world.ledger

    @property
    def clock(self) -> Clock:
        """The calendar."""
        return self.world.clock

    # --- the loop -----------------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Rounds until told to stop. A database or cloud that cannot be reached, or a fault, ends a round, not the loop."""
        while not stop.is_set():
            try:
                self.tick()
            except (LedgerUnavailable, Unreachable, SnapshotError) as error:
                log.error("%s", error)
            except Exception as error:  # the loop's top: a fault of ours ends a round, not the reaper
                log.error("a fault in Sexton ended this round", exc_info=error)
            self.pause(ROUND.total_seconds())

    def pause(self, seconds: float) -> None:
        """Wait for the next round: so many seconds of the machine, or until somebody wakes us."""
        self._awake.wait(seconds)
        self._awake.clear()

    def wake(self) -> None:
        """Begin the next round now."""
        self._awake.set()

    def tick(self) -> None:
        """One round."""
        if is_sound(self.world, self.tally):
            self._round()
        else:
            self._wait()
        self.ledger.set(LAST_TICK, self.clock.now().isoformat())

    def _wait(self) -> None:
        """The ledger is older than what was kept of it: the policies are read, a recovery goes on, and no case moves before."""
        self.situation = replace(self.situation, inventory=None, judged=())
        self._poll()
        Recovery(self.world, self.doing()).go_on()

    def _round(self) -> None:
        self._read_rests()
        self._poll()
        if self.situation.inventory is None:
            self._open_inventory()
        if self.scan_due() <= self.clock.now():
            self.scan()
        self._advance()
        self._tell()
        self.doing().act()
        self.doing().settle()
        drill(self.doing())

    # --- what the world says ------------------------------------------------------------------------------------------

    def _poll(self) -> None:
        now = self.clock.now()
        if self._polled is not None and timedelta(0) <= now - self._polled < self.options.poll_every:
            return
        self._polled = now
        before = self.situation.commit
        self.world.watch.look(now)
        self.situation = replace(
            self.situation,
            policies=self.world.watch.policies,
            head=self.world.watch.head,
            mode=self._mode(),
            scan_every=self.options.scan_every,
        )
        if self.situation.commit != before:
            self._judge()

    def _mode(self) -> Mode:
        """The server's ceiling. While nobody can be told, nothing goes beyond observe."""
        return lowest((self.options.mode, Mode.DELETE if self.world.notifier.counts else Mode.OBSERVE))

    def _open_inventory(self) -> None:
        try:
            newest = self.world.snapshots.newest()
        except SnapshotError as error:  # a scan puts a whole one in its place; what was idle counts anew
            log.error("%s A new scan takes its place.", error)
            return
        if newest is not None:
            self.situation = replace(self.situation, inventory=newest)
            self._judge()

    def _judge(self) -> None:
        """The verdicts of the policies in force on the newest inventory, and what they mean for the cases."""
        self.situation = judged(replace(self.situation, going=going(self.ledger.open_cases())))
        self.situation = replace(self.situation, proven=prove(self.world, self.situation, self.clock.now()))
        self._read_rests()  # a scan takes minutes, in which people say no
        look(self.ledger, self.situation, self.clock.now())
        if sight := self.situation.sight():
            apply_inventory(self.ledger, sight, self.clock.now())
            apply_vetoes(self.ledger, sight, self.clock.now())

    def _read_rests(self) -> None:
        """What people, or a restore, want left alone for now."""
        self.situation = replace(self.situation, rests=rests_of(self.ledger.shields(self.clock.now())))

    def scan_due(self) -> datetime:
        """When the next scan is due; at once where the newest inventory is from the future, after the clock was set back."""
        last, now = self.situation.inventory, self.clock.now()
        return last.as_of + self.options.scan_every if last and last.as_of <= now else now

    def scan(self) -> None:
        """Reads the estate, keeps it as a snapshot, judges it."""
        began = time.perf_counter()
        request = Request(
            clouds=tuple(self.world.clouds.values()),
            kinds=self.world.kinds,
            prices=self.world.prices,
            previous=self.situation.inventory,
            context=self._context if self.situation.policies else None,
            progress=self.progress,
            states=self.world.states.read(self.clock.now()),
            pursued=frozenset(case.key.ref for case in self.ledger.open_cases() if case.rung is Mode.STOP),
        )
        inventory = self.world.snapshots.write(scan(request, self.clock.now()))
        self.situation = replace(self.situation, inventory=inventory, scan_seconds=time.perf_counter() - began)
        self.ledger.set(LAST_SCAN, inventory.as_of.isoformat())
        self._judge()
        tidy(self.world.snapshots, inventory, self.situation.policies, self.options.keep_daily)

    def _context(self, accounts: Mapping[str, Account]) -> Context:
        assert self.situation.policies is not None  # `scan` asks only then
        return Context(policies=self.situation.policies, accounts=accounts, server=self.situation.mode)

    # --- what follows -------------------------------------------------------------------------------------------------

    def halts(self) -> tuple[Halt, ...]:
        """Everything that halts all acts now."""
        return halts(self.world, self.situation)

    def standing(self) -> Standing | None:
        """How things stand for the acts; None before policies were loaded."""
        return self.doing().standing()

    def plan(self) -> Plan | None:
        """What may be done now; None before policies were loaded."""
        return self.doing().plan()

    def _advance(self) -> None:
        if self.situation.policies is not None:
            current = self.plan()
            self.tally.plan(current)
            apply_time(self.ledger, Rules(policies=self.situation.policies), current, self.clock.now())

    def _tell(self) -> None:
        sight = self.situation.sight()
        if sight is None:
            return
        page(self.ledger, self.situation, self.clock.now())
        for result in self._telling().tell(sight, self.clock.now()):
            self.tally.notice(result)

    def _telling(self) -> Telling:
        scanned, world = self.situation.scanned, self.world
        return Telling(ledger=self.ledger, notifier=world.notifier, clock=self.clock, link=self.options.link, scanned=scanned)

    def doing(self) -> Doing:
        """The part of a round that acts."""
        return Doing(self.world, self.options, lambda: self.situation, self._count)

    def _count(self, report: Report) -> None:
        self.tally.report(report)
        self.reported(report)

    # --- when -----------------------------------------------------------------------------------------------------------

    def next_moment(self) -> datetime:
        """When something may happen next: a scan, a case's date, the opening of hours for acts, the next notice."""
        now = self.clock.now()
        found = [self.scan_due(), *moments(self.ledger.open_cases(), self.situation.policies, now)]
        if sight := self.situation.sight():
            found += self._telling().next_times(sight, now)
        return min((moment for moment in found if moment > now), default=now + self.options.scan_every)
