"""The local GCP as the contract suite's world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial

from demo.gcp.local import LocalGCP
from demo.gcp.plays import labelled
from demo.gcp.specimens import PROJECT, SPECIMENS
from engine.model import EVERYWHERE, Role
from reapers.clock import SystemClock
from reapers.clouds.cloud import Cloud
from reapers.clouds.gcp import GCP
from reapers.clouds.gcp_cell import GCPCell

OPERATION = 20.0
"""Seconds that operations take: less than one `settle`."""


class _Ahead:
    """The machine's clock, moved ahead by hand."""

    def __init__(self) -> None:
        self.by = timedelta(0)

    def now(self) -> datetime:
        return SystemClock().now() + self.by

    def sleep(self, seconds: float) -> None:
        self.by += timedelta(seconds=seconds)


class GCPWorld:
    """One project in a folder of an organization."""

    def __init__(self) -> None:
        self.clock = _Ahead()
        self.gcp = LocalGCP((), self.clock)
        self.gcp.folder("folders/1001")
        self.gcp.project(PROJECT, "folders/1001")
        self.gcp.operation_seconds = OPERATION
        self._cloud = GCP([PROJECT], self.gcp.url)
        self._cloud.accounts()
        self.cloud: Cloud = self._cloud

    def stop(self) -> None:
        """Close the port. Whatever was asked and answered was as Google's documents say."""
        self._cloud.close()
        self.gcp.stop()
        assert not self.gcp.violations, self.gcp.violations

    def cell(self, kind: str, role: Role) -> GCPCell:  # noqa: ARG002 - one cell has all kinds
        """The project's."""
        return self._cloud.cell(PROJECT, EVERYWHERE, role, self.now())

    def now(self) -> datetime:
        """The double's clock."""
        return self.clock.now()

    def settle(self) -> None:
        """Whatever is under way ends."""
        self.clock.sleep(30)

    def make(self, kind: str, number: int = 0) -> str:
        """Twenty days ago."""
        with self.gcp.ago(days=20):
            return SPECIMENS[kind].make(self.gcp, number)

    def tag(self, kind: str, id: str, tags: Mapping[str, str]) -> None:
        """Add labels."""
        labels = {key.replace(":", "-"): value for key, value in tags.items()}
        specimen = SPECIMENS[kind]
        if kind == "gcp.project":
            shown = self.gcp.door.estate.projects[id]
            shown["labels"] = {**shown["labels"], **labels}
            return
        shown = self.gcp.look(f"{PROJECT}/{specimen.location}", specimen.collection, id) or {}
        self.gcp.alter((PROJECT, specimen.location, specimen.collection, id), **labelled({**shown["labels"], **labels}))

    def changes(self, kind: str) -> Mapping[str, Callable[[str], object]]:
        """Those of the specimen."""
        return {name: partial(change, self.gcp) for name, change in SPECIMENS[kind].changes.items()}

    def deny_list(self, kind: str) -> None:
        """As a missing permission does."""
        self.gcp.fail(403, method=SPECIMENS[kind].listed_by)

    def deny_tags(self, kind: str) -> bool:  # noqa: ARG002 - true of all kinds
        """Labels come with the list, always."""
        return False

    def deny_evidence(self, kind: str, field: str) -> None:
        """No kind of GCP has evidence of its own yet."""
        raise NotImplementedError(f"{kind} {field}")

    def pages_of(self, largest: int) -> AbstractContextManager[None]:
        """The door cuts."""
        return self.gcp.pages_of(largest)

    def forget(self) -> None:
        """All calls."""
        self.gcp.forget_calls()

    def seen(self) -> frozenset[str]:
        """As Google names them."""
        return frozenset(call.iam for call in self.gcp.calls)

    def written(self) -> tuple[str, ...]:
        """As permissions."""
        return tuple(call.iam for call in self.gcp.calls if call.mutating)

    def lists(self, kind: str) -> int:
        """Pages."""
        return sum(call.method == SPECIMENS[kind].listed_by for call in self.gcp.calls)
