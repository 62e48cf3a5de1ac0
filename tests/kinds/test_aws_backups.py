"""Backups on AWS: none is done that cannot be restored from, and what comes back is what was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from demo.aws.world import ACCOUNT, AWSWorld
from engine.model import Key, Resource, Role, Unknown, Verb
from reapers.clouds.aws_errors import Refused
from reapers.kind import ROLE_OF, Kind, Order, Progress, Unusable, kinds
from reapers.kinds.aws_recycle_bin import covers

EBS, EC2, RDS = (kinds()[f"aws.{name}"] for name in ("ebs_volume", "ec2_instance", "rds_instance"))
SNAPSHOT, AMI, RDS_SNAPSHOT = (kinds()[f"aws.{name}"] for name in ("ebs_snapshot", "ami", "rds_snapshot"))
BACKED_UP = [EBS, EC2, RDS]


@pytest.fixture
def world() -> Iterator[AWSWorld]:
    made = AWSWorld()
    yield made
    made.stop()


def backend(name: Any) -> Any:
    from moto.backends import get_backend

    return get_backend(name)[ACCOUNT]["us-east-1"]


def one(sort: Kind, world: AWSWorld, id: str) -> Resource:
    return next(found for found in sort.list(world.cell(sort.name, Role.SCAN)) if found.key.id == id)


def order(world: AWSWorld, resource: Resource, **more: Any) -> Order:
    until = world.now() + timedelta(days=30)
    return Order(case="c-1", generation=0, key=resource.key, resource=resource, token="t", until=until, **more)


def sent(sort: Kind, world: AWSWorld, verb: Verb, told: Order) -> Order:
    """The order with what the act remembered."""
    memory = sort.acts[verb].do(world.cell(sort.name, ROLE_OF[verb]), told)
    return replace(told, memory={**told.memory, **memory})


def check(sort: Kind, world: AWSWorld, verb: Verb, told: Order) -> Progress:
    return sort.acts[verb].check(world.cell(sort.name, ROLE_OF[verb]), told)


def backup_of(sort: Kind, world: AWSWorld) -> Order:
    return sent(sort, world, Verb.BACKUP, order(world, one(sort, world, world.make(sort.name))))


def what_it_made(sort: Kind) -> Any:
    """moto's own object of the snapshot that holds the data."""
    if sort is RDS:
        return next(each for each in backend("rds").database_snapshots.values() if each.snapshot_type == "manual")
    return next(each for each in backend("ec2").snapshots.values() if any(tag["key"] == "sexton:case" for tag in each.get_tags()))


# --- guard 14 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", BACKED_UP, ids=lambda sort: sort.name)
def test_a_backup_with_an_enabled_key_is_done(sort: Kind, world: AWSWorld) -> None:
    assert check(sort, world, Verb.BACKUP, backup_of(sort, world)) is Progress.DONE
    assert ("kms", "DescribeKey") in {(call.service, call.action) for call in world.aws.calls}, "the specimen is encrypted"


@pytest.mark.parametrize("sort", BACKED_UP, ids=lambda sort: sort.name)
@pytest.mark.parametrize("change", ["disable", "delete"])
def test_a_backup_whose_key_is_not_enabled_is_no_backup(sort: Kind, change: str, world: AWSWorld) -> None:
    told = backup_of(sort, world)
    key, kms = what_it_made(sort).kms_key_id.rpartition("/")[2], world.aws.client("kms")
    kms.disable_key(KeyId=key) if change == "disable" else kms.schedule_key_deletion(KeyId=key)
    with pytest.raises(Unusable, match=r"is encrypted with .*, which is (Disabled|PendingDeletion): enable the key, then retry"):
        check(sort, world, Verb.BACKUP, told)


@pytest.mark.parametrize("sort", BACKED_UP, ids=lambda sort: sort.name)
def test_a_key_that_nobody_may_read_leaves_it_open(sort: Kind, world: AWSWorld) -> None:
    told = backup_of(sort, world)
    world.aws.fail("AccessDeniedException", service="kms", action="DescribeKey", status=400)
    with pytest.raises(Refused) as refused:
        check(sort, world, Verb.BACKUP, told)
    assert "kms:DescribeKey" in refused.value.sentence


@pytest.mark.parametrize("sort", BACKED_UP, ids=lambda sort: sort.name)
def test_a_key_that_is_gone_or_not_named_is_none(sort: Kind, world: AWSWorld) -> None:
    told, made = backup_of(sort, world), what_it_made(sort)
    made.kms_key_id = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000"
    with pytest.raises(Unusable, match="which is gone"):
        check(sort, world, Verb.BACKUP, told)
    made.kms_key_id = None
    with pytest.raises(Unusable, match="does not say with which key"):
        check(sort, world, Verb.BACKUP, told)


