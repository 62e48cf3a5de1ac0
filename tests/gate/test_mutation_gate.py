"""Each of the 24 guards is missed when it is gone: with all of them nothing wrong reaches AWS, without it something does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import engine.guards
import makers.gate_case
import makers.gate_estate
import makers.gate_house
import makers.gate_look
from engine.guards import GUARDS
from makers.gate import SCENES
from makers.world import World

NUMBERS = range(1, 25)
STAGES = (makers.gate_case, makers.gate_estate, makers.gate_house, makers.gate_look)


def test_there_are_24_guards_each_with_a_scene() -> None:
    assert [guard.number for guard in GUARDS.values()] == list(NUMBERS)
    assert set(SCENES) == set(GUARDS), STAGES


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_is_missed_when_it_is_gone(
    name: str,
    build: Callable[..., World],
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    scene = SCENES[name](build, monkeypatch)
    scene.attempt()
    assert list(scene.wrong()) == []
    assert name in scene.said(), "another line held it: the scene shows nothing of this guard"
    monkeypatch.setattr(engine.guards, "GUARDS", {other: guard for other, guard in GUARDS.items() if other != name})
    scene.attempt()
    assert list(scene.wrong()) != [], f"nobody misses {name}; what held it instead: {list(scene.said())}"
    record_property("missed when gone", name)
