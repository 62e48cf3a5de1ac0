"""The ledger: cases, leases, intents, outbox, shields, freeze, tokens and the audit trail, on SQLite or PostgreSQL.

Values and errors are light; the database's libraries are imported when a ledger is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.limits import Act, Usage
from reapers.store.errors import AlreadyBegun, AlreadyOpen, Blocked, Fenced, LedgerUnavailable, Stale
from reapers.store.values import (
    AuditCheck,
    AuditFault,
    AuditHead,
    AuditRow,
    Change,
    Check,
    Control,
    Entry,
    Freeze,
    Intent,
    Lease,
    Outcome,
    Person,
    Post,
    Shield,
    Token,
    TokenRole,
)

if TYPE_CHECKING:
    from reapers.store.ledger import Ledger

__all__ = [
    "Act",
    "AlreadyBegun",
    "AlreadyOpen",
    "AuditCheck",
    "AuditFault",
    "AuditHead",
    "AuditRow",
    "Blocked",
    "Change",
    "Check",
    "Control",
    "Entry",
    "Fenced",
    "Freeze",
    "Intent",
    "Lease",
    "Ledger",
    "LedgerUnavailable",
    "Outcome",
    "Person",
    "Post",
    "Shield",
    "Stale",
    "Token",
    "TokenRole",
    "Usage",
    "open_ledger",
]


def open_ledger(url: str) -> Ledger:
    """The ledger at `sqlite:///FILE` or `postgresql://…`, made if need be, at the newest schema; or LedgerUnavailable."""
    from reapers.store import ledger

    return ledger.open_ledger(url)


def __getattr__(name: str) -> Any:
    """`Ledger` itself, imported late."""
    if name == "Ledger":
        from reapers.store.ledger import Ledger

        return Ledger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
