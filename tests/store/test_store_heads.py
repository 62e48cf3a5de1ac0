"""Heads kept elsewhere: they show a tail that was cut off, and a chain that was made anew from its beginning."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.case import Case, State
from reapers.heads import HeadFile, HeadsUnread, read
from reapers.store import AuditFault, AuditHead, Ledger

HOUR = timedelta(hours=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "heads.jsonl"


@pytest.fixture
def trail(ledger: Ledger, noon: datetime) -> Ledger:
    """A ledger with six rows."""
    for number in range(6):
        ledger.freeze("ada@example.com", f"drill {number}", noon)
    return ledger


def rewrite(ledger: Ledger, *statements: str) -> None:
    with ledger.database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def made_anew(ledger: Ledger, noon: datetime) -> None:
    """As somebody would who owns the database and knows how the chain is made: other rows, and every hash right."""
    rewrite(ledger, "delete from audit")
    for number in range(6):
        ledger.freeze("ada@example.com", f"another story {number}", noon)
    assert ledger.verify_audit().ok


# --- what the ledger says of heads ---------------------------------------------------------------------------------------


def test_a_whole_trail_passes_through_every_head(trail: Ledger) -> None:
    heads = [AuditHead(row.seq, row.hash) for row in trail.audit_rows()]
    assert trail.audit_head() == heads[-1]
    check = trail.verify_audit(heads=[AuditHead(0, "0" * 64), *heads, heads[2]])
    assert (check.ok, check.rows, check.fault) == (True, 6, None)
    assert trail.audit_passes(heads).ok
    assert trail.audit_passes([replace(heads[3], hash=heads[3].hash[:12])]).ok, "the beginning of a hash will do"


def test_the_head_of_an_empty_trail(ledger: Ledger) -> None:
    assert ledger.audit_head() == AuditHead(0, "0" * 64)
    assert ledger.verify_audit(heads=[ledger.audit_head()]).ok


@pytest.mark.parametrize("look", ["verify_audit", "audit_passes"])
def test_a_cut_tail_shows(trail: Ledger, look: str) -> None:
    head = trail.audit_head()
    rewrite(trail, "delete from audit where seq > 4")
    assert trail.verify_audit().ok, "the chain alone does not show it"
    check = getattr(trail, look)(heads=[head])
    assert (check.ok, check.broken_at, check.fault) == (False, 5, AuditFault.CUT)


@pytest.mark.parametrize("look", ["verify_audit", "audit_passes"])
def test_a_chain_that_was_made_anew_shows(trail: Ledger, noon: datetime, look: str) -> None:
    heads = [AuditHead(row.seq, row.hash) for row in trail.audit_rows()][2:4]
    made_anew(trail, noon)
    check = getattr(trail, look)(heads=heads)
    assert (check.ok, check.broken_at, check.fault) == (False, 3, AuditFault.REWRITTEN)


def test_an_old_head_still_counts_when_a_newer_one_is_of_the_new_chain(trail: Ledger, noon: datetime) -> None:
    old = trail.audit_head()
    made_anew(trail, noon)
    trail.freeze("ada@example.com", "one more", noon)
    assert not trail.verify_audit(heads=[old, trail.audit_head()]).ok
    assert not trail.verify_audit(heads=[trail.audit_head(), old]).ok


def test_two_heads_of_one_row_cannot_both_be_right(trail: Ledger) -> None:
    head = trail.audit_head()
    assert not trail.verify_audit(heads=[head, AuditHead(head.seq, "f" * 64)]).ok


@pytest.mark.parametrize(
    ("statement", "at", "fault"),
    [
        ("update audit set who = 'mallory' where seq = 3", 3, AuditFault.CHANGED),
        ("delete from audit where seq = 3", 3, AuditFault.MISSING),
        ("update audit set seq = -3 where seq = 3", 3, AuditFault.MISSING),
    ],
)
def test_what_is_wrong_is_named(trail: Ledger, statement: str, at: int, fault: AuditFault) -> None:
    rewrite(trail, statement)
    check = trail.verify_audit()
    assert (check.ok, check.broken_at, check.fault) == (False, at, fault)


def test_rows_that_changed_places_show(trail: Ledger) -> None:
    rewrite(trail, *(f"update audit set seq = {now} where seq = {was}" for was, now in ((2, 99), (3, 2), (99, 3))))
    check = trail.verify_audit()
    assert (check.ok, check.broken_at, check.fault) == (False, 2, AuditFault.MISSING)


def test_a_page_names_the_resource_of_a_case(ledger: Ledger, new_case: Callable[..., Case], noon: datetime) -> None:
    case = new_case("c-1")
    ledger.save(ledger.open(case, noon), replace(case, state=State.NOTIFIED, version=1), "told", noon + HOUR)
    ledger.freeze("ada@example.com", "drill", noon + 2 * HOUR)
    assert [row.key for row in ledger.audit_page(0, 10)] == [case.key.ref, case.key.ref, ""]
    assert [row.seq for row in ledger.audit_page(1, 1)] == [2]
    assert [row.seq for row in ledger.audit_page(0, 10, since=noon + HOUR)] == [2, 3]


# --- the file ------------------------------------------------------------------------------------------------------------


def test_a_head_is_kept_once_an_hour(trail: Ledger, file: Path, noon: datetime) -> None:
    heads = HeadFile(file)
    for minutes in range(0, 150, 10):
        assert heads.keep(trail, noon + timedelta(minutes=minutes))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["time"][11:16] for line in lines] == ["12:00", "13:00", "14:00"]
    assert lines[0] == {"time": lines[0]["time"], "seq": 6, "hash": trail.audit_head().hash}
    assert trail.verify_audit(heads=read(file)).ok


def test_a_restart_goes_on_where_the_file_ends(trail: Ledger, file: Path, noon: datetime) -> None:
    HeadFile(file).keep(trail, noon)
    again = HeadFile(file)
    again.keep(trail, noon + timedelta(minutes=59))
    assert len(read(file)) == 1
    again.keep(trail, noon + HOUR)
    assert len(read(file)) == 2


def test_only_ever_appended(trail: Ledger, file: Path, noon: datetime) -> None:
    heads = HeadFile(file)
    heads.keep(trail, noon)
    before = file.read_bytes(), file.stat().st_ino
    trail.freeze("ada@example.com", "more", noon)
    heads.keep(trail, noon + HOUR)
    assert (file.read_bytes()[: len(before[0])], file.stat().st_ino) == before


def test_a_failure_is_told_and_tried_again(trail: Ledger, file: Path, noon: datetime, caplog: pytest.LogCaptureFixture) -> None:
    file.parent.write_text("a file where the folder should be")
    heads = HeadFile(file)
    assert not heads.keep(trail, noon)
    assert caplog.messages == [f"the head of the audit trail was not kept in {file}: Not a directory"]
    assert heads.keep(trail, noon + timedelta(minutes=4)), "not in every round"
    assert not heads.keep(trail, noon + timedelta(minutes=5))
    file.parent.unlink()
    assert heads.keep(trail, noon + timedelta(minutes=10))
    assert len(read(file)) == 1


def test_a_file_that_another_process_writes_is_left_alone(trail: Ledger, file: Path, noon: datetime) -> None:
    file.parent.mkdir()
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    heads = HeadFile(file)
    assert not heads.keep(trail, noon)
    assert file.read_bytes() == b""
    os.close(descriptor)
    assert heads.keep(trail, noon + HOUR)


def test_a_half_line_of_a_power_cut_does_not_swallow_the_next(trail: Ledger, file: Path, noon: datetime) -> None:
    heads = HeadFile(file)
    heads.keep(trail, noon)
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:40])
    assert HeadFile(file).keep(trail, noon + HOUR)
    lines = file.read_bytes().splitlines()
    assert (len(lines), lines[1]) == (3, whole[:40])
    assert json.loads(lines[2])["seq"] == 6
    with pytest.raises(HeadsUnread, match=r"heads.jsonl:2 is no head"):
        read(file)


def test_heads_of_another_chain_are_not_mixed_into_the_file(
    trail: Ledger, file: Path, noon: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    heads = HeadFile(file)
    heads.keep(trail, noon)
    made_anew(trail, noon)
    assert not heads.keep(trail, noon + HOUR)
    assert "does not have its row 6 any more" in caplog.text
    assert len(read(file)) == 1
    assert not trail.verify_audit(heads=read(file)).ok


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b"{}\n", b'{"time": "2026-11-02T09:00:00Z", "seq": true, "hash": "00"}\n', b"\xff\xfe\n"]
)
def test_a_file_without_a_head_proves_nothing(content: bytes, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(HeadsUnread):
        read(file)


def test_a_file_of_somebody_elses_is_not_appended_to(trail: Ledger, file: Path, noon: datetime) -> None:
    file.parent.mkdir()
    file.write_bytes(b"my notes\n")
    logging.disable(logging.CRITICAL)
    try:
        assert not HeadFile(file).keep(trail, noon)
    finally:
        logging.disable(logging.NOTSET)
    assert file.read_bytes() == b"my notes\n"


def test_a_file_that_is_not_there_proves_nothing(file: Path) -> None:
    with pytest.raises(HeadsUnread, match="There is no file"):
        read(file)
