"""What AWS's refusals mean: an outcome and one sentence that names the missing permission and where to add it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from engine.model import Outcome
from reapers.clouds.cloud import Unreachable

DENIED = frozenset({
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Client.UnauthorizedOperation",
    "NotAuthorized", "UnauthorizedAccess", "AllAccessDisabled",
})  # fmt: skip
EXPIRED = frozenset({
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException",
    "AuthFailure", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "RequestTimeTooSkewed",
})  # fmt: skip
THROTTLED = frozenset({
    "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "RequestThrottled",
    "TooManyRequestsException", "RequestThrottledException", "SlowDown",
    "BandwidthLimitExceeded", "LimitExceededException", "PriorRequestNotComplete",
    "EC2ThrottledException",
})  # fmt: skip

BROKEN = frozenset({"InternalError", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout"})
"""AWS's own trouble: what became of the call is not known."""

IAM_ACTIONS = {("s3", "ListBuckets"): "s3:ListAllMyBuckets", ("s3", "HeadBucket"): "s3:ListBucket"}
"""Operations whose IAM action has another name (AWS service authorization reference)."""

IAM_PREFIXES = {"elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing", "efs": "elasticfilesystem", "opensearch": "es"}
"""Clients whose IAM prefix has another name."""

_NAMED = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9]+)")


@dataclass(frozen=True, slots=True)
class Where:
    """Who asked where: the account and region of a cell, the client's service, and whose permissions count there."""

    account: str
    region: str
    service: str
    principal: str
    """The role's name, or the caller's ARN."""
    acting: bool = False
    """Whether the cell is of a role that acts."""


class Refused(ClientError):
    """AWS answered, and the answer is an error. Like ClientError, but it knows where it was."""

    def __init__(self, error: ClientError, where: Where) -> None:
        super().__init__(error.response, error.operation_name)
        self.where = where

    @property
    def code(self) -> str:
        """AWS's own word for the error."""
        return str(self.response.get("Error", {}).get("Code", ""))

    @property
    def permission(self) -> str:
        """The IAM action that the call needs: as the answer names it, else made from the operation."""
        named = _NAMED.search(self._said)
        return named[1] if named else permission(self.where.service, str(self.operation_name))

    @property
    def outcome(self) -> Outcome:
        """Denied: AWS said no, and nothing happened. To an act every 4xx is that: in use, protected, too many."""
        if self.code in THROTTLED:
            return Outcome.THROTTLED
        if self.code in EXPIRED or self.code in BROKEN:
            return Outcome.ERROR
        status = int(self.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        refused = self.where.acting and status // 100 == 4
        return Outcome.DENIED if self.code in DENIED or refused else Outcome.ERROR

    @property
    def sentence(self) -> str:
        """What, where, what to do."""
        where, call = f"account {self.where.account}", f"{self.permission} in {self.where.region}"
        if self.code in DENIED and self.operation_name == "AssumeRole":
            return f"{where} refuses sts:AssumeRole: create the role of aws.role there and let it trust {self.where.principal}"
        if self.code in DENIED and "service control policy" in self._said:
            return f"{where} refuses {call}: a service control policy of its organization forbids it"
        if self.code in DENIED:
            return f"{where} refuses {call}: add it to {self.where.principal}"
        if self.code in EXPIRED:
            return f"{where} does not accept the credentials for {call} ({self.code}): log in again, or check the access key"
        if self.code in THROTTLED:
            return f"{where} throttles {call}: it is read again with the next scan"
        said = self._said.split("Encoded authorization", 1)[0].strip().rstrip(".") or "it gives no reason"
        if self.outcome is Outcome.DENIED:
            return f"{where} refuses {call} ({self.code}): {said}"
        return f"{where} answers {self.code or 'an error'} to {call}: {said}"

    @property
    def _said(self) -> str:
        return str(self.response.get("Error", {}).get("Message", ""))


class NoAnswer(Exception):
    """A call got no answer: no connection, no credentials, a time-out. Whether AWS received it is not known."""

    def __init__(self, error: Exception, where: Where) -> None:
        super().__init__(str(error))
        self.where = where
        self.no_credentials = isinstance(error, (NoCredentialsError, PartialCredentialsError))

    @property
    def sentence(self) -> str:
        """What, where, what to do."""
        if self.no_credentials:
            return "no AWS credentials were found: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or log in with `aws sso login`"
        said = str(self).rstrip(".")
        return (
            f"{self.where.service} in {self.where.region} does not answer for account {self.where.account} ({said}): "
            "check the region's name, AWS_ENDPOINT_URL and the network"
        )


class Misplaced(Exception):
    """Credentials lead to another account than expected, or settings name a region that is not there. The text is a sentence."""


def permission(service: str, operation: str) -> str:
    """The IAM action that an operation needs."""
    return IAM_ACTIONS.get((service, operation), f"{IAM_PREFIXES.get(service, service)}:{operation}")


def outcome(error: Exception) -> tuple[Outcome, str] | None:
    """What an error means; None when it is not one of AWS's."""
    if isinstance(error, Refused):
        return error.outcome, error.sentence
    if isinstance(error, NoAnswer):
        return Outcome.ERROR, error.sentence
    if isinstance(error, (Misplaced, Unreachable)):
        return Outcome.ERROR, str(error)
    if isinstance(error, (ClientError, BotoCoreError)):
        return Outcome.ERROR, f"AWS: {error}"
    return None
