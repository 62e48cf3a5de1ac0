"""Leases and fences: who acts on a case, by the database's time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from engine.case import Case, State
from reapers.store import Fenced, Lease, Ledger, Stale

NewCase = Callable[..., Case]


@pytest.fixture
def case(ledger: Ledger, new_case: NewCase, noon: datetime) -> Case:
    return ledger.open(new_case(), noon)


def expire(ledger: Ledger) -> None:
    """Lets every lease run out, as a worker that was paused would find it."""
    with ledger.database.writing() as connection:
        connection.exec_driver_sql("update cases set lease_until = lease_until - 1000")


def test_one_worker_at_a_time(ledger: Ledger, case: Case) -> None:
    assert ledger.claim("c-1", "one", 60) == Lease("c-1", 1, "one")
    assert ledger.claim("c-1", "two", 60) is None
    assert ledger.claim("c-1", "one", 60) is None


def test_a_case_that_is_not_there_cannot_be_claimed(ledger: Ledger) -> None:
    assert ledger.claim("nobody", "one", 60) is None


def test_a_released_case_is_free_at_once_under_a_higher_fence(ledger: Ledger, case: Case) -> None:
    lease = ledger.claim("c-1", "one", 60)
    assert lease is not None
    ledger.release(lease)
    assert ledger.claim("c-1", "two", 60) == Lease("c-1", 2, "two")


def test_a_late_release_takes_nothing_from_the_next_holder(ledger: Ledger, case: Case) -> None:
    late = ledger.claim("c-1", "one", 60)
    assert late is not None
    expire(ledger)
    assert ledger.claim("c-1", "two", 60) is not None
    ledger.release(late)
    assert ledger.claim("c-1", "three", 60) is None


def test_the_database_s_time_ends_a_lease(ledger: Ledger, case: Case) -> None:
    assert ledger.claim("c-1", "one", 0.05) is not None
    until = time.monotonic() + 10
    while (second := ledger.claim("c-1", "two", 60)) is None:
        assert time.monotonic() < until, "the lease of 0.05 s never ended"
    assert second.fence == 2


def test_a_holder_may_save(ledger: Ledger, case: Case, noon: datetime) -> None:
    lease = ledger.claim("c-1", "one", 60)
    assert ledger.save(case, replace(case, state=State.GRACE), "told", noon, lease=lease).version == 2


def test_a_paused_worker_cannot_save_after_its_lease(ledger: Ledger, case: Case, noon: datetime) -> None:
    lease = ledger.claim("c-1", "one", 60)
    expire(ledger)
    with pytest.raises(Fenced):
        ledger.save(case, replace(case, state=State.GRACE), "told", noon, lease=lease)
    assert ledger.case("c-1") == case


def test_an_old_fence_cannot_save_though_the_version_is_the_newest(ledger: Ledger, case: Case, noon: datetime) -> None:
    old = ledger.claim("c-1", "one", 60)
    expire(ledger)
    new = ledger.claim("c-1", "one", 60)
    assert (old, new) == (Lease("c-1", 1, "one"), Lease("c-1", 2, "one"))
    with pytest.raises(Fenced):
        ledger.save(case, replace(case, state=State.GRACE), "told", noon, lease=old)
    assert ledger.save(case, replace(case, state=State.GRACE), "told", noon, lease=new).version == 2


def test_people_need_no_lease_and_make_the_worker_stale(ledger: Ledger, case: Case, noon: datetime) -> None:
    lease = ledger.claim("c-1", "one", 60)
    ledger.save(case, replace(case, state=State.KEPT), "kept", noon, who="ada@example.com")
    with pytest.raises(Stale):
        ledger.save(case, replace(case, state=State.GRACE), "told", noon, lease=lease)


def test_a_lease_can_be_made_longer_while_it_lasts(ledger: Ledger, case: Case) -> None:
    lease = ledger.claim("c-1", "one", 60)
    assert lease is not None
    ledger.renew(lease, 5000)
    expire(ledger)  # by 1000 s
    assert ledger.claim("c-1", "two", 60) is None
    ledger.renew(lease, 60)
    expire(ledger)
    with pytest.raises(Fenced):
        ledger.renew(lease, 60)


def test_the_database_has_a_clock(ledger: Ledger) -> None:
    first, second = ledger.database_time(), ledger.database_time()
    assert first <= second
    assert first.utcoffset() is not None
