"""What may happen once happens once, on whichever server it comes in, and is forgotten when it can do no harm any more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from reapers.store import Ledger, open_ledger

LATER = timedelta(minutes=15)


def test_the_second_one_is_refused_until_it_is_forgotten(ledger: Ledger, noon: datetime) -> None:
    assert ledger.once.first("slack a", noon + LATER, noon)
    assert not ledger.once.first("slack a", noon + LATER, noon + LATER - timedelta(seconds=1))
    assert ledger.once.first("slack b", noon + LATER, noon)
    assert ledger.once.first("slack a", noon + 2 * LATER, noon + LATER)


def test_of_many_at_once_on_two_servers_one_is_first(ledger: Ledger, url: str, noon: datetime) -> None:
    with open_ledger(url) as other, ThreadPoolExecutor(8) as pool:
        servers = [ledger, other] * 8
        firsts = list(pool.map(lambda server: server.once.first("delivery 7", noon + LATER, noon), servers))
    assert firsts.count(True) == 1


def test_what_is_old_does_not_pile_up(ledger: Ledger, noon: datetime) -> None:
    for minute in range(30):
        at = noon + timedelta(minutes=minute)
        assert ledger.once.first(f"slack {minute}", at + LATER, at)
    with ledger.database.reading() as connection:
        assert len(connection.exec_driver_sql("select name from once").all()) == 15
