"""Every way in which looking again spares what was approved a moment ago."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from demo.aws.metrics import whole_day
from engine.case import State
from engine.model import Verb
from makers.world import FILES, World, somebody

EXEMPTION = """
kind: Exemption
metadata: {name: atlas, owner: platform}
spec: {of: [volumes], resource: aws.ebs_volume, when: ["tags.project == 'atlas'"], until: 2027-01-31, reason: OPS-1}
"""


def approved(world: World, **tags: str) -> str:
    volume = world.volume(**tags)
    world.to(volume, State.APPROVED)
    world.aws.forget_calls()
    world.reports.clear()
    return volume


def spared(world: World, volume: str) -> None:
    """Nothing was done to it and nothing was begun, in this round and later ones."""
    for _ in range(4):
        world.tick()
        world.later(minutes=20)
    assert volume in world.volumes()
    assert world.called("DeleteVolume", "CreateSnapshot") == []
    assert world.intents(volume) == []


def test_without_any_change_it_is_deleted_after_a_backup(world: World) -> None:
    volume = approved(world)
    world.tick()
    assert world.state(volume) is State.DELETED
    assert [call.action for call in world.called()] == ["CreateTags", "CreateSnapshot", "DeleteVolume"]
    assert volume not in world.volumes()


def test_kept(world: World) -> None:
    volume = approved(world)
    world.desk.keep(world.case(volume).id, somebody("bo"), None, "needed after all")
    spared(world, volume)
    assert world.state(volume) is State.KEPT


def test_snoozed(world: World) -> None:
    volume = approved(world)
    world.desk.snooze(world.case(volume).id, somebody("cy"))
    spared(world, volume)
    assert world.state(volume) is State.KEPT


def test_rejected(world: World) -> None:
    volume = approved(world)
    world.desk.reject(world.case(volume).id, somebody("ann"), "no")
    spared(world, volume)
    assert world.state(volume) is State.CLOSED
    world.later(hours=6)
    world.tick()
    assert len(world.cases()) == 1, "and no new case is opened for it"


def test_said_no_while_the_scan_was_running(world: World) -> None:
    volume = approved(world)
    world.later(hours=6)

    def reject(call: object, moment: str) -> None:
        if moment == "after" and getattr(call, "action", "") == "DescribeVolumes" and world.state(volume) is not State.CLOSED:
            world.desk.reject(world.case(volume).id, somebody("ann"), "no")

    with world.aws.on_call(reject):
        world.tick()
    assert world.state(volume) is State.CLOSED
    assert len(world.cases()) == 1


def test_exempted_by_a_new_commit(world: World) -> None:
    volume = approved(world, project="atlas")
    world.commit({"atlas.yaml": EXEMPTION})
    spared(world, volume)
    closed = world.case(volume).closed
    assert closed is not None
    assert closed.reason == "exempt"


def test_its_policy_was_taken_away(world: World) -> None:
    volume = approved(world)
    world.commit({"volumes.yaml": None})
    spared(world, volume)
    assert world.state(volume) is State.CLOSED


def test_the_terms_of_its_policy_changed(world: World) -> None:
    volume = approved(world)
    world.commit({"volumes.yaml": FILES["volumes.yaml"].replace("24h", "48h")})
    spared(world, volume)
    assert world.case(volume).agreements == ()
    assert world.state(volume) in (State.NOTIFIED, State.GRACE), "its owner is told anew"


def test_protected_by_a_tag(world: World) -> None:
    volume = approved(world)
    world.tag(volume, do_not_delete="yes")
    spared(world, volume)
    closed = world.case(volume).closed
    assert closed is not None
    assert closed.reason == "no_longer_matches"


def test_in_use_again(world: World) -> None:
    volume = approved(world)
    world.attach(volume)
    world.aws.forget_calls()
    spared(world, volume)
    assert world.state(volume) is State.CLOSED


@pytest.mark.parametrize("code", ["UnauthorizedOperation", "RequestLimitExceeded", "InternalError"])
def test_it_cannot_be_read_again(world: World, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    volume = approved(world)
    world.aws.fail(code, action="DescribeVolumes")
    spared(world, volume)
    assert world.state(volume) is State.APPROVED
    assert set(world.results()) == {"spared"}
    assert "could not be read again" in world.reports[0].why
    world.aws.heal()
    world.tick()
    assert world.state(volume) is State.DELETED


TAGGED = """
kind: Reap
metadata: {name: tagged, owner: platform}
spec:
  resource: aws.ec2_instance
  when: ["state == 'running' && has(tags.idle)"]
  after: {notify: 0h, delete: 24h}
  before_delete: [backup]
