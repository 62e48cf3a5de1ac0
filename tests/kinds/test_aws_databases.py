"""RDS: a stopped database can not be snapshotted, so its stop takes the snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from demo.aws.metrics import whole_day
from demo.aws.world import AWSWorld
from engine.model import Gone, Key, Resource, Role, Unknown, Verb
from reapers.clouds.aws_errors import Refused
from reapers.kind import Order, Progress
from reapers.kinds.aws.rds_instance import KIND
from reapers.prices import book

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[AWSWorld]:
    made = AWSWorld()
    yield made
    made.stop()


@pytest.fixture
def order(world: AWSWorld) -> Order:
    world.make(KIND.name)
    (found,) = KIND.list(world.cell(KIND.name, Role.SCAN))
    return Order(case="c-1", generation=0, key=found.key, resource=found, token="t")


def parsed(**changes: Any) -> Resource:
    return KIND.parse(SimpleNamespace(account="1" * 12, region="us-east-1", now=NOW), {**KIND.example, **changes})


def snapshots(world: AWSWorld) -> dict[str, dict[str, str]]:
    found = world.aws.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return {made["DBSnapshotIdentifier"]: {tag["Key"]: tag["Value"] for tag in made["TagList"]} for made in found}


def make_another(world: AWSWorld) -> None:
    """Of the same name, two minutes later: moto names automated backups by the minute."""
    world.clock.sleep(120)
    world.make(KIND.name)


def test_the_snapshot_of_our_stop_becomes_the_backup(world: AWSWorld, order: Order) -> None:
    KIND.acts[Verb.STOP].do(world.cell(KIND.name, Role.STOP), order)
    memory = KIND.acts[Verb.BACKUP].do(world.cell(KIND.name, Role.CONDEMN), order)
    assert memory["snapshot"] == "sexton-c-1-stop-0"
    made = snapshots(world)
    assert set(made) == {"sexton-c-1-stop-0"}
    assert made["sexton-c-1-stop-0"]["sexton:case"] == "c-1"
    check = replace(order, memory=memory)
    assert KIND.acts[Verb.BACKUP].check(world.cell(KIND.name, Role.CONDEMN), check) is Progress.DONE


def test_after_a_start_the_old_snapshot_is_no_backup(world: AWSWorld, order: Order) -> None:
    stopping = world.cell(KIND.name, Role.STOP)
    KIND.acts[Verb.STOP].do(stopping, order)
    KIND.acts[Verb.START].do(stopping, order)
    memory = KIND.acts[Verb.BACKUP].do(world.cell(KIND.name, Role.CONDEMN), order)
    assert memory["snapshot"] == "sexton-c-1-0"


def test_one_that_somebody_else_stopped_has_no_backup(world: AWSWorld, order: Order) -> None:
    world.aws.client("rds").stop_db_instance(DBInstanceIdentifier=order.key.id)
    with pytest.raises(Refused, match="InvalidDBInstanceState"):
        KIND.acts[Verb.BACKUP].do(world.cell(KIND.name, Role.CONDEMN), order)


def test_a_protected_one_is_not_deleted(world: AWSWorld, order: Order) -> None:
    world.changes(KIND.name)["protected"](order.key.id)
    with pytest.raises(Refused, match="protected"):
        KIND.acts[Verb.DELETE].do(world.cell(KIND.name, Role.DELETE), order)
    assert isinstance(KIND.get(world.cell(KIND.name, Role.SCAN), order.key), Resource)


def test_another_of_the_same_name_is_another_life(world: AWSWorld, order: Order) -> None:
    deleting = world.cell(KIND.name, Role.DELETE)
    KIND.acts[Verb.DELETE].do(deleting, order)
    assert isinstance(KIND.get(world.cell(KIND.name, Role.SCAN), order.key), Gone)
    make_another(world)
    again = KIND.get(world.cell(KIND.name, Role.SCAN), order.key)
    assert isinstance(again, Resource)
    assert again.key.born != order.key.born
    assert KIND.acts[Verb.DELETE].check(deleting, order) is Progress.DONE


def test_a_restore_does_not_take_a_strangers_name(world: AWSWorld, order: Order) -> None:
    condemning = world.cell(KIND.name, Role.CONDEMN)
    memory = KIND.acts[Verb.BACKUP].do(condemning, order)
    KIND.acts[Verb.DELETE].do(world.cell(KIND.name, Role.DELETE), order)
    make_another(world)
    with pytest.raises(Refused, match="AlreadyExists"):
        KIND.acts[Verb.RESTORE].do(condemning, replace(order, memory=memory))


def test_connections(world: AWSWorld, order: Order) -> None:
    assert isinstance(order.resource, Resource)
    read, cell = KIND.evidence["connections_max_14d"].read, world.cell(KIND.name, Role.SCAN)
    assert read(cell, [order.resource]) == {order.key.id: Unknown("CloudWatch has data of 0 of 14 days")}
    midnight = world.now().replace(hour=0, minute=0, second=0, microsecond=0)
    noons = (midnight - timedelta(hours=12, days=day) for day in range(14))
    data = [whole_day("DatabaseConnections", ("DBInstanceIdentifier", order.key.id), noon, 0.0) for noon in noons]
    world.aws.client("cloudwatch").put_metric_data(Namespace="AWS/RDS", MetricData=data)
    assert read(cell, [order.resource]) == {order.key.id: 0.0}


@pytest.mark.parametrize(
    ("database", "dollars"),
    [
        ({}, Decimal("0.159") * 730 + Decimal("11.50")),
        ({"MultiAZ": True}, Decimal("0.318") * 730 + Decimal("23.00")),
        ({"DBInstanceStatus": "stopped"}, Decimal("11.50")),
        ({"Engine": "oracle-ee"}, None),
        ({"DBInstanceClass": "db.t99.large"}, None),
    ],
)
def test_prices(database: dict[str, Any], dollars: Decimal | None) -> None:
    price = KIND.price(parsed(**database), book())
    assert price.is_known is (dollars is not None)
    assert price.known == (dollars or 0)


def test_links() -> None:
    replica = parsed(ReadReplicaSourceDBInstanceIdentifier="main", DBClusterIdentifier="c")
    place = "1" * 12, "us-east-1"
    assert KIND.links(replica) == (Key(KIND.name, *place, "main"), Key("aws.rds_cluster", *place, "c"))
    assert KIND.links(parsed(ReadReplicaSourceDBInstanceIdentifier="arn:aws:rds:eu-west-1:1:db:x")) == ()
