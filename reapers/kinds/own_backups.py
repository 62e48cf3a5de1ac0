"""Which backups are ours, as their tags say: the fields that every kind of backup has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from engine.model import Unknown, Value
from reapers.kinds import aws_tags, gcp_labels

DAY = timedelta(days=1)


def fields(tags: Mapping[str, str], now: datetime) -> dict[str, Value | Unknown | None]:
    """`backup_of` and `backup_days_left` from AWS's tags or GCP's labels; None for what has not both of our tags.

    What was brought back carries the case as well, but no end.
    """
    case = tags.get(aws_tags.CASE) or tags.get(gcp_labels.CASE)
    until = tags.get(aws_tags.UNTIL) or tags.get(gcp_labels.UNTIL)
    if not case or not until:
        return {"backup_of": None, "backup_days_left": None}
    return {"backup_of": case, "backup_days_left": _days_left(until, now)}


def _days_left(until: str, now: datetime) -> float | Unknown:
    """RFC 3339 on AWS, epoch seconds on GCP. Somebody may have written anything there: then nobody can say."""
    try:
        end = datetime.fromtimestamp(int(until), UTC) if until.isdecimal() else datetime.fromisoformat(until)
        return (end - now) / DAY
    except (ValueError, OverflowError, OSError, TypeError):  # TypeError: a time without a zone could be any moment
        return Unknown(f"{until!r} is no time")