"""


def test_whether_it_is_protected_cannot_be_read(build: Callable[..., World]) -> None:
    world = build({"machines.yaml": TAGGED})
    machine = world.machine()
    world.to(machine, State.APPROVED)
    world.aws.fail("UnauthorizedOperation", action="DescribeInstanceAttribute")
    world.aws.forget_calls()
    for _ in range(3):
        world.tick()
    assert world.called() == []
    assert world.state_of(machine) == "running"
    case = world.case(machine)
    assert case.paused_at is not None
    assert case.missing == ("termination_protected", "stop_protected")


def test_termination_protection_set_after_the_approval(build: Callable[..., World]) -> None:
    world = build({"machines.yaml": TAGGED})
    machine = world.machine()
    world.to(machine, State.APPROVED)
    world.ec2.modify_instance_attribute(InstanceId=machine, DisableApiTermination={"Value": True})
    world.aws.forget_calls()
    world.tick(3)
    assert world.called() == []
    assert world.state_of(machine) == "running"


def test_undecided_because_its_age_cannot_be_told(build: Callable[..., World]) -> None:
    """Its policy asks for a metric, which is read again when it is older than a day and cannot be had now."""
    idle = TAGGED.replace("has(tags.idle)", "has(tags.idle) && cpu_max_14d < 5.0")
    world = build({"machines.yaml": idle})
    machine = world.machine()
    data = [
        whole_day("CPUUtilization", ("InstanceId", machine), at, 1.0)
        for at in (world.clock.now() + timedelta(days=day) for day in range(-16, 10))
    ]
    world.aws.client("cloudwatch").put_metric_data(Namespace="AWS/EC2", MetricData=data)
    world.to(machine, State.APPROVED)
    world.aws.fail("AccessDenied", action="GetMetricData", status=403)
    world.scan()
    case = world.case(machine)
    assert case.missing == ("cpu_max_14d",)
    assert case.paused_at is not None
    world.aws.forget_calls()
    world.tick(3)
    assert world.called() == []
    plan = world.service.plan()
    assert plan is not None
    assert [skipped.blocked_by for skipped in plan.skipped] == [("evidence",)]


def test_a_young_metric_is_not_paid_for_twice(build: Callable[..., World]) -> None:
    idle = TAGGED.replace("has(tags.idle)", "has(tags.idle) && cpu_max_14d < 5.0")
    world = build({"machines.yaml": idle})
    machine = world.machine()
    data = [
        whole_day("CPUUtilization", ("InstanceId", machine), at, 1.0)
        for at in (world.clock.now() + timedelta(days=day) for day in range(-16, 10))
    ]
    world.aws.client("cloudwatch").put_metric_data(Namespace="AWS/EC2", MetricData=data)
    world.to(machine, State.APPROVED)
    world.scan()
    world.aws.forget_calls()
    world.tick()
    assert world.called("GetMetricData") == []
    assert world.called("DescribeInstanceAttribute"), "protections are read anew"
    assert [call.action for call in world.called()] == ["CreateTags", "CreateImage", "TerminateInstances"]


def test_another_size_is_another_thing(world: World) -> None:
    volume = approved(world)
    world.ec2.modify_volume(VolumeId=volume, Size=500)
    spared(world, volume)
    case = world.case(volume)
    assert case.agreements == ()
    assert case.state in (State.NOTIFIED, State.GRACE)


def test_another_tag_is_another_thing_and_its_owner_is_told(world: World) -> None:
    volume = approved(world)
    world.tag(volume, project="new life")
    spared(world, volume)
    assert world.case(volume).agreements == ()
    before = len(world.messages())
    world.later(days=1)
    world.tick()
    assert len(world.messages()) > before
    assert "new life" not in str(world.messages()[-1].text)


def test_our_own_tags_change_nothing(world: World) -> None:
    volume = approved(world)
    world.ec2.create_tags(Resources=[volume], Tags=[{"Key": "sexton:case", "Value": "c-1"}])
    world.tick()
    assert world.state(volume) is State.DELETED


def test_another_owner_is_asked_anew(world: World) -> None:
    volume = approved(world)
    world.tag(volume, owner="search")
    spared(world, volume)
    case = world.case(volume)
    assert case.team == "search"
    assert case.agreements == ()


def test_gone_by_itself(world: World) -> None:
    volume = approved(world)
    world.ec2.delete_volume(VolumeId=volume)
    world.aws.forget_calls()
    world.tick()
    closed = world.case(volume).closed
    assert closed is not None
    assert closed.reason == "vanished"
    assert world.called() == []


def test_inside_a_gap(world: World) -> None:
    volume = approved(world)
    world.aws.fail("UnauthorizedOperation", action="DescribeVolumes")
    world.later(hours=6)
    world.tick()
    world.aws.heal()
    assert world.case(volume).missing == ("scan",)
    spared(world, volume)
    world.later(hours=6)
    world.tick()
    assert world.state(volume) in (State.APPROVED, State.DELETED)


DATABASES = """
kind: Reap
metadata: {name: databases, owner: platform}
spec:
  resource: aws.rds_instance
  when: [state == 'available']
  after: {notify: 0h, delete: 24h}
  before_delete: [backup]
