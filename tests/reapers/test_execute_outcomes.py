"""What became of a call: done, refused, not known, without effect. A call that AWS may have received is never sent again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from demo.aws.faults import Dropped
from engine.case import State
from engine.model import Verb
from makers.world import FILES, World, somebody
from reapers.kind import Act, Kind, Progress

SILENT = FILES["volumes.yaml"].replace("before_delete: [backup]", "before_delete: [backup]\n  approval: {delete: none}")


def approved(world: World, name: str = "scratch") -> str:
    volume = world.volume(name)
    world.to(volume, State.APPROVED)
    world.aws.forget_calls()
    world.reports.clear()
    return volume


def approve_too(world: World, volume: str) -> None:
    """A second one that was asked about at the same time."""
    assert world.state(volume) is State.AWAITING_APPROVAL
    world.approve(volume)


def broken(world: World, kind: str, verb: Verb, **doors: Callable[..., Any]) -> None:
    """From now on an act's `do` or `check` is another one."""
    kinds: dict[str, Kind] = {**world.service.world.kinds}
    act: Act = kinds[kind].acts[verb]
    kinds[kind] = replace(kinds[kind], acts={**kinds[kind].acts, verb: replace(act, **doors)})
    world.service.world = replace(world.service.world, kinds=kinds)


def fault(*_: object) -> Any:
    raise KeyError("a fault of ours")


# --- refused --------------------------------------------------------------------------------------------------------------


def test_a_refused_delete_is_stuck_with_its_sentence_and_others_go_on(world: World) -> None:
    first, second = world.volume("a"), world.volume("b")
    world.to(first, State.APPROVED)
    world.to(second, State.APPROVED)
    world.aws.fail("UnauthorizedOperation", action="DeleteVolume", times=1, status=403)
    world.aws.forget_calls()
    world.tick()
    states = {world.state(first), world.state(second)}
    assert states == {State.STUCK, State.DELETED}
    (stuck,) = [case for case in world.cases() if case.state is State.STUCK]
    assert (
        stuck.stuck == "account 111122223333 refuses ec2:DeleteVolume in us-east-1: add it to " + stuck.stuck.rsplit("to ", 1)[1]
    )
    assert [intent.status for intent in world.ledger.intents(stuck.id)] == ["denied"]
    assert world.deletes() == 2
    world.tick(3)
    assert world.deletes() == 2, "nothing is tried again before a person says so"
    world.later(days=1)
    world.tick()
    assert "ec2:DeleteVolume" in str(world.messages()[-1].blocks)


def test_a_person_sends_a_stuck_case_on_and_everybody_is_asked_again(world: World) -> None:
    volume = approved(world)
    world.aws.fail("UnauthorizedOperation", action="DeleteVolume", times=1, status=403)
    world.tick()
    assert world.state(volume) is State.STUCK
    world.desk.retry(world.case(volume).id, somebody("ann"))
    world.to(volume, State.AWAITING_APPROVAL)
    assert world.case(volume).agreements == ()
    world.to(volume, State.DELETED)
    assert [intent.status for intent in world.intents(volume)] == ["denied", "done"]


def test_a_role_that_cannot_be_taken_is_stuck_and_the_others_go_on(build: Callable[..., World]) -> None:
    world = build(aws={"accounts": ["111122223333"], "regions": ["us-east-1"]})
    first, second = world.volume("a"), world.volume("b")
    world.to(first, State.APPROVED)
    approve_too(world, second)
    denied: list[str] = []

    def no_more_roles(call: Any, moment: str) -> None:
        """The role that makes backups is taken; the one that deletes is denied once, then granted."""
        if call.action == "CreateSnapshot" and moment == "after" and not denied:
            denied.append(call.action)
            world.aws.fail("AccessDenied", service="sts", action="AssumeRole", status=403, times=1)

    world.aws.forget_calls()
    with world.aws.on_call(no_more_roles):
        world.tick()
    assert {world.state(first), world.state(second)} == {State.STUCK, State.DELETED}
    (stuck,) = [case for case in world.cases() if case.state is State.STUCK]
    assert "refuses sts:AssumeRole" in stuck.stuck
    assert stuck.key.id in world.volumes()
    assert world.deletes() == 1


# --- not known -----------------------------------------------------------------------------------------------------------


def answer_lost(world: World, action: str) -> None:
    world.aws.fail("InternalError", action=action, times=1, after=True, status=500)


def connection_broken(world: World, action: str) -> None:
    def drop(call: Any, moment: str) -> None:
        if call.action == action and moment == "after":
            raise Dropped

    world.aws.door.hooks.append(drop)


@pytest.mark.parametrize("lose", [answer_lost, connection_broken])
def test_a_delete_whose_answer_is_lost_is_settled_by_reading(world: World, lose: Callable[[World, str], None]) -> None:
    volume = approved(world)
    lose(world, "DeleteVolume")
    world.tick()
    assert world.state(volume) is State.DELETED
    assert world.deletes() == 1
    assert [intent.status for intent in world.intents(volume)] == ["done"]


