"""What Google's refusals mean: an outcome and one sentence that names the missing permission and where to grant it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.model import Outcome
from reapers.clouds.cloud import Unreachable

RATE = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"})
"""Reasons with which the Compute API throttles under status 403 instead of 429."""
DISABLED = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})

_NAMED = re.compile(r"Required '([\w.]+)' permission|Permission '([\w.]+)' denied")

APIS = {
    "compute": "compute.googleapis.com",
    "resourcemanager": "cloudresourcemanager.googleapis.com",
    "cloudkms": "cloudkms.googleapis.com",
}
"""First part of a permission -> the API's name in `gcloud services enable`."""

READING_ROLES = {"compute": "roles/compute.viewer", "resourcemanager": "roles/browser", "cloudkms": "roles/cloudkms.viewer"}
"""The smallest predefined roles that hold the reading permissions (Google's IAM roles reference)."""


@dataclass(frozen=True, slots=True)
class Where:
    """What was asked, where, as whom."""

    place: str
    """"project acme-dev", or the folder or organization that was asked about."""
    permission: str
    """The IAM permission that the call needs, as its path or method says."""
    principal: str = "the account that Sexton runs as"
    acting: bool = False
    """Whether it was an order: then every no is Google's last word, and nothing happened."""


class Refused(Exception):
    """Google answered, and the answer is an error."""

    def __init__(self, code: int, reasons: Sequence[str], said: str, where: Where) -> None:
        super().__init__(said)
        self.code = code
        """The HTTP status."""
        self.reasons = frozenset(reasons)
        self.said = said.strip().rstrip(".")
        self.where = where

    @classmethod
    def of(cls, code: int, answer: Mapping[str, Any], where: Where) -> Refused:
        """From the body of an answer, in either of the two forms of Google's APIs."""
        error = answer.get("error")
        error = error if isinstance(error, Mapping) else {}
        parts = [*error.get("errors", ()), *error.get("details", ())]
        reasons = [str(part["reason"]) for part in parts if isinstance(part, Mapping) and "reason" in part]
        return cls(code, reasons, str(error.get("message", "")), where)

    @property
    def outcome(self) -> Outcome:
        """Denied, throttled, or an error of another sort."""
        if self.code == 429 or self.reasons & RATE:
            return Outcome.THROTTLED
        final = self.where.acting and 400 <= self.code < 500
        return Outcome.DENIED if final or self.code in (401, 403) else Outcome.ERROR

    @property
    def permission(self) -> str:
        """The IAM permission that is missing: as the answer names it, else the one the call needs."""
        named = _NAMED.search(self.said)
        return (named[1] or named[2]) if named else self.where.permission

    @property
    def sentence(self) -> str:
        """What, where, what to do."""
        place, needed = self.where.place, self.permission
        family = needed.split(".", 1)[0]
        if self.outcome is Outcome.THROTTLED:
            return f"{place} throttles {needed}: it is read again with the next scan"
        if self.reasons & DISABLED:
            api = APIS.get(family, family)
            return f"{place} has not enabled {api}: enable it with `gcloud services enable {api}`, or leave the project out"
        if self.code == 401:
            return f"{place} does not accept the credentials for {needed}: log in with `gcloud auth application-default login`"
        if self.code == 403:
            reads = needed.endswith((".list", ".get"))
            role = f" ({READING_ROLES[family]} holds it)" if reads and family in READING_ROLES else ""
            return f"{place} refuses {needed}: grant it{role} to {self.where.principal}"
        return f"{place} answers {self.code} to {needed}: {self.said or 'it gives no reason'}"


class NoAnswer(Exception):
    """A call got no answer: no connection, no token, a time-out. Whether Google received it is not known."""

    def __init__(self, said: str, where: Where) -> None:
        super().__init__(said)
        self.where = where

    @property
    def sentence(self) -> str:
        """What, where, what to do."""
        said = str(self).rstrip(".")
        return (
            f"Google does not answer {self.where.permission} for {self.where.place} ({said}): "
            "check the network, gcp.endpoint and `gcloud auth application-default login`"
        )


class Misplaced(Exception):
    """Something is asked of a project where it may not be done. The text is a sentence."""


def outcome(error: Exception) -> tuple[Outcome, str] | None:
    """What an error means; None when it is not one of Google's."""
    if isinstance(error, Refused):
        return error.outcome, error.sentence
    if isinstance(error, NoAnswer):
        return Outcome.ERROR, error.sentence
    if isinstance(error, Unreachable):
        return Outcome.ERROR, str(error)
    if isinstance(error, Misplaced):
        return Outcome.DENIED, str(error)
    return None


def permission(path: str) -> str:
    """The IAM permission for reading a path: `zones/a/disks/x` -> compute.disks.get, `aggregated/disks` -> compute.disks.list."""
    scope, *rest = path.split("/")
    if scope == "v3":
        return f"resourcemanager.{rest[0]}.get"
    if scope == "v1":
        return f"cloudkms.{rest[-2]}.get"
    if scope in ("zones", "regions"):
        rest = rest[1:]
    collection, *name = rest or [scope]
    if collection == "operations":
        collection = f"{scope.rstrip('s')}Operations"
    if scope == "global" and collection == "addresses":
        collection = "globalAddresses"
    return f"compute.{collection}.{'get' if name else 'list'}"
