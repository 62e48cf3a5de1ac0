"""Scenes of the guards about one case and how many there are: what its owner was told, who agreed, what was made before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.case import State
from engine.model import Verb
from makers.gate import Ready, Scene, deletes_of, organization, ready, scene
from makers.world import World
from reapers.execute import Result

Build = Callable[..., World]
Patch = pytest.MonkeyPatch


@scene("persistence")
def persistence(build: Build, patch: Patch) -> Scene:
    """Time takes the first scan's word for it."""
    patch.setattr("engine.life.time.persisted", lambda case, organization: True)
    world = build(organization(persistence="{scans: 20, over: 0h}"))
    made = ready(world)

    def hasty() -> list[str]:
        lists = [call for call in world.called("DescribeVolumes") if call.ours and "VolumeId.1" not in call.asked]
        return deletes_of(world, made.id, f"after {len(lists)} lists of 20") if len(lists) < 20 else []

    return Scene(attempt=made.act, wrong=hasty, said=made.said)


@scene("notice")
def notice(build: Build, patch: Patch) -> Scene:
    """Its owner was told a later date than the one at which it was planned."""
    made = ready(build())
    promised = made.world.clock.now() + timedelta(days=2)
    made.doctor(due=promised)

    def early() -> list[str]:
        return deletes_of(made.world, made.id, f"before {promised}") if made.world.clock.now() < promised else []

    return Scene(attempt=made.act, wrong=early, said=made.said)


@scene("approval")
def approval(build: Build, patch: Patch) -> Scene:
    """A case that says approved, and nobody's yes beside it: a restored ledger, a hand, a bug."""
    made = ready(build())
    made.doctor(agreements=())
    return made.scene("to which nobody has agreed")


@scene("backup")
def backup(build: Build, patch: Patch) -> Scene:
    """The step that makes the backup says that it is made, and has made none."""
    made = ready(build())
    patch.setattr("reapers.execute.executor.back_up", lambda attempt, order: attempt.report(Verb.BACKUP, Result.DONE))

    def lost() -> list[str]:
        return [] if made.world.called("CreateSnapshot") else deletes_of(made.world, made.id, "of which there is no snapshot")

    return Scene(attempt=made.act, wrong=lost, said=made.said)


@scene("condemn")
def condemn(build: Build, patch: Patch) -> Scene:
    """Somebody removes the tag as soon as it is there, before the resource is looked at again."""
    made = ready(build())
    world, seen = made.world, list[str]()

    def remove(call: Any, moment: str) -> None:
        if not call.ours or moment != "after" or len(seen) > 1:
            return
        if call.action == "CreateTags" or (seen and call.action.startswith("Describe")):
            seen.append(call.action)
        if len(seen) > 1:
            world.ec2.delete_tags(Resources=[made.id], Tags=[{"Key": "sexton:condemned"}])

    world.aws.door.hooks.append(remove)
    return made.scene("from which somebody had removed the tag that condemned it")


@scene("caps")
def caps(build: Build, patch: Patch) -> Scene:
    """Two workers have each planned the one delete that a day allows."""
    limits = "{per_hour: 100, per_day: 1, percent_per_day: 100, dollars_per_day: 100000}"
    return _too_many(build(organization(limits=limits)), "on a day that allows one")


@scene("canary")
def canary(build: Build, patch: Patch) -> Scene:
    """Nothing was ever deleted under this rule, and two workers have each planned the first."""
    world = build(seasoned=False)
    world.go(lambda: world.service.situation.inventory)
    for hold in world.ledger.holds.standing(world.clock.now()):
        world.ledger.holds.release(hold.id, "pia@acme.example", "looked at", world.clock.now())
    return _too_many(world, "within an hour of the first under a new rule")


def _too_many(world: World, why: str) -> Scene:
    ids = [world.volume("a"), world.volume("b")]
    world.go(lambda: all(world.state(id) is State.AWAITING_APPROVAL and not world.case(id).tell for id in ids))
    for id in ids:
        world.approve(id)
    workers = [ready(world, id) for id in ids]

    def act() -> None:
        for worker in workers:
            worker.act()

    def second() -> list[str]:
        return [call for id in ids for call in deletes_of(world, id, why)][1:]

    return Scene(attempt=act, wrong=second, said=lambda: _said(workers))


def _said(workers: list[Ready]) -> list[str]:
    return [word for worker in workers for word in worker.said()]
