"""What a round does to clouds: acts of the plan, outcomes by reading, and what people asked to have back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.case import State
from engine.plan import Plan, plan
from engine.standing import Standing
from reapers.execute import Executor, Report
from reapers.execute.attempt import Tools
from reapers.execute.hands import Hands
from reapers.look import Looker
from reapers.situation import Situation
from reapers.store.ledger import Ledger
from reapers.world import Options, World

log = logging.getLogger(__name__)


def standing_of(situation: Situation, ledger: Ledger, now: datetime) -> Standing | None:
    """How things stand for the acts at `now`; None before policies were loaded."""
    if situation.policies is None:
        return None
    return Standing(
        policies=situation.policies,
        server=situation.mode,
        frozen=ledger.frozen() is not None,
        head_current=situation.head.is_current(now),
        usage=ledger.usage(now),
        population=situation.population,
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
        return standing_of(self.situation(), self.world.ledger, self.world.clock.now())

    def plan(self) -> Plan | None:
        """What may be done now; None before policies were loaded."""
        standing = self.standing()
        return plan(self.world.ledger.open_cases(), standing, self.world.clock.now()) if standing else None

    def act(self) -> None:
        """One by one, each with a plan of its own moment: what an act uses up is counted before the next."""
        tried: set[str] = set()
        while (current := self.plan()) and (todo := [action for action in current.actions if action.case not in tried]):
            standing, sight = self.standing(), self.situation().sight()
            if standing is None or sight is None:
                return
            tried.add(todo[0].case)
            self._done(self.executor().act(todo[0], standing, sight))

    def settle(self) -> None:
        """Unknown outcomes by reading, and what people asked to have back."""
        standing = self.standing()
        if standing is None:
            return
        for intent in self.world.ledger.open_intents():
            self._done(self.executor().settle(intent, standing))
        for case in self.world.ledger.open_cases():
            if case.state is State.RESTORING:
                self._done(self.executor().bring_back(case, standing))

    def executor(self) -> Executor:
        """The hands."""
        world = self.world
        hands = Hands(clouds=world.clouds, kinds=world.kinds, clock=world.clock)
        looker = Looker(clouds=world.clouds, kinds=world.kinds, prices=world.prices, clock=world.clock)
        return Executor(
            Tools(
                ledger=world.ledger,
                clock=world.clock,
                hands=hands,
                looker=looker,
                worker=self.options.worker,
                call_seconds=self.options.call_seconds,
            )
        )

    def _done(self, report: Report) -> None:
        log.info("%s of case %s: %s %s", report.verb, report.case, report.result, report.why)
        self.count(report)
