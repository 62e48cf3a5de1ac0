"""One attempt at one case, under a lease: the case as it stands, and the steps that write what happened to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.calendar import later
from engine.case import Action, Case
from engine.clocks import Clocks
from engine.events import Event, Judged, Vanished
from engine.follow import Sight, follow
from engine.guards import Asked
from engine.life import advance
from engine.life.entries import entry
from engine.limits import Usage
from engine.looked import Look
from engine.model import Gone, Verb
from engine.schedule import Rules, action_of
from engine.standing import Standing
from reapers.clock import Clock, SystemClock
from reapers.execute.hands import Hands
from reapers.execute.report import Report, Result
from reapers.kind import Order
from reapers.look import Fresh, Looker
from reapers.store import Change, Fenced, Intent, Lease, Outcome, Shield, Stale
from reapers.store.ledger import Ledger

LEASE_SECONDS = 120
"""Longer than any single call with its retries; the case of a worker that died is free after this long at the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What an attempt works with."""

    ledger: Ledger
    clock: Clock
    hands: Hands
    looker: Looker
    worker: str
    machine: Clock = field(default_factory=SystemClock)
    """The machine's own clock, beside the calendar."""
    halted: Callable[[], bool] = lambda: False
    """Whether something outside of the ledger halts all acts at this moment."""
    call_seconds: float = 60
    """An intent's call may be sent so long after the intent; so much later again it can no longer be under way."""


@dataclass(slots=True, kw_only=True)
class Attempt:
    """The case under our lease. `save` is the only way it changes."""

    tools: Tools
    lease: Lease
    case: Case
    standing: Standing
    look: Look | None = None
    """The newest look at the resource."""

    def asked(self, action: Action | None, usage: Usage, database: datetime, *, last: bool = False) -> Asked:
        """What the guards are asked of an act of this case now, which is `database` by the database's clock."""
        clocks = Clocks(machine=self.tools.machine.now(), database=database)
        standing, now = replace(self.standing, clocks=clocks), self.tools.clock.now()
        return Asked(case=self.case, action=action, standing=standing, usage=usage, now=now, look=self.look, last=last)

    def advanced(self, event: Event) -> Case:
        """The case after an event, now."""
        return advance(self.case, event, Rules(policies=self.standing.policies), self.tools.clock.now())

    def save(self, event: Event, name: str, shields: Sequence[Shield] = ()) -> None:
        """The next step of the case, if the event changes it."""
        after = self.advanced(event)
        if after != self.case:
            step = Change(self.case, after, entry(self.case, after, name), lease=self.lease, shields=shields)
            self.case = self.tools.ledger.save_all([step], self.tools.clock.now())[0]

    def end(self, intent: Intent, status: Outcome, event: Event, name: str) -> None:
        """Ends an intent and takes the step that its outcome means, in one transaction."""
        data = {"verb": str(intent.verb), "action": intent.action.hash}
        now = self.tools.clock.now()
        self.case = self.tools.ledger.settle(self.lease, intent, status, self.advanced(event), name, now, data)

    def look_again(self, sight: Sight) -> Order | Report:
        """The owning API's newest word, judged at the running commit; what it changes is saved before anything else happens."""
        fresh = self.tools.looker.look(self.case.key, sight)
        if isinstance(fresh, str):
            return self.report(_verb(self.case), Result.SPARED, f"it could not be read again: {fresh}")
        event = Vanished() if isinstance(fresh, Gone) else follow(self.case, fresh.sight)
        if isinstance(fresh, Fresh) and isinstance(event, Judged):
            at = self.tools.ledger.database_time()
            self.look = Look(resource=fresh.resource, event=event, at=at, skew=fresh.skew)
        self.save(event, "reread")
        if isinstance(fresh, Gone) or action_of(self.case) is None or self.case.paused_at is not None:
            return self.report(_verb(self.case), Result.SPARED, "; ".join(self.case.missing) or str(self.case.state))
        return replace(self.order(), resource=fresh.resource, until=self._until())

    def order(self) -> Order:
        """What every act of this case is told."""
        return Order(case=self.case.id, generation=self.case.generation, key=self.case.key)

    def report(self, verb: Verb, result: Result, why: str = "") -> Report:
        """The report of this attempt."""
        return Report(case=self.case.id, verb=verb, result=result, why=why)

    def _until(self) -> datetime:
        """Until when a backup made now can be needed."""
        policies = self.standing.policies
        return later(self.tools.clock.now(), policies.organization.undo, Rules(policies=policies).calendar(self.case.team))


def _verb(case: Case) -> Verb:
    action = action_of(case)
    return action.verb if action else Verb.DELETE


@contextmanager
def attempt_at(case: str, tools: Tools, standing: Standing) -> Iterator[Attempt | None]:
    """The case under a lease of ours; None when somebody else has it, or took it from us on the way."""
    lease = tools.ledger.claim(case, tools.worker, LEASE_SECONDS)
    held = tools.ledger.case(case) if lease else None
    if lease is None or held is None:
        yield None
        return
    try:
        yield Attempt(tools=tools, lease=lease, case=held, standing=standing)
    finally:
        tools.ledger.release(lease)


LOST = (Fenced, Stale)
"""Somebody else changed the case under us: drop it, the next round looks anew."""
