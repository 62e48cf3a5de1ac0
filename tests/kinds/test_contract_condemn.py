"""The contract that every kind keeps: condemning. The tag says case and generation, and no other tag is ever touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from demo.world import World
from engine.mark import carried, carries, mark
from engine.model import Mode, Resource, Role, Verb, is_ours
from reapers.kind import ROLE_OF, Kind, Order, Progress

CASE = "c-0123456789"

ASKED = (
    "test_condemned_and_spared", "test_other_tags_stay", "test_a_new_generation_takes_the_place_of_the_old",
    "test_another_case_s_tag_is_not_taken", "test_twice_is_once", "test_another_life_is_not_condemned",
)  # fmt: skip
NEEDED = dict.fromkeys(ASKED, (Verb.CONDEMN, Verb.SPARE))
"""Test -> the acts without which it has nothing to ask of a kind."""


class Marker:
    """One resource and the acts on its tag, each with the role's own cell and within its permissions."""

    def __init__(self, kind: Kind, world: World) -> None:
        self.kind, self.world = kind, world
        self.id = world.make(kind.name)
        self.order = Order(case=CASE, generation=0, key=self.read().key, token="t")

    def read(self) -> Resource:
        cell = self.world.cell(self.kind.name, Role.SCAN)
        return next(found for found in self.kind.list(cell) if found.key.id == self.id)

    def do(self, verb: Verb, order: Order | None = None) -> Progress:
        act, cell, asked = self.kind.acts[verb], self.world.cell(self.kind.name, ROLE_OF[verb]), order or self.order
        self.world.forget()
        memory: Mapping[str, Any] = act.do(cell, asked)
        self.world.settle()
        progress = act.check(cell, replace(asked, memory=memory))
        assert self.world.seen() <= self.kind.needs[Role.CONDEMN]
        return progress

    def tags(self) -> Mapping[str, str]:
        tags = self.read().tags
        assert isinstance(tags, Mapping)
        return tags


@pytest.fixture
def marker(kind: Kind, world: World) -> Marker:
    return Marker(kind, world)


def test_what_can_be_deleted_can_be_condemned_or_says_why_not(kind: Kind) -> None:
    deletes = Verb.DELETE in kind.acts and kind.max_mode is Mode.DELETE
    assert (Verb.CONDEMN in kind.acts) == (Verb.SPARE in kind.acts)
    assert not deletes or Verb.CONDEMN in kind.acts or kind.untied
    assert deletes or kind.untied, "what is never deleted says so in the table"


def test_condemned_and_spared(marker: Marker) -> None:
    before = marker.read()
    assert marker.do(Verb.CONDEMN) is Progress.DONE
    assert carries(marker.tags(), mark(CASE, 0))
    assert marker.read().fingerprint == before.fingerprint, "our own tag is no change"
    assert marker.do(Verb.SPARE) is Progress.DONE
    assert marker.tags() == before.tags


def test_other_tags_stay(marker: Marker) -> None:
    marker.world.tag(marker.kind.name, marker.id, {"cost-center": "4711"})
    marker.do(Verb.CONDEMN)
    assert marker.tags()["cost-center"] == "4711"
    marker.do(Verb.SPARE)
    assert marker.tags()["cost-center"] == "4711"


def test_a_new_generation_takes_the_place_of_the_old(marker: Marker) -> None:
    marker.do(Verb.CONDEMN)
    later = replace(marker.order, generation=1)
    assert marker.kind.acts[Verb.CONDEMN].check(marker.world.cell(marker.kind.name, Role.CONDEMN), later) is not Progress.DONE
    assert marker.do(Verb.CONDEMN, later) is Progress.DONE
    assert carries(marker.tags(), mark(CASE, 1))
    assert marker.do(Verb.SPARE, replace(marker.order, generation=2)) is Progress.DONE
    assert not carried(marker.tags())


def test_another_case_s_tag_is_not_taken(marker: Marker) -> None:
    other = replace(marker.order, case="c-9999999999")
    marker.do(Verb.CONDEMN, other)
    assert marker.do(Verb.CONDEMN) is Progress.FAILED
    assert marker.do(Verb.SPARE) is Progress.DONE, "ours is not there"
    assert carries(marker.tags(), mark("c-9999999999", 0))


def test_twice_is_once(marker: Marker) -> None:
    marker.do(Verb.CONDEMN)
    assert marker.do(Verb.CONDEMN) is Progress.DONE
    assert not marker.world.written(), "it was there"
    marker.do(Verb.SPARE)
    assert marker.do(Verb.SPARE) is Progress.DONE
    assert not marker.world.written()
    assert marker.do(Verb.CONDEMN, replace(marker.order, memory={"began": "later"})) is Progress.DONE


def test_another_life_is_not_condemned(marker: Marker) -> None:
    """What has the name now is not what was approved. Where ids are never used again, nothing else can have one."""
    if marker.order.key.born == marker.order.key.id:
        pytest.skip("ids of this kind are never used again")
    reborn = replace(marker.order, key=replace(marker.order.key, born="another"))
    assert marker.do(Verb.CONDEMN, reborn) is not Progress.DONE
    assert not carried(marker.tags())


def test_the_tag_is_ours() -> None:
    assert is_ours("sexton:condemned")
    assert is_ours("sexton-condemned")
