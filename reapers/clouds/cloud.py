"""What the scanner and the executor need of a cloud. reapers/clouds/aws.py and gcp.py are the two we have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from engine.model import Account, Outcome, Role
from reapers.kind import Cell


class Unreachable(Exception):
    """Nothing could be read of a cloud at all: no credentials, no endpoint. The text is a sentence that says what to do."""


class Cloud(Protocol):
    """One cloud with its credentials. Clients are shared by all accounts and are made when first used."""

    name: str
    """aws or gcp."""

    def accounts(self) -> Sequence[Account]:
        """The accounts or projects that settings name, with names and parents where they can be read. Unreachable if none can."""

    def regions(self, account: str) -> Sequence[str]:
        """The enabled regions of an AWS account; `["*"]` for a GCP project."""

    def cell(self, account: str, region: str, role: Role, now: datetime) -> Cell:
        """A cell that reads or acts with the credentials of a role. It pins the caller: a wrong account is refused."""

    def date(self) -> datetime | None:
        """What time it was by the cloud's own clock in its newest answer: aware, whole seconds. None before any was dated."""

    def outcome(self, error: Exception) -> tuple[Outcome, str] | None:
        """What an error of this cloud's client means, as an outcome and one sentence (naming the missing permission); None when
        the error is not one of this cloud's (a bug: let it rise)."""
