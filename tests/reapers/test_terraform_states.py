"""State files given read-only, among real parts: what they hold is proposed, what they let go takes two people; the last look."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.case import State
from engine.model import Mode
from engine.policy import Approval
from makers.world import World


def state_of(*volumes: str) -> bytes:
    """A state in which a module manages these volumes."""
    instances = [{"index_key": place, "attributes": {"id": volume}} for place, volume in enumerate(volumes)]
    held = {"mode": "managed", "module": "module.shop", "type": "aws_ebs_volume", "name": "data", "instances": instances}
    return json.dumps({"version": 4, "resources": [held]}).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prod.tfstate"
    path.write_bytes(state_of())
    return path


def test_what_a_state_holds_is_proposed_with_its_address(build: Callable[..., World], file: Path) -> None:
    world = build(terraform={"states": [str(file)]})
    volume = world.volume()
    file.write_bytes(state_of(volume))
    world.go(lambda: world.state(volume) is State.GRACE)
    assert world.case(volume).lead.mode is Mode.NOTIFY
    assert "It is managed by terraform: module.shop.aws_ebs_volume.data[0] in " in str(world.messages()[-1].blocks)
    world.later(days=20)
    world.tick(3)
    assert world.deletes() == 0


def test_what_only_a_tag_claims_goes_when_owner_and_platform_agree(build: Callable[..., World], file: Path) -> None:
    world = build(terraform={"states": [str(file)]})
    volume = world.volume(terraform="true")
    case = world.to(volume, State.AWAITING_APPROVAL)
    assert case.terms.approval[Mode.DELETE] is Approval.OWNER_AND_PLATFORM
    world.to(volume, State.DELETED)
    assert volume not in world.volumes()


@pytest.mark.parametrize("now_held", [True, False], ids=["held", "unread"])
def test_the_last_look_reads_the_states_again(build: Callable[..., World], file: Path, now_held: bool) -> None:
    world = build(terraform={"states": [str(file)]}, inventory={"every": "20d"})
    volume = world.volume()
    world.to(volume, State.APPROVED)
    file.write_bytes(state_of(volume) if now_held else b"{")
    for _ in range(3):
        world.later(hours=12)
        world.tick()
    assert world.deletes() == 0
    assert world.results(), "it was looked at once more, and that is what held it back"
    assert volume in world.volumes()


def test_without_a_state_that_holds_it_the_same_goes(build: Callable[..., World], file: Path) -> None:
    world = build(terraform={"states": [str(file)]}, inventory={"every": "20d"})
    volume = world.volume()
    world.to(volume, State.APPROVED)
    for _ in range(3):
        world.later(hours=12)
        world.tick()
    assert volume not in world.volumes()
