"""Spans and hours in a team's own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine.calendar import Calendar, between, end_of, is_open, later, next_open
from engine.policy import Duration, Hours

BERLIN = Calendar("Europe/Berlin")
AT_WORK = Calendar("Europe/Berlin", "DE-BE")
"""With the holidays of Berlin, where the eighth of March is one."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2026-11-06T09:00", Duration(working_days=1), "2026-11-09T09:00"),  # Friday to Monday
        ("2026-11-07T09:00", Duration(working_days=1), "2026-11-09T09:00"),  # Saturday to Monday
        ("2026-11-02T09:00", Duration(working_days=5), "2026-11-09T09:00"),
        ("2026-11-02T09:00", Duration(hours=36), "2026-11-03T21:00"),
        ("2026-10-23T09:00", Duration(working_days=1), "2026-10-26T10:00"),  # the clocks went back: the same local time
        ("2026-10-23T09:00", Duration(hours=72), "2026-10-26T09:00"),  # 72 hours are 72 hours
        ("2026-11-02T09:00", Duration(hours=336, working_days=-2), "2026-11-14T09:00"),
    ],
)
def test_later(start: str, span: Duration, end: str) -> None:
    assert later(at(start), span, BERLIN) == at(end)


def test_between_two_rungs() -> None:
    assert between(Duration(working_days=2), Duration(hours=336)) == Duration(hours=336, working_days=-2)
    assert str(Duration(working_days=2)) == "2bd"
    assert [str(Duration(hours=hours)) for hours in (48, 36)] == ["2d", "36h"]


def test_a_day_ends_where_the_next_begins_there() -> None:
    assert end_of(date(2026, 11, 2), BERLIN.zone) == at("2026-11-02T23:00")


HOURS = Hours(closed=((date(2026, 11, 3), date(2026, 11, 4)),))


@pytest.mark.parametrize(
    ("now", "is_it"),
    [
        ("2026-11-02T08:59", False),  # Monday, 09:59 in Berlin
        ("2026-11-02T09:00", True),
        ("2026-11-02T14:59", True),
        ("2026-11-02T15:00", False),
        ("2026-11-03T10:00", False),  # closed
        ("2026-11-06T10:00", False),  # Friday
    ],
)
def test_hours(now: str, is_it: bool) -> None:
    assert is_open(HOURS, BERLIN, at(now)) is is_it


def test_the_next_opening() -> None:
    assert next_open(HOURS, BERLIN, at("2026-11-02T10:00")) == at("2026-11-02T10:00")
    assert next_open(HOURS, BERLIN, at("2026-11-02T16:00")) == at("2026-11-05T09:00")
    assert next_open(HOURS, BERLIN, at("2026-11-02T04:00")) == at("2026-11-02T09:00")
    assert next_open(Hours(days=()), BERLIN, at("2026-11-02T10:00")) is None


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2026-12-23T09:00", Duration(working_days=1), "2026-12-24T09:00"),
        ("2026-12-24T09:00", Duration(working_days=1), "2026-12-28T09:00"),  # Friday is Christmas Day
        ("2026-12-24T09:00", Duration(working_days=5), "2027-01-04T09:00"),  # and Friday a week later New Year's
        ("2027-03-05T09:00", Duration(working_days=1), "2027-03-09T09:00"),  # Women's Day is a holiday in Berlin only
        ("2026-12-24T09:00", Duration(hours=72), "2026-12-27T09:00"),  # hours are hours on holidays too
    ],
)
def test_working_days_leave_out_holidays(start: str, span: Duration, end: str) -> None:
    assert later(at(start), span, AT_WORK) == at(end)


def test_each_place_has_its_own_holidays() -> None:
    womens_day, independence, boxing = date(2027, 3, 8), date(2026, 7, 3), date(2026, 12, 28)
    assert Calendar(holidays="DE-BE").is_holiday(womens_day)
    assert not any(Calendar(holidays=code).is_holiday(womens_day) for code in ("DE-HH", "US", ""))
    assert [Calendar(holidays=code).is_holiday(independence) for code in ("US", "DE-BE")] == [True, False]
    assert [Calendar(holidays=code).is_holiday(boxing) for code in ("GB-ENG", "US")] == [True, False]


def test_a_holiday_closes_the_window_whatever_the_hours_say() -> None:
    always = Hours(days=(1, 2, 3, 4, 5, 6, 7), start=0, end=24 * 60)
    assert is_open(always, BERLIN, at("2026-12-25T10:00"))
    assert not is_open(always, AT_WORK, at("2026-12-25T10:00"))
    assert next_open(always, AT_WORK, at("2026-12-25T10:00")) == at("2026-12-26T23:00"), "the second day of Christmas too"
    assert not is_open(always, AT_WORK, at("2026-12-24T23:30")), "the day is the team's"
