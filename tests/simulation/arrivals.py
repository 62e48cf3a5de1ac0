"""What must be true and durable at the moment when a stop or a delete arrives at the cloud's door: I1, I2 and I3 of safety.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.case import Case
from reapers.store.ledger import Ledger
from simulation.branch import Branch
from simulation.calls import Received
from simulation.channel import Channel
from simulation.cloud import LAG, SimulatedCloud
from simulation.documents import (
    DEV,
    HEAD_AGE,
    PROD,
    TEAMS,
    people_of,
)
from simulation.estate import Estate, Sort, Thing
from simulation.people import People

ACTS = ("stop", "delete")


class Broken(BaseException):
    """An invariant does not hold. The text names it. Nothing of the product's may catch it."""


@dataclass(slots=True)
class Intent:
    """What the trail says of one act."""

    case: str
    verb: str
    generation: int
    action: str
    row: int
    at: datetime
    policy: str
    team: str
    account: str
    ended: int | None = None
    void: bool = False
    calls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Compares a call with what the cloud, the channel, the branch and people know by themselves."""

    ledger: Ledger
    cloud: SimulatedCloud
    estate: Estate
    branch: Branch
    channel: Channel
    people: People

    def check(self, call: Received, intents: list[Intent]) -> None:
        """Broken, unless an intent of the trail, its approvals, a message and a backup stand behind it."""
        if call.verb not in ACTS:
            return
        intent = self._intent_of(call, intents)
        intent.calls += 1
        if intent.calls > 1:
            raise Broken(f"I3: {call.verb} of {call.key} arrived {intent.calls} times in generation {intent.generation}")
        case = self.ledger.case(call.case)
        if case is None:
            raise Broken(f"I4: {call.verb} of {call.key} for a case that is not there")
        self._wanted_by_nobody(call)
        self._agreed(call, case, intent)
        self._told(call, case)
        if call.verb == "delete" and call.key.kind != Sort.ADDRESS:
            self._backed_up(call)

    def _intent_of(self, call: Received, intents: list[Intent]) -> Intent:
        wanted = (call.case, call.verb, call.generation)
        mine = [each for each in intents if (each.case, each.verb, each.generation) == wanted]
        if not mine or mine[-1].row > call.row:
            raise Broken(f"I2: {call.verb} of {call.key} arrived without an intent in the trail")
        if mine[-1].ended is not None and not call.late:
            raise Broken(f"I2: {call.verb} of {call.key} was sent after its intent had ended")
        if mine[-1].ended is not None and mine[-1].void:
            raise Broken(f"I3: a late {call.verb} of {call.key} arrived after its intent was void")
        return mine[-1]

    def _wanted_by_nobody(self, call: Received) -> None:
        thing = call.thing
        if thing is None or thing.key.born != call.key.born or call.late:
            return  # gone, or another life that the cloud does not touch; while it was under way people may come too late
        known = self._as_could_be_known(call)
        stopping = call.verb == "stop"
        for thing in known:
            if not (thing is None or thing.protected or thing.guarded or _in_use(thing, stopping)):
                break
        else:
            raise Broken(f"I1: {call.verb} of {call.key}, which is protected or in use: {call.thing}")
        commits = list(self.branch.heads_since(call.at - HEAD_AGE - timedelta(minutes=1)))
        if all(f"{call.key.kind} {call.key.id}" in commit.exempt for commit in commits):
            raise Broken(f"I1: {call.verb} of {call.key}, which is exempt")
        if call.at < self.people.kept.get(call.key, call.at):
            raise Broken(f"I1: {call.verb} of {call.key}, which somebody keeps")

    def _as_could_be_known(self, call: Received) -> list[Thing | None]:
        """The thing at every moment that a reading could have shown: up to a minute old where readings may be stale."""
        life = self.estate.lives[call.key.ref]
        stale = LAG if self.cloud.chance.profile.stale and not self.cloud.calm else timedelta(0)
        return [life.now, *(was for until, was in life.past if until > call.at - stale)]

    def _agreed(self, call: Received, case: Case, intent: Intent) -> None:
        who = self.people.said.get(intent.action, set())
        team = case.owner if case.owner in TEAMS else "platform"
        owners = {email for email in who if email in people_of(team)}
        platform = {email for email in who if email in people_of("platform")}
        account = call.key.account
        needs = {("stop", PROD): 1, ("delete", DEV): 1, ("delete", PROD): 2}.get((call.verb, account), 0)
        if call.verb == "delete":  # every policy of documents.py asks the owner, and for an address two people
            needs = max(needs, 2 if call.key.kind == Sort.ADDRESS else 1)
        if needs >= 1 and not owners:
            raise Broken(f"I2: {call.verb} of {call.key} without its owner's yes ({team}; said: {sorted(who)})")
        if needs == 2 and not any(one != other for one in owners for other in platform):
            raise Broken(f"I2: {call.verb} of {call.key} without two people's yes (said: {sorted(who)})")

    def _told(self, call: Received, case: Case) -> None:
        mine = [message for message in self.channel.messages if case.told and message.receipt == case.told.receipt]
        if not mine or not any(item.case == case.id for item in mine[0].notice.items):
            raise Broken(f"I2: {call.verb} of {call.key} without a message that spoke of it")

    def _backed_up(self, call: Received) -> None:
        mine = [each for each in self.estate.backups.values() if each.case == call.case and each.key == call.key]
        if not any(each.ready <= call.at and not each.failed for each in mine):
            raise Broken(f"I2: delete of {call.key} without a finished backup")


def _in_use(thing: Thing, stopping: bool) -> bool:
    """A machine that we stop may run but not work; whatever we delete must be stopped, detached or unused."""
    kind, state, busy = thing.key.kind, thing.state, thing.busy
    if kind == Sort.MACHINE:
        return busy if stopping else state != "stopped"
    return busy or state == "in-use"
