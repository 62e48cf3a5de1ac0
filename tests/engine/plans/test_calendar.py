"""Spans and hours in a team's own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine.calendar import between, end_of, is_open, later, next_open
from engine.policy import Duration, Hours

BERLIN = "Europe/Berlin"


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
    assert end_of(date(2026, 11, 2), BERLIN) == at("2026-11-02T23:00")


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