"""


def database(world: World, name: str) -> None:
    with world.aws.ago(days=40):
        world.aws.client("rds").create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.t3.medium", Engine="postgres", EngineVersion="16.3",
            AllocatedStorage=50, StorageType="gp3", MasterUsername="app", MasterUserPassword="only-in-tests",
            Tags=[{"Key": "owner", "Value": "payments"}],
        )  # fmt: skip


def test_reborn_under_the_same_name(build: Callable[..., World]) -> None:
    world = build({"databases.yaml": DATABASES})
    database(world, "ledger")
    world.to("ledger", State.APPROVED)
    rds = world.aws.client("rds")
    rds.delete_db_instance(DBInstanceIdentifier="ledger", SkipFinalSnapshot=True)
    database(world, "ledger")
    world.aws.forget_calls()
    world.tick()
    closed = world.case("ledger").closed
    assert closed is not None
    assert closed.reason == "reborn"
    assert world.called() == []
    assert [each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]] == ["ledger"]


def test_after_our_own_stop_somebody_started_it(world: World) -> None:
    machine = world.machine()
    world.to(machine, State.STOPPED)
    assert world.state_of(machine) == "stopped"
    world.to(machine, State.APPROVED)
    world.ec2.start_instances(InstanceIds=[machine])
    world.aws.forget_calls()
    world.tick(2)
    assert world.called() == []
    assert world.state_of(machine) == "running"
    assert world.state(machine) is State.KEPT, "whoever started it needs it"
    assert [entry.event for entry in world.ledger.history(world.case(machine).id)][-1] == "in_use"


def test_after_our_own_stop_somebody_changed_it(world: World) -> None:
    machine = world.machine()
    world.to(machine, State.STOPPED)
    world.to(machine, State.APPROVED)
    world.ec2.modify_instance_attribute(InstanceId=machine, InstanceType={"Value": "m5.xlarge"})
    world.aws.forget_calls()
    world.tick(2)
    assert world.called() == []
    assert world.state_of(machine) == "stopped"


def test_a_restart_with_an_inventory_from_before_our_stop_goes_on(world: World) -> None:
    machine = world.machine()
    world.to(machine, State.STOPPED)
    inventory = world.service.situation.inventory
    rung_at = world.case(machine).rung_at
    assert inventory is not None
    assert rung_at is not None
    assert inventory.as_of < rung_at
    world.restart()
    world.commit({"addresses.yaml": None})
    world.tick(2)
    assert world.state(machine) is State.STOPPED
    world.to(machine, State.DELETED)
    assert world.state_of(machine) == "terminated"


def test_while_the_backup_was_made_it_came_into_use(world: World) -> None:
    volume = approved(world)

    def use_it(call: object, moment: str) -> None:
        if moment == "after" and getattr(call, "action", "") == "CreateSnapshot":
            world.attach(volume)

    with world.aws.on_call(use_it):
        world.tick()
    assert volume in world.volumes()
    assert world.called("DeleteVolume") == []
    assert world.intents(volume, Verb.DELETE) == []
    assert world.state(volume) is State.CLOSED


def test_while_the_backup_was_made_it_could_not_be_read_any_more(world: World) -> None:
    volume = approved(world)

    def hide(call: object, moment: str) -> None:
        if moment == "after" and getattr(call, "action", "") == "CreateSnapshot":
            world.aws.fail("UnauthorizedOperation", action="DescribeVolumes")

    with world.aws.on_call(hide):
        world.tick()
    assert world.called("DeleteVolume") == []
    assert world.state(volume) is State.SNAPSHOTTING
    world.aws.heal()
    world.tick()
    assert world.state(volume) is State.DELETED
    assert len(world.called("CreateSnapshot")) == 1


def test_while_the_backup_was_made_it_changed(world: World) -> None:
    volume = approved(world)

    def tag(call: object, moment: str) -> None:
        if moment == "after" and getattr(call, "action", "") == "CreateSnapshot":
            world.tag(volume, project="other")

    with world.aws.on_call(tag):
        world.tick()
    assert world.called("DeleteVolume") == []
    case = world.case(volume)
    assert case.state is State.NOTIFIED
    assert not case.backed_up
    assert case.generation == 1, "that backup may be older than the data"
