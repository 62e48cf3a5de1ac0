"""The local AWS as the contract suite's world."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial

from demo.aws.local import REGION, LocalAWS
from demo.aws.specimens import specimen
from engine.model import Role
from reapers.clock import SystemClock
from reapers.clouds.aws import AWS
from reapers.clouds.aws_cell import GLOBAL, AWSCell
from reapers.clouds.cloud import Cloud
from reapers.kind import Scope, kinds

ACCOUNT = "111122223333"
DENIED = {"ec2": "UnauthorizedOperation"}


class _Ahead:
    """The machine's clock, moved ahead by hand."""

    def __init__(self) -> None:
        self.by = timedelta(0)

    def now(self) -> datetime:
        return SystemClock().now() + self.by

    def sleep(self, seconds: float) -> None:
        self.by += timedelta(seconds=seconds)


class AWSWorld:
    """One account. The environment of this process points to it until `stop`."""

    def __init__(self) -> None:
        self.clock = _Ahead()
        self.aws = LocalAWS([ACCOUNT], self.clock)
        self._before = dict(os.environ)
        os.environ.update(self.aws.environment())
        self.cloud: Cloud = AWS(accounts=[ACCOUNT])

    def stop(self) -> None:
        """Close the port and give the environment back."""
        self.aws.stop()
        os.environ.clear()
        os.environ.update(self._before)

    def cell(self, kind: str, role: Role) -> AWSCell:
        """In us-east-1, or the account's own cell."""
        region = GLOBAL if kinds()[kind].scope is Scope.ACCOUNT else REGION
        found = self.cloud.cell(ACCOUNT, region, role, self.now())
        assert isinstance(found, AWSCell)
        return found

    def now(self) -> datetime:
        """moto's."""
        return self.aws.clock.now()

    def settle(self) -> None:
        """moto ends everything at once; only the clock moves."""
        self.clock.sleep(30)

    def make(self, kind: str, number: int = 0) -> str:
        """Twenty days ago."""
        with self.aws.ago(days=20):
            return specimen(kind).make(self.aws, number)

    def tag(self, kind: str, id: str, tags: Mapping[str, str]) -> None:
        """Add tags."""
        specimen(kind).tag(self.aws, id, tags)

    def changes(self, kind: str) -> Mapping[str, Callable[[str], object]]:
        """Those of the specimen."""
        return {name: partial(change, self.aws) for name, change in specimen(kind).changes.items()}

    def deny_list(self, kind: str) -> None:
        """As a missing permission does."""
        self._deny(specimen(kind).listed_by)

    def deny_tags(self, kind: str) -> bool:
        """Only S3 has a call for them so far."""
        call = specimen(kind).tagged_by
        if call:
            self._deny(call)
        return call is not None

    def deny_evidence(self, kind: str, field: str) -> None:
        """The call that the specimen names."""
        self._deny(specimen(kind).evidence[field])

    def _deny(self, call: tuple[str, str]) -> None:
        service, action = call
        self.aws.fail(DENIED.get(service, "AccessDenied"), service=service, action=action, status=403)

    def pages_of(self, largest: int) -> AbstractContextManager[None]:
        """The door cuts."""
        return self.aws.pages_of(largest)

    def forget(self) -> None:
        """All calls."""
        self.aws.forget_calls()

    def seen(self) -> frozenset[str]:
        """Without the calls of the cloud itself, which come before any kind's."""
        return frozenset(call.iam for call in self.aws.calls if call.service != "sts")

    def written(self) -> tuple[str, ...]:
        """As service:operation."""
        return tuple(call.iam for call in self.aws.calls if call.mutating)

    def lists(self, kind: str) -> int:
        """Pages."""
        return sum((call.service, call.action) == specimen(kind).listed_by for call in self.aws.calls)
