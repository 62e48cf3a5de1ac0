"""The loop itself: a round that fails is followed by the next one, and rounds of several reapers do not undo each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.case import State
from engine.model import Mode
from engine.schedule import Rules
from makers.world import FILES, World, somebody
from reapers.casework import apply_inventory, apply_time
from reapers.clouds.cloud import Unreachable
from reapers.service import LAST_SCAN, LAST_TICK, Service
from reapers.store import AlreadyOpen, LedgerUnavailable, Stale


def rounds(world: World, monkeypatch: pytest.MonkeyPatch, *happenings: Exception | None) -> list[str]:
    """Runs the loop over rounds that end so, and then stops it; what each round came to."""
    stop, seen = threading.Event(), list[str]()
    left = list(happenings)

    def tick(self: Service) -> None:
        happens = left.pop(0)
        seen.append(type(happens).__name__)
        if not left:
            stop.set()
        if happens:
            raise happens

    monkeypatch.setattr(Service, "tick", tick)
    monkeypatch.setattr(Service, "pause", lambda self, seconds: None)
    world.service.run(stop)
    return seen


def test_a_round_that_fails_is_followed_by_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = LedgerUnavailable("the ledger is away")
    seen = rounds(world, monkeypatch, away, Unreachable("no cloud answers"), KeyError("a fault of ours"), None)
    assert seen == ["LedgerUnavailable", "Unreachable", "KeyError", "NoneType"]
    assert "the ledger is away" in caplog.text
    assert "a fault in Sexton ended this round" in caplog.text


def test_the_loop_runs_rounds_until_it_is_told_to_end(world: World) -> None:
    volume, stop = world.volume(), threading.Event()
    thread = threading.Thread(target=world.service.run, args=(stop,))
    thread.start()
    while world.state(volume) is not State.GRACE:
        stop.wait(0.02)
    stop.set()
    world.service.wake()
    thread.join(20)
    assert not thread.is_alive()
    assert world.ledger.get(LAST_TICK)
    assert world.ledger.get(LAST_SCAN)


def test_who_is_woken_does_not_wait(world: World) -> None:
    world.service.wake()
    world.service.pause(10_000)


def test_before_policies_are_loaded_nothing_is_planned(world: World) -> None:
    assert world.service.standing() is None
    assert world.service.plan() is None


def test_a_restart_goes_on_from_the_newest_snapshot_without_a_new_scan(world: World) -> None:
    volume = world.volume()
    world.tick()
    world.restart()
    world.aws.forget_calls()
    world.tick()
    assert world.called("DescribeVolumes") == []
    assert len(world.service.situation.judged) == 1
    assert world.state(volume) is State.GRACE


def test_another_reaper_may_have_opened_the_case_already(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    volume = world.volume()
    opened: list[str] = []
    real = type(world.ledger).open

    def slower(self: Any, case: Any, at: Any, data: Any = None) -> Any:
        opened.append(case.id)
        real(self, case, at, data)
        raise AlreadyOpen(case.id, case.key.ref)

    monkeypatch.setattr(type(world.ledger), "open", slower)
    world.tick()
    assert len(world.cases()) == len(opened) == 1
    assert world.state(volume) is State.GRACE


def test_one_case_that_somebody_changed_does_not_hold_up_the_batch(
    build: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = FILES["organization.yaml"].replace("scans: 1, over: 0h", "scans: 3, over: 24h")
    world = build({"organization.yaml": slow})
    ids = [world.volume(f"v{number}") for number in range(4)]
    world.tick()
    kept = world.case(ids[1])
    real = type(world.ledger).save_all
    once: list[str] = []

    def meanwhile(self: Any, changes: Any, at: Any) -> Any:
        if len(changes) > 1 and not once:
            once.append("kept")
            world.desk.keep(kept.id, somebody("ann"), None, "needed")
        return real(self, changes, at)

    monkeypatch.setattr(type(world.ledger), "save_all", meanwhile)
    world.later(hours=7)
    world.tick()
    assert once == ["kept"]
    assert world.state(ids[1]) is State.KEPT
    assert {world.case(id).agreed for id in ids if id != ids[1]} == {2}, "the others heard of the scan"


def test_time_means_nothing_to_a_case_that_changed_meanwhile(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    volume = world.volume()
    world.tick()
    before = world.case(volume)

    def stale(self: Any, changes: Any, at: Any) -> Any:
        raise Stale(changes[0].after.id)

    policies = world.service.situation.policies
    assert policies
    monkeypatch.setattr(type(world.ledger), "save_all", stale)
    world.later(days=2)
    apply_time(world.ledger, Rules(policies=policies), None, world.clock.now())
    monkeypatch.undo()
    assert world.case(volume) == before


def test_the_same_inventory_twice_changes_nothing(world: World) -> None:
    volume = world.volume()
    world.tick()
    sight = world.service.situation.sight()
    assert sight
    before = world.case(volume)
    apply_inventory(world.ledger, sight, world.clock.now())
    assert world.case(volume) == before


def test_in_observe_nobody_is_told_and_nothing_waits(build: Callable[..., World]) -> None:
    world = build(mode="observe")
    volume = world.volume()
    for _ in range(8):
        world.tick()
        world.later(hours=12)
    assert world.messages() == ()
    assert world.state(volume) is State.DETECTED
    assert world.case(volume).lead.mode is Mode.OBSERVE
    assert world.called("DeleteVolume", "CreateSnapshot") == []


def test_lowering_the_mode_holds_what_was_approved(world: World) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    world.service.options = replace(world.service.options, mode=Mode.NOTIFY)
    world.tick(3)
    assert volume in world.volumes()
    assert world.deletes() == 0
