"""Backups from their making to their end: verified, known to the ledger, protected, spent, gone; and what is only tagged so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.case import State
from engine.model import Key, Verb
from engine.spent import SPENT_BACKUPS
from makers.world import ACCOUNT, REGION, World, somebody
from reapers.ours import backup_keys

SPENT = """
kind: Reap
metadata: {name: spent-backups, owner: platform}
spec:
  resource: [aws.ebs_snapshot, aws.ami]
  when: [backup_days_left < 0, "!in_use"]
  after: {notify: 0h, delete: 24h}
  before_delete: []
  approval: {delete: none}
"""
OLD = """
kind: Reap
metadata: {name: old-snapshots, owner: platform}
spec:
  resource: aws.ebs_snapshot
  when: ["age_days > 2", "!in_use"]
  after: {notify: 0h, delete: 24h}
  before_delete: [backup]
"""


def deleted(world: World) -> str:
    """A volume of which only our snapshot is left; the snapshot's id."""
    volume = world.volume()
    world.to(volume, State.DELETED)
    return str(world.case(volume).memory[Verb.BACKUP]["snapshot"])


def snapshots(world: World) -> set[str]:
    return {each["SnapshotId"] for each in world.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}


def pass_days(world: World, days: int) -> None:
    for _ in range(days):
        world.later(days=1)
        world.tick(2)


def test_a_backup_is_protected_until_its_day_and_then_goes_without_anybody_s_word(build: Callable[..., World]) -> None:
    world = build({"spent.yaml": SPENT, "old.yaml": OLD})
    snapshot = deleted(world)
    assert f"aws.ebs_snapshot/{ACCOUNT}/{REGION}/{snapshot}@{snapshot}" in backup_keys(world.ledger)
    pass_days(world, 25)
    assert world.state(snapshot) is None, "no policy may want it while it may be asked for"
    world.commit({"old.yaml": None})  # whose owner approval would lead
    world.go(lambda: world.state(snapshot) is State.DELETED, days=12)
    case = world.case(snapshot)
    assert case.policy == SPENT_BACKUPS
    assert not case.agreements
    assert snapshots(world) == set()


def test_what_people_tagged_as_ours_is_not_ours(build: Callable[..., World]) -> None:
    world = build({"spent.yaml": SPENT})
    ours = deleted(world)
    case = world.cases()[0].id
    world.later(days=3)
    volume = world.volume(do_not_delete="yes")
    forged = world.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    world.tag(
        forged, **{"sexton:case": case, "sexton:generation": "0", "sexton:until": "2026-11-05T00:00:00Z", "owner": "payments"}
    )
    world.go(lambda: world.state(ours) is State.DELETED, days=45)
    pass_days(world, 10)
    assert world.state(forged) is State.APPROVED, "nobody has to agree"
    plan = world.service.plan()
    assert plan
    (skipped,) = plan.skipped
    assert "backup" in skipped.blocked_by
    assert forged in snapshots(world)


def test_an_image_goes_before_the_snapshots_that_it_is_made_of(build: Callable[..., World]) -> None:
    world = build({"spent.yaml": SPENT})
    machine = world.machine()
    world.to(machine, State.DELETED)
    memory = world.case(machine).memory[Verb.BACKUP]
    (held,) = snapshots(world)
    assert [Key.parse(life.partition("@")[0]).kind for life in memory["made"]] == ["aws.ami", "aws.ebs_snapshot"]
    world.go(lambda: world.state(memory["image"]) is State.DELETED, days=45)
    assert world.state(held) is None, "in use until then"
    world.go(lambda: world.state(held) is State.DELETED, days=10)
    assert snapshots(world) == set()


def test_a_backup_whose_key_is_disabled_is_no_backup(build: Callable[..., World]) -> None:
    world = build()
    volume = _encrypted(world)
    key = world.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["KmsKeyId"]
    world.aws.client("kms").disable_key(KeyId=key.rpartition("/")[2])
    world.to(volume, State.APPROVED)
    world.go(lambda: world.state(volume) is State.STUCK)
    assert world.case(volume).stuck.endswith(f"is encrypted with {key}, which is Disabled: enable the key, then retry")
    assert volume in world.volumes()
    world.aws.client("kms").enable_key(KeyId=key.rpartition("/")[2])
    world.desk.retry(world.case(volume).id, somebody("ann"))
    world.to(volume, State.DELETED)


def test_a_key_that_may_not_be_read_leaves_it_waiting(build: Callable[..., World]) -> None:
    world = build()
    volume = _encrypted(world)
    fault = world.aws.fail("AccessDeniedException", service="kms", action="DescribeKey", status=400)
    world.to(volume, State.APPROVED)
    world.go(lambda: any("kms:DescribeKey" in report.why for report in world.reports))
    pass_days(world, 2)
    assert world.state(volume) is State.SNAPSHOTTING
    assert volume in world.volumes()
    assert {str(report.result) for report in world.reports if "kms:DescribeKey" in report.why} == {"pending"}
    world.aws.door.faults.rows.remove(fault)
    world.go(lambda: world.state(volume) is State.DELETED)


def _encrypted(world: World) -> str:
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "owner", "Value": "payments"}]}]
    with world.aws.ago(days=40):
        made = world.ec2.create_volume(AvailabilityZone="us-east-1a", Size=10, Encrypted=True, TagSpecifications=tags)
    return str(made["VolumeId"])


@pytest.fixture
def kept(build: Callable[..., World]) -> World:
    """A world whose Recycle Bin keeps snapshots for so many days as an undo lasts, and a snapshot of people's."""
    world = build({"old.yaml": OLD})
    period = {"RetentionPeriodValue": 31, "RetentionPeriodUnit": "DAYS"}
    world.aws.client("rbin").create_rule(ResourceType="EBS_SNAPSHOT", RetentionPeriod=period)
    return world


def _of_people(world: World) -> str:
    volume = world.volume(do_not_delete="yes")
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "owner", "Value": "payments"}]}]
    with world.aws.ago(days=40):
        return str(world.ec2.create_snapshot(VolumeId=volume, TagSpecifications=tags)["SnapshotId"])


def test_what_the_recycle_bin_keeps_comes_back_as_it_was(kept: World) -> None:
    snapshot = _of_people(kept)
    before = kept.ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
    kept.to(snapshot, State.DELETED)
    assert snapshot not in snapshots(kept)
    assert kept.case(snapshot).undo_until
    kept.desk.restore(kept.case(snapshot).id, somebody("ann"))
    kept.tick()
    assert kept.state(snapshot) is State.CLOSED
    assert kept.ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"] == before


def test_without_a_rule_nothing_is_deleted(build: Callable[..., World]) -> None:
    world = build({"old.yaml": OLD})
    snapshot = _of_people(world)
    world.to(snapshot, State.APPROVED)
    world.go(lambda: world.state(snapshot) is State.STUCK)
    assert world.case(snapshot).stuck.startswith(
        f"no Recycle Bin rule for EBS_SNAPSHOT in {REGION} covers it, and {snapshot} must"
    )
    assert snapshot in snapshots(world)
