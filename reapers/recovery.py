"""After a database was restored: a ledger older than what was kept of it freezes itself, and goes on when people say so.

An older copy has forgotten acts, approvals, keeps and restores. Nothing moves before `sexton recover`; then outcomes are read
from the cloud, every agreement is void, and every owner is told again with the whole grace.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from engine.case import Case
from engine.events import Recovered
from engine.life import advance
from engine.model import Gone, Mode, Role, Verb
from engine.schedule import Rules
from reapers.anchor import HeadsUnread
from reapers.casework import save
from reapers.doing import Doing
from reapers.execute.hands import Hands
from reapers.kind import Order, Progress
from reapers.tally import Tally
from reapers.world import World

log = logging.getLogger(__name__)

BEHIND = "the ledger is older than its kept head"
"""How the reason begins for which the service freezes itself."""

RECOVERING = "recovering"
"""The ledger's fact: the recovery that two people agreed to, until it is done."""

SEXTON = "sexton"

AT_ONCE = 16
"""Resources that are looked at together."""

ATTEMPTS = 5
"""Passes over the cases while people go on changing them."""

GENERATIONS = 3
"""Generations of a case whose backups are looked for: so many acts may have had no effect before a person must look."""


def is_sound(world: World, tally: Tally) -> bool:
    """Whether the ledger is what was kept of it, and no recovery is under way. One that is not freezes, and waits for people."""
    now = world.clock.now()
    if world.heads is not None:
        if world.heads.behind(world.ledger):
            _freeze(world)
            return False
        if not world.heads.keep(world.ledger, now):
            tally.counts["audit_head_failures_total", "", ""] += 1
    return not world.ledger.get(RECOVERING)


def _freeze(world: World) -> None:
    if world.ledger.frozen() is None:
        ends, kept = world.ledger.audit_head().seq, _place(world)
        why = f"{BEHIND}: it ends at row {ends}, and what was kept in {kept} is beyond it or another; run `sexton recover`"
        log.error("frozen: %s", why)
        world.ledger.freeze(SEXTON, why, world.clock.now())


def _place(world: World) -> str:
    return world.heads.shown if world.heads else "no place"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What two people agreed to, done step by step; whatever cuts it off, the next round begins it again."""

    world: World
    doing: Doing

    def go_on(self) -> bool:
        """Whether it is done now. False where none is agreed to, or something cannot be read yet: the log says what."""
        agreed = json.loads(self.world.ledger.get(RECOVERING) or "{}")
        standing = self.doing.standing()
        if not agreed or standing is None:
            return False
        if not self._settle():
            return False
        closed = self._begin_again(Rules(policies=standing.policies))
        return self._finish(agreed, closed)

    def _settle(self) -> bool:
        """What became of every open intent, by reading. Whether all of them are known."""
        standing, ledger = self.doing.standing(), self.world.ledger
        assert standing is not None  # asked before
        for intent in ledger.open_intents():
            self.doing.executor().settle(intent, standing)
        left = [intent.case for intent in ledger.open_intents()]
        if left:
            log.warning("the recovery waits: what became of the acts of %s cannot be read yet", ", ".join(left))
        return not left

    def _begin_again(self, rules: Rules) -> int:
        """Every open case begins its grace again; how many resources are gone."""
        now, ledger = self.world.clock.now(), self.world.ledger
        looked = [case for case in ledger.open_cases() if case.rung is not Mode.DELETE]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            events = {case.id: event for case, event in zip(looked, pool.map(self._seen, looked), strict=True)}
        for _ in range(ATTEMPTS):
            cases = ledger.open_cases()
            steps = [(case, advance(case, events.get(case.id, Recovered()), rules, now)) for case in cases]
            if all(before == after for before, after in steps):
                break
            save(ledger, steps, "recovered", now)
        return sum(event.gone for event in events.values())

    def _seen(self, case: Case) -> Recovered:
        """Whether the resource is there, and whether we may have removed it. One that cannot be read counts as there."""
        key, world = case.key, self.world
        kind, cloud = world.kinds[key.kind], world.clouds[key.cloud]
        try:
            found = kind.get(cloud.cell(key.account, key.region, Role.SCAN, world.clock.now()), key)
        except Exception as error:
            told = cloud.outcome(error)
            if told is None:
                raise
            log.warning("%s cannot be read in the recovery: %s", key, told[1])
            return Recovered()
        gone = isinstance(found, Gone)
        return Recovered(gone=gone, ours=gone and self._has_our_backup(case))

    def _has_our_backup(self, case: Case) -> bool:
        """Whether a whole backup made for this case is there: we make one only right before we delete."""
        kind = self.world.kinds[case.key.kind]
        if Verb.BACKUP not in kind.acts:
            return False
        hands = Hands(clouds=self.world.clouds, kinds=self.world.kinds, clock=self.world.clock)
        orders = (Order(case=case.id, generation=case.generation + later, key=case.key) for later in range(GENERATIONS))
        return any(hands.read(case, Verb.BACKUP, order)[0] is Progress.DONE for order in orders)

    def _finish(self, agreed: Mapping[str, Any], gone: int) -> bool:
        """The kept head first: were it last, a crash before it would freeze the ledger once more."""
        world, now = self.world, self.world.clock.now()
        try:
            if world.heads is not None and world.heads.behind(world.ledger):
                world.heads.recovered(world.ledger, world.heads.gap(world.ledger), now)
        except (OSError, HeadsUnread) as error:
            log.error("the recovery waits: no head can be kept in %s: %s", _place(world), error)
            return False
        data = {name: value for name, value in agreed.items() if name != "freeze"} | {"gone": gone}
        if world.ledger.recovered(RECOVERING, agreed["freeze"], data, now):
            log.warning("recovered: rows %s to %s of the trail are lost", agreed.get("whole"), agreed.get("lost"))
        return True
