"""The way back: what was deleted comes back with its tags and is left alone; what was stopped is started."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.case import State
from engine.model import Key, Verb
from makers.world import World, somebody
from reapers.desk import Refused
from reapers.kind import Act, Kind, Progress


def deleted(world: World) -> str:
    volume = world.volume(project="atlas")
    world.to(volume, State.DELETED)
    assert volume not in world.volumes()
    world.aws.forget_calls()
    return volume


def restored_key(world: World, id: str) -> Key:
    return Key.parse(world.case(id).memory[Verb.RESTORE]["key"])


def asked(world: World, id: str, person: str = "ann") -> None:
    world.desk.restore(world.case(id).id, somebody(person))


def check_is(world: World, kind: str, verb: Verb, progress: Progress) -> None:
    kinds: dict[str, Kind] = {**world.service.world.kinds}
    act: Act = kinds[kind].acts[verb]
    kinds[kind] = replace(kinds[kind], acts={**kinds[kind].acts, verb: replace(act, check=lambda *_: progress)})
    world.service.world = replace(world.service.world, kinds=kinds)


def test_a_volume_comes_back_as_it_was_and_is_left_alone(world: World) -> None:
    volume = deleted(world)
    asked(world, volume)
    assert world.state(volume) is State.RESTORING
    world.tick()
    closed = world.case(volume).closed
    assert closed
    assert closed.reason == "restored"
    new = restored_key(world, volume).id
    (made,) = world.ec2.describe_volumes(VolumeIds=[new])["Volumes"]
    tags = {tag["Key"]: tag["Value"] for tag in made["Tags"]}
    assert (made["Size"], made["VolumeType"], made["AvailabilityZone"]) == (10, "gp3", "us-east-1a")
    assert tags["project"] == "atlas"
    assert tags["owner"] == "payments"
    assert len(world.called("CreateVolume")) == 1
    for _ in range(10):
        world.later(hours=12)
        world.tick()
    assert world.state(new) is None, "a shield keeps every policy away"
    world.later(days=85)
    world.tick()
    world.go(lambda: world.state(new) is not None)


def test_a_machine_comes_back_from_its_image(world: World) -> None:
    machine = world.machine(project="atlas")
    world.to(machine, State.STOPPED)
    world.to(machine, State.DELETED)
    assert world.state_of(machine) == "terminated"
    asked(world, machine)
    world.tick()
    new = restored_key(world, machine).id
    assert world.state_of(new) == "running"
    assert len(world.called("RunInstances")) == 2, "one of them is the test's own"


def test_a_stopped_machine_is_started_again_and_kept(world: World) -> None:
    machine = world.machine()
    world.to(machine, State.STOPPED)
    asked(world, machine)
    world.tick()
    assert world.state_of(machine) == "running"
    case = world.case(machine)
    assert case.state is State.KEPT
    assert case.kept
    assert case.kept.who == "ann@acme.example"
    for _ in range(8):
        world.later(hours=12)
        world.tick()
    assert world.state_of(machine) == "running"
    assert len(world.called("StopInstances")) == 1


def test_a_restore_is_answered_once_however_often_it_is_looked_at(world: World) -> None:
    volume = deleted(world)
    check_is(world, "aws.ebs_volume", Verb.RESTORE, Progress.PENDING)
    asked(world, volume)
    for _ in range(4):
        world.tick()
        world.later(hours=1)
    assert world.state(volume) is State.RESTORING
    world.restart()
    world.tick()
    assert world.case(volume).closed
    assert len(world.called("CreateVolume")) == 1


def test_a_restore_whose_answer_is_lost_makes_no_second_one(world: World) -> None:
    volume = deleted(world)
    world.aws.fail("InternalError", action="CreateVolume", times=1, after=True, status=500)
    asked(world, volume)
    world.tick()
    assert world.state(volume) is State.RESTORING
    world.tick()
    assert world.case(volume).closed
    assert len(world.called("CreateVolume")) == 1
    assert len(world.volumes()) == 1


def test_each_restore_has_a_token_of_its_own_and_keeps_it(world: World) -> None:
    volume = deleted(world)
    tokens: list[str] = []
    real = world.service.world.kinds["aws.ebs_volume"].acts[Verb.RESTORE]

    def noted(cell: Any, order: Any) -> Any:
        tokens.append(order.token)
        if len(tokens) < 3:
            raise KeyError("a fault of ours")
        return real.do(cell, order)

    kinds: dict[str, Kind] = {**world.service.world.kinds}
    kinds["aws.ebs_volume"] = replace(
        kinds["aws.ebs_volume"], acts={**kinds["aws.ebs_volume"].acts, Verb.RESTORE: replace(real, do=noted)}
    )
    world.service.world = replace(world.service.world, kinds=kinds)
    asked(world, volume)
    world.tick(3)
    assert world.case(volume).closed
    assert len(set(tokens)) == 1
    assert len(tokens[0]) == 36


def test_a_refused_restore_is_stuck_and_can_be_asked_for_again(world: World) -> None:
    volume = deleted(world)
    world.aws.fail("UnauthorizedOperation", action="CreateVolume", times=1, status=403)
    before = world.case(volume).generation
    asked(world, volume)
    world.tick(3)
    case = world.case(volume)
    assert case.state is State.STUCK
    assert case.generation == before + 1, "the next attempt is another order to the cloud"
    assert "ec2:CreateVolume" in case.stuck
    assert case.memory[Verb.BACKUP]["snapshot"]
    world.desk.retry(case.id, somebody("ann"))
    assert world.state(volume) is State.DELETED
    asked(world, volume)
    world.tick()
    closed = world.case(volume).closed
    assert closed
    assert closed.reason == "restored"


def test_a_restore_that_ends_badly_is_stuck(world: World) -> None:
    volume = deleted(world)
    check_is(world, "aws.ebs_volume", Verb.RESTORE, Progress.FAILED)
    asked(world, volume)
    world.tick()
    case = world.case(volume)
    assert (case.state, case.stuck) == (State.STUCK, "the restore ended badly in the cloud (failed)")
    assert Verb.RESTORE not in case.memory


def test_what_has_no_backup_cannot_come_back(world: World) -> None:
    address = world.address()
    world.to(address, State.DELETED)
    with pytest.raises(Refused, match="without a backup"):
        asked(world, address)


def test_one_restore_that_fails_does_not_keep_another_from_coming_back(build: Callable[..., World]) -> None:
    world = build()
    first, second = world.volume("a"), world.volume("b")
    world.to(first, State.DELETED)
    world.to(second, State.DELETED)
    world.aws.fail("UnauthorizedOperation", action="CreateVolume", times=1, status=403)
    asked(world, first)
    asked(world, second)
    world.tick()
    assert {world.state(first), world.state(second)} == {State.STUCK, State.CLOSED}


def test_a_case_that_another_worker_has_brought_back_is_left_alone(world: World) -> None:
    volume = deleted(world)
    asked(world, volume)
    case = world.case(volume)
    standing = world.service.standing()
    assert standing
    executor = world.service.doing().executor()
    assert executor.bring_back(case, standing).result == "done"
    assert executor.bring_back(case, standing).result == "busy"
    assert len(world.called("CreateVolume")) == 1


def test_while_somebody_has_the_case_it_waits(world: World) -> None:
    volume = deleted(world)
    asked(world, volume)
    lease = world.ledger.claim(world.case(volume).id, "somebody else", 60)
    assert lease
    world.tick()
    assert world.state(volume) is State.RESTORING
    world.ledger.release(lease)
    world.tick()
    assert world.case(volume).closed
