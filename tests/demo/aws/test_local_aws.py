"""The local AWS is honest: it refuses, cuts, forgets and dates as AWS does, and tells what it was asked."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from demo.aws.calls import Call
from demo.aws.faults import Dropped
from demo.aws.local import LocalAWS

ONE, TWO = "111122223333", "444455556666"


class Fixed:
    """A clock that stands still until it is told to move."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def aws() -> Iterator[LocalAWS]:
    with LocalAWS([ONE, TWO]) as local:
        yield local


def volume(aws: LocalAWS, account: str = ONE) -> str:
    return str(aws.client("ec2", account).create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"])


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_accounts_are_apart(aws: LocalAWS) -> None:
    for account in (ONE, TWO):
        assert aws.client("sts", account).get_caller_identity()["Account"] == account
    id = volume(aws, TWO)
    assert [found["VolumeId"] for found in aws.client("ec2", TWO).describe_volumes()["Volumes"]] == [id]
    assert aws.client("ec2", ONE).describe_volumes()["Volumes"] == []


@pytest.mark.parametrize(
    ("service", "operation"), [("ec2", "describe_volumes"), ("sts", "get_caller_identity"), ("s3", "list_buckets")]
)
def test_an_unknown_key_is_refused(aws: LocalAWS, service: str, operation: str) -> None:
    foreign = botocore.session.Session().create_client(
        service, "us-east-1", endpoint_url=aws.url, aws_access_key_id="AKIAFOREIGN000000000", aws_secret_access_key="x"
    )
    with pytest.raises(ClientError) as error:
        getattr(foreign, operation)()
    assert code(error) in ("AuthFailure", "InvalidClientTokenId")


def test_a_role_is_assumed_only_in_accounts_that_are_there(aws: LocalAWS) -> None:
    sts = aws.client("sts")
    granted = sts.assume_role(RoleArn=f"arn:aws:iam::{TWO}:role/any", RoleSessionName="me")["Credentials"]
    assert granted["Expiration"] > datetime.now(UTC)  # noqa: TID251 - SDKs compare it with the machine's clock
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn="arn:aws:iam::999999999999:role/any", RoleSessionName="me")


def test_ids_are_the_same_from_the_same_seed() -> None:
    def made(seed: int) -> list[str]:
        with LocalAWS([ONE], seed=seed) as local:
            return [volume(local) for _ in range(3)]

    assert made(1) == made(1) != made(2)


def test_clock_dates_resources_and_answers(aws: LocalAWS) -> None:
    clock = Fixed(datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC))
    with LocalAWS([ONE], clock) as local:
        made = local.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)
        assert made["CreateTime"] == clock.at
        assert parsedate_to_datetime(made["ResponseMetadata"]["HTTPHeaders"]["date"]) == clock.at
        with local.ago(days=40):
            local.client("s3").create_bucket(Bucket="old")
        (bucket,) = local.client("s3").list_buckets()["Buckets"]
        assert bucket["CreationDate"] == clock.at - timedelta(days=40)
        granted = local.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ONE}:role/any", RoleSessionName="me")
        assert granted["Credentials"]["Expiration"].year < 2031


@pytest.mark.parametrize(
    ("service", "operation", "code_"),
    [
        ("ec2", "describe_volumes", "UnauthorizedOperation"),
        ("rds", "describe_db_instances", "AccessDenied"),
        ("s3", "list_buckets", "AccessDenied"),
        ("organizations", "list_accounts", "AccessDeniedException"),
        ("cloudwatch", "list_metrics", "AccessDenied"),
    ],
)
def test_faults_in_every_protocol(aws: LocalAWS, service: str, operation: str, code_: str) -> None:
    fault = aws.fail(code_, account=ONE, service=service, status=403, message="<no> & never", times=1)
    with pytest.raises(ClientError, match="<no> & never") as error:
        getattr(aws.client(service), operation)()
    assert code(error) == code_
    assert fault.used == 1


