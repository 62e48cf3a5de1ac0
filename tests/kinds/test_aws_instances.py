"""EC2 instances: what the list does not say in so many words, evidence from CloudWatch, protections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from demo.aws.metrics import whole_day
from demo.aws.world import AWSWorld
from engine.model import Resource, Role, Unknown, Verb
from engine.money import FREE
from reapers.clouds.aws_errors import Refused
from reapers.kind import Order
from reapers.kinds.aws.ec2_instance import KIND
from reapers.kinds.aws_metrics import FIVE_MINUTES
from reapers.prices import book


@pytest.fixture
def world() -> Iterator[AWSWorld]:
    made = AWSWorld()
    yield made
    made.stop()


def only(world: AWSWorld) -> Resource:
    (found,) = KIND.list(world.cell(KIND.name, Role.SCAN))
    return found


def parsed(**changes: Any) -> Resource:
    cell = SimpleNamespace(account="1" * 12, region="us-east-1", now=datetime(2026, 11, 1, tzinfo=UTC))
    return KIND.parse(cell, {**KIND.example, **changes})


def evidence(world: AWSWorld, name: str) -> object:
    found = only(world)
    return KIND.evidence[name].read(world.cell(KIND.name, Role.SCAN), [found])[found.key.id]


def measured(world: AWSWorld, id: str, days: int, datapoints: int = FIVE_MINUTES, **metrics: float) -> None:
    """The figures of so many of the last whole days, with so many datapoints in each."""
    midnight = world.now().replace(hour=0, minute=0, second=0, microsecond=0)
    data = [
        whole_day(name, ("InstanceId", id), midnight - timedelta(hours=12, days=day), value, datapoints)
        for name, value in metrics.items()
        for day in range(days)
    ]
    world.aws.client("cloudwatch").put_metric_data(Namespace="AWS/EC2", MetricData=data)


def test_age_counts_from_the_first_start_not_the_last(world: AWSWorld) -> None:
    id = world.make(KIND.name)
    first = only(world).created
    assert first is not None
    assert world.now() - first > timedelta(days=19)
    assert parsed().created == datetime(2025, 6, 1, 9, tzinfo=UTC), "the root volume was attached before the last LaunchTime"
    assert id


def test_stopped_since_comes_from_the_providers_date(world: AWSWorld) -> None:
    id = world.make(KIND.name)
    assert only(world).since == {}
    with world.aws.ago(days=6):
        world.aws.client("ec2").stop_instances(InstanceIds=[id])
    since = only(world).since["stopped"]
    assert timedelta(days=6) <= world.now() - since < timedelta(days=6, minutes=1)
    world.aws.client("ec2").start_instances(InstanceIds=[id])
    assert only(world).since == {}


@pytest.mark.parametrize("reason", ["", "User initiated", "Server.SpotInstanceTermination: no capacity", "(2026-13-45)"])
def test_a_reason_without_a_date_is_no_date(reason: str) -> None:
    assert parsed(StateTransitionReason=reason).since == {}


def test_terminated_is_gone(world: AWSWorld) -> None:
    id = world.make(KIND.name)
    world.aws.client("ec2").terminate_instances(InstanceIds=[id])
    assert list(KIND.list(world.cell(KIND.name, Role.SCAN))) == []


def test_cpu_is_the_highest_of_fourteen_days(world: AWSWorld) -> None:
    id = world.make(KIND.name)
    measured(world, id, 14, CPUUtilization=3.5)
    measured(world, id, 1, CPUUtilization=41.0)
    assert evidence(world, "cpu_max_14d") == 41.0


def test_network_is_the_busiest_day_in_and_out(world: AWSWorld) -> None:
    id = world.make(KIND.name)
    measured(world, id, 14, NetworkIn=1_000_000.0, NetworkOut=2_500_000.0)
    assert evidence(world, "network_mb_day_14d") == pytest.approx(3.5)


@pytest.mark.parametrize("days", [0, 1, 13])
def test_missing_days_are_unknown_not_zero(world: AWSWorld, days: int) -> None:
    id = world.make(KIND.name)
    measured(world, id, days, CPUUtilization=0.0) if days else None
    assert evidence(world, "cpu_max_14d") == Unknown(f"CloudWatch has data of {days} of 14 days")


def test_a_day_of_which_hours_are_missing_is_no_whole_day(world: AWSWorld) -> None:
    """Guard 4: at least 95 % of the datapoints. An instance that was off for an hour a day was not idle then, it was off."""
    id = world.make(KIND.name)
    measured(world, id, 14, FIVE_MINUTES * 23 // 24, CPUUtilization=0.0)
    assert evidence(world, "cpu_max_14d") == 0.0
    other = world.make(KIND.name)
    world.aws.client("ec2").terminate_instances(InstanceIds=[id])
    measured(world, other, 14, FIVE_MINUTES * 22 // 24, CPUUtilization=0.0)
    assert evidence(world, "cpu_max_14d") == Unknown("CloudWatch has 92% of the datapoints of 14 days")


def test_today_does_not_count(world: AWSWorld) -> None:
    id = world.make(KIND.name)
    measured(world, id, 14, CPUUtilization=2.0)
    today = {"MetricName": "CPUUtilization", "Dimensions": [{"Name": "InstanceId", "Value": id}], "Value": 99.0}
    world.aws.client("cloudwatch").put_metric_data(Namespace="AWS/EC2", MetricData=[{**today, "Timestamp": world.now()}])
    assert evidence(world, "cpu_max_14d") == 2.0


def test_protections(world: AWSWorld) -> None:
    id = world.make(KIND.name)
    assert (evidence(world, "termination_protected"), evidence(world, "stop_protected")) == (False, False)
    world.aws.client("ec2").modify_instance_attribute(InstanceId=id, DisableApiTermination={"Value": True})
    assert evidence(world, "termination_protected") is True
    order = Order(case="c-1", generation=0, key=only(world).key)
    with pytest.raises(Refused, match="OperationNotPermitted"):
        KIND.acts[Verb.DELETE].do(world.cell(KIND.name, Role.DELETE), order)
    assert only(world).fields["state"] == "running"


def test_the_backups_snapshots_are_tagged_too(world: AWSWorld) -> None:
    id = world.make(KIND.name)
    until = datetime(2026, 12, 1, tzinfo=UTC)
    order = Order(case="c-1", generation=0, key=only(world).key, until=until)
    memory = KIND.acts[Verb.BACKUP].do(world.cell(KIND.name, Role.CONDEMN), order)
    wanted = {"owner": "payments", "sexton:case": "c-1", "sexton:generation": "0", "sexton:until": "2026-12-01T00:00:00Z"}
    ec2 = world.aws.client("ec2")
    (image,) = ec2.describe_images(ImageIds=[memory["image"]])["Images"]
    (snapshot,) = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    for tags in (image["Tags"], snapshot["Tags"]):
        assert {tag["Key"]: tag["Value"] for tag in tags} == wanted
    assert memory["manifest"]["lost"]["volumes"]
    assert "UserData" not in str(memory)
    assert id


def test_prices() -> None:
    running = {"State": {"Name": "running"}}
    assert KIND.price(parsed(**running), book()).known == Decimal("0.096") * 730
    assert KIND.price(parsed(), book()) == FREE, "a stopped instance is billed for its volumes alone"
    for other in (
        {"PlatformDetails": "Windows"},
        {"InstanceLifecycle": "spot"},
        {"Placement": {"AvailabilityZone": "us-east-1a", "Tenancy": "dedicated"}},
        {"InstanceType": "m99.large"},
    ):
        assert not KIND.price(parsed(**running, **other), book()).is_known