@pytest.mark.parametrize("sort", BACKED_UP, ids=lambda sort: sort.name)
def test_an_empty_backup_is_none(sort: Kind, world: AWSWorld) -> None:
    told, made = backup_of(sort, world), what_it_made(sort)
    if sort is RDS:
        made.allocated_storage = 0
    else:
        made.volume.size = 0
    with pytest.raises(Unusable, match="is empty: it is no backup"):
        check(sort, world, Verb.BACKUP, told)


def test_an_archived_snapshot_is_not_at_hand(world: AWSWorld) -> None:
    told = backup_of(EBS, world)
    what_it_made(EBS).storage_tier = "archive"
    with pytest.raises(Unusable, match="is archived"):
        check(EBS, world, Verb.BACKUP, told)


def test_an_image_that_lacks_a_volume_or_failed_is_none(world: AWSWorld) -> None:
    told = backup_of(EC2, world)
    two = {**told.memory, "manifest": {**told.memory["manifest"], "volumes": 2}}
    with pytest.raises(Unusable, match=r"holds 1 volumes, and i-.* has 2"):
        check(EC2, world, Verb.BACKUP, replace(told, memory=two))
    image = backend("ec2").amis[told.memory["image"]]
    image.state = "pending"
    assert check(EC2, world, Verb.BACKUP, told) is Progress.PENDING
    image.state = "failed"
    with pytest.raises(Unusable, match=f"{image.id} is failed"):
        check(EC2, world, Verb.BACKUP, told)


def test_a_database_snapshot_on_its_way_and_one_that_failed(world: AWSWorld) -> None:
    told, made = backup_of(RDS, world), what_it_made(RDS)
    made.status = "creating"
    assert check(RDS, world, Verb.BACKUP, told) is Progress.PENDING
    made.status = "failed"
    with pytest.raises(Unusable, match="is failed"):
        check(RDS, world, Verb.BACKUP, told)


# --- what comes back is what was ----------------------------------------------------------------------------------------


def restored(sort: Kind, world: AWSWorld, told: Order) -> Resource:
    """After a verified backup and a delete."""
    assert check(sort, world, Verb.BACKUP, told) is Progress.DONE
    sent(sort, world, Verb.DELETE, told)
    back = sent(sort, world, Verb.RESTORE, told)
    assert check(sort, world, Verb.RESTORE, back) is Progress.DONE
    return one(sort, world, Key.parse(str(back.memory["key"])).id)


OWN_LIFE = {
    EBS.name: {"from_snapshot"},
    EC2.name: {"image", "last_started", "private_ip", "public_ip"},
    RDS.name: {"started_by"},
}
"""What is another after a restore, and must be."""


@pytest.mark.parametrize("sort", BACKED_UP, ids=lambda sort: sort.name)
def test_every_field_and_tag_but_those_of_its_life(sort: Kind, world: AWSWorld) -> None:
    told = backup_of(sort, world)
    before = one(sort, world, told.key.id)
    after = restored(sort, world, told)
    same = set(sort.fields) - OWN_LIFE[sort.name]
    assert {name: after.fields.get(name) for name in same} == {name: before.fields.get(name) for name in same}
    assert isinstance(after.tags, dict)
    assert isinstance(before.tags, dict)
    assert {**after.tags, "sexton:case": ""} == {**before.tags, "sexton:case": ""}


def test_a_volume_of_provisioned_performance(world: AWSWorld) -> None:
    ec2 = world.aws.client("ec2")
    asked = {
        "AvailabilityZone": "us-east-1b",
        "Size": 20,
        "VolumeType": "gp3",
        "Iops": 6000,
        "Throughput": 300,
        "Encrypted": True,
    }
    with world.aws.ago(days=20):
        volume = ec2.create_volume(**asked)["VolumeId"]
    (was,) = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    told = sent(EBS, world, Verb.BACKUP, order(world, one(EBS, world, volume)))
    after = restored(EBS, world, told)
    (now,) = ec2.describe_volumes(VolumeIds=[after.key.id])["Volumes"]
    for name in ("AvailabilityZone", "Size", "VolumeType", "Iops", "Throughput", "Encrypted", "KmsKeyId"):
        assert now[name] == was[name], name


