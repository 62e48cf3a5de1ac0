"""Found by a hostile reading: answers of real clouds that a kind must not take for less than they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from demo.aws.world import AWSWorld
from engine.model import Resource, Role, Verb
from reapers.clouds.aws_accounts import organization
from reapers.kind import Kind, Order, Progress
from reapers.kinds.aws.ec2_instance import KIND as MACHINE
from reapers.kinds.aws.elastic_ip import KIND as ADDRESS
from reapers.kinds.aws.rds_instance import KIND as DATABASE
from reapers.kinds.gcp.disk import KIND as DISK
from reapers.kinds.gcp.instance import KIND as INSTANCE

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def parsed(kind: Kind, **changes: Any) -> Resource:
    cell = SimpleNamespace(account="acme-dev", region="us-east-1", now=NOW)
    return kind.parse(cell, {**kind.example, **changes})


@pytest.fixture
def aws() -> Iterator[AWSWorld]:
    made = AWSWorld()
    yield made
    made.stop()


# --- AWS --------------------------------------------------------------------------------------------------------------


def test_an_address_that_came_into_use_after_it_was_read_is_not_released(aws: AWSWorld) -> None:
    """In a default VPC AWS releases it all the same, whoever uses it."""
    aws.make(ADDRESS.name)
    (found,) = ADDRESS.list(aws.cell(ADDRESS.name, Role.SCAN))
    order = Order(case="c-1", generation=0, key=found.key, resource=found)
    ec2 = aws.aws.client("ec2")
    (machine,) = ec2.run_instances(ImageId="ami-12c6146b", InstanceType="t3.micro", MinCount=1, MaxCount=1)["Instances"]
    ec2.associate_address(AllocationId=found.key.id, InstanceId=machine["InstanceId"])
    deleting = aws.cell(ADDRESS.name, Role.DELETE)
    memory = ADDRESS.acts[Verb.DELETE].do(deleting, order)
    assert "ec2:release_address" not in deleting.made
    assert [address["AllocationId"] for address in ec2.describe_addresses()["Addresses"]] == [found.key.id]
    checked = Order(case="c-1", generation=0, key=found.key, memory=memory)
    assert ADDRESS.acts[Verb.DELETE].check(deleting, checked) is Progress.NO_EFFECT


def test_a_machine_that_was_started_since_is_another_than_the_one_approved() -> None:
    """Started and stopped again between two readings: its disks may have been written to."""
    before = parsed(MACHINE)
    since = parsed(MACHINE, LaunchTime="2026-10-31T10:00:00+00:00")
    assert before.fingerprint != since.fingerprint
    assert before.created == since.created


def test_a_second_interface_that_forwards_makes_a_router() -> None:
    interfaces = [{"SourceDestCheck": True, "Attachment": {}}, {"SourceDestCheck": False, "Attachment": {}}]
    assert parsed(MACHINE, NetworkInterfaces=interfaces).fields["routes"] is True
    assert parsed(MACHINE, NetworkInterfaces=interfaces[:1]).fields["routes"] is False


def test_a_cluster_that_replicates_a_database_is_a_replica() -> None:
    """An Aurora cluster on its way from RDS: listed apart from the instances that replicate it."""
    assert parsed(DATABASE, ReadReplicaDBClusterIdentifiers=["arn:aws:rds:us-east-1:1:cluster:new"]).fields["replicas"] == 1
    assert parsed(DATABASE, ReadReplicaDBInstanceIdentifiers=["a", "arn:aws:rds:eu-west-1:1:db:b"]).fields["replicas"] == 2
    assert parsed(DATABASE, ReadReplicaSourceDBClusterIdentifier="source").fields["replica_of"] == "source"


class Listing:
    """What Organizations answers since it has retired `Status` (September 2026): `State` alone."""

    def __init__(self, accounts: list[Mapping[str, str]]) -> None:
        self._accounts = accounts

    def pages(self, _service: str, operation: str, *_: str, **__: Any) -> Iterator[Mapping[str, str]]:
        return iter(self._accounts if operation == "list_accounts" else [{"Id": "r-1", "Type": "ROOT"}])


@pytest.mark.parametrize("word", ["State", "Status"])
def test_accounts_are_active_under_either_word(word: str) -> None:
    listed = [{"Id": "1", "Name": "one", word: "ACTIVE"}, {"Id": "2", "Name": "two", word: "SUSPENDED"}]
    found = organization(Listing(listed))  # type: ignore[arg-type]  # as much of a cell as it asks
    assert [account.id for account in found] == ["1"]


# --- GCP --------------------------------------------------------------------------------------------------------------


def test_a_disk_that_was_attached_since_is_another_than_the_one_approved() -> None:
    """Attached and let go again between two readings: what the backup holds is older than what it holds."""
    before = parsed(DISK)
    since = parsed(DISK, lastAttachTimestamp="2026-10-31T10:00:00.000-07:00", lastDetachTimestamp="2026-10-31T11:00:00.000-07:00")
    assert before.fingerprint != since.fingerprint


def test_a_stop_that_lies_before_the_last_start_is_not_the_one_that_it_is_in() -> None:
    """A guest that shuts itself down may leave Google's word of an earlier stop."""
    times = {"lastStopTimestamp": "2026-03-01T00:00:00.000Z", "lastStartTimestamp": "2026-10-30T00:00:00.000Z"}
    assert parsed(INSTANCE, status="TERMINATED", **times).since == {}
    times["lastStopTimestamp"] = "2026-10-31T00:00:00.000Z"
    assert parsed(INSTANCE, status="TERMINATED", **times).since == {"stopped": datetime(2026, 10, 31, tzinfo=UTC)}


def test_the_far_end_of_a_replication_is_managed() -> None:
    """It is meant to hang on nothing: no policy, whatever it looks at, may take it for waste."""
    assert parsed(DISK, asyncPrimaryDisk={"disk": "a"}).fields["created_by"] == "a disk replication"
    assert parsed(DISK, asyncSecondaryDisks={"a": {}}).fields["created_by"] == "a disk replication"
    assert "created_by" not in parsed(DISK).fields
