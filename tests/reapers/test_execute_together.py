"""An image and its snapshots go as one: the image first, all or none, with one approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from moto.backends import get_backend
from moto.ec2.models.amis import Ami

from api.http import acting
from api.http.acting import Approvals
from api.http.cases import standing_for
from api.http.house import house_of
from api.shapes.case import case_json
from engine.case import Action, Case, State
from makers.world import ACCOUNT, REGION, World, somebody
from reapers.together import with_company

IMAGES = """
kind: Reap
metadata: {name: old-images, owner: platform}
spec:
  resource: aws.ami
  when: [has(tags.old)]
  after: {notify: 0h, delete: 24h}
  before_delete: []
  approval: {delete: owner+platform}
"""
SNAPSHOTS = IMAGES.replace("old-images", "old-snapshots").replace("aws.ami", "aws.ebs_snapshot")
GONE = ("DeregisterImage", "DeleteSnapshot")


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    return build({"images.yaml": IMAGES, "snapshots.yaml": SNAPSHOTS})


def image(world: World) -> tuple[str, list[str]]:
    """An old image and the two snapshots that it is made of: moto gives it one, a second is put beside it."""
    with world.aws.ago(days=40):
        second = world.ec2.create_snapshot(VolumeId=world.volume(do_not_delete="yes"))["SnapshotId"]
        made = world.ec2.register_image(Name="base", RootDeviceName="/dev/sda")["ImageId"]
    backend = get_backend("ec2")[ACCOUNT][REGION]
    backend.amis[made].__class__ = type("TwoDisks", (TwoDisks,), {"second": second})
    backend.snapshots[second].from_ami = made  # so that it cannot be deleted while the image is there
    snapshots = [backend.amis[made].ebs_snapshot.id, second]
    for id in (made, *snapshots):
        world.tag(id, old="yes", owner="payments")
    return made, snapshots


class TwoDisks(Ami):
    """An image of two disks."""

    second: str

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        (first,) = super().block_device_mappings
        return [first, {"DeviceName": "/dev/sdb", "Ebs": {**first["Ebs"], "SnapshotId": self.second}}]


def asked(world: World) -> tuple[str, list[str]]:
    """An image whose deletion waits for people's yes, and its snapshots that do so too."""
    made, snapshots = image(world)
    world.to(made, State.AWAITING_APPROVAL)
    world.go(lambda: all(world.state(id) is State.AWAITING_APPROVAL and not world.case(id).tell for id in (made, *snapshots)))
    return made, snapshots


def approve(world: World, *ids: str) -> None:
    for id in ids:
        world.approve(id, "ann", "pia")


def company(world: World, id: str) -> list[Case]:
    standing, case = world.service.standing(), world.case(id)
    assert standing
    found = with_company(standing, [case], world.ledger.open_case, world.service.situation.rests).companies.of(case)
    return list(found.cases) if found else []


def gone(world: World) -> list[str]:
    return [call.action for call in world.called(*GONE)]


def test_the_image_goes_first_then_its_snapshots_in_one_round(world: World) -> None:
    made, snapshots = asked(world)
    approve(world, made, *snapshots)
    plan = world.service.plan()
    assert plan
    assert [action.key.id for action in plan.actions] == [case.key.id for case in company(world, made)]
    world.tick()
    assert [world.state(id) for id in (made, *snapshots)] == [State.DELETED] * 3
    assert gone(world) == ["DeregisterImage", "DeleteSnapshot", "DeleteSnapshot"]


def test_none_goes_before_all_may(world: World) -> None:
    made, (first, second) = asked(world)
    approve(world, made, first)
    world.tick(2)
    plan = world.service.plan()
    assert plan
    assert plan.actions == ()
    (why,) = {skipped.why for skipped in plan.skipped if skipped.case == world.case(made).id}
    assert world.case(second).id in why
    assert gone(world) == []
    approve(world, second)
    world.tick()
    assert len(gone(world)) == 3


@pytest.mark.parametrize("word", ["keep", "reject"])
def test_who_keeps_one_snapshot_keeps_the_image(world: World, word: str) -> None:
    made, (first, second) = asked(world)
    approve(world, made, first)
    if word == "keep":
        world.desk.keep(world.case(second).id, somebody("ann"), None, "we boot from it")
    else:
        world.desk.reject(world.case(second).id, somebody("ann"), "we boot from it")
    world.tick(3)
    plan = world.service.plan()
    assert plan
    assert plan.actions == ()
    assert all("references" in skipped.blocked_by and second in skipped.why for skipped in plan.skipped)
    assert gone(world) == []


def test_a_keep_between_plan_and_call_is_heard(world: World) -> None:
    made, (first, second) = asked(world)
    approve(world, made, first, second)
    doing, action = world.service.doing(), awaited(world, made)
    standing, sight = world.service.standing(), world.service.situation.sight()
    assert standing
    assert sight
    standing = with_company(standing, [world.case(made)], world.ledger.open_case, {})
    world.desk.keep(world.case(second).id, somebody("ann"), None, "wait")
    report = doing.executor().act(action, standing, sight)
    assert report.why == "references"
    assert gone(world) == []


def awaited(world: World, id: str) -> Action:
    plan = world.service.plan()
    assert plan
    return next(action for action in plan.actions if action.key.id == id)


def test_owners_read_what_goes_together(world: World) -> None:
    _, snapshots = asked(world)
    said = str([message.blocks for message in world.messages()])
    assert "It goes together with: " in said
    assert snapshots[0] in said


def test_one_approval_is_enough_for_all(world: World) -> None:
    volume = world.volume()
    made, snapshots = asked(world)
    world.go(lambda: world.state(volume) is State.AWAITING_APPROVAL)
    house, case = house_of(world.service), world.case(made)
    shape = case_json(case, standing_for([case], house), world.clock.now())
    assert set(shape["with"]) == {world.case(id).id for id in snapshots}
    assert shape["next"]["blocked_by"]
    for name in ("ann", "pia"):
        assert acting.approve(house, somebody(name), Approvals(plan=shape["with_plan"]))["approved"] == 3
    world.tick()
    assert len(gone(world)) == 3
    assert world.state(volume) is State.AWAITING_APPROVAL