def test_a_machine_with_all_that_it_was_started_with(world: AWSWorld) -> None:
    ec2, iam = world.aws.client("ec2"), world.aws.client("iam")
    iam.create_instance_profile(InstanceProfileName="batch")
    profile = iam.get_instance_profile(InstanceProfileName="batch")["InstanceProfile"]["Arn"]
    group = ec2.create_security_group(GroupName="batch", Description="x")["GroupId"]
    ec2.create_key_pair(KeyName="payments")
    with world.aws.ago(days=20):
        (made,) = ec2.run_instances(
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=1,
            InstanceType="m5.large",
            KeyName="payments",
            SecurityGroupIds=[group],
            IamInstanceProfile={"Arn": profile},
            EbsOptimized=True,
            Monitoring={"Enabled": True},
            MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
            BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 15, "DeleteOnTermination": False}}],
            UserData="#!/bin/sh\necho hello\n",
        )["Instances"]
    address = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=made["InstanceId"])
    (was,) = ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"][0]["Instances"]
    told = sent(EC2, world, Verb.BACKUP, order(world, one(EC2, world, made["InstanceId"])))
    lost = told.memory["manifest"]["lost"]
    assert lost["elastic_ips"] == {address["AllocationId"]: address["PublicIp"]}
    assert lost["user_data_sha256"] == hashlib.sha256(b"#!/bin/sh\necho hello\n").hexdigest()
    assert "hello" not in str(told.memory), "user data may hold secrets"
    after = restored(EC2, world, told)
    (now,) = ec2.describe_instances(InstanceIds=[after.key.id])["Reservations"][0]["Instances"]
    for name in ("InstanceType", "KeyName", "SubnetId", "EbsOptimized", "Monitoring", "SecurityGroups"):
        assert now[name] == was[name], name
    assert now["IamInstanceProfile"]["Arn"] == profile
    assert now["Placement"]["AvailabilityZone"] == was["Placement"]["AvailabilityZone"]
    assert now["MetadataOptions"]["HttpTokens"] == "required"
    assert now["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    (device,) = now["BlockDeviceMappings"]
    assert device["Ebs"]["DeleteOnTermination"] is False


# --- snapshots and images -----------------------------------------------------------------------------------------------


def test_what_could_not_be_read_is_not_unused(world: AWSWorld) -> None:
    for sort in (SNAPSHOT, AMI):
        id = world.make(sort.name)
        assert one(sort, world, id).fields["in_use"] is False
        for action in ("DescribeLaunchTemplateVersions", "DescribeLaunchConfigurations"):
            fault = world.aws.fail("AccessDenied", action=action, status=403)
            found = one(sort, world, id)
            assert isinstance(found.fields["in_use"], Unknown)
            assert isinstance(sort.facts["unused"](found), Unknown)
            assert isinstance(found.fingerprint, Unknown)
            world.aws.door.faults.rows.remove(fault)


def test_a_disabled_image_still_holds_its_snapshots(world: AWSWorld) -> None:
    image = one(AMI, world, world.make(AMI.name))
    (held,) = AMI.links(image)
    world.aws.client("ec2").disable_image(ImageId=image.key.id)
    assert one(AMI, world, image.key.id).fields["state"] == "disabled"
    assert one(SNAPSHOT, world, held.id).fields["in_use"] is True


def test_a_launch_configuration_uses_its_image(world: AWSWorld) -> None:
    image = world.make(AMI.name)
    world.aws.client("autoscaling").create_launch_configuration(
        LaunchConfigurationName="old", ImageId=image, InstanceType="t3.micro"
    )
    assert one(AMI, world, image).fields["in_use"] is True


def test_an_image_that_came_into_use_is_not_deregistered(world: AWSWorld) -> None:
    image = one(AMI, world, world.make(AMI.name))
    world.aws.client("ec2").run_instances(ImageId=image.key.id, MinCount=1, MaxCount=1, InstanceType="t3.micro")
    told = sent(AMI, world, Verb.DELETE, order(world, image))
    assert check(AMI, world, Verb.DELETE, told) is Progress.NO_EFFECT
    assert "DeregisterImage" not in {call.action for call in world.aws.calls}


def test_automated_snapshots_are_not_listed_and_a_source_that_is_gone_shows(world: AWSWorld) -> None:
    name = world.make(RDS_SNAPSHOT.name)
    assert one(RDS_SNAPSHOT, world, name).fields["source_exists"] is True
    world.aws.client("rds").delete_db_instance(DBInstanceIdentifier="payments-0", SkipFinalSnapshot=True)
    (only,) = RDS_SNAPSHOT.list(world.cell(RDS_SNAPSHOT.name, Role.SCAN))
    assert only.fields["source_exists"] is False


def test_a_snapshot_of_another_time_under_the_same_name_is_left_alone(world: AWSWorld) -> None:
    name = world.make(RDS_SNAPSHOT.name)
    before = one(RDS_SNAPSHOT, world, name)
    told = order(world, replace(before, key=replace(before.key, born="2020-01-01T00:00:00+00:00")))
    assert check(RDS_SNAPSHOT, world, Verb.DELETE, sent(RDS_SNAPSHOT, world, Verb.DELETE, told)) is Progress.DONE
    assert one(RDS_SNAPSHOT, world, name).key == before.key


# --- Recycle Bin --------------------------------------------------------------------------------------------------------

AVAILABLE: dict[str, Any] = {"Status": "available"}


def tag(key: str, value: str) -> dict[str, str]:
    return {"ResourceTagKey": key, "ResourceTagValue": value}


@pytest.mark.parametrize(
    ("rule", "covered"),
    [
        ({}, True),
        ({"ResourceTags": [tag("owner", "payments")]}, True),
        ({"ResourceTags": [tag("owner", "search"), tag("env", "dev")]}, True),
        ({"ResourceTags": [tag("owner", "search")]}, False),
        ({"ResourceTags": [{"ResourceTagKey": "owner"}]}, False),
        ({"ExcludeResourceTags": [tag("env", "dev")]}, False),
        ({"ExcludeResourceTags": [tag("env", "prod")]}, True),
        ({"Status": "pending"}, False),
    ],
)
def test_what_a_rule_covers(rule: dict[str, Any], covered: bool) -> None:
    assert covers({**AVAILABLE, **rule}, {"owner": "payments", "env": "dev"}) is covered


@pytest.mark.parametrize("sort", [SNAPSHOT, AMI], ids=lambda sort: sort.name)
@pytest.mark.parametrize(
    ("days", "said"), [(0, "no Recycle Bin rule for .* covers it"), (29, "a Recycle Bin rule .* keeps it for 29 days only")]
)
def test_no_rule_or_a_short_one_is_no_way_back(sort: Kind, days: int, said: str, world: AWSWorld) -> None:
    told = order(world, one(sort, world, world.make(sort.name)))
    rules = world.aws.door.bin.rules[ACCOUNT, "us-east-1"]
    for name in list(rules):
        rules[name].days = days
        if not days:
            del rules[name]
    with pytest.raises(Unusable, match=f"{said}, and {told.key.id} must be restorable for 30 days: make such a rule"):
        check(sort, world, Verb.BACKUP, sent(sort, world, Verb.BACKUP, told))


def test_rules_that_may_not_be_read_leave_it_open(world: AWSWorld) -> None:
    told = order(world, one(SNAPSHOT, world, world.make(SNAPSHOT.name)))
    world.aws.fail("AccessDeniedException", service="rbin", action="ListRules", status=403)
    with pytest.raises(Refused):
        check(SNAPSHOT, world, Verb.BACKUP, sent(SNAPSHOT, world, Verb.BACKUP, told))


def test_an_image_comes_back_after_its_snapshots(world: AWSWorld) -> None:
    snapshot = world.make(SNAPSHOT.name)  # and with it the rule for snapshots
    image = one(AMI, world, world.make(AMI.name))
    (held,) = AMI.links(image)
    gone = sent(AMI, world, Verb.DELETE, order(world, image))
    world.aws.client("ec2").delete_snapshot(SnapshotId=held.id)
    with pytest.raises(Refused, match=held.id):
        sent(AMI, world, Verb.RESTORE, gone)
    world.aws.client("ec2").restore_snapshot_from_recycle_bin(SnapshotId=held.id)
    back = sent(AMI, world, Verb.RESTORE, gone)
    assert check(AMI, world, Verb.RESTORE, back) is Progress.DONE
    after = one(AMI, world, image.key.id)
    assert (after.key, after.tags, after.fields) == (image.key, image.tags, image.fields)
    assert one(SNAPSHOT, world, snapshot)


def test_what_left_the_bin_is_gone_for_good(world: AWSWorld) -> None:
    told = order(world, one(SNAPSHOT, world, world.make(SNAPSHOT.name)))
    deleted = sent(SNAPSHOT, world, Verb.DELETE, told)
    world.clock.sleep(61 * 86400)
    back = sent(SNAPSHOT, world, Verb.RESTORE, deleted)
    world.clock.sleep(300)
    assert check(SNAPSHOT, world, Verb.RESTORE, replace(back, memory={})) is Progress.NO_EFFECT


def test_the_size_of_an_image_is_unknown_where_a_volume_does_not_tell_it(world: AWSWorld) -> None:
    cell = world.cell(AMI.name, Role.SCAN)
    silent = {**AMI.example, "BlockDeviceMappings": [*AMI.example["BlockDeviceMappings"], {"DeviceName": "/dev/xvdb", "Ebs": {}}]}
    assert AMI.parse(cell, AMI.example).fields["size_gb"] == 20
    assert isinstance(AMI.parse(cell, silent).fields["size_gb"], Unknown)
