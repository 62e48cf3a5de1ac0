"""Spans and hours in a team's own time zone. Times in and out are aware and UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.policy import Duration, Hours

SATURDAY = 6
"""The first ISO weekday that is not worked."""


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name; the loader has checked that it exists."""
    return ZoneInfo(name)


def later(start: datetime, span: Duration, zone: str) -> datetime:
    """`start` plus a span: hours by the clock, working days (Monday to Friday) at the same local time of day."""
    moment = start + timedelta(hours=span.hours)
    if span.working_days <= 0:
        return moment + timedelta(days=span.working_days)
    local = moment.astimezone(zone_of(zone))
    day = local.date()
    for _ in range(span.working_days):
        day += timedelta(days=1)
        while day.isoweekday() >= SATURDAY:
            day += timedelta(days=1)
    return datetime.combine(day, local.timetz()).astimezone(UTC)


def between(earlier: Duration, span: Duration) -> Duration:
    """The span from one rung of a ladder to a later one."""
    return Duration(hours=span.hours - earlier.hours, working_days=span.working_days - earlier.working_days)


def end_of(day: date, zone: str) -> datetime:
    """The end of a day in a zone: the first moment of the next one."""
    return datetime.combine(day + timedelta(days=1), time(), zone_of(zone)).astimezone(UTC)


def is_open(hours: Hours, zone: str, now: datetime) -> bool:
    """Whether acts may run at this moment."""
    local = now.astimezone(zone_of(zone))
    minute = local.hour * 60 + local.minute
    return local.isoweekday() in hours.days and hours.start <= minute < hours.end and not _closed(hours, local.date())


def next_open(hours: Hours, zone: str, now: datetime) -> datetime | None:
    """The next moment acts may run: `now` itself when open; None when no day of the coming year is."""
    if is_open(hours, zone, now):
        return now
    local = now.astimezone(zone_of(zone))
    for ahead in range(367):
        day = local.date() + timedelta(days=ahead)
        opening = datetime.combine(day, time(hours.start // 60, hours.start % 60), zone_of(zone))
        if day.isoweekday() in hours.days and not _closed(hours, day) and opening > local:
            return opening.astimezone(UTC)
    return None


def _closed(hours: Hours, day: date) -> bool:
    return any(first <= day <= last for first, last in hours.closed)
