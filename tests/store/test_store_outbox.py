"""The outbox: each message once, with the steps that cause it and the steps that its receipt allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from engine.case import Case, State
from reapers.store import Change, Ledger, Post, Stale

Make = Callable[..., Case]

POST = Post("p-1", "payments 2026-03-02", "payments", "#payments", {"blocks": [{"text": "ünused — 3"}]}, [{"case": "c-1"}])


def stored(post: Post, at: datetime) -> Post:
    return replace(post, day=at.date())


def test_a_message_waits_until_it_is_delivered(ledger: Ledger, noon: datetime) -> None:
    assert ledger.post(POST, noon)
    assert ledger.pending(noon) == [stored(POST, noon)]
    assert ledger.outbox_waiting() == (1, noon)
    assert ledger.delivered(POST, "C1:17.5", noon)
    assert ledger.pending(noon + timedelta(days=9)) == []
    assert ledger.outbox_waiting() == (0, None)


def test_the_same_dedupe_is_sent_once_whatever_became_of_it(ledger: Ledger, noon: datetime) -> None:
    assert ledger.post(POST, noon)
    assert not ledger.post(replace(POST, id="p-2"), noon)
    ledger.delivered(POST, "r", noon)
    assert not ledger.post(replace(POST, id="p-3"), noon)
    assert ledger.pending(noon) == []


def test_a_failure_is_counted_and_waits(ledger: Ledger, noon: datetime) -> None:
    ledger.post(POST, noon)
    ledger.failed(POST, "channel_not_found", noon + timedelta(minutes=5))
    assert ledger.pending(noon + timedelta(minutes=4)) == []
    [waiting] = ledger.pending(noon + timedelta(minutes=5))
    assert (waiting.attempts, waiting.error) == (1, "channel_not_found")
    ledger.failed(waiting, "rate limited", noon + timedelta(minutes=10))
    assert [post.attempts for post in ledger.pending(noon + timedelta(minutes=10))] == [2]


def test_the_first_receipt_stands(ledger: Ledger, noon: datetime, sql: Callable[..., list[object]]) -> None:
    ledger.post(POST, noon)
    assert ledger.delivered(POST, "first", noon)
    assert not ledger.delivered(POST, "second", noon + timedelta(hours=1))
    ledger.failed(POST, "too late", noon)
    with ledger.database.reading() as connection:
        rows = connection.exec_driver_sql("select receipt, attempts from outbox").all()
    assert [tuple(row) for row in rows] == [("first", 0)]


def test_the_message_and_its_steps_are_one(ledger: Ledger, new_case: Make, noon: datetime) -> None:
    case = ledger.open(new_case(), noon)
    told = Change(case, replace(case, state=State.NOTIFIED), "posted")
    with pytest.raises(Stale):
        ledger.post(POST, noon, [replace(told, before=replace(case, version=5))])
    assert ledger.pending(noon) == []
    assert ledger.post(POST, noon, [told])
    assert not ledger.post(POST, noon, [told])
    assert [entry.event for entry in ledger.history("c-1")] == ["opened", "posted"]


def test_the_receipt_and_the_grace_it_starts_are_one(ledger: Ledger, new_case: Make, noon: datetime) -> None:
    case = ledger.open(new_case(state=State.NOTIFIED), noon)
    ledger.post(POST, noon)
    grace = Change(case, replace(case, state=State.GRACE), "delivered")
    with pytest.raises(Stale):
        ledger.delivered(POST, "r", noon, [replace(grace, before=replace(case, version=5))])
    assert len(ledger.pending(noon)) == 1
    assert ledger.delivered(POST, "r", noon, [grace])
    assert not ledger.delivered(POST, "r", noon, [grace])
    [open_case] = ledger.open_cases()
    assert (open_case.state, open_case.version) == (State.GRACE, 2)


def test_taken_messages_are_nobody_else_s_for_a_while(ledger: Ledger, noon: datetime) -> None:
    for number in range(3):
        ledger.post(replace(POST, id=f"p-{number}", dedupe=str(number)), noon + timedelta(seconds=number))
    later = noon + timedelta(minutes=1)
    assert [post.id for post in ledger.take(later, limit=2)] == ["p-0", "p-1"]
    assert [post.id for post in ledger.pending(later)] == ["p-2"]
    assert [post.id for post in ledger.take(later)] == ["p-2"]
    assert ledger.take(later) == []
    with ledger.database.writing() as connection:
        connection.exec_driver_sql("update outbox set taken_until = taken_until - 1000")
    assert [post.id for post in ledger.take(later)] == ["p-0", "p-1", "p-2"]


def test_a_failed_message_is_free_again(ledger: Ledger, noon: datetime) -> None:
    ledger.post(POST, noon)
    [taken] = ledger.take(noon)
    ledger.failed(taken, "down", noon)
    assert [post.id for post in ledger.take(noon)] == ["p-1"]


def test_one_message_per_team_and_day(ledger: Ledger, noon: datetime) -> None:
    ledger.post(POST, noon)
    ledger.post(replace(POST, id="p-2", dedupe="x", team="search", day=date(2026, 3, 3)), noon)
    assert ledger.posted_today("payments", date(2026, 3, 2))
    assert not ledger.posted_today("payments", date(2026, 3, 3))
    assert ledger.posted_today("search", date(2026, 3, 3))
    assert not ledger.posted_today("search", date(2026, 3, 2))
    ledger.delivered(POST, "r", noon)
    assert ledger.posted_today("payments", date(2026, 3, 2))
