"""What an inventory means for the cases, where it is older than what we did since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.case import Ending, State
from makers.world import World
from reapers.store.deletions import Deletions


@pytest.fixture
def world(build: Callable[..., World], tmp_path: Path) -> World:
    """Whose estate is scanned so rarely that whatever happens here happens on one inventory."""
    return build(inventory={"store": str(tmp_path / "world" / "inventory"), "every": "20d"})


def released(world: World) -> str:
    """An address that we released, of which nothing can come back: its case is closed, and the newest inventory still has it."""
    address = world.address()
    world.tick()
    world.later(days=2)  # an address has no date: its age counts from the scan that saw it first
    world.scan()
    world.to(address, State.APPROVED)
    world.go(lambda: world.state(address) is State.CLOSED)
    closed, inventory = world.case(address).closed, world.service.situation.inventory
    assert closed
    assert inventory
    assert closed.reason is Ending.DONE
    assert address in {each.key.id for each in inventory.resources}
    return address


def test_an_inventory_from_before_our_own_delete_opens_no_new_case(world: World) -> None:
    address = released(world)
    world.restart()  # which judges the newest inventory once more
    world.tick()
    assert len([case for case in world.cases() if case.key.id == address]) == 1
    assert len(world.called("ReleaseAddress")) == 1


def test_it_is_our_delete_that_keeps_it_from_being_opened(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without what the ledger knows of our deletes: the test above would notice."""
    address = released(world)
    monkeypatch.setattr(Deletions, "since", lambda self, moment: [])
    world.restart()
    world.tick()
    assert len([case for case in world.cases() if case.key.id == address]) == 2
