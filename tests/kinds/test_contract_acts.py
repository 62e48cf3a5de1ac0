"""The contract that every kind keeps: acting. Each act is sent, looked at, looked at after a crash, and sent again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from demo.world import World
from engine.model import Gone, Key, Resource, Role, Verb, is_ours
from reapers.kind import ROLE_OF, Kind, Order, Progress, kinds

TURNS = 20
"""Half-minutes that an act in a double may take."""


NEEDED = {
    "test_there_and_back": (Verb.BACKUP, Verb.DELETE, Verb.RESTORE),
    "test_backup_and_restore_may_be_sent_again": (Verb.BACKUP, Verb.DELETE, Verb.RESTORE),
    "test_a_backup_says_what_it_made_and_it_is_there_as_ours": (Verb.BACKUP,),
    "test_a_later_generation_takes_its_own_backup": (Verb.BACKUP,),
    "test_delete": (Verb.DELETE,),
    "test_stop_and_start": (Verb.STOP, Verb.START),
}
"""Test -> the acts without which it has nothing to ask of a kind."""


class Hand:
    """What the executor does, in short: one act at a time, with the role's own cell."""

    def __init__(self, kind: Kind, world: World, resource: Resource) -> None:
        self.kind, self.world, self.resource = kind, world, resource
        self.order = Order(
            case="c-0123456789ab",
            generation=0,
            key=resource.key,
            resource=resource,
            token="6f1c1b1e-0000-4000-8000-000000000001",
            until=world.now() + timedelta(days=30),
        )

    def send(self, verb: Verb, memory: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Send it; its calls are within the role's needs, and it remembers JSON."""
        role = ROLE_OF[verb]
        cell = self.world.cell(self.kind.name, role)
        self.world.forget()
        remembered = self.kind.acts[verb].do(cell, replace(self.order, memory=memory or {}))
        assert self.world.seen() <= self.kind.needs[role]
        assert json.loads(json.dumps(remembered)) == remembered
        return remembered

    def look(self, verb: Verb, memory: Mapping[str, Any] | None = None) -> Progress:
        """Look once; looking writes nothing."""
        role = ROLE_OF[verb]
        cell = self.world.cell(self.kind.name, role)
        self.world.forget()
        progress = self.kind.acts[verb].check(cell, replace(self.order, memory=memory or {}))
        assert not self.world.written()
        assert self.world.seen() <= self.kind.needs[role]
        return progress

    def wait(self, verb: Verb, memory: Mapping[str, Any] | None = None) -> Progress:
        """Look until it is not under way any more."""
        for _ in range(TURNS):
            progress = self.look(verb, memory)
            if progress is not Progress.PENDING:
                return progress
            self.world.settle()
        return Progress.PENDING

    def read(self, key: Key | None = None) -> Resource | Gone:
        """As the scan role."""
        return self.kind.get(self.world.cell(self.kind.name, Role.SCAN), key or self.resource.key)

    def made(self, memory: Mapping[str, Any]) -> tuple[Key, ...]:
        """What a backup made; asking writes nothing."""
        cell = self.world.cell(self.kind.name, ROLE_OF[Verb.BACKUP])
        self.world.forget()
        keys = self.kind.acts[Verb.BACKUP].made(cell, replace(self.order, memory=memory))
        assert not self.world.written()
        assert self.world.seen() <= self.kind.needs[ROLE_OF[Verb.BACKUP]]
        return keys

    def done(self, verb: Verb, memory: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Send it and see it done."""
        remembered = self.send(verb, memory)
        assert self.wait(verb, remembered) is Progress.DONE
        return remembered


@pytest.fixture
def hand(kind: Kind, world: World) -> Hand:
    id = world.make(kind.name)
    listed = kind.list(world.cell(kind.name, Role.SCAN))
    return Hand(kind, world, next(found for found in listed if found.key.id == id))


def people_s(tags: object) -> dict[str, str]:
    assert isinstance(tags, Mapping)
    return {key: value for key, value in tags.items() if not is_ours(key)}


def test_there_and_back(hand: Hand) -> None:
    kind, before = hand.kind, hand.resource
    if kind.stopped:
        hand.done(Verb.STOP)
        stopped = hand.read()
        assert isinstance(stopped, Resource)
        assert stopped.fields["state"] in kind.stopped
        assert stopped.fingerprint == before.fingerprint, "our own stop may not look like a change"
        hand.order = replace(hand.order, resource=stopped)
    backup = hand.done(Verb.BACKUP)
    hand.done(Verb.DELETE)
    assert isinstance(hand.read(), Gone)
    restored = hand.done(Verb.RESTORE, backup)
    after = hand.read(Key.parse(restored["key"]))
    assert isinstance(after, Resource)
    assert people_s(after.tags) == people_s(before.tags)
    compared = {"size_gb", "type", "class", "zone", "machine_type"} & set(before.fields)
    assert {name: after.fields[name] for name in compared} == {name: before.fields[name] for name in compared}


def test_a_backup_says_what_it_made_and_it_is_there_as_ours(hand: Hand) -> None:
    for key in hand.made(hand.done(Verb.BACKUP)):
        kind = kinds()[key.kind]
        found = kind.get(hand.world.cell(kind.name, Role.SCAN), key)
        assert isinstance(found, Resource)
        assert found.key == key, "this very life"
        assert found.fields["backup_of"] == hand.order.case
        left = found.fields["backup_days_left"]
        assert isinstance(left, float)
        assert 29 < left <= 30


def test_backup_and_restore_may_be_sent_again(hand: Hand) -> None:
    first, second = hand.done(Verb.BACKUP), hand.done(Verb.BACKUP)
    assert without_time(first) == without_time(second)
    assert hand.wait(Verb.BACKUP) is Progress.DONE, "after a crash before it was remembered"
    hand.done(Verb.DELETE)
    back = hand.done(Verb.RESTORE, first)
    assert without_time(hand.done(Verb.RESTORE, first)) == without_time(back)
    assert hand.wait(Verb.RESTORE, first) is Progress.DONE


def test_a_later_generation_takes_its_own_backup(hand: Hand) -> None:
    first = hand.done(Verb.BACKUP)
    if not hand.made(first):
        pytest.skip("its backup makes nothing: what is deleted is kept by the cloud itself")
    hand.order = replace(hand.order, generation=1)
    assert without_time(hand.done(Verb.BACKUP)) != without_time(first)


def test_delete(hand: Hand) -> None:
    assert hand.look(Verb.DELETE) is Progress.NO_EFFECT, "nothing was sent yet"
    hand.send(Verb.DELETE)
    assert hand.wait(Verb.DELETE) is Progress.DONE, "as one sees it after a crash: nothing remembered"
    assert isinstance(hand.read(), Gone)
    assert hand.wait(Verb.DELETE, hand.send(Verb.DELETE)) is Progress.DONE, "a second delete finds it gone"


def test_stop_and_start(hand: Hand) -> None:
    assert hand.look(Verb.STOP) is Progress.NO_EFFECT
    hand.send(Verb.STOP)
    assert hand.wait(Verb.STOP) is Progress.DONE
    stopped = hand.read()
    assert isinstance(stopped, Resource)
    assert stopped.fields["state"] in hand.kind.stopped
    assert hand.look(Verb.START) is Progress.NO_EFFECT
    hand.done(Verb.START)
    started = hand.read()
    assert isinstance(started, Resource)
    assert started.fields["state"] == hand.resource.fields["state"]


def without_time(memory: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in memory.items() if key != "sent"}
