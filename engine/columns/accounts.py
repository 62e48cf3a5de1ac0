"""The Organization's row of each resource's account: one look-up for each distinct account."""

from __future__ import annotations

from dataclasses import dataclass

from engine.columns.column import Coded, Codes, combined
from engine.columns.inventory import Columns
from engine.model import Account
from engine.owner import account_row
from engine.policy import AccountRow
from engine.view import Context


@dataclass(frozen=True, slots=True, eq=False)
class AccountRows:
    """`rows[code]` is the row of a resource's account."""

    codes: Codes
    rows: tuple[AccountRow, ...]

    @property
    def environments(self) -> Coded:
        """The field `environment`."""
        return Coded(self.codes, tuple(row.environment or None for row in self.rows), unknown=False)


def account_rows(columns: Columns, context: Context) -> AccountRows:
    """An account that the inventory does not list is known by its id and by the cloud of the resource's kind."""
    accounts = columns.coded("account")
    clouds = columns.kinds.mapped(lambda kind: kind.split(".", 1)[0] if isinstance(kind, str) else None)
    names = sorted({cloud for cloud in clouds.cells if isinstance(cloud, str)})
    if len(names) < 2 or all(account in context.accounts for account in accounts.cells if isinstance(account, str)):
        cloud = names[0] if names else ""
        return AccountRows(accounts.codes, tuple(_row(str(account), cloud, context) for account in accounts.cells))
    codes, found = combined([accounts, clouds])
    pairs = ((str(accounts.cells[account]), str(clouds.cells[cloud])) for account, cloud in found)
    return AccountRows(codes, tuple(_row(account, cloud, context) for account, cloud in pairs))


def _row(account: str, cloud: str, context: Context) -> AccountRow:
    return account_row(context.accounts.get(account, Account(cloud=cloud, id=account)), context.policies)
