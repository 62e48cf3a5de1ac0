"""What AWS's refusals become: an outcome, a sentence, and never a second request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from demo.aws.calls import Call
from demo.aws.local import LocalAWS
from engine.model import Outcome, Role, Unknown
from reapers.clouds.aws import AWS
from reapers.clouds.aws_cell import AWSCell
from reapers.clouds.aws_errors import NoAnswer, Refused
from reapers.clouds.cloud import Unreachable

ONE = "111122223333"
REGION = "us-east-1"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def volume(aws: LocalAWS, account: str, size: int = 10) -> str:
    made = aws.client("ec2", account).create_volume(AvailabilityZone="us-east-1a", Size=size)
    return str(made["VolumeId"])


def volumes(cell: AWSCell) -> list[str]:
    return [found["VolumeId"] for found in cell.pages("ec2", "describe_volumes", "Volumes")]


def sentence(cloud: AWS, error: Exception) -> str:
    told = cloud.outcome(error)
    assert told is not None
    return told[1]


# --- what refusals say ---------------------------------------------------------------------------------------------


def refused(aws: LocalAWS, code: str, role: Role = Role.SCAN, **fault: Any) -> str:
    cloud = AWS(accounts=[ONE])
    cell = cloud.cell(ONE, "eu-west-1", role, NOW)
    aws.fail(code, service="ec2", action="DescribeVolumes", **fault)
    with pytest.raises(Refused) as error:
        volumes(cell)
    return sentence(cloud, error.value)


def test_denied_names_the_permission_and_where_to_add_it(aws: LocalAWS) -> None:
    assert refused(aws, "UnauthorizedOperation", status=403) == (
        f"account {ONE} refuses ec2:DescribeVolumes in eu-west-1: add it to role sexton-scan"
    )


def test_denied_names_the_permission_that_aws_names(aws: LocalAWS) -> None:
    said = "User: arn:aws:sts::1:x is not authorized to perform: ec2:DescribeVolumesModifications with an explicit deny"
    assert "refuses ec2:DescribeVolumesModifications" in refused(aws, "UnauthorizedOperation", message=said)


def test_denied_by_the_organization_says_so(aws: LocalAWS) -> None:
    said = "You are not authorized to perform this operation with an explicit deny in a service control policy"
    assert refused(aws, "UnauthorizedOperation", message=said).endswith("a service control policy of its organization forbids it")


@pytest.mark.parametrize(
    ("code", "outcome", "says"),
    [
        ("UnauthorizedOperation", Outcome.DENIED, "add it to role sexton-delete"),
        ("RequestLimitExceeded", Outcome.THROTTLED, "throttles ec2:DescribeVolumes in us-east-1"),
        ("RequestExpired", Outcome.ERROR, "log in again"),
        ("InternalError", Outcome.ERROR, "answers InternalError to ec2:DescribeVolumes in us-east-1"),
        ("OperationNotPermitted", Outcome.DENIED, "refuses ec2:DescribeVolumes in us-east-1 (OperationNotPermitted)"),
    ],
)
def test_outcomes(aws: LocalAWS, code: str, outcome: Outcome, says: str) -> None:
    cloud = AWS(accounts=[ONE])
    cell = cloud.cell(ONE, REGION, Role.DELETE, NOW)
    aws.fail(code, service="ec2", action="DescribeVolumes")
    with pytest.raises(Refused) as error:
        volumes(cell)
    told = cloud.outcome(error.value)
    assert told is not None
    assert told[0] is outcome
    assert says in told[1]


def test_a_role_that_is_not_there(aws: LocalAWS) -> None:
    cloud = AWS(accounts=["999999999999"])
    with pytest.raises(Refused) as error:
        cloud.cell("999999999999", REGION, Role.SCAN, NOW)
    told = cloud.outcome(error.value)
    assert told is not None
    assert told[0] is Outcome.DENIED
    assert told[1].startswith("account 999999999999 refuses sts:AssumeRole: create the role")


def test_a_bug_is_none_of_awss(aws: LocalAWS) -> None:
    assert AWS().outcome(KeyError("VolumeId")) is None


def test_evidence_that_is_refused_is_unknown_with_the_reason(aws: LocalAWS) -> None:
    cell = AWS().cell(ONE, REGION, Role.SCAN, NOW)
    aws.fail("UnauthorizedOperation", service="ec2", action="DescribeAddresses")
    answer = cell.ask("ec2", "describe_addresses")
    assert isinstance(answer, Unknown)
    assert "ec2:DescribeAddresses" in answer.why


def test_what_is_wrong_with_a_question_is_no_refusal(aws: LocalAWS) -> None:
    cloud = AWS()
    with pytest.raises(Refused) as error:
        cloud.cell(ONE, REGION, Role.SCAN, NOW).call("ec2", "describe_volumes", VolumeIds=["nonsense"])
    told = cloud.outcome(error.value)
    assert told is not None
    assert told[0] is Outcome.ERROR


def test_an_act_that_aws_refuses_had_no_effect_and_says_why(aws: LocalAWS) -> None:
    ec2, cloud = aws.client("ec2"), AWS()
    id = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.modify_instance_attribute(InstanceId=id, DisableApiTermination={"Value": True})
    cell = cloud.cell(ONE, REGION, Role.DELETE, NOW)
    with pytest.raises(Refused) as error:
        cell.call("ec2", "terminate_instances", InstanceIds=[id])
    told = cloud.outcome(error.value)
    assert told is not None
    assert told[0] is Outcome.DENIED
    assert "disableApiTermination" in told[1]


# --- how often a request is sent -----------------------------------------------------------------------------------


def test_reading_is_patient_with_throttling(aws: LocalAWS) -> None:
    id = volume(aws, ONE)
    cell = AWS().cell(ONE, REGION, Role.SCAN, NOW)
    fault = aws.fail("RequestLimitExceeded", service="ec2", action="DescribeVolumes", status=503, times=1)
    assert volumes(cell) == [id]
    assert fault.used == 1


@pytest.mark.parametrize("after", [False, True])
def test_what_acts_is_sent_once(aws: LocalAWS, after: bool) -> None:
    id = volume(aws, ONE)
    cell = AWS().cell(ONE, REGION, Role.DELETE, NOW)
    aws.fail("InternalError", service="ec2", action="DeleteVolume", status=500, after=after)
    aws.forget_calls()
    with pytest.raises(Refused, match="InternalError"):
        cell.call("ec2", "delete_volume", VolumeId=id)
    assert [call.action for call in aws.calls] == ["DeleteVolume"]


# --- nothing can be read -------------------------------------------------------------------------------------------


def test_no_credentials(aws: LocalAWS, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(Unreachable, match="no AWS credentials were found: set AWS_PROFILE"):
        AWS().accounts()


def test_a_profile_that_is_not_there(aws: LocalAWS, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(Unreachable, match=r"nobody.*check AWS_PROFILE"):
        AWS().accounts()


def test_a_foreign_key(aws: LocalAWS, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFOREIGN000000000")
    with pytest.raises(Unreachable, match=r"does not accept the credentials.*log in again"):
        AWS().accounts()


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "nonsense"])
def test_an_endpoint_that_does_not_answer(aws: LocalAWS, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(Unreachable, match=r"does not answer.*check the region's name, AWS_ENDPOINT_URL and the network"):
        AWS().accounts()


def test_a_connection_that_breaks_has_no_answer(aws: LocalAWS) -> None:
    from demo.aws.faults import Dropped

    def breaks(call: Call, phase: str) -> None:
        if call.action == "DeleteVolume" and phase == "after":
            raise Dropped

    id = volume(aws, ONE)
    cloud = AWS()
    with aws.on_call(breaks), pytest.raises(NoAnswer) as error:
        cloud.cell(ONE, REGION, Role.DELETE, NOW).call("ec2", "delete_volume", VolumeId=id)
    assert "does not answer" in sentence(cloud, error.value)
    assert volumes(cloud.cell(ONE, REGION, Role.SCAN, NOW)) == [], "and yet it was carried out"
