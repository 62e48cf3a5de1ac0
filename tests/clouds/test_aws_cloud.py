"""AWS as a cloud: who is asked, as whom, and what its refusals say."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from demo.aws.calls import Call
from demo.aws.local import LocalAWS
from engine.model import Account, Outcome, Role, Unknown
from reapers.clouds.aws import AWS
from reapers.clouds.aws_cell import AWSCell
from reapers.clouds.aws_errors import Misplaced, NoAnswer, Refused
from reapers.clouds.cloud import Unreachable

ONE, TWO = "111122223333", "444455556666"
REGION = "us-east-1"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAWS]:
    with LocalAWS([ONE, TWO]) as local:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        for name, value in local.environment().items():
            monkeypatch.setenv(name, value)
        yield local


def volume(aws: LocalAWS, account: str, size: int = 10) -> str:
    made = aws.client("ec2", account).create_volume(AvailabilityZone="us-east-1a", Size=size)
    return str(made["VolumeId"])


def volumes(cell: AWSCell) -> list[str]:
    return [found["VolumeId"] for found in cell.pages("ec2", "describe_volumes", "Volumes")]


def sentence(cloud: AWS, error: Exception) -> str:
    told = cloud.outcome(error)
    assert told is not None
    return told[1]


# --- accounts ------------------------------------------------------------------------------------------------------


def test_the_callers_own_account_with_its_own_credentials_for_every_role(aws: LocalAWS) -> None:
    cloud = AWS()
    assert cloud.accounts() == [Account("aws", ONE)]
    id = volume(aws, ONE)
    for role in Role:
        assert volumes(cloud.cell(ONE, REGION, role, NOW)) == [id]
    assert not [call for call in aws.calls if call.action == "AssumeRole"]


def test_listed_accounts_by_a_role_in_each(aws: LocalAWS) -> None:
    cloud = AWS(accounts=[ONE, TWO])
    assert [account.id for account in cloud.accounts()] == [ONE, TWO]
    own = {account: volume(aws, account) for account in (ONE, TWO)}
    for account, id in own.items():
        assert volumes(cloud.cell(account, REGION, Role.SCAN, NOW)) == [id]


def test_role_and_external_id_are_those_of_the_settings(aws: LocalAWS) -> None:
    from moto.sts.models import sts_backends

    AWS(accounts=[TWO], role="tidy-{role}-eu", external_id="s3cr3t").cell(TWO, REGION, Role.CONDEMN, NOW)
    (assumed,) = sts_backends[TWO]["aws"].assumed_roles
    assert assumed.role_arn == f"arn:aws:iam::{TWO}:role/tidy-condemn-eu"
    assert assumed.external_id == "s3cr3t"


def test_the_organizations_accounts_with_names_and_units(aws: LocalAWS) -> None:
    organizations = aws.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    outer = organizations.create_organizational_unit(ParentId=root, Name="outer")["OrganizationalUnit"]["Id"]
    inner = organizations.create_organizational_unit(ParentId=outer, Name="inner")["OrganizationalUnit"]["Id"]
    made = organizations.create_account(AccountName="sandbox", Email="sandbox@example.com")["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=made, SourceParentId=root, DestinationParentId=inner)
    found = {account.id: account for account in AWS(accounts="organization").accounts()}
    assert found[made] == Account("aws", made, "sandbox", (inner, outer, root))


def test_a_denied_organization_is_unreachable(aws: LocalAWS) -> None:
    aws.client("organizations").create_organization(FeatureSet="ALL")
    for action in ("ListAccounts", "ListParents"):
        aws.fail("AccessDeniedException", service="organizations", action=action)
        with pytest.raises(Unreachable, match=f"organizations:{action}.*add it to arn:aws:iam::{ONE}"):
            AWS(accounts="organization").accounts()
        aws.heal()


def test_an_id_that_is_none_is_refused(aws: LocalAWS) -> None:
    with pytest.raises(Unreachable, match="'sandbox' is no AWS account id"):
        AWS(accounts=["sandbox"]).accounts()


def test_regions(aws: LocalAWS) -> None:
    assert REGION in AWS().regions(ONE)
    assert AWS(regions=["us-east-1", "eu-west-1"]).regions(ONE) == ["eu-west-1", "us-east-1"]
    with pytest.raises(Misplaced, match="has not enabled the region eu-wset-1"):
        AWS(regions=["us-east-1", "eu-wset-1"]).regions(ONE)


# --- whose credentials ---------------------------------------------------------------------------------------------


def test_another_account_than_the_callers_is_refused(aws: LocalAWS) -> None:
    cloud = AWS()
    with pytest.raises(Misplaced, match=f"the credentials for account {TWO} belong to account {ONE}") as refused:
        cloud.cell(TWO, REGION, Role.SCAN, NOW)
    assert cloud.outcome(refused.value) == (Outcome.ERROR, str(refused.value))


def test_a_role_that_leads_elsewhere_is_refused(aws: LocalAWS) -> None:
    from moto.iam.models import iam_backends

    def lead_elsewhere(call: Call, phase: str) -> None:
        if call.action == "AssumeRole" and phase == "after":
            keys = iam_backends[TWO]["aws"].access_keys
            iam_backends[ONE]["aws"].access_keys.update(keys)
            keys.clear()

    with aws.on_call(lead_elsewhere), pytest.raises(Misplaced, match=f"{TWO} belong to account {ONE}"):
        AWS(accounts=[TWO]).cell(TWO, REGION, Role.SCAN, NOW)


def test_each_account_and_role_is_assumed_and_pinned_once_by_however_many_threads(aws: LocalAWS) -> None:
    cloud = AWS(accounts=[ONE, TWO])
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: cloud.cell((ONE, TWO)[n % 2], REGION, Role.SCAN, NOW), range(64)))
    assert len([call for call in aws.calls if call.action == "AssumeRole"]) == 2
    assert len([call for call in aws.calls if call.action == "GetCallerIdentity"]) == 3, "the caller, and each account"


def test_threads_of_many_accounts_share_clients_and_never_credentials(aws: LocalAWS) -> None:
    own = {account: volume(aws, account) for account in (ONE, TWO)}
    cloud = AWS(accounts=[ONE, TWO])
    with ThreadPoolExecutor(8) as pool:
        cells = [cloud.cell((ONE, TWO)[n % 2], REGION, Role.SCAN, NOW) for n in range(32)]
        found = list(pool.map(volumes, cells))
    assert found == [[own[cell.account]] for cell in cells]


def test_a_page_is_signed_when_it_is_fetched(aws: LocalAWS) -> None:
    made = {account: {volume(aws, account, size) for size in (10, 11, 12)} for account in (ONE, TWO)}
    cloud = AWS(accounts=[ONE, TWO])
    lists = {
        account: cloud.cell(account, REGION, Role.SCAN, NOW).pages("ec2", "describe_volumes", "Volumes") for account in (ONE, TWO)
    }
    with aws.pages_of(1), ThreadPoolExecutor(1) as elsewhere:
        seen: dict[str, set[str]] = {ONE: set(), TWO: set()}
        for _ in range(3):  # in turns, and in a thread that never heard of the account
            for account, found in lists.items():
                seen[account].add(elsewhere.submit(next, found).result()["VolumeId"])
    assert seen == made


def test_a_call_outside_any_cell_is_not_signed_as_anybody(aws: LocalAWS) -> None:
    cloud = AWS()
    cell = cloud.cell(ONE, REGION, Role.SCAN, NOW)
    volumes(cell)
    with pytest.raises(LookupError):
        cell.clients.get("ec2", REGION, acting=False).describe_volumes()


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
