"""Scenes of the guards about Sexton itself: its switches, its clock, its branch, its version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.case import State
from engine.model import Mode
from makers.gate import GONE, Ahead, Scene, deletes_of, held, known, organization, ready, rounds, scene
from makers.world import FILES, World, somebody
from reapers.clock import SystemClock

Build = Callable[..., World]
Patch = pytest.MonkeyPatch


@scene("mode")
def mode(build: Build, patch: Patch) -> Scene:
    """The server was set back to `stop` while a worker was on its way to delete."""
    made = ready(build())
    made.standing = replace(made.standing, server=Mode.STOP)
    return made.scene("though the server may only stop")


@scene("freeze")
def freeze(build: Build, patch: Patch) -> Scene:
    """Somebody froze everything after the plan was made."""
    made = ready(build())
    made.world.desk.freeze(somebody("pia"), "incident")
    return made.scene("though everything is frozen")


@scene("window")
def window(build: Build, patch: Patch) -> Scene:
    """The plan was made in the hours for acts, the act comes after them."""
    made = ready(build(organization(hours='{days: mon-sun, from: "10:00", to: "12:00"}')))
    made.world.later(hours=(13 - made.world.clock.now().hour) % 24)
    return made.scene("outside the hours for acts")


@scene("git")
def git(build: Build, patch: Patch) -> Scene:
    """The branch has an exemption that nobody could fetch for twenty minutes."""
    world = build()
    made = ready(world)
    world.commit({"spared.yaml": EXEMPTION})
    (world.folder / "repository").rename(world.folder / "out of reach")
    world.later(minutes=20)
    wrong = "which the branch's head exempts"
    return Scene(attempt=rounds(world), wrong=lambda: deletes_of(world, made.id, wrong), said=held(world, made.id))


EXEMPTION = """
kind: Exemption
metadata: {name: spared, owner: platform}
spec: {of: [volumes], resource: aws.ebs_volume, when: ["has(tags.owner)"], until: 2027-01-31, reason: it is needed for the audit}
"""


@scene("clock")
def clock(build: Build, patch: Patch) -> Scene:
    """The reaper's machine is two days ahead of the database and of AWS: dates that owners were told seem to have passed."""
    world = build({"volumes.yaml": FILES["volumes.yaml"] + "  approval: {delete: none}\n"})
    volume = world.volume()
    world.go(lambda: world.state(volume) is State.GRACE and not world.case(volume).tell)
    promised, wrong = known(world.case(volume).told).promised[Mode.DELETE], timedelta(days=2)
    machine, calendar = Ahead(SystemClock(), wrong), Ahead(world.clock, wrong)
    world.service.world = replace(world.service.world, clock=calendar, machine=machine)

    def early() -> Iterator[str]:
        if world.clock.now() < promised:
            yield from deletes_of(world, volume, f"before {promised}, which its owner was told")

    return Scene(attempt=rounds(world), wrong=early, said=held(world, volume))


@scene("version")
def version(build: Build, patch: Patch) -> Scene:
    """Another version goes on from the ledger, and it does not know of tags that protect."""
    world = build()
    world.volume("needed", do_not_delete="please")
    made = ready(world)
    patch.setattr("reapers.proving.running", lambda: "9.9.9+another")
    patch.setattr("engine.judge.is_protected", lambda resource, policies: False)
    world.restart()

    def acted() -> list[str]:
        return [f"{call}: by a version that judges otherwise" for call in world.called(*GONE)]

    return Scene(attempt=rounds(world), wrong=acted, said=held(world, made.id))
