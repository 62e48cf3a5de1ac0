"""A delete is announced in the cloud first, by a tag that anybody may remove; four roles, held to their generated policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.case import State
from engine.condemn import CONSOLE, mark_of
from engine.model import Verb
from makers.world import ACCOUNT, FILES, REGION, World
from reapers.execute import Result

TAG = "sexton:condemned"


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    """The small world, where Sexton takes on the four roles that `sexton permissions` writes."""
    made = build(aws={"accounts": [ACCOUNT], "regions": [REGION]})
    made.aws.door.roles.furnish()
    return made


def tags(world: World, id: str) -> dict[str, str]:
    found = world.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [id]}])["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def untag(world: World, id: str) -> None:
    """Somebody removes the tag in the console."""
    world.ec2.delete_tags(Resources=[id], Tags=[{"Key": TAG}])


def waiting(world: World, name: str = "scratch") -> str:
    """A volume whose delete is approved, condemned, and waits: its caps are used up."""
    id = world.volume(name)
    world.to(id, State.AWAITING_APPROVAL)
    world.commit({"organization.yaml": FILES["organization.yaml"].replace("per_day: 100,", "per_day: 0,")})
    world.later(seconds=30)
    world.approve(id)
    world.tick(2)
    assert world.state(id) is State.APPROVED
    return id


def rows(world: World, id: str) -> list[str]:
    return [row.event for row in world.ledger.audit_rows() if row.case == world.case(id).id]


def uncap(world: World) -> None:
    world.commit({"organization.yaml": FILES["organization.yaml"]})
    world.later(seconds=30)


def test_a_delete_is_condemned_seen_and_then_done(world: World) -> None:
    id = world.volume()
    world.to(id, State.DELETED)
    sent = [
        call.action for call in world.aws.calls if call.ours and call.action in ("CreateTags", "CreateSnapshot", "DeleteVolume")
    ]
    assert sent == ["CreateTags", "CreateSnapshot", "DeleteVolume"]
    tagged = next(at for at, call in enumerate(world.aws.calls) if call.action == "CreateTags" and call.ours)
    deleted = next(at for at, call in enumerate(world.aws.calls) if call.action == "DeleteVolume")
    between = [call.action for call in world.aws.calls[tagged:deleted]]
    assert "DescribeVolumes" in between, "it is looked at again"
    events = rows(world, id)
    assert events.index("condemn began") < events.index("condemn done") < events.index("backup began") < events.index("began")
    assert world.aws.door.roles.denied == []


def test_what_only_waits_is_condemned_meanwhile(world: World) -> None:
    id = waiting(world)
    assert tags(world, id)[TAG] == mark_of(world.case(id))
    assert world.deletes() == 0
    before = world.called("CreateTags")
    world.tick(3)
    assert world.called("CreateTags") == before, "once"
    uncap(world)
    world.tick(2)
    assert world.state(id) is State.DELETED


def mark(world: World, id: str, case: str) -> None:
    """A tag of another case's stands on it."""
    world.ec2.create_tags(Resources=[id], Tags=[{"Key": TAG, "Value": f"{case}:0"}])


def test_the_tag_of_a_case_that_is_over_is_written_over(world: World) -> None:
    id = world.volume()
    world.to(id, State.GRACE)
    first = world.case(id)
    world.ec2.create_tags(Resources=[id], Tags=[{"Key": "do-not-delete", "Value": "x"}])
    world.later(hours=7)
    world.tick()
    assert world.case(id).state is State.CLOSED
    world.ec2.delete_tags(Resources=[id], Tags=[{"Key": "do-not-delete"}])
    mark(world, id, first.id)  # a call of the first case that arrived late
    world.later(hours=7)
    world.to(id, State.DELETED)
    assert {case.state for case in world.cases()} == {State.CLOSED, State.DELETED}


def test_the_tag_of_a_case_that_nobody_knows_is_left_to_a_person(world: World) -> None:
    id = world.volume()
    world.to(id, State.AWAITING_APPROVAL)
    mark(world, id, "c-0000000000")
    world.approve(id)
    world.tick(2)
    assert world.state(id) is State.STUCK
    assert "condemned for another case" in world.case(id).stuck
    assert world.deletes() == 0


def test_removing_the_tag_is_a_veto_that_sticks(world: World) -> None:
    id = waiting(world)
    untag(world, id)
    world.later(minutes=5)
    uncap(world)
    world.tick(2)
    case = world.case(id)
    assert case.state is State.KEPT
    assert case.kept is not None
    assert (case.kept.who, (case.kept.until - world.clock.now()).days) == (CONSOLE, 89)
    assert world.ledger.shields(world.clock.now())[case.key.ref][0].who == CONSOLE
    assert "vetoed" in rows(world, id)
    world.later(days=2)
    world.tick(3)
    assert world.state(id) is State.KEPT
    assert world.deletes() == 0
    assert TAG not in tags(world, id), "it is not written again"
    assert any("removed our tag" in str(message) for message in world.messages())


