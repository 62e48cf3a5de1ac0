"""What the clouds saw is what the trail says: whole lives in both clouds, and everything that would give a liar away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from demo.gcp.local import LocalGCP
from demo.witness import AWS, unexplained
from engine.case import State
from engine.model import Key, Role, Verb
from makers.two_clouds import gcp_disk, gcp_machine, two_clouds
from makers.world import ACCOUNT, REGION, World, somebody
from reapers.kind import Order, kinds

Clouds = tuple[World, LocalGCP]


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[Clouds]:
    with two_clouds(tmp_path / "world") as made:
        yield made


@pytest.fixture
def world(clouds: Clouds) -> World:
    """For tests in which somebody lies: they say themselves what the witness must notice."""
    clouds[0].witnessed = False
    return clouds[0]


def told(world: World, gcp: LocalGCP | None = None, *, whole: bool = True) -> list[str]:
    """What is not explained, but for what seasoned policies did long before there were these clouds."""
    said = unexplained(world.ledger, world.aws.calls, gcp.calls if gcp else (), whole=whole)
    return [why for why in said if "/past-" not in why]


def deleted(world: World) -> str:
    volume = world.volume()
    world.to(volume, State.DELETED)
    assert told(world) == []
    return volume


def order(volume: str, case: str = "c-0000000000") -> Order:
    return Order(case=case, generation=0, key=Key("aws.ebs_volume", ACCOUNT, REGION, volume, volume))


def behind_our_back(world: World, verb: Verb, role: Role, told: Order) -> None:
    """Sexton's own hands, moved by something that is in no trail."""
    cell = world.service.world.clouds["aws"].cell(ACCOUNT, REGION, role, world.clock.now())
    kinds()["aws.ebs_volume"].acts[verb].do(cell, told)


def test_whole_lives_in_both_clouds_are_explained(clouds: Clouds) -> None:
    world, gcp = clouds
    volume, machine, address = world.volume(), world.machine(), world.address()
    disk, instance = gcp_disk(gcp), gcp_machine(gcp)
    for id in (volume, machine, disk, instance):
        world.to(id, State.DELETED)
    world.go(lambda: world.state(address) is State.AWAITING_APPROVAL and not world.case(address).tell)
    world.approve(address, "ann", "pia")
    world.go(lambda: world.state(address) in (State.DELETED, State.CLOSED))
    for id in (volume, instance):
        world.desk.restore(world.case(id).id, somebody("ann"))
    world.go(lambda: all(world.state(id) is State.CLOSED for id in (volume, instance)))

    calls = [call for call in (*world.aws.calls, *gcp.calls) if call.ours and call.mutating]
    seen = {call.action if hasattr(call, "action") else call.method for call in calls}
    assert seen == {
        "StopInstances", "CreateTags", "CreateImage", "TerminateInstances", "CreateSnapshot", "DeleteVolume", "CreateVolume",
        "ReleaseAddress",
        "compute.instances.stop", "compute.disks.createSnapshot", "compute.instances.delete", "compute.instances.insert",
        "compute.disks.delete", "compute.disks.setLabels", "compute.instances.setLabels",
    }  # fmt: skip
    assert told(world, gcp) == []
    assert gcp.violations == ()


def test_a_stop_that_is_taken_back_is_explained(clouds: Clouds) -> None:
    world, gcp = clouds
    machine, instance = world.machine(), gcp_machine(gcp)
    for id in (machine, instance):
        world.to(id, State.STOPPED)
        world.desk.restore(world.case(id).id, somebody("ann"))
    world.go(lambda: world.state(machine) is world.state(instance) is State.KEPT)
    assert {"StartInstances"} <= {call.action for call in world.aws.calls}
    assert told(world, gcp) == []


def test_what_people_do_themselves_is_not_ours_to_explain(world: World) -> None:
    world.ec2.delete_volume(VolumeId=world.volume())
    world.ec2.create_tags(Resources=[world.machine()], Tags=[{"Key": "a", "Value": "b"}])
    assert told(world) == []


def test_a_delete_without_an_intent_shows(world: World) -> None:
    volume = world.volume()
    behind_our_back(world, Verb.DELETE, Role.DELETE, order(volume))
    (why,) = told(world)
    assert why.startswith(
        f"ec2:DeleteVolume in {REGION} of {ACCOUNT} {volume}: the trail has no intent to delete aws.ebs_volume/"
    )


def test_a_second_call_for_one_intent_shows(world: World) -> None:
    volume = deleted(world)
    behind_our_back(world, Verb.DELETE, Role.DELETE, order(volume))
    assert told(world) == [f"2 calls to delete aws.ebs_volume/{ACCOUNT}/{REGION}/{volume} for 1 intents"]


def test_a_backup_for_no_case_shows(world: World) -> None:
    volume = world.volume()
    behind_our_back(world, Verb.BACKUP, Role.CONDEMN, order(volume))
    (why,) = told(world)
    assert "the trail has no 'backup began' for it (case c-0000000000)" in why


def test_a_backup_in_the_name_of_another_resources_case_shows(world: World) -> None:
    deleted(world)
    (case,) = world.cases()
    behind_our_back(world, Verb.BACKUP, Role.CONDEMN, order(world.volume("other"), case.id))
    (why,) = told(world)
    assert f"'backup began' for it (case {case.id})" in why


def test_something_brought_back_without_a_word_shows(world: World) -> None:
    volume = deleted(world)
    (case,) = world.cases()
    memory = {**case.memory[Verb.BACKUP]}
    behind_our_back(world, Verb.RESTORE, Role.CONDEMN, replace(order(volume, case.id), memory=memory, token="t"))
    (why,) = told(world)
    assert why.startswith("ec2:CreateVolume")
    assert "'restore_asked'" in why


def test_a_call_that_nobody_knows_shows(world: World) -> None:
    cell = world.service.world.clouds["aws"].cell(ACCOUNT, REGION, Role.CONDEMN, world.clock.now())
    cell.call("ec2", "create_tags", Resources=[world.volume()], Tags=[{"Key": "sexton:x", "Value": "y"}])  # type: ignore[attr-defined]  # an AWS cell
    assert ("ec2", "CreateTags") not in AWS
    assert told(world) == [f"ec2:CreateTags in {REGION} of {ACCOUNT}: no act of Sexton's is known to make this call"]


def test_an_intent_whose_row_was_taken_out_of_the_trail_explains_nothing(world: World) -> None:
    deleted(world)
    with world.ledger.database.writing() as connection:
        connection.exec_driver_sql("delete from audit where event = 'began'")
    (why,) = told(world)
    assert "the trail has no intent to delete" in why


def test_what_the_trail_says_and_no_cloud_saw_shows_too(world: World) -> None:
    volume = deleted(world)
    world.aws.forget_calls()
    ref = f"aws.ebs_volume/{ACCOUNT}/{REGION}/{volume}"
    assert told(world, whole=False) == []
    assert told(world) == [
        f"the trail says {verb} of {ref} was done, and no cloud received the call" for verb in ("delete", "backup", "condemn")
    ]
