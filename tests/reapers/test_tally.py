"""Counters: each attempt, and each hold-up once however long it lasts."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.model import Verb
from engine.plan import Plan, Skipped
from reapers.execute import Report, Result
from reapers.tally import Tally

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def plan(*skipped: Skipped) -> Plan:
    return Plan(as_of=NOW, commit="c", actions=(), skipped=skipped)


def test_a_hold_up_is_counted_when_it_begins() -> None:
    tally = Tally()
    held = Skipped(case="c-1", blocked_by=("window", "caps"), limits=("per_day",))
    for _ in range(3):
        tally.plan(plan(held))
    assert tally.counts["guard_blocks_total", "window", ""] == 1
    assert tally.counts["limit_hits_total", "per_day", ""] == 1
    tally.plan(plan(held, Skipped(case="c-2", blocked_by=("window",))))
    assert tally.counts["guard_blocks_total", "window", ""] == 2
    tally.plan(None)
    tally.plan(plan(held))
    assert tally.counts["guard_blocks_total", "window", ""] == 3


def test_attempts_are_counted_by_their_result() -> None:
    tally = Tally()
    tally.report(Report(case="c-1", verb=Verb.DELETE, result=Result.SPARED))
    tally.notice("delivered")
    assert tally.counts == {("actions_total", "delete", "spared"): 1, ("notices_total", "delivered", ""): 1}
