"""The accounts of an AWS organization with their names and the units above them, nearest first."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model import Account
from reapers.clouds.aws_cell import AWSCell


def organization(cell: AWSCell) -> Sequence[Account]:
    """Every active account. An error rises: an account whose units we cannot read might match a laxer row."""
    listed = [account for account in cell.pages("organizations", "list_accounts", "Accounts") if _is_active(account)]
    units = _Units(cell)
    return [Account("aws", account["Id"], account["Name"], units.above(account["Id"])) for account in listed]


def _is_active(account: dict[str, str]) -> bool:
    """`State` took the place of `Status`, which AWS retires in September 2026."""
    return (account["State"] if "State" in account else account["Status"]) == "ACTIVE"


class _Units:
    """The tree of organizational units, asked once for each unit."""

    def __init__(self, cell: AWSCell) -> None:
        self._cell = cell
        self._known: dict[str, tuple[str, ...]] = {}

    def above(self, child: str) -> tuple[str, ...]:
        """The unit of an account or unit, the unit above that, up to the root."""
        if child not in self._known:
            parents = self._cell.pages("organizations", "list_parents", "Parents", ChildId=child)
            self._known[child] = tuple(name for parent in parents for name in (parent["Id"], *self._further(parent)))
        return self._known[child]

    def _further(self, parent: dict[str, str]) -> tuple[str, ...]:
        return () if parent["Type"] == "ROOT" else self.above(parent["Id"])
