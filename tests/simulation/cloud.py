"""A cloud in this process: what it is asked is served with faults, and every call that would change something is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.model import Account, Outcome, Role
from simulation.calendar import SimulatedClock
from simulation.calls import CloudError, Door, Received
from simulation.cell import SimulatedCell
from simulation.chance import Chance
from simulation.documents import ACCOUNTS, REGIONS
from simulation.estate import Estate, Thing
from simulation.memory import Crash

LAG = timedelta(seconds=60)
"""How old a stale reading is at most."""


@dataclass(slots=True)
class SimulatedCloud:
    """reapers.clouds.cloud.Cloud, with an estate behind it."""

    clock: SimulatedClock
    estate: Estate
    chance: Chance
    door: Door = field(default_factory=Door)
    log: list[Received] = field(default_factory=list)
    calm: bool = False
    """Nothing goes wrong any more."""
    arriving: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    """Calls whose sender gave up, and when they arrive after all."""
    crash_at: tuple[str, str] | None = None
    """(before or after, verb): where the process dies."""
    name: str = "aws"

    # --- what the product asks of a cloud -------------------------------------------------------------------------------

    def accounts(self) -> Sequence[Account]:
        """The three accounts."""
        return [Account(cloud="aws", id=id, name=id, parents=("root",)) for id in ACCOUNTS]

    def regions(self, account: str) -> Sequence[str]:
        """The two regions; sometimes nobody may ask."""
        if self.happens(self.chance.profile.denied_list / 4):
            raise CloudError(Outcome.DENIED, "ec2:DescribeRegions is not allowed")
        return REGIONS

    def cell(self, account: str, region: str, role: Role, now: datetime) -> SimulatedCell:
        """A place to ask in."""
        return SimulatedCell(self, account, region, role, now)

    def outcome(self, error: Exception) -> tuple[Outcome, str] | None:
        """What an error of this cloud means."""
        return (error.outcome, str(error)) if isinstance(error, CloudError) else None

    def date(self) -> datetime:
        """The Date of its last answer."""
        return self.clock.true

    # --- faults ---------------------------------------------------------------------------------------------------------

    def happens(self, probability: float) -> bool:
        """Whether something with this probability happens now."""
        return not self.calm and self.chance.cloud.random() < probability

    def lag(self) -> timedelta:
        """How old this reading is."""
        stale = self.happens(self.chance.profile.stale)
        return LAG * self.chance.cloud.random() if stale else timedelta(0)

    def arrive(self) -> None:
        """Calls that were on their way and whose time has come."""
        due = [call for at, call in self.arriving if at <= self.clock.true]
        self.arriving = [(at, call) for at, call in self.arriving if at > self.clock.true]
        for call in due:
            call()

    def dies(self, when: str, verb: str) -> None:
        """The process dies here, if that was planned."""
        if self.crash_at == (when, verb):
            self.crash_at = None
            raise Crash(f"{when} the {verb}")

    def change(self, verb: str, order: Any, effect: Callable[[bool], Mapping[str, Any]]) -> Mapping[str, Any]:
        """One call that changes something, served with whatever goes wrong. `effect` is told whether the call is late."""
        profile, roll = self.chance.profile, 1.0 if self.calm else self.chance.cloud.random()
        self.door.knock(verb, order.key)
        self.dies("before", verb)
        if roll < profile.throttled:
            raise CloudError(Outcome.THROTTLED, "Rate exceeded")
        roll -= profile.throttled
        if roll < profile.denied:
            raise CloudError(Outcome.DENIED, f"{verb} is not allowed")
        roll -= profile.denied
        if 0 <= roll < profile.unknown:
            self._without_answer(effect)
            self.dies("after", verb)
            raise CloudError(Outcome.ERROR, "Read timeout")
        roll -= profile.unknown
        memory = effect(False)
        self.dies("after", verb)
        if 0 <= roll < profile.failed_after:
            raise CloudError(Outcome.ERROR, "Internal error")
        return memory

    def _without_answer(self, effect: Callable[[bool], Mapping[str, Any]]) -> None:
        """It arrives at once, some seconds later, or never."""
        which = self.chance.cloud.random()
        if which < 0.4:
            effect(False)
        elif which < 0.7:
            arrives = self.clock.true + timedelta(seconds=5 + 45 * self.chance.cloud.random())
            self.arriving.append((arrives, lambda: _late(effect)))

    def receive(self, verb: str, order: Any, thing: Thing | None, *, late: bool, effect: bool) -> None:
        """Write a call down."""
        call = Received(
            at=self.clock.true,
            verb=verb,
            key=order.key,
            case=order.case,
            generation=order.generation,
            thing=thing,
            row=self.door.row(),
            late=late,
            effect=effect,
        )
        self.log.append(call)
        self.door.received(call)


def _late(effect: Callable[[bool], Mapping[str, Any]]) -> None:
    try:
        effect(True)
    except CloudError:
        return  # nobody hears it
