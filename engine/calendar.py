"""Spans and hours on a team's own calendar: its time zone and its public holidays. Times in and out are aware and UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.policy import Duration, Hours

SATURDAY = 6
"""The first ISO weekday that is not worked."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a team works: an IANA time zone, and a country or a part of one (`DE-BE`) whose public holidays it has, if any."""

    zone: str = "UTC"
    holidays: str = ""

    def local(self, now: datetime) -> datetime:
        """A moment as the team's clock shows it."""
        return now.astimezone(zone_of(self.zone))

    def is_holiday(self, day: date) -> bool:
        """Whether a day is a public holiday there."""
        return bool(self.holidays) and day in holidays_of(self.holidays, day.year)

    def works(self, day: date) -> bool:
        """Whether a day is a working day: Monday to Friday, and no holiday."""
        return day.isoweekday() < SATURDAY and not self.is_holiday(day)


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name; the loader has checked that it exists."""
    return ZoneInfo(name)


@lru_cache(maxsize=512)
def holidays_of(code: str, year: int) -> frozenset[date]:
    """The public holidays of a country, or of a part of it (`DE-BE`), in a year; the loader has checked that there are some."""
    from holidays import country_holidays  # late: half a second, and only where a team names a calendar

    country, _, part = code.partition("-")
    return frozenset(country_holidays(country, subdiv=part or None, years=year))


def later(start: datetime, span: Duration, calendar: Calendar) -> datetime:
    """`start` plus a span: hours by the clock, working days of the calendar at the same local time of day."""
    moment = start + timedelta(hours=span.hours)
    if span.working_days <= 0:
        return moment + timedelta(days=span.working_days)
    local = calendar.local(moment)
    day = local.date()
    for _ in range(span.working_days):
        day = _next_working_day(day, calendar)
    return datetime.combine(day, local.timetz()).astimezone(UTC)


def _next_working_day(day: date, calendar: Calendar) -> date:
    day += timedelta(days=1)
    while not calendar.works(day):
        day += timedelta(days=1)
    return day


def between(earlier: Duration, span: Duration) -> Duration:
    """The span from one rung of a ladder to a later one."""
    return Duration(hours=span.hours - earlier.hours, working_days=span.working_days - earlier.working_days)


def end_of(day: date, zone: str) -> datetime:
    """The end of a day in a zone: the first moment of the next one."""
    return datetime.combine(day + timedelta(days=1), time(), zone_of(zone)).astimezone(UTC)


def is_open(hours: Hours, calendar: Calendar, now: datetime) -> bool:
    """Whether acts may run at this moment. A closed period or a holiday beats the hours."""
    local = calendar.local(now)
    minute = local.hour * 60 + local.minute
    return hours.start <= minute < hours.end and _has_hours(hours, calendar, local.date())


def next_open(hours: Hours, calendar: Calendar, now: datetime) -> datetime | None:
    """The next moment acts may run: `now` itself when open; None when no day of the coming year is."""
    if is_open(hours, calendar, now):
        return now
    return next((opening for opening in _openings(hours, calendar, now) if opening > now), None)


def _openings(hours: Hours, calendar: Calendar, now: datetime) -> Iterator[datetime]:
    today = calendar.local(now).date()
    for ahead in range(367):
        day = today + timedelta(days=ahead)
        if _has_hours(hours, calendar, day):
            yield datetime.combine(day, time(hours.start // 60, hours.start % 60), zone_of(calendar.zone)).astimezone(UTC)


def _has_hours(hours: Hours, calendar: Calendar, day: date) -> bool:
    closed = any(first <= day <= last for first, last in hours.closed)
    return day.isoweekday() in hours.days and not closed and not calendar.is_holiday(day)
