"""A new version acts only after it judged as the one before it, or somebody of platform has looked at the difference."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from engine.case import State
from engine.holds.hold import Cause, Hold, says
from makers.world import World
from reapers.proving import FACT, running

ANOTHER = "9.9.9+another"


def record(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(world.ledger.get(FACT) or "{}")
    return found


def holds(world: World) -> list[Hold]:
    return [hold for hold in world.ledger.holds.standing(world.clock.now()) if hold.cause is Cause.VERSION]


def another_version(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("reapers.proving.running", lambda: ANOTHER)
    world.restart()


def test_every_judged_inventory_leaves_who_judged_it(world: World) -> None:
    world.volume()
    world.tick()
    first = record(world)
    assert first["version"] == running()
    assert first["commit"] == world.service.situation.commit
    world.later(hours=7)
    world.tick()
    assert record(world)["inventory"] != first["inventory"]
    assert world.service.situation.proven
    assert holds(world) == []


def test_a_version_that_judges_alike_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    another_version(world, monkeypatch)
    world.go(lambda: world.state(volume) is State.DELETED)
    assert record(world)["version"] == ANOTHER
    assert holds(world) == []


def test_a_version_that_judges_otherwise_waits_for_platform(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.volume("needed", do_not_delete="please")
    volume = world.volume()
    world.to(volume, State.APPROVED)
    monkeypatch.setattr("engine.judge.is_protected", lambda resource, policies: False)
    another_version(world, monkeypatch)
    world.tick(2)
    assert world.state(volume) is State.APPROVED
    (hold,) = holds(world)
    assert "judges inventory" in says(hold)
    assert ANOTHER in says(hold)
    world.restart()
    world.tick()
    assert holds(world) == [hold], "a restart neither lifts nor repeats it"
    world.ledger.holds.release(hold.id, "pia@acme.example", "tags were wrong before", world.clock.now())
    world.go(lambda: world.state(volume) is State.DELETED)


def test_what_cannot_be_measured_waits_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.volume()
    world.tick()
    shutil.rmtree(world.folder / "inventory")
    another_version(world, monkeypatch)
    world.tick()
    (hold,) = holds(world)
    assert "cannot be measured" in says(hold)


def test_the_commit_before_is_judged_where_the_branch_has_moved_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.volume()
    world.tick()
    world.commit({"addresses.yaml": None})
    another_version(world, monkeypatch)
    world.tick()
    assert holds(world) == []
    assert record(world)["commit"] == world.service.situation.commit
