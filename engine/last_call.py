"""The last call and the one reminder: when a delivery must say once more what is about to happen.

An act needs a delivery that names it, at least a day and at most seven days before it. A first notice, a reminder or a
request for approval may be that delivery; where none is, a last call is sent and the act waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from engine.case import Case

LEAST = timedelta(hours=24)
MOST = timedelta(days=7)
"""So long before the act, a delivery that names it counts."""

AHEAD = timedelta(days=3)
"""So long before the date a last call is sent, where one is needed: a weekend may lie between, and a few days' delay after it."""

LONG = timedelta(days=7)
"""A grace as long as this has a reminder half-way."""


def is_called(case: Case, at: datetime) -> bool:
    """Whether the next act could be done at that moment, for what its owner was told of it."""
    return _counts(case.called, at)


def _counts(calls: Iterable[datetime], at: datetime) -> bool:
    return any(call + LEAST <= at <= call + MOST for call in calls)


def earliest(calls: Iterable[datetime], at: datetime) -> datetime:
    """The first moment from `at` on at which one of these deliveries counts; `at` where none ever will."""
    calls = tuple(calls)
    if _counts(calls, at):
        return at
    return min((call + LEAST for call in calls if call + LEAST > at), default=at)


def with_call(case: Case, now: datetime) -> tuple[datetime, ...]:
    """The deliveries that count, with one of `now`. Those of more than seven days ago never count again."""
    return (*(call for call in case.called if now - call <= MOST), now)


def call_at(case: Case) -> datetime | None:
    """When the last call of an act is sent that silence will do on its date; None where a delivery will count by then."""
    return None if case.due is None or is_called(case, case.due) else case.due - AHEAD


def reminder_at(case: Case) -> datetime | None:
    """When the owner is reminded: half-way through a long grace, once."""
    if case.due is None or case.grace_from is None or case.reminded or case.due - case.grace_from < LONG:
        return None
    return case.grace_from + (case.due - case.grace_from) / 2
