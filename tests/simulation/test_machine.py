"""The same world moved by Hypothesis instead of by chance: any order of scans, people, policies, crashes and clocks, shrunk when
one breaks an invariant. SEXTON_TEST_NIGHTLY=1 makes it 5,000 examples of 60 steps.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine.case import Case
from engine.schedule import action_of
from simulation.arrivals import Broken
from simulation.chance import CALM
from simulation.documents import TEAMS, people_of
from simulation.estate import Thing
from simulation.life import Simulation
from simulation.memory import Inline, Trap, quiet
from simulation.outcome import Size
from simulation.people import person

NIGHTLY = bool(os.environ.get("SEXTON_TEST_NIGHTLY"))
EXAMPLES, STEPS = (5000, 60) if NIGHTLY else (20, 40)
pytestmark = pytest.mark.timeout(0 if NIGHTLY else 900)
"""Shrinking a failure takes minutes: what is cut off says nothing."""
WHICH = st.integers(0, 50)
"""A thing or a case, counted modulo how many there are."""
EVERYBODY = st.sampled_from([email for team in TEAMS for email in people_of(team)])
HAPPENS = st.sampled_from(
    ["_use", "_leave", "_keep_tag", "_untag", "_veto", "_owner", "_resize", "_remove", "_again", "_start", "_guard", "_new"]
)


class Life(RuleBasedStateMachine):
    """One small world; every rule is one thing that may happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.around = ExitStack()
        self.around.enter_context(quiet())
        self.around.enter_context(patch("reapers.scan.ThreadPoolExecutor", Inline))

    @initialize(seed=st.integers(0, 4), days=st.integers(0, 9))
    def begin(self, seed: int, days: int) -> None:
        self.world = Simulation(seed, CALM, Size(things=12, days=1))
        self.round()
        self.days_pass(days)

    def teardown(self) -> None:
        self.around.close()

    # --- the reaper -----------------------------------------------------------------------------------------------------

    def round(self) -> None:
        """One round; a broken invariant is an assertion that Hypothesis can shrink."""
        try:
            self.world.cloud.arrive()
            self.world.round()
        except Broken as broken:
            raise AssertionError(str(broken)) from None

    @rule(hours=st.sampled_from([0.1, 1, 6, 13, 24, 49, 74]))
    def time_passes(self, hours: float) -> None:
        self.world.clock.ahead(self.world.clock.true + timedelta(hours=hours))
        self.world.people.act()
        self.round()

    @rule(days=st.sampled_from([1, 2, 4]))
    def days_pass(self, days: int) -> None:
        """As many rounds as it takes, with people answering what they read."""
        end = self.world.clock.true + timedelta(days=days)
        while self.world.clock.true < end:
            self.world.people.act()
            self.round()
            todo = [self.world.people.todo[0][0]] if self.world.people.todo else []
            self.world.clock.ahead(min([end, self.world._when(), *todo]))

    @rule()
    def scan(self) -> None:
        """A moment later than the last one: no reaper scans twice in the same instant."""
        self.world.clock.ahead(self.world.clock.true + timedelta(seconds=30))
        self.world.service.scan()

    @rule(tags=st.booleans())
    def half_a_scan(self, tags: bool) -> None:
        self.world.chance.profile = replace(CALM, half=1.0, tags_denied=1.0 if tags else 0.0)
        try:
            self.scan()
        finally:
            self.world.chance.profile = CALM

    @rule()
    def restart(self) -> None:
        self.world.restart()
        self.round()

    @rule(statement=st.integers(1, 120), what=st.sampled_from(["crash", "crash", "locked", "full"]))
    def crash(self, statement: int, what: str) -> None:
        self.world.wire.trap = Trap(statement, what)
        self.round()
        self.world.wire.trap = None

    @rule(
        when=st.sampled_from(["before", "after"]), verb=st.sampled_from(["get", "check", "condemn", "backup", "stop", "delete"])
    )
    def crash_at_the_cloud(self, when: str, verb: str) -> None:
        self.world.cloud.crash_at = (when, verb)
        self.round()

    @rule(hours=st.sampled_from([-24, -1, 0, 1, 24]))
    def clock_jumps(self, hours: int) -> None:
        self.world.clock.wrong = timedelta(hours=hours)

    # --- the world ------------------------------------------------------------------------------------------------------

    @rule(which=WHICH, what=HAPPENS)
    def something_happens(self, which: int, what: str) -> None:
        things = list(self.world.estate.living(self.world.clock.true))
        if things:
            happens: Callable[[Thing], None] = getattr(self.world.nature, what)
            happens(things[which % len(things)])

    @rule(what=st.sampled_from(["exempt_one", "change", "broken", "rewind"]))
    def policies_move(self, what: str) -> None:
        getattr(self.world.nature, what)()

    @rule()
    def policies_are_mended(self) -> None:
        self.world.nature.merge("mended")

    # --- people ---------------------------------------------------------------------------------------------------------

    def case(self, which: int) -> Case | None:
        opened = self.world.ledger.open_cases()
        return opened[which % len(opened)] if opened else None

    @rule(which=WHICH, who=EVERYBODY, stale=st.booleans(), twice=st.booleans())
    def somebody_approves(self, which: int, who: str, stale: bool, twice: bool) -> None:
        case = self.case(which)
        action = action_of(case) if case else None
        if case and action:
            for _ in range(2 if twice else 1):
                self.world.people.agree(case, "0" * 16 if stale else action.hash, [who])

    @rule(which=WHICH)
    def who_must_approves(self, which: int) -> None:
        case = self.case(which)
        action = action_of(case) if case else None
        if case and action:
            self.world.people.agree(case, action.hash)

    @rule(which=WHICH, who=EVERYBODY, word=st.sampled_from(["snooze", "reject", "not_mine", "restore", "retry"]))
    def somebody_says(self, which: int, who: str, word: str) -> None:
        case = self.case(which)
        if case:
            self.world.people._say(word, lambda: getattr(self.world.desk, word)(case.id, person(who)))

    @rule(which=WHICH, who=EVERYBODY)
    def somebody_keeps(self, which: int, who: str) -> None:
        case = self.case(which)
        if case:
            self.world.people._say("keeps", lambda: self.world.people._keep(case, who))

    @rule()
    def freeze(self) -> None:
        self.world.people.freeze()

    @rule()
    def unfreeze(self) -> None:
        self.world.people.unfreeze()
        self.world.people.release()

    # --- what must hold -------------------------------------------------------------------------------------------------

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "world"):
            try:
                self.world.invariants.after_round()
            except Broken as broken:
                raise AssertionError(str(broken)) from None


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck), database=None,
    derandomize=not NIGHTLY, phases=(Phase.explicit, Phase.generate, Phase.shrink),
)  # fmt: skip
