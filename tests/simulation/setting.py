"""When simulated worlds begin, how long they take to settle, where reapers die in them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from engine.money import PriceBook

SCANS = timedelta(hours=12)
SETTLING = timedelta(days=30)
"""After the thirty days nothing goes wrong any more, and whatever still waits must come to an end in so long."""

BEGINNINGS = (
    datetime(2026, 3, 9, 6, tzinfo=UTC),  # both changes to summer time
    datetime(2026, 6, 1, 6, tzinfo=UTC),
    datetime(2026, 10, 12, 6, tzinfo=UTC),  # both changes back
    datetime(2026, 12, 14, 6, tzinfo=UTC),
    datetime(2028, 2, 14, 6, tzinfo=UTC),  # a leap day
)

CRASHES = (
    *(("before", verb) for verb in ("get", "check", "condemn", "backup", "stop", "delete", "list")),
    *(("after", verb) for verb in ("condemn", "backup", "stop", "delete")),
)
"""Where at the cloud's door the process dies; elsewhere it dies at a statement of the ledger."""

PRICES = PriceBook(prices={}, source="simulated", day=date(2026, 1, 1))
