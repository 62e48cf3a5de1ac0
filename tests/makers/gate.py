"""The mutation gate's stage: a wrong that only one guard prevents, and what the double's own log says came of it.

A scene leads the real executor, or the whole service, with the real AWS double, to where a wrong act is about to happen: a race,
bad data in the ledger, a clock, or a bug in the part of Sexton that would have spared the resource before any guard was asked
(that bug is then the scene's, put there with monkeypatch). What was done wrong is judged by the calls that AWS received and by
what the scene itself arranged, never by asking a guard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

import pytest

from engine.case import Action, State
from engine.follow import Sight
from engine.policy import PolicySet
from engine.schedule import action_of
from engine.standing import Standing
from makers.world import FILES, World
from reapers.execute import Report

GONE = frozenset({"DeleteVolume", "TerminateInstances", "ReleaseAddress", "DeleteSnapshot", "DeleteDBInstance"})
"""The calls after which something is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A wrong about to happen. `attempt` may be called again: once with every guard, once without one."""

    attempt: Callable[[], object]
    wrong: Callable[[], Iterable[str]]
    """Sentences on what AWS was asked for and should not have been."""
    said: Callable[[], Iterable[str]]
    """What the executor, or the plan, says held it back."""


Arrange = Callable[[Callable[..., World], pytest.MonkeyPatch], Scene]

SCENES: dict[str, Arrange] = {}
"""Guard -> its scene."""


def scene(guard: str) -> Callable[[Arrange], Arrange]:
    """Registers the scene of a guard."""

    def register(arrange: Arrange) -> Arrange:
        assert guard not in SCENES
        SCENES[guard] = arrange
        return arrange

    return register


@dataclass(slots=True, kw_only=True)
class Ready:
    """A resource whose deletion is agreed to and due, and what one worker knows of it: the rest is the scene's to change."""

    world: World
    id: str
    action: Action
    standing: Standing
    sight: Sight
    reports: list[Report] = field(default_factory=list)

    def act(self) -> Report:
        """The executor's attempt at what was planned."""
        report = self.world.service.doing().executor().act(self.action, self.standing, self.sight)
        self.reports.append(report)
        return report

    def under(self, **organization: Any) -> None:
        """From now on the organization says otherwise, and the worker knows: its sight is older."""
        policies = self.standing.policies
        self.standing = replace(
            self.standing, policies=replace(policies, organization=replace(policies.organization, **organization))
        )

    def newer(self, policies: PolicySet) -> None:
        """A newer commit is in force."""
        self.standing = replace(self.standing, policies=policies)

    def doctor(self, **changes: Any) -> None:
        """Somebody's hand, or a restored backup, has changed the case in the ledger; the worker has planned it anew."""
        case = self.world.case(self.id)
        self.world.ledger.save(case, replace(case, **changes), "doctored", self.world.clock.now())
        self.action = known(action_of(self.world.case(self.id)))

    def scene(self, why: str) -> Scene:
        """Whatever of this is deleted is wrong."""
        return Scene(attempt=self.act, wrong=lambda: deletes_of(self.world, self.id, why), said=self.said)

    def said(self) -> Iterable[str]:
        """The names in what the executor reported."""
        return [word for report in self.reports for word in report.why.split(", ")]


def ready(world: World, id: str = "") -> Ready:
    """Until the deletion of a resource (a volume of payments, where none is named) is agreed to by all who must, and due."""
    id = id or world.volume()
    world.to(id, State.APPROVED)
    standing, sight = known(world.service.standing()), known(world.service.situation.sight())
    return Ready(world=world, id=id, action=known(action_of(world.case(id))), standing=standing, sight=sight)


Something = TypeVar("Something")


def known(value: Something | None) -> Something:
    """A value that is there."""
    assert value is not None
    return value


def organization(**lines: str) -> dict[str, str]:
    """The organization's document with other lines: `persistence="{scans: 20, over: 0h}"`."""
    text = FILES["organization.yaml"]
    for name, value in lines.items():
        (line,) = [line for line in text.splitlines() if line.strip().startswith(f"{name}:")]
        text = text.replace(line, f"  {name}: {value}")
    return {"organization.yaml": text}


def deletes_of(world: World, id: str, why: str) -> list[str]:
    """Every call in AWS's log after which this resource is gone."""
    return [f"{call}: {id}, {why}" for call in world.called(*GONE) if id in call.asked.values()]


def rounds(world: World, count: int = 2) -> Callable[[], object]:
    """Whole rounds of the service, some seconds apart."""

    def go() -> None:
        for _ in range(count):
            world.tick()
            world.later(seconds=20)

    return go


def held(world: World, id: str) -> Callable[[], Iterable[str]]:
    """What a plan made now, and the executor's reports, say of a resource."""

    def names() -> list[str]:
        plan = known(world.service.plan())
        planned = [name for skipped in plan.skipped if skipped.case == world.case(id).id for name in skipped.blocked_by]
        return planned + [name for report in world.reports for name in report.why.split(", ")]

    return names


@dataclass(frozen=True, slots=True)
class Ahead:
    """A clock that goes wrong by so much."""

    clock: Any
    by: Any

    def now(self) -> datetime:
        """The wrong time."""
        told: datetime = self.clock.now() + self.by
        return told

    def sleep(self, seconds: float) -> None:
        """As the clock beneath."""
        self.clock.sleep(seconds)
