"""The database was restored from an old copy, or wiped: the service notices, freezes, and goes on when people say so (R5)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.case import Ending, State
from engine.events import Began
from engine.life import advance
from engine.model import Verb
from engine.schedule import Rules, action_of
from makers.world import World, somebody
from reapers.heads import read
from reapers.recovery import BEHIND, RECOVERING
from reapers.refused import Refused


@pytest.fixture
def world(build: Callable[..., World], tmp_path: Path) -> World:
    """The small world, with the trail's head kept: once a day, and after every act and every word of people."""
    made = build(audit={"head": str(tmp_path / "elsewhere" / "heads.jsonl"), "every": "24h"})
    made.witnessed = False  # calls of the lost hour have no rows any more: that is what these tests are about
    return made


def heads(world: World) -> Any:
    return world.service.world.heads


def copy(world: World) -> Path:
    """A backup of the database, as it is now."""
    file = world.folder / "backup.db"
    with sqlite3.connect(world.folder / "ledger.db") as live, sqlite3.connect(file) as backup:
        live.backup(backup)
    return file


def restored(world: World, file: Path) -> None:
    """Somebody puts the backup in the place of the database, and starts Sexton again."""
    with sqlite3.connect(file) as backup, sqlite3.connect(world.folder / "ledger.db") as live:
        backup.backup(live)
    world.restart()


def began(world: World, id: str) -> None:
    """The intent of a delete, whose worker died then."""
    case, ledger = world.case(id), world.ledger
    action, lease = action_of(case), ledger.claim(case.id, "w", 60)
    assert action
    assert lease
    policies = world.service.situation.policies
    assert policies
    after = advance(case, Began(verb=Verb.DELETE), Rules(policies=policies), world.clock.now())
    ledger.begin(lease, after, action, 60, lambda usage, control: "", world.clock.now())
    ledger.release(lease)


def goes_on(world: World) -> None:
    """Somebody says something that the copy does not know of, and the head is kept."""
    world.ledger.freeze("ann@acme.example", "drill", world.clock.now())
    world.ledger.unfreeze("bo@acme.example", world.clock.now())
    assert heads(world).keep(world.ledger, world.clock.now())


def wiped(world: World) -> None:
    with sqlite3.connect(world.folder / "ledger.db") as live:
        for table in ("audit", "intents", "outbox", "shields", "control", "tokens", "cases"):
            live.execute(f"delete from {table}")
    world.restart()


def recover(world: World) -> None:
    world.desk.recover(somebody("pia"), "disk 3 failed", heads(world))
    world.tick()


def test_an_older_copy_freezes_and_nothing_acts_or_moves(world: World) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    file = copy(world)
    world.go(lambda: world.state(volume) is State.DELETED)
    world.later(minutes=1)
    world.tick()
    other = world.volume("other")
    changed = len(world.called())
    restored(world, file)
    before = world.case(volume)
    for _ in range(3):
        world.later(hours=30)
        world.tick()
    frozen = world.ledger.frozen()
    assert frozen
    assert (frozen.who, frozen.reason.startswith(BEHIND), "sexton recover" in frozen.reason) == ("sexton", True, True)
    assert world.case(volume) == before, "what is gone is not booked as removed by somebody else"
    assert world.state(other) is None
    assert len(world.called()) == changed
    with pytest.raises(Refused, match="sexton recover"):
        world.desk.unfreeze(somebody("pia"))


def test_what_we_deleted_in_the_lost_hour_is_found_by_its_backup(world: World) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    file = copy(world)
    world.go(lambda: world.state(volume) is State.DELETED)
    world.later(minutes=1)
    world.tick()
    lost = world.ledger.audit_head().seq
    restored(world, file)
    world.tick()
    recover(world)
    case = world.case(volume)
    assert case.closed
    assert (case.closed.reason, case.tell) == (Ending.LOST, "lost")
    assert [memory.get("ours") for memory in case.memory.values() if "ours" in memory] == [True]
    (row,) = [row for row in world.ledger.audit_rows() if row.event == "recovered" and not row.case]
    assert (row.who, row.data["asked_by"], row.data["gone"]) == ("pia@acme.example", "pia@acme.example", 1)
    assert row.data["whole"] < row.data["lost"] == lost
    assert world.ledger.frozen() is None
    assert world.deletes() == 1


