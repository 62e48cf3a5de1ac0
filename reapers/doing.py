"""What a round does to clouds: acts of the plan, outcomes by reading, and what people asked to have back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.case import READY, Action, State
from engine.clocks import Clocks
from engine.drill import is_drill
from engine.plan import Plan, plan
from engine.standing import Standing
from reapers.execute import Executor, Report
from reapers.execute.attempt import Tools
from reapers.execute.hands import Hands
from reapers.halts import halts, outside
from reapers.look import Looker
from reapers.marking import condemn_waiting, tags_left
from reapers.ours import backup_keys
from reapers.situation import Situation
from reapers.together import with_company
from reapers.world import Options, World

log = logging.getLogger(__name__)


def standing_of(situation: Situation, world: World, now: datetime) -> Standing | None:
    """How things stand for the acts at `now`; None before policies were loaded."""
    if situation.policies is None:
        return None
    ledger = world.ledger
    return Standing(
        policies=situation.policies,
        server=situation.mode,
        frozen=bool(halts(world, situation)),
        head_current=situation.head.is_current(now),
        usage=ledger.usage(now),
        population=situation.population,
        holds=ledger.holds.standing(now),
        backups=backup_keys(ledger),
        scanned=situation.scanned,
        clocks=Clocks(machine=world.machine.now(), database=ledger.database_time()),
        proven=situation.proven,
    )


@dataclass(frozen=True, slots=True)
class Doing:
    """The part of a round that acts. `situation` gives the newest one; `count` hears of every attempt."""

    world: World
    options: Options
    situation: Callable[[], Situation]
    count: Callable[[Report], None]

    def standing(self) -> Standing | None:
        """How things stand now; None before policies were loaded."""
        return standing_of(self.situation(), self.world, self.world.clock.now())

    def plan(self) -> Plan | None:
        """What may be done now; None before policies were loaded. Of many open cases only a few are ready for an act."""
        opened = self.world.ledger.open_cases()
        ready = [case for case in opened if case.state in READY and not is_drill(case)]
        policies, now = self.situation().policies, self.world.clock.now()
        if policies is not None and not ready:
            return Plan(as_of=now, commit=policies.commit, actions=(), skipped=())
        standing = self.standing()
        if standing is None:
            return None
        by_ref = {case.key.ref: case for case in opened}
        return plan(ready, with_company(standing, ready, by_ref.get, self.situation().rests), now)

    def act(self) -> None:
        """Each action of a plan once, and of the plans that follow from it, until there is none that was not tried."""
        tried: set[str] = set()
        while (current := self.plan()) and (todo := [action for action in current.actions if action.case not in tried]):
            sight = self.situation().sight()
            for action in todo:
                standing = self._standing_for(action)
                if standing is None or sight is None:
                    return
                tried.add(action.case)
                if standing.companies.is_turn(action.case):
                    self.done(self.executor().act(action, standing, sight))
        condemn_waiting(self)

    def _standing_for(self, action: Action) -> Standing | None:
        """How things stand at this moment: acts before it are counted, and what was deleted before it refers to nothing."""
        standing, ledger = self.standing(), self.world.ledger
        case = ledger.case(action.case)
        if standing is None or case is None:
            return standing
        return with_company(standing, [case], ledger.open_case, self.situation().rests)

    def settle(self) -> None:
        """Unknown outcomes by reading, what people asked to have back, and tags of ours that must not stay behind."""
        intents = self.world.ledger.open_intents()
        restoring = [case for case in self.world.ledger.open_cases() if case.state is State.RESTORING]
        left = tags_left(self.world.ledger, self.world.clock.now())
        standing = self.standing() if intents or restoring or left else None
        if standing is None:
            return
        for intent in intents:
            self.done(self.executor().settle(intent, standing))
        for case in restoring:
            self.done(self.executor().bring_back(case, standing))
        for case in left:
            self.done(self.executor().spare(case.id, standing))

    def executor(self) -> Executor:
        """The hands."""
        world = self.world
        hands = Hands(clouds=world.clouds, kinds=world.kinds, clock=world.clock)
        looker = Looker(clouds=world.clouds, kinds=world.kinds, prices=world.prices, clock=world.clock, states=world.states)
        return Executor(
            Tools(
                ledger=world.ledger,
                clock=world.clock,
                hands=hands,
                looker=looker,
                worker=self.options.worker,
                machine=world.machine,
                halted=lambda: bool(outside(world, self.situation())),
                call_seconds=self.options.call_seconds,
            )
        )

    def done(self, report: Report) -> None:
        """An attempt has ended."""
        log.info("%s of case %s: %s %s", report.verb, report.case, report.result, report.why)
        self.count(report)
