"""Which backups are ours, by the ledger. Tags say it as well, but anybody can write a tag."""

from __future__ import annotations

from reapers.store.ledger import Ledger


def backup_keys(ledger: Ledger) -> frozenset[str]:
    """The lives of the backups that cases made, for `Standing.backups` and the guard `backup` (engine/spent.py `ours`).

    One index scan of a narrow table: a row is some 100 bytes, and twenty deletes a day make 7,000 a year.
    """
    return ledger.backups.lives()
