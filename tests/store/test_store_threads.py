"""One ledger used by many threads: the API's pool and the service's own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from engine.case import Case
from reapers.store import Ledger, Post, Stale

Make = Callable[..., Case]


def test_no_step_is_lost_among_threads(ledger: Ledger, new_case: Make, noon: datetime) -> None:
    ledger.open(new_case(), noon)

    def work(name: str) -> int:
        stale = 0
        for _ in range(10):
            while True:
                [before] = ledger.open_cases()
                try:
                    ledger.save(before, replace(before, snoozes=before.snoozes + 1), "snoozed", noon, who=name)
                    break
                except Stale:
                    stale += 1
        return stale

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [f"thread-{n}" for n in range(8)]))
    [case] = ledger.open_cases()
    assert (case.snoozes, case.version) == (80, 81)
    assert ledger.verify_audit().ok


def test_reading_and_writing_side_by_side(ledger: Ledger, new_case: Make, noon: datetime) -> None:
    def write(number: int) -> str:
        case = ledger.open(new_case(f"c-{number:03}"), noon)
        ledger.post(Post(case.id, case.id, "payments", "#payments", {}), noon)
        ledger.set("last", case.id)
        return case.id

    def read(_: int) -> bool:
        cases, posts = ledger.cases(limit=1000)[0], ledger.pending(noon)
        return {post.id for post in posts} >= {case.id for case in cases} - {case.id for case in cases[-8:]}

    with ThreadPoolExecutor(24) as pool:
        reads = pool.map(read, range(100))
        written = list(pool.map(write, range(60)))
        assert all(isinstance(answer, bool) for answer in reads)
    assert sorted(written) == [case.id for case in ledger.open_cases()]
    assert len(ledger.pending(noon)) == 60
    assert ledger.verify_audit().ok


def test_one_thread_wins_the_lease(ledger: Ledger, new_case: Make, noon: datetime) -> None:
    ledger.open(new_case(), noon)
    with ThreadPoolExecutor(16) as pool:
        leases = list(pool.map(lambda n: ledger.claim("c-1", f"thread-{n}", 60), range(32)))
    assert len([lease for lease in leases if lease]) == 1
