"""AWS: many accounts through one caller, by a role in each, or the caller's own account as it is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import BotoCoreError

from engine.model import Account, Outcome, Role
from reapers.clouds import aws_errors
from reapers.clouds.aws_accounts import organization
from reapers.clouds.aws_cell import GLOBAL, AWSCell, Caller
from reapers.clouds.aws_errors import Misplaced, NoAnswer, Refused
from reapers.clouds.aws_session import Clients
from reapers.clouds.cloud import Unreachable

CALLER = "caller"
ORGANIZATION = "organization"
ENABLED = "enabled"

_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
"""`now` of the cells that ask about accounts and regions: nothing they read is dated."""


class AWS:
    """The cloud `aws` (see reapers/clouds/cloud.py). Safe to use from several threads; a network call is made when needed.

    `accounts`: `caller` (its own account, with the caller's own credentials for every role), `organization` (every active
    account), or ids. `role` is the name of the role in each account, where `{role}` is scan, stop, condemn or delete.
    `regions`: `enabled`, or the names of some. Endpoints and the caller's credentials are those that botocore finds.
    """

    name = "aws"

    def __init__(
        self,
        accounts: str | Sequence[str] = CALLER,
        role: str = "sexton-{role}",
        external_id: str | None = None,
        regions: str | Sequence[str] = ENABLED,
    ) -> None:
        self._accounts = accounts
        self._role = role
        self._external_id = external_id
        self._regions = regions
        self._clients = Clients()
        self._lock = threading.Lock()
        self._locks: dict[tuple[str, Role], threading.Lock] = {}
        self._callers: dict[tuple[str, Role], Caller] = {}
        self._own: Caller | None = None

    def accounts(self) -> Sequence[Account]:
        """The accounts that settings name. Names and units are known for `organization` only."""
        own = self._myself()
        if self._accounts == CALLER:
            return [Account("aws", own.account)]
        if self._accounts != ORGANIZATION:
            return [Account("aws", account) for account in _ids(self._accounts)]
        try:
            return organization(self._as(own, GLOBAL, Role.SCAN))
        except (Refused, NoAnswer) as error:
            raise Unreachable(f"the organization's accounts cannot be listed: {error.sentence}") from error

    def regions(self, account: str) -> Sequence[str]:
        """The regions to read in an account, sorted. Misplaced when settings name one that is not enabled there."""
        answer = self.cell(account, GLOBAL, Role.SCAN, _NO_DATE).call("ec2", "describe_regions", AllRegions=False)
        enabled = sorted(region["RegionName"] for region in answer["Regions"])
        if self._regions == ENABLED:
            return enabled
        wanted = [self._regions] if isinstance(self._regions, str) else list(self._regions)
        missing = sorted(set(wanted) - set(enabled))
        if missing:
            named = ", ".join(missing)
            raise Misplaced(f"account {account} has not enabled the region {named}: correct aws.regions, or enable it")
        return sorted(wanted)

    def cell(self, account: str, region: str, role: Role, now: datetime) -> AWSCell:
        """A cell. The first for an account and role takes on the role and asks who it is: errors are those `outcome` explains."""
        return self._as(self._caller(account, role), region, role, now)

    def date(self) -> datetime | None:
        """The Date of AWS's newest answer."""
        return self._clients.dates.newest

    def outcome(self, error: Exception) -> tuple[Outcome, str] | None:
        """See reapers/clouds/aws_errors.py."""
        return aws_errors.outcome(error)

    def _as(self, caller: Caller, region: str, role: Role, now: datetime = _NO_DATE) -> AWSCell:
        return AWSCell(caller, region, role, now, self._clients)

    def _caller(self, account: str, role: Role) -> Caller:
        """Whose credentials count in an account, checked once."""
        own = self._myself()
        if self._accounts == CALLER:
            return self._pinned(own, account)
        wanted = account, role
        with self._lock:
            lock = self._locks.setdefault(wanted, threading.Lock())
        with lock:  # one account's slow answer holds up nobody else's
            if wanted not in self._callers:
                self._callers[wanted] = self._pinned(self._assumed(own, account, role), account)
            return self._callers[wanted]

    def _myself(self) -> Caller:
        """Who started Sexton. Unreachable when that cannot be told: then nothing can be read."""
        with self._lock:
            if self._own is None:
                self._own = self._identified()
            return self._own

    def _identified(self) -> Caller:
        caller = Caller("of the caller", _found_credentials(), "the caller")
        try:
            who = self._as(caller, GLOBAL, Role.SCAN).call("sts", "get_caller_identity")
        except (Refused, NoAnswer) as error:
            raise Unreachable(error.sentence) from error
        return Caller(who["Account"], caller.credentials, who["Arn"])

    def _assumed(self, own: Caller, account: str, role: Role) -> Caller:
        """The role in an account. Its credentials renew themselves."""
        name = self._role.format(role=role)
        partition = own.principal.split(":")[1]
        request = {"RoleArn": f"arn:{partition}:iam::{account}:role/{name}", "RoleSessionName": f"sexton-{role}"}
        request |= {"ExternalId": self._external_id} if self._external_id else {}
        cell = self._as(Caller(account, own.credentials, own.principal), GLOBAL, Role.SCAN)

        def renew() -> dict[str, Any]:
            granted = cell.call("sts", "assume_role", **request)["Credentials"]
            return {
                "access_key": granted["AccessKeyId"],
                "secret_key": granted["SecretAccessKey"],
                "token": granted["SessionToken"],
                "expiry_time": granted["Expiration"].isoformat(),
            }

        credentials = RefreshableCredentials.create_from_metadata(renew(), renew, "assume-role")
        return Caller(account, credentials, f"role {name}")

    def _pinned(self, caller: Caller, account: str) -> Caller:
        """The caller, if it is where we think it is: a sweep of "my" account once hit others' (kubernetes/test-infra#12538)."""
        if caller is self._own:
            found = caller.account
        else:
            found = self._as(caller, GLOBAL, Role.SCAN).call("sts", "get_caller_identity")["Account"]
        if found != account:
            raise Misplaced(f"the credentials for account {account} belong to account {found}: nothing is read or done with them")
        return caller


def _ids(accounts: str | Sequence[str]) -> list[str]:
    ids = [accounts] if isinstance(accounts, str) else [str(account) for account in accounts]
    wrong = [account for account in ids if not (account.isdecimal() and len(account) == 12)]
    if wrong:
        raise Unreachable(f"{', '.join(map(repr, wrong))} is no AWS account id (twelve digits): correct aws.accounts")
    return ids


def _found_credentials() -> Credentials:
    """Those that botocore finds: environment, profile, web identity, instance role."""
    try:
        found = botocore.session.Session().get_credentials()
    except BotoCoreError as error:
        said = str(error).rstrip(".")
        raise Unreachable(f"the AWS credentials cannot be read ({said}): check AWS_PROFILE and ~/.aws/config") from error
    if found is None:
        raise Unreachable("no AWS credentials were found: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or log in with `aws sso login`")
    return found
