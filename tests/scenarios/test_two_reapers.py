"""Two reapers at once on one ledger, in processes of their own: for each resource one call, whoever is faster, whoever dies."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.case import State
from engine.model import Verb
from makers.databases import postgresql
from makers.reapers import KILLED, Nursery, nursery, order_of
from makers.world import World, small_world

COUNT = 6


@pytest.fixture(scope="module")
def reapers() -> Iterator[Nursery]:
    with nursery() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "sqlite":
        with small_world(tmp_path / "world") as made:
            yield made
        return
    with postgresql() as url, small_world(tmp_path / "world", ledger={"url": url}) as made:
        yield made


def approved(world: World) -> list[str]:
    ids = [world.volume(f"r{number}") for number in range(COUNT)]
    world.go(lambda: all(world.state(id) is State.AWAITING_APPROVAL and not world.case(id).tell for id in ids))
    for id in ids:
        world.approve(id)
    world.aws.forget_calls()
    return ids


def settled(world: World, ids: list[str]) -> None:
    world.pass_database_time()
    for _ in range(4):
        world.tick()
    assert {world.state(id) for id in ids} == {State.DELETED}
    assert world.deletes() == COUNT
    for id in ids:
        assert [(intent.verb, intent.status) for intent in world.intents(id)] == [(Verb.DELETE, "done")]
        told = [entry.event for entry in world.ledger.history(world.case(id).id)]
        assert (told.count("began"), told.count("delete done")) == (1, 1), "what we deleted is never booked as vanished"
    assert world.ledger.verify_audit().ok
    assert set(ids).isdisjoint(world.volumes())


def test_each_resource_is_deleted_once(world: World, reapers: Nursery) -> None:
    ids = approved(world)
    begin_at = time.monotonic() + 0.5
    pids = [reapers.start(order_of(world, ticks=2, begin_at=begin_at)) for _ in range(3)]
    ended = [reapers.wait(pid) for pid in pids]
    assert ended == [0, 0, 0], (world.folder / "reapers.log").read_text()[-3000:]
    settled(world, ids)


def test_one_is_killed_and_the_other_goes_on(world: World, reapers: Nursery) -> None:
    """The first dies after its first delete arrived, while the second works on the rest."""
    ids = approved(world)
    victim: list[int] = []

    def kill(call: object, moment: str) -> None:
        if getattr(call, "action", "") == "DeleteVolume" and moment == "after" and victim:
            os.kill(victim.pop(), signal.SIGKILL)

    with world.aws.on_call(kill):
        pid = reapers.start(order_of(world, ticks=2, begin_at=time.monotonic() + 0.3))
        victim.append(pid)
        other = reapers.start(order_of(world, ticks=2))
        assert reapers.wait(pid) in (KILLED, 0)
        assert reapers.wait(other) == 0, (world.folder / "reapers.log").read_text()[-3000:]
    settled(world, ids)