def test_one_that_cannot_be_read_waits_until_it_can(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    volume = approved(world)

    def hide(call: Any, moment: str) -> None:
        if call.action == "DeleteVolume" and moment == "after":
            world.aws.fail("UnauthorizedOperation", action="DescribeVolumes", status=403)
            raise Dropped

    with world.aws.on_call(hide):
        world.tick()
    for _ in range(5):
        world.later(hours=5)
        world.pass_database_time(3600)
        world.tick()
    assert world.state(volume) is State.DELETING
    assert [intent.status for intent in world.intents(volume)] == ["open"]
    world.aws.heal()
    world.tick()
    assert world.state(volume) is State.DELETED
    assert world.deletes() == 1


def test_a_call_without_effect_is_voided_only_when_none_can_be_under_way(world: World) -> None:
    volume = approved(world)
    world.aws.fail("InternalError", action="DeleteVolume", times=1, status=500)
    world.tick(3)
    assert world.state(volume) is State.DELETING
    assert world.deletes() == 1
    world.pass_database_time(61)
    world.tick()
    assert world.state(volume) is State.DELETING, "the call's own time-out may not be over yet"
    world.pass_database_time(600)
    world.tick()
    (intent,) = world.intents(volume)
    assert intent.status == "void"
    case = world.case(volume)
    assert case.generation == 1
    assert case.agreements == ()
    assert world.ledger.usage(world.clock.now()).acts == (), "it does not count"
    world.to(volume, State.DELETED)
    assert world.deletes() == 2
    assert len(world.called("CreateSnapshot")) == 2, "the next generation takes a backup of its own"


def test_three_calls_without_effect_are_stuck(build: Callable[..., World]) -> None:
    world = build({"volumes.yaml": SILENT})
    volume = world.volume()
    world.go(lambda: world.state(volume) is State.GRACE)
    world.aws.forget_calls()
    world.aws.fail("InternalError", action="DeleteVolume", status=500)
    for _ in range(12):
        world.tick()
        world.pass_database_time()
        world.later(hours=12)
    assert world.state(volume) is State.STUCK
    assert world.case(volume).stuck == "the delete had no effect, 3 times"
    assert world.deletes() == 3
    assert [intent.status for intent in world.intents(volume)] == ["void", "void", "void"]


def test_a_throttled_delete_is_not_taken_for_done(world: World) -> None:
    volume = approved(world)
    world.aws.fail("RequestLimitExceeded", action="DeleteVolume", times=1, status=503)
    world.tick()
    assert world.state(volume) is State.DELETING
    assert volume in world.volumes()


def test_one_that_slept_too_long_does_not_send_what_others_have_settled(world: World) -> None:
    """A worker stands still between intent and call; meanwhile it has been read that nothing happened."""
    volume = approved(world)
    begin = type(world.ledger).begin

    def then_sleep(*arguments: Any, **more: Any) -> Any:
        intent = begin(world.ledger, *arguments, **more)
        return replace(intent, not_after=intent.not_after - timedelta(hours=1))

    ledger = type("Slow", (type(world.ledger),), {"begin": lambda self, *arguments, **more: then_sleep(*arguments, **more)})(
        world.ledger.database
    )
    world.service.world = replace(world.service.world, ledger=ledger)
    world.tick()
    assert world.deletes() == 0
    assert volume in world.volumes()
    assert ("pending", "too late to send it; its outcome is read") in [(str(one.result), one.why) for one in world.reports]
    assert world.state(volume) is State.DELETING


@pytest.mark.parametrize(("when", "says"), [("before", "IncorrectInstanceState"), ("after", "it ended badly in the cloud")])
def test_an_act_that_ends_badly_in_the_cloud_is_stuck(world: World, when: str, says: str) -> None:
    machine = world.machine()

    def terminated_by_somebody(call: Any, moment: str) -> None:
        if call.action == "StopInstances" and moment == when:
            world.ec2.terminate_instances(InstanceIds=[machine])

    with world.aws.on_call(terminated_by_somebody):
        world.go(lambda: world.state(machine) is State.STUCK)
    assert says in world.case(machine).stuck
    assert len(world.called("StopInstances")) == 1


# --- backups --------------------------------------------------------------------------------------------------------------


def test_without_a_backup_there_is_no_delete(world: World) -> None:
    volume = approved(world)
    world.aws.fail("UnauthorizedOperation", action="CreateSnapshot", status=403)
    world.tick(3)
    assert world.state(volume) is State.STUCK
    assert "ec2:CreateSnapshot" in world.case(volume).stuck
    assert world.deletes() == 0
    assert len(world.called("CreateSnapshot")) == 1


def test_a_pending_backup_is_waited_for_and_not_taken_twice(world: World) -> None:
    volume = approved(world)
    broken(world, "aws.ebs_volume", Verb.BACKUP, check=lambda *_: Progress.PENDING)
    for _ in range(5):
        world.tick()
        world.later(hours=3)
    assert world.state(volume) is State.SNAPSHOTTING
    assert (len(world.called("CreateSnapshot")), world.deletes()) == (1, 0)
    world.restart()
    world.tick()
    assert world.state(volume) is State.DELETED
    assert len(world.called("CreateSnapshot")) == 1


@pytest.mark.parametrize("ended", [Progress.FAILED, Progress.NO_EFFECT])
def test_a_failed_backup_is_stuck_and_another_one_is_taken_after_a_retry(world: World, ended: Progress) -> None:
    volume = approved(world)
    broken(world, "aws.ebs_volume", Verb.BACKUP, check=lambda *_: ended)
    world.tick()
    assert world.state(volume) is State.STUCK
    assert str(ended) in world.case(volume).stuck
    assert world.deletes() == 0
    world.restart()
    world.tick()
    world.desk.retry(world.case(volume).id, somebody("ann"))
    world.to(volume, State.DELETED)
    assert len(world.called("CreateSnapshot")) == 2


def test_a_backup_whose_answer_is_lost_is_found_again(world: World) -> None:
    volume = approved(world)
    answer_lost(world, "CreateSnapshot")
    world.tick()
    assert world.state(volume) is State.SNAPSHOTTING
    world.tick()
    assert world.state(volume) is State.DELETED
    assert len(world.called("CreateSnapshot")) == 1


def test_a_backup_that_cannot_be_looked_at_is_waited_for(world: World) -> None:
    volume = approved(world)

    def hide(call: Any, moment: str) -> None:
        if call.action == "CreateSnapshot" and moment == "after":
            world.aws.fail("UnauthorizedOperation", action="DescribeSnapshots", times=1, status=403)

    with world.aws.on_call(hide):
        world.tick()
    assert world.state(volume) is State.SNAPSHOTTING
    assert world.deletes() == 0
    world.tick()
    assert world.state(volume) is State.DELETED


def test_a_freeze_holds_a_backup_back_as_well(world: World) -> None:
    volume = approved(world)
    standing, sight = world.service.standing(), world.service.situation.sight()
    plan = world.service.plan()
    assert standing
    assert sight
    assert plan
    world.desk.freeze(somebody("pia"), "incident")
    frozen = world.service.standing()
    assert frozen
    report = world.service.doing().executor().act(plan.actions[0], frozen, sight)
    assert (report.result, report.why) == ("blocked", "freeze")
    assert world.called() == []
    assert world.state(volume) is State.APPROVED


# --- faults of ours -------------------------------------------------------------------------------------------------------


def test_a_fault_in_one_act_does_not_keep_the_others_from_theirs(world: World, caplog: pytest.LogCaptureFixture) -> None:
    volume = world.volume()
    broken(world, "aws.ebs_volume", Verb.BACKUP, do=fault)
    world.to(volume, State.APPROVED)
    machine = world.machine()
    world.go(lambda: world.state(machine) is State.STOPPED)
    assert "a fault in Sexton, in the delete of case" in caplog.text
    assert "fault" in world.results()
    assert world.deletes() == 0


def test_a_fault_while_looking_again_spares(world: World) -> None:
    volume = approved(world)
    kinds: dict[str, Kind] = {**world.service.world.kinds}
    kinds["aws.ebs_volume"] = replace(kinds["aws.ebs_volume"], get=fault)
    world.service.world = replace(world.service.world, kinds=kinds)
    world.tick()
    assert world.results() == ["fault"]
    assert world.called() == []
    assert world.state(volume) is State.APPROVED


def test_a_fault_in_the_call_itself_leaves_its_intent_to_be_read(world: World) -> None:
    volume = approved(world)
    real = world.service.world.kinds["aws.ebs_volume"].acts[Verb.DELETE].do

    def send_and_fail(cell: Any, order: Any) -> Any:
        real(cell, order)
        raise KeyError("a fault of ours")

    broken(world, "aws.ebs_volume", Verb.DELETE, do=send_and_fail)
    world.tick()
    assert world.state(volume) is State.DELETED
    assert (world.deletes(), world.results()) == (1, ["fault", "done"])


def test_a_lost_ledger_ends_the_round(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from reapers.store import LedgerUnavailable

    volume = approved(world)

    def gone(*_: object, **__: object) -> Any:
        raise LedgerUnavailable("the database does not answer")

    monkeypatch.setattr(type(world.ledger), "begin", gone)
    with pytest.raises(LedgerUnavailable):
        world.tick()
    monkeypatch.undo()
    assert world.deletes() == 0
    world.tick()
    assert world.state(volume) is State.DELETED


def test_a_cloud_without_credentials_spares_and_the_others_go_on(world: World) -> None:
    volume = approved(world)
    from reapers.clouds.aws import AWS

    world.service.world = replace(world.service.world, clouds={"aws": AWS("caller", regions=["us-east-1"])})
    world.aws.fail("InvalidClientTokenId", service="sts", status=403)
    world.tick()
    assert world.results() == ["spared"]
    assert "does not accept the credentials" in world.reports[0].why
    assert world.state(volume) is State.APPROVED
