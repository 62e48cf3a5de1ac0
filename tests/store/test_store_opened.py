"""The open cases that are kept between readings are always those of the database: steps of others, endings, another database."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from engine.case import Case, Closed, Ending, State
from reapers.store import Ledger, open_ledger

NewCase = Callable[..., Case]


def keyed(case: Case, id: str) -> Case:
    return replace(case, key=replace(case.key, id=id))


def test_steps_of_another_process_are_seen(ledger: Ledger, url: str, new_case: NewCase, noon: datetime) -> None:
    first, second = (ledger.open(keyed(new_case(f"c-{number}"), f"vol-{number}"), noon) for number in (1, 2))
    assert ledger.open_cases() == [first, second]
    with open_ledger(url) as other:
        moved = other.save(first, replace(first, state=State.STUCK), "stuck", noon)
        third = other.open(keyed(new_case("c-0"), "vol-3"), noon)
        assert other.open_cases() == [third, moved, second]
    assert ledger.open_cases() == [third, moved, second]


def test_a_case_leaves_when_it_closes_and_moves_when_it_begins_anew(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    first, second = (ledger.open(keyed(new_case(f"c-{number}"), f"vol-{number}"), noon) for number in (1, 2))
    ledger.open_cases()
    first = ledger.save(first, replace(first, opened=noon + timedelta(days=1)), "time", noon)
    assert ledger.open_cases() == [second, first]
    ledger.save(second, replace(second, state=State.CLOSED, closed=Closed(reason=Ending.DONE, at=noon)), "time", noon)
    assert ledger.open_cases() == [first]


def test_what_it_gives_is_the_callers_own(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    case = ledger.open(new_case(), noon)
    ledger.open_cases().clear()
    assert ledger.open_cases() == [case]


def test_a_trail_that_went_another_way_is_read_anew(tmp_path: Path, new_case: NewCase, noon: datetime) -> None:
    """As after a restore from a backup that was written into the file that is open."""
    file = tmp_path / "now.db"
    with open_ledger(f"sqlite:///{file}") as ledger:
        first = ledger.open(keyed(new_case("c-1"), "vol-1"), noon)
    shutil.copy(file, tmp_path / "backup.db")
    with open_ledger(f"sqlite:///{file}") as ledger:
        ledger.open(keyed(new_case("c-2"), "vol-2"), noon)
        ledger.open(keyed(new_case("c-3"), "vol-3"), noon)
        assert len(ledger.open_cases()) == 3
        with open_ledger(f"sqlite:///{tmp_path}/backup.db") as older:
            other = older.open(keyed(new_case("c-4"), "vol-4"), noon)
            ledger.database, kept = older.database, ledger.database
            assert ledger.open_cases() == [first, other]
            ledger.database = kept