def test_a_fault_is_of_one_account_and_bucket_and_some_times(aws: LocalAWS) -> None:
    for account in (ONE, TWO):
        for bucket in ("a", "b"):
            aws.client("s3", account).create_bucket(Bucket=f"{account}-{bucket}")
    aws.fail("AccessDenied", account=TWO, service="s3", action="GetBucket*", resource="*-b", status=403, times=2)
    assert aws.client("s3", ONE).get_bucket_versioning(Bucket=f"{ONE}-b")
    assert aws.client("s3", TWO).get_bucket_versioning(Bucket=f"{TWO}-a")
    for _ in range(2):
        with pytest.raises(ClientError):
            aws.client("s3", TWO).get_bucket_versioning(Bucket=f"{TWO}-b")
    assert aws.client("s3", TWO).get_bucket_versioning(Bucket=f"{TWO}-b")


def test_a_fault_after_the_effect(aws: LocalAWS) -> None:
    id = volume(aws)
    aws.fail("InternalError", service="ec2", action="DeleteVolume", status=500, after=True)
    with pytest.raises(ClientError):
        aws.client("ec2").delete_volume(VolumeId=id)
    assert aws.client("ec2").describe_volumes()["Volumes"] == []


def test_hooks_stand_around_the_effect(aws: LocalAWS) -> None:
    id, seen = volume(aws), []

    def look(call: Call, phase: str) -> None:
        if call.action == "DeleteVolume":
            from moto.ec2.models import ec2_backends

            seen.append((phase, call.account, call.mutating, id in ec2_backends[ONE]["us-east-1"].volumes))

    with aws.on_call(look):
        aws.client("ec2").delete_volume(VolumeId=id)
    assert seen == [("before", ONE, True, True), ("after", ONE, True, False)]


@pytest.mark.parametrize(("phase", "left"), [("before", 1), ("after", 0)])
def test_a_connection_can_break(aws: LocalAWS, phase: str, left: int) -> None:
    id = volume(aws)

    def cut(call: Call, now: str) -> None:
        if call.action == "DeleteVolume" and now == phase:
            raise Dropped

    with aws.on_call(cut), pytest.raises(BotoCoreError):
        aws.client("ec2").delete_volume(VolumeId=id)
    assert len(aws.client("ec2").describe_volumes()["Volumes"]) == left


def test_calls_are_written_down(aws: LocalAWS) -> None:
    aws.client("s3").create_bucket(Bucket="bucket")
    aws.forget_calls()
    aws.client("ec2", TWO, "eu-west-1").describe_volumes()
    aws.client("s3").list_buckets()
    with pytest.raises(ClientError):
        aws.client("s3").get_bucket_tagging(Bucket="bucket")
    aws.client("s3").put_bucket_tagging(Bucket="bucket", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    aws.client("cloudwatch").list_metrics()
    assert [(call.account, call.region, call.iam, call.mutating) for call in aws.calls] == [
        (TWO, "eu-west-1", "ec2:DescribeVolumes", False),
        (ONE, "us-east-1", "s3:ListAllMyBuckets", False),
        (ONE, "us-east-1", "s3:GetBucketTagging", False),
        (ONE, "us-east-1", "s3:PutBucketTagging", True),
        (ONE, "us-east-1", "cloudwatch:ListMetrics", False),
    ]


def pages(aws: LocalAWS, service: str, operation: str, items: str, **params: Any) -> list[int]:
    found = aws.client(service).get_paginator(operation).paginate(PaginationConfig={"PageSize": 2}, **params)
    return [len(page[items]) for page in found]


def test_volumes_snapshots_and_buckets_are_cut_into_pages(aws: LocalAWS) -> None:
    ids = [volume(aws) for _ in range(5)]
    for id in ids:
        aws.client("ec2").create_snapshot(VolumeId=id)
        aws.client("s3").create_bucket(Bucket=f"b-{id}")
    assert pages(aws, "ec2", "describe_volumes", "Volumes") == [2, 2, 1]
    assert pages(aws, "ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"]) == [2, 2, 1]
    assert pages(aws, "s3", "list_buckets", "Buckets") == [2, 2, 1]
    with aws.pages_of(1):
        assert pages(aws, "ec2", "describe_volumes", "Volumes") == [1] * 5
    assert len(aws.client("ec2").describe_volumes()["Volumes"]) == 5


