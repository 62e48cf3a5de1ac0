"""AWS as a cloud: which accounts and regions, and as whom each is asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from demo.aws.calls import Call
from demo.aws.local import LocalAWS
from engine.model import Account, Outcome, Role
from reapers.clouds.aws import AWS
from reapers.clouds.aws_cell import AWSCell
from reapers.clouds.aws_errors import Misplaced
from reapers.clouds.cloud import Unreachable

ONE, TWO = "111122223333", "444455556666"
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