def test_a_scan_sees_a_veto_too(world: World) -> None:
    id = waiting(world)
    untag(world, id)
    world.later(minutes=5)
    world.scan()
    assert world.state(id) is State.KEPT


def test_a_tag_that_is_gone_a_moment_after_it_was_written_holds_but_is_no_veto(world: World) -> None:
    id = waiting(world)
    untag(world, id)
    uncap(world)
    world.tick(2)
    assert world.state(id) in (State.APPROVED, State.SNAPSHOTTING)
    assert world.deletes() == 0
    assert TAG not in tags(world, id), "what somebody removed is not written again"


def test_tags_that_cannot_be_read_hold_and_are_no_veto(world: World) -> None:
    id = waiting(world)
    world.aws.fail("UnauthorizedOperation", service="ec2", action="DescribeVolumes", status=403)
    world.later(minutes=5)
    world.tick(2)
    assert world.deletes() == 0
    assert world.state(id) is State.APPROVED
    world.aws.heal()


def test_kept_rejected_or_changed_the_tag_is_taken_away(world: World) -> None:
    for name, say in (("kept", "keep"), ("rejected", "reject"), ("changed", "")):
        id = waiting(world, name)
        if say == "keep":
            world.desk.keep(world.case(id).id, _ann(), None, "needed")
        elif say == "reject":
            world.desk.reject(world.case(id).id, _ann(), "no")
        else:
            world.tag(id, Name="renamed")
            world.scan()
        world.tick(2)
        assert TAG not in tags(world, id), name
        assert rows(world, id)[-3:] != [], name
        assert "spare done" in rows(world, id), name
        assert Verb.CONDEMN not in world.case(id).memory, name
        uncap(world)


def _ann() -> Any:
    from makers.world import somebody

    return somebody("ann")


def test_a_tag_that_cannot_be_taken_away_is_tried_again(world: World) -> None:
    id = waiting(world)
    world.aws.fail("UnauthorizedOperation", service="ec2", action="DeleteTags", status=403)
    world.desk.reject(world.case(id).id, _ann(), "no")
    world.tick(3)
    assert len(world.called("DeleteTags")) == 1, "not every round"
    assert TAG in tags(world, id)
    world.aws.heal()
    world.later(hours=1)
    world.tick()
    assert TAG not in tags(world, id)
    assert world.case(id).state is State.CLOSED


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_answer_is_settled_by_reading(world: World, moment: str) -> None:
    id = world.volume()
    world.to(id, State.AWAITING_APPROVAL)
    world.approve(id)
    world.aws.fail("InternalError", service="ec2", action="CreateTags", status=500, times=1, after=moment == "after")
    world.tick()
    world.go(lambda: world.state(id) is State.DELETED)
    assert len(world.called("CreateTags")) == (1 if moment == "after" else 2)


def test_who_may_not_condemn_deletes_nothing_and_a_person_looks(world: World) -> None:
    id = world.volume()
    world.to(id, State.AWAITING_APPROVAL)
    world.approve(id)
    world.aws.fail("UnauthorizedOperation", service="ec2", action="CreateTags", status=403)
    world.tick(3)
    case = world.case(id)
    assert case.state is State.STUCK
    assert "ec2:CreateTags" in case.stuck
    assert world.deletes() == 0


def test_another_case_s_tag_stops_it(world: World) -> None:
    id = world.volume()
    world.to(id, State.AWAITING_APPROVAL)
    world.ec2.create_tags(Resources=[id], Tags=[{"Key": TAG, "Value": "c-0000000000:0"}])
    world.approve(id)
    world.tick(2)
    assert world.state(id) is State.STUCK
    assert tags(world, id)[TAG] == "c-0000000000:0"
    assert world.deletes() == 0


def test_a_veto_during_the_backup_is_in_time(world: World) -> None:
    id = world.volume()
    world.to(id, State.AWAITING_APPROVAL)
    world.approve(id)

    def hook(call: Any, moment: str) -> None:
        if call.action == "CreateSnapshot" and moment == "after":
            untag(world, id)

    with world.aws.on_call(hook):
        world.tick()
    assert world.results(Verb.DELETE)[-1] == Result.BLOCKED
    assert world.deletes() == 0
    world.later(minutes=5)
    world.tick(2)
    assert world.state(id) is State.KEPT


def test_a_veto_between_the_last_look_and_the_call_is_kept_by_the_cloud_itself(world: World) -> None:
    id = world.volume()
    world.to(id, State.AWAITING_APPROVAL)
    world.approve(id)

    def hook(call: Any, moment: str) -> None:
        if call.action == "AssumeRole" and call.asked["RoleArn"].endswith("sexton-delete") and moment == "before":
            untag(world, id)

    with world.aws.on_call(hook):
        world.tick()
    assert id in world.volumes()
    assert any("ec2:DeleteVolume" in denied for denied in world.aws.door.roles.denied)
    assert world.state(id) is State.STUCK
    assert world.case(id).closed is None