def test_an_agreement_of_before_is_void_and_the_grace_begins_again(world: World) -> None:
    volume, gone = world.volume("wanted"), world.volume("gone")
    world.to(volume, State.AWAITING_APPROVAL)
    world.go(lambda: not world.case(volume).tell)
    file = copy(world)
    world.approve(volume)
    heads(world).keep(world.ledger, world.clock.now())
    restored(world, file)
    world.tick()
    world.desk.approve(world.case(volume).id, somebody("ann"), _hash(world, volume))
    assert world.state(volume) is State.APPROVED, "people may say what they want meanwhile"
    world.ec2.delete_volume(VolumeId=gone)
    recover(world)
    case = world.case(volume)
    assert (case.state, case.tell, case.agreements) == (State.NOTIFIED, "recovered", ())
    closed = world.case(gone).closed
    assert closed
    assert closed.reason is Ending.LOST
    assert not any(memory.get("ours") for memory in world.case(gone).memory.values()), "nobody can say who removed it"
    world.go(lambda: world.state(volume) is State.GRACE)
    told = world.case(volume).told
    assert told
    assert world.case(volume).due >= told.at + timedelta(hours=24)  # type: ignore[operator]  # it is in grace
    world.to(volume, State.DELETED)


def _hash(world: World, id: str) -> str:
    action = action_of(world.case(id))
    assert action
    return action.hash


def test_an_open_intent_is_settled_by_reading_before_anything_else(world: World) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    began(world, volume)
    world.ec2.delete_volume(VolumeId=volume)
    file = copy(world)
    goes_on(world)
    restored(world, file)
    world.tick()
    unread = world.aws.fail("UnauthorizedOperation", action="DescribeVolumes", status=403)
    recover(world)
    assert world.ledger.frozen(), "while it cannot be read what became of that nothing goes on"
    unread.times = unread.used
    world.tick()
    assert (world.ledger.open_intents(), world.ledger.frozen(), world.state(volume)) == ([], None, State.DELETED)


def test_the_head_s_file_keeps_the_old_lines_and_goes_on(world: World) -> None:
    world.volume()
    world.tick()
    file = copy(world)
    for _ in range(3):
        world.later(hours=7)
        goes_on(world)
    lines = heads(world).file.read_bytes()
    restored(world, file)
    world.tick()
    gap = heads(world).gap(world.ledger)
    assert gap.lost > gap.whole > 0
    recover(world)
    world.later(minutes=1)
    world.tick()
    assert heads(world).file.read_bytes().startswith(lines)
    assert world.ledger.verify_audit(heads=read(heads(world).file)).ok
    assert heads(world).gap(world.ledger).lost <= world.ledger.audit_head().seq
    world.restart()
    world.tick()
    assert world.ledger.frozen() is None, "recovered once, it is recovered for good"


def test_a_wiped_database_freezes_too(world: World) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    changed = len(world.called())
    wiped(world)
    world.tick(3)
    frozen = world.ledger.frozen()
    assert frozen
    assert frozen.reason.startswith(BEHIND)
    assert (len(world.called()), world.cases()) == (changed, [])
    recover(world)
    world.tick()
    assert (world.ledger.frozen(), world.deletes()) == (None, 0)
    assert world.case(volume).state in (State.DETECTED, State.NOTIFIED, State.GRACE), "it begins at the beginning"


def test_a_recovery_that_was_cut_off_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from reapers.recovery import Recovery

    volume = world.volume()
    world.to(volume, State.APPROVED)
    file = copy(world)
    goes_on(world)
    restored(world, file)
    world.tick()
    world.desk.recover(somebody("pia"), "", heads(world))

    def cut(*_: object) -> bool:
        raise KeyError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(Recovery, "_finish", cut)
        with pytest.raises(KeyError):
            world.tick()
    assert world.ledger.frozen()
    generation = world.case(volume).generation
    world.restart()
    world.tick()
    assert (world.ledger.frozen(), world.ledger.get(RECOVERING)) == (None, "")
    assert world.case(volume).generation == generation, "what was done is not done again"


def test_heads_that_cannot_be_read_hold_every_act(world: World) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    file = heads(world).file
    file.rename(file.with_suffix(".away"))
    file.mkdir()
    world.restart()
    world.tick(2)
    assert [halt.by for halt in world.service.halts()] == ["heads"]
    assert world.deletes() == 0
    file.rmdir()
    file.with_suffix(".away").rename(file)
    world.go(lambda: world.state(volume) is State.DELETED)
    assert world.service.halts() == ()


def test_without_kept_heads_people_say_that_it_was_restored(build: Callable[..., World]) -> None:
    world = build()
    world.witnessed = False
    volume = world.volume()
    world.to(volume, State.APPROVED)
    world.desk.freeze(somebody("ann"), "we restored the database")
    assert world.desk.recover(somebody("pia"), "disk 3") is None
    world.tick()
    assert (world.case(volume).tell, world.ledger.frozen()) == ("recovered", None)