def test_a_request_that_names_ids_is_answered_whole(aws: LocalAWS) -> None:
    ids = [volume(aws) for _ in range(3)]
    with aws.pages_of(1):
        assert len(aws.client("ec2").describe_volumes(VolumeIds=ids)["Volumes"]) == 3


# --- what moto does not refuse -------------------------------------------------------------------------------------


def instance(aws: LocalAWS) -> str:
    started = aws.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
    return str(started["Instances"][0]["InstanceId"])


@pytest.mark.parametrize("operation", ["stop_instances", "start_instances"])
def test_a_terminated_instance_stays_so(aws: LocalAWS, operation: str) -> None:
    id, ec2 = instance(aws), aws.client("ec2")
    ec2.terminate_instances(InstanceIds=[id])
    with pytest.raises(ClientError, match="IncorrectInstanceState"):
        getattr(ec2, operation)(InstanceIds=[id])


@pytest.mark.parametrize("id", ["i-0123456789abcdef0", "vol-0123456789abcdef0", "snap-0123456789abcdef0"])
def test_what_is_not_there_is_not_tagged(aws: LocalAWS, id: str) -> None:
    with pytest.raises(ClientError, match="NotFound"):
        aws.client("ec2").create_tags(Resources=[id], Tags=[{"Key": "a", "Value": "b"}])


def test_what_is_there_is_tagged(aws: LocalAWS) -> None:
    for id in (volume(aws), instance(aws)):
        aws.client("ec2").create_tags(Resources=[id], Tags=[{"Key": "a", "Value": "b"}])


def test_databases(aws: LocalAWS) -> None:
    rds = aws.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="d", DBInstanceClass="db.m5.large", Engine="postgres", AllocatedStorage=20,
        MasterUsername="local", MasterUserPassword="not-a-secret",
    )  # fmt: skip
    with pytest.raises(ClientError, match="FinalDBSnapshotIdentifier is required"):
        rds.delete_db_instance(DBInstanceIdentifier="d")
    rds.stop_db_instance(DBInstanceIdentifier="d")
    with pytest.raises(ClientError, match="InvalidDBInstanceState"):
        rds.create_db_snapshot(DBInstanceIdentifier="d", DBSnapshotIdentifier="s")
    rds.delete_db_instance(DBInstanceIdentifier="d", SkipFinalSnapshot=True)


def test_images_snapshots_take_their_tags(aws: LocalAWS) -> None:
    ec2 = aws.client("ec2")
    specifications = [{"ResourceType": what, "Tags": [{"Key": "a", "Value": what}]} for what in ("image", "snapshot")]
    made = ec2.create_image(InstanceId=instance(aws), Name="image", TagSpecifications=specifications)["ImageId"]
    (image,) = ec2.describe_images(ImageIds=[made])["Images"]
    assert image["Tags"] == [{"Key": "a", "Value": "image"}]
    held = [device["Ebs"]["SnapshotId"] for device in image["BlockDeviceMappings"] if "Ebs" in device]
    assert held
    for snapshot in ec2.describe_snapshots(SnapshotIds=held)["Snapshots"]:
        assert snapshot["Tags"] == [{"Key": "a", "Value": "snapshot"}]


def test_a_request_that_was_cut_off_was_never_asked(aws: LocalAWS) -> None:
    """A client that is killed while it sends leaves half a request behind; AWS carries out none of it, and neither do we."""
    key = aws.environment()["AWS_ACCESS_KEY_ID"]
    host, port = aws.url.removeprefix("http://").split(":")
    before = len(aws.calls)
    with socket.create_connection((host, int(port))) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n"
            + f"Authorization: AWS4-HMAC-SHA256 Credential={key}/20261101/us-east-1/ec2/aws4_request\r\n\r\n".encode()
            + b"Action=DeleteVolume"
        )
        client.shutdown(socket.SHUT_WR)
        assert b"400" in client.recv(200)
    assert len(aws.calls) == before
