"""A cloud's double as the contract suite sees it (tests/kinds): every kind is put through the same questions in its world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from engine.model import Role
from reapers.clouds.cloud import Cloud
from reapers.kind import Cell


class World(Protocol):
    """One account or project of a double, empty at first. `stop` ends it."""

    cloud: Cloud
    """The product's own cloud, pointed at the double."""

    def cell(self, kind: str, role: Role) -> Cell:
        """Where the specimens of a kind are made."""

    def now(self) -> datetime:
        """The double's clock."""

    def settle(self) -> None:
        """Let what is under way in the double go on: its clock moves by half a minute."""

    def make(self, kind: str, number: int = 0) -> str:
        """One more resource of a kind that all acts of the kind can be done to, tagged owner=payments; its id."""

    def tag(self, kind: str, id: str, tags: Mapping[str, str]) -> None:
        """Add tags (labels), as a person would. On GCP the label's key is written with `-` for `:`."""

    def changes(self, kind: str) -> Mapping[str, Callable[[str], object]]:
        """What its fingerprint must notice: a name -> a change of the resource with that id."""

    def deny_list(self, kind: str) -> None:
        """The scan role may not list the kind any more."""

    def deny_tags(self, kind: str) -> bool:
        """The scan role may not read tags any more. False where the kind has no call for them."""

    def deny_evidence(self, kind: str, field: str) -> None:
        """The scan role may not read what an evidence field is read from."""

    def pages_of(self, largest: int) -> AbstractContextManager[None]:
        """Inside, no page of a list holds more items."""

    def forget(self) -> None:
        """Begin `seen` and `written` anew."""

    def seen(self) -> frozenset[str]:
        """The permissions that the calls since then needed, as the cloud names them (IAM)."""

    def written(self) -> tuple[str, ...]:
        """The calls since then that change something."""

    def lists(self, kind: str) -> int:
        """How many of the calls since then list the kind."""

    def stop(self) -> None:
        """End it."""
