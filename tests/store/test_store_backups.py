"""The list of backups that cases made: written with the step that says so, whatever becomes of the case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.case import Case, State
from engine.model import Key, Verb
from engine.spent import MADE, SPENT_BACKUPS, life, ours
from reapers.ours import backup_keys
from reapers.store import Ledger

SNAPSHOT = Key("aws.ebs_snapshot", "111111111111", "us-east-1", "snap-1", "snap-1")
AGAIN = replace(SNAPSHOT, born="another life")


def made(case: Case, *keys: Key) -> Case:
    return replace(case, memory={Verb.BACKUP: {"snapshot": "snap-1", MADE: [life(key) for key in keys]}})


def test_what_a_backup_made_is_listed_for_good(ledger: Ledger, new_case: Callable[..., Case], noon: datetime) -> None:
    assert backup_keys(ledger) == frozenset()
    before = ledger.open(new_case(), noon)
    with_image = made(before, SNAPSHOT, replace(SNAPSHOT, kind="aws.ami", id="ami-1"))
    after = ledger.save(before, with_image, "backup done", noon)
    listed = frozenset({"aws.ebs_snapshot/111111111111/us-east-1/snap-1@snap-1", "aws.ami/111111111111/us-east-1/ami-1@snap-1"})
    assert backup_keys(ledger) == listed
    ledger.save(after, replace(after, memory={}, state=State.CLOSED), "closed", noon)
    assert backup_keys(ledger) == listed


def test_a_later_generation_adds_its_own(ledger: Ledger, new_case: Callable[..., Case], noon: datetime) -> None:
    first = ledger.save(ledger.open(new_case(), noon), made(new_case(), SNAPSHOT), "backup done", noon)
    second = replace(SNAPSHOT, id="snap-2", born="snap-2")
    ledger.save(first, made(first, second), "backup done", noon)
    assert backup_keys(ledger) == {life(SNAPSHOT), life(second)}


def test_only_the_very_life_that_the_ledger_lists_is_ours(new_case: Callable[..., Case]) -> None:
    def of(key: Key, policy: str = SPENT_BACKUPS) -> Case:
        case = new_case(key=key)
        lead: Any = replace(case.findings[0], terms=replace(case.lead.terms, policy=policy))
        return replace(case, findings=(lead,))

    listed = frozenset({life(SNAPSHOT)})
    assert ours(of(SNAPSHOT), listed)
    assert not ours(of(SNAPSHOT), frozenset()), "tags alone are not enough"
    assert not ours(of(AGAIN), listed)
    assert ours(of(AGAIN, "old-snapshots"), listed), "other policies have their approvals instead"
