"""Volumes, addresses and buckets: prices, tags that are a call of their own, figures from CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from demo.aws.world import AWSWorld
from engine.model import Resource, Role, Unknown, Verb
from reapers.clouds.aws_errors import Refused
from reapers.kind import Kind, Order, Progress, Unusable
from reapers.kinds.aws import ebs_volume, elastic_ip, s3_bucket
from reapers.prices import book

EBS, EIP, S3 = ebs_volume.KIND, elastic_ip.KIND, s3_bucket.KIND


@pytest.fixture
def world() -> Iterator[AWSWorld]:
    made = AWSWorld()
    yield made
    made.stop()


def parsed(kind: Kind, **changes: Any) -> Resource:
    cell = SimpleNamespace(account="1" * 12, region="us-east-1", now=datetime(2026, 11, 1, tzinfo=UTC))
    return kind.parse(cell, {**kind.example, **changes})


def listed(world: AWSWorld, kind: Kind) -> dict[str, Resource]:
    return {found.key.id: found for found in kind.list(world.cell(kind.name, Role.SCAN))}


@pytest.mark.parametrize(
    ("volume", "dollars"),
    [
        ({"VolumeType": "gp3", "Size": 100, "Iops": 3000, "Throughput": 125}, "8.00"),
        ({"VolumeType": "gp3", "Size": 100, "Iops": 4000, "Throughput": 225}, "17.00"),  # + 1000 x .005 + 100 x .04
        ({"VolumeType": "gp2", "Size": 100, "Iops": 300}, "10.00"),
        ({"VolumeType": "io1", "Size": 100, "Iops": 1000}, "77.50"),  # 12.50 + 1000 x .065
        ({"VolumeType": "st1", "Size": 500}, "22.50"),
        ({"VolumeType": "sc1", "Size": 500}, "7.50"),
        ({"VolumeType": "standard", "Size": 100}, "5.00"),
        ({"VolumeType": "io2", "Size": 100, "Iops": 1000}, None),
    ],
)
def test_volume_prices(volume: dict[str, Any], dollars: str | None) -> None:
    price = EBS.price(parsed(EBS, **volume), book())
    assert price.is_known is (dollars is not None)
    assert price.known == Decimal(dollars or 0)


def test_a_member_that_aws_leaves_out_is_unknown() -> None:
    odd = parsed(EBS)
    raw = {key: value for key, value in EBS.example.items() if key != "Size"}
    odd = EBS.parse(SimpleNamespace(account="1" * 12, region="us-east-1", now=odd.seen_at), raw)
    assert isinstance(odd.fields["size_gb"], Unknown)
    assert isinstance(odd.fingerprint, Unknown)
    assert not EBS.price(odd, book()).is_known


def test_an_attached_volume_is_not_deleted(world: AWSWorld) -> None:
    id = world.make(EBS.name)
    world.changes(EBS.name)["attached"](id)
    attached = listed(world, EBS)[id]
    assert attached.fields["state"] == "in-use"
    assert not EBS.facts["detached"](attached)
    assert [link.kind for link in EBS.links(attached)] == ["aws.ec2_instance"]
    order = Order(case="c-1", generation=0, key=attached.key)
    with pytest.raises(Refused, match="VolumeInUse"):
        EBS.acts[Verb.DELETE].do(world.cell(EBS.name, Role.DELETE), order)


def test_a_restored_volume_is_the_same_but_for_its_id(world: AWSWorld) -> None:
    id = world.make(EBS.name)
    before = listed(world, EBS)[id]
    order = Order(case="c-1", generation=0, key=before.key, token="t")
    cell = world.cell(EBS.name, Role.CONDEMN)
    memory = EBS.acts[Verb.BACKUP].do(cell, order)
    EBS.acts[Verb.DELETE].do(world.cell(EBS.name, Role.DELETE), order)
    restored = EBS.acts[Verb.RESTORE].do(cell, Order(case="c-1", generation=0, key=before.key, token="t", memory=memory))
    after = listed(world, EBS)[restored["key"].rpartition("/")[2]]
    assert {**after.fields, "from_snapshot": ""} == {**before.fields, "from_snapshot": ""}


def test_a_failed_snapshot_is_for_a_person(world: AWSWorld) -> None:
    from moto.ec2.models import ec2_backends

    id = world.make(EBS.name)
    order = Order(case="c-1", generation=0, key=listed(world, EBS)[id].key)
    cell = world.cell(EBS.name, Role.CONDEMN)
    memory = EBS.acts[Verb.BACKUP].do(cell, order)
    snapshot = ec2_backends[cell.account]["us-east-1"].snapshots[memory["snapshot"]]
    for state, progress in (("pending", Progress.PENDING), ("recovering", Progress.PENDING), ("completed", Progress.DONE)):
        snapshot.status = state
        assert EBS.acts[Verb.BACKUP].check(cell, order) is progress
    for state in ("error", "recoverable"):
        snapshot.status = state
        with pytest.raises(Unusable, match=f"{snapshot.id} is {state} .*: it is no backup"):
            EBS.acts[Verb.BACKUP].check(cell, order)


def test_a_delete_that_was_answered_may_take_a_moment(world: AWSWorld) -> None:
    id = world.make(EBS.name)
    key = listed(world, EBS)[id].key
    cell = world.cell(EBS.name, Role.DELETE)
    for ago, progress in ((timedelta(seconds=20), Progress.PENDING), (timedelta(minutes=5), Progress.NO_EFFECT)):
        memory = {"sent": (cell.now - ago).isoformat()}
        assert EBS.acts[Verb.DELETE].check(cell, Order(case="c-1", generation=0, key=key, memory=memory)) is progress


def test_address_prices() -> None:
    assert EIP.price(parsed(EIP), book()).known == Decimal("3.65")
    assert not EIP.price(parsed(EIP, PublicIpv4Pool="ipv4pool-ec2-0123"), book()).is_known


def test_an_address_in_use(world: AWSWorld) -> None:
    id = world.make(EIP.name)
    assert EIP.facts["unassociated"](listed(world, EIP)[id])
    world.changes(EIP.name)["associated"](id)
    used = listed(world, EIP)[id]
    assert not EIP.facts["unassociated"](used)
    assert EIP.links(used)[0].id == used.fields["attached_to"]


def test_a_bucket_without_tags_has_none_and_a_denied_one_is_unknown(world: AWSWorld) -> None:
    world.make(S3.name, 1)
    world.make(S3.name, 2)
    world.aws.client("s3").create_bucket(Bucket="bare")
    world.aws.fail("AccessDenied", service="s3", action="GetBucketTagging", resource="acme-exports-2", status=403)
    found = listed(world, S3)
    assert found["acme-exports-1"].tags == {"owner": "payments"}
    assert found["bare"].tags == {}
    denied = found["acme-exports-2"].tags
    assert isinstance(denied, Unknown)
    assert "s3:GetBucketTagging" in denied.why


def test_buckets_know_their_region(world: AWSWorld) -> None:
    world.aws.client("s3", region="eu-west-1").create_bucket(
        Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    assert listed(world, S3)["far"].fields["location"] == "eu-west-1"


def test_a_buckets_size_and_price_come_from_cloudwatch(world: AWSWorld) -> None:
    id = world.make(S3.name)
    bucket = listed(world, S3)[id]
    cell = world.cell(S3.name, Role.SCAN)
    read = S3.evidence["standard_gb"].read
    assert read(cell, [bucket])[id] == Unknown("CloudWatch has no data")
    assert not S3.price(bucket, book()).is_known
    yesterday = world.now() - timedelta(days=1)
    dimensions = [{"Name": "BucketName", "Value": id}, {"Name": "StorageType", "Value": "StandardStorage"}]
    datum = {"MetricName": "BucketSizeBytes", "Dimensions": dimensions, "Timestamp": yesterday, "Value": float(200 * 2**30)}
    world.aws.client("cloudwatch").put_metric_data(Namespace="AWS/S3", MetricData=[datum])
    size = read(cell, [bucket])[id]
    assert size == 200.0
    sized = parsed(S3)
    priced = S3.price(Resource(key=sized.key, name="x", created=None, tags={}, seen_at=sized.seen_at,
                               fields={**sized.fields, "standard_gb": 200.0}), book())  # fmt: skip
    assert priced.known == Decimal("4.600")


def test_versioning(world: AWSWorld) -> None:
    id = world.make(S3.name)
    bucket, cell = listed(world, S3)[id], world.cell(S3.name, Role.SCAN)
    assert S3.evidence["versioning"].read(cell, [bucket]) == {id: "Off"}
    world.aws.client("s3").put_bucket_versioning(Bucket=id, VersioningConfiguration={"Status": "Enabled"})
    assert S3.evidence["versioning"].read(cell, [bucket]) == {id: "Enabled"}
