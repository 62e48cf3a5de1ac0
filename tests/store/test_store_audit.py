"""The trail: change, removal and reordering show, also behind our back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.case import Case, State
from reapers.store import Ledger, audit

Make = Callable[..., Case]


@pytest.fixture
def trail(ledger: Ledger, new_case: Make, noon: datetime) -> Ledger:
    """A ledger with seven rows: two cases, a freeze."""
    for id in ("c-1", "c-2"):
        case = ledger.open(new_case(id), noon)
        case = ledger.save(case, replace(case, state=State.NOTIFIED), "told", noon, data={"channel": "#ünicode"})
        ledger.save(case, replace(case, state=State.GRACE), "delivered", noon + timedelta(microseconds=1), who="ada@example.com")
    ledger.freeze("ada@example.com", "audit", noon)
    return ledger


def tamper(ledger: Ledger, *statements: str) -> None:
    with ledger.database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_an_empty_trail_is_whole(ledger: Ledger) -> None:
    check = ledger.verify_audit()
    assert (check.ok, check.rows, check.broken_at) == (True, 0, None)


def test_the_trail_tells_what_happened(trail: Ledger, noon: datetime) -> None:
    rows = list(trail.audit_rows())
    assert [row.seq for row in rows] == list(range(1, 8))
    assert [(row.case, row.version, row.state, row.event) for row in rows[:3]] == [
        ("c-1", 1, "detected", "opened"),
        ("c-1", 2, "notified", "told"),
        ("c-1", 3, "grace", "delivered"),
    ]
    assert {row.commit for row in rows[:6]} == {"abc123"}
    assert rows[1].data == {"channel": "#ünicode"}
    assert rows[2].at == noon + timedelta(microseconds=1)
    assert [row.prev for row in rows[1:]] == [row.hash for row in rows[:-1]]
    assert [row.seq for row in trail.audit_rows(after=5)] == [6, 7]


def test_a_whole_trail_is_whole(trail: Ledger) -> None:
    check = trail.verify_audit()
    assert (check.ok, check.rows, check.broken_at) == (True, 7, None)
    assert check.head == list(trail.audit_rows())[-1].hash


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "'2026-01-01 00:00:00'"),
        ("who", "'mallory'"),
        ("event", "'kept'"),
        ("data", "'{}'"),
        ("case_id", "'c-2'"),
        ("state", "'kept'"),
        ("version", "9"),
        ("commit_sha", "'fff'"),
        ("digest", "''"),
        ("prev", "hash"),
        ("hash", "prev"),
    ],
)
def test_a_changed_row_shows(trail: Ledger, column: str, value: str) -> None:
    tamper(trail, f"update audit set {column} = {value} where seq = 2")
    check = trail.verify_audit()
    assert (check.ok, check.broken_at) == (False, 2)


@pytest.mark.parametrize("seq", [1, 4, 6])
def test_a_removed_row_shows(trail: Ledger, seq: int) -> None:
    tamper(trail, f"delete from audit where seq = {seq}")
    assert (trail.verify_audit().ok, trail.verify_audit().broken_at) == (False, seq)


def test_removing_and_closing_the_gap_shows(trail: Ledger) -> None:
    tamper(
        trail, "delete from audit where seq = 3", *(f"update audit set seq = {seq - 1} where seq = {seq}" for seq in range(4, 8))
    )
    assert (trail.verify_audit().ok, trail.verify_audit().broken_at) == (False, 3)


def test_reordering_shows(trail: Ledger) -> None:
    tamper(trail, *(f"update audit set seq = {new} where seq = {old}" for old, new in ((2, 99), (3, 2), (99, 3))))
    assert (trail.verify_audit().ok, trail.verify_audit().broken_at) == (False, 2)


def test_a_cut_tail_shows_against_the_cases(trail: Ledger) -> None:
    tamper(trail, "delete from audit where seq >= 6")
    assert (trail.verify_audit().ok, trail.verify_audit().broken_at) == (False, 6)


def test_a_cut_tail_without_cases_shows_against_an_earlier_head(trail: Ledger) -> None:
    anchor = trail.verify_audit()
    tamper(trail, "delete from audit where seq = 7")
    assert trail.verify_audit().ok
    assert (trail.verify_audit(anchor).ok, trail.verify_audit(anchor).broken_at) == (False, 7)


def test_a_chain_written_anew_shows_against_an_earlier_head(trail: Ledger, noon: datetime) -> None:
    anchor = trail.verify_audit()
    tamper(trail, "delete from audit where seq = 7")
    trail.freeze("ada@example.com", "another reason", noon)
    assert trail.verify_audit().ok
    assert (trail.verify_audit(anchor).ok, trail.verify_audit(anchor).broken_at) == (False, 7)


def test_an_earlier_head_is_still_in_a_grown_trail(trail: Ledger, noon: datetime) -> None:
    anchor = trail.verify_audit()
    trail.unfreeze("ada@example.com", noon)
    assert trail.verify_audit(anchor).ok


def test_a_case_edited_behind_our_back_shows(trail: Ledger) -> None:
    tamper(trail, "update cases set body = replace(body, '\"snoozes\":0', '\"snoozes\":1') where id = 'c-1'")
    assert (trail.verify_audit().ok, trail.verify_audit().broken_at) == (False, 3)


def test_a_case_set_back_shows(trail: Ledger) -> None:
    tamper(trail, "update cases set version = 2 where id = 'c-2'")
    assert (trail.verify_audit().ok, trail.verify_audit().broken_at) == (False, 6)


def test_a_case_taken_away_shows(trail: Ledger) -> None:
    tamper(trail, "delete from cases where id = 'c-1'")
    assert (trail.verify_audit().ok, trail.verify_audit().broken_at) == (False, 3)


def test_a_case_smuggled_in_shows(trail: Ledger) -> None:
    columns = "name, resource_id, team, policy, state, is_open, tell, opened, version, body, fence, lease_owner, lease_until"
    tamper(trail, f"insert into cases (id, key_ref, {columns}) select 'c-9', 'x', {columns} from cases where id = 'c-1'")
    assert (trail.verify_audit().ok, trail.verify_audit().broken_at) == (False, 8)


def test_both_databases_hash_alike(ledger: Ledger, noon: datetime) -> None:
    ledger.freeze("ada@example.com", "audit", noon)
    row = (
        '{"at":"2026-03-02T12:00:00.123456Z","case_id":"","commit_sha":"","data":"{\\"reason\\":\\"audit\\"}","digest":"",'
        '"event":"frozen","seq":1,"state":"","version":0,"who":"ada@example.com"}'
    )
    assert ledger.verify_audit().head == hashlib.sha256(f"{'0' * 64}\n{row}".encode()).hexdigest()


def test_a_long_trail_is_read_in_batches(ledger: Ledger, noon: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "BATCH", 3)
    for number in range(10):
        ledger.freeze("ada@example.com", str(number), noon)
    assert [row.data["reason"] for row in ledger.audit_rows()] == [str(number) for number in range(10)]
    assert ledger.verify_audit().rows == 10
