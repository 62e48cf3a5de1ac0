"""`sexton doctor` says no where it is not well: a locked ledger, a role that cannot be taken, a denied list, a wrong region."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.checks import Check, checks
from demo.aws.local import LocalAWS
from makers.doors import FILES, NOW, StillClock, commit
from makers.world import environment
from reapers.heads import HeadFile
from reapers.store import open_ledger

ACCOUNT, OTHER = "111122223333", "444455556666"


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Check]]:
    """`doctor("aws: {…}")`: each check by its name, with these settings."""
    monkeypatch.chdir(commit(tmp_path, FILES))

    def asked(settings: str = "aws: {accounts: []}") -> dict[str, Check]:
        (tmp_path / "sexton.yaml").write_text(settings + "\n")
        return {check.name: check for check in checks(None)}

    return asked


@pytest.fixture
def aws() -> Iterator[LocalAWS]:
    with LocalAWS([ACCOUNT, OTHER], StillClock()) as running, environment(running.environment()):
        yield running


def test_it_does_not_make_the_ledger(doctor: Any, tmp_path: Path) -> None:
    check = doctor()["ledger"]
    assert (check.ok, "is not there yet" in check.says) == (None, True)
    assert not (tmp_path / ".sexton" / "ledger.db").exists()
    assert not (tmp_path / ".sexton").exists()


def test_a_ledger_that_cannot_be_made(doctor: Any, tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    check = doctor(f"aws: {{accounts: []}}\nledger: {{url: 'sqlite:///{tmp_path}/plain/ledger.db'}}")["ledger"]
    assert (check.ok, "cannot be made" in check.says) == (False, True)


def test_a_ledger_that_is_there(doctor: Any, tmp_path: Path) -> None:
    open_ledger(f"sqlite:///{tmp_path}/.sexton/ledger.db").close()
    check = doctor()["ledger"]
    assert (check.ok, "0 open cases; it can be written" in check.says) == (True, True)


def test_a_ledger_that_is_locked(doctor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".sexton" / "ledger.db"
    open_ledger(f"sqlite:///{file}").close()
    monkeypatch.setattr("reapers.store.database.WAIT", 0.2)
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("begin immediate")
        check = doctor()["ledger"]
        other.execute("rollback")
    other.close()
    assert (check.ok, "is locked by another program" in check.says) == (False, True)


def test_what_is_no_ledger(doctor: Any, tmp_path: Path) -> None:
    (tmp_path / ".sexton").mkdir()
    with sqlite3.connect(tmp_path / ".sexton" / "ledger.db") as other:
        other.execute("create table recipes (name text)")
    other.close()
    check = doctor()["ledger"]
    assert (check.ok, "is not a ledger of Sexton" in check.says) == (False, True)


def test_the_ways_to_freeze(doctor: Any, tmp_path: Path) -> None:
    check = doctor("aws: {accounts: []}\nfreeze: {file: halt.txt}")["freeze"]
    assert (check.ok, "the file halt.txt" in check.says, "none does now" in check.says) == (True, True, True)
    (tmp_path / "halt.txt").write_text("drill")
    assert "frozen by halt.txt: drill" in doctor("aws: {accounts: []}\nfreeze: {file: halt.txt}")["freeze"].says


def test_whether_heads_are_kept(doctor: Any, tmp_path: Path) -> None:
    assert "would not be noticed; set audit.head" in doctor()["audit"].says
    kept = "aws: {accounts: []}\naudit: {head: heads.jsonl}"
    assert (doctor(kept)["audit"].ok, "holds no head yet" in doctor(kept)["audit"].says) == (True, True)
    with open_ledger(f"sqlite:///{tmp_path}/.sexton/ledger.db") as ledger:
        ledger.freeze("ann@acme.example", "drill", NOW)
        HeadFile(tmp_path / "heads.jsonl", timedelta(hours=1)).keep(ledger, NOW)
    assert (doctor(kept)["audit"].ok, "the last at row 1" in doctor(kept)["audit"].says) == (True, True)
    with open_ledger(f"sqlite:///{tmp_path}/.sexton/ledger.db") as ledger, ledger.database.writing() as connection:
        connection.exec_driver_sql("delete from audit")
    assert (doctor(kept)["audit"].ok, "run `sexton recover`" in doctor(kept)["audit"].says) == (False, True)


def test_a_cloud_where_all_is_well(doctor: Any, aws: LocalAWS) -> None:
    check = doctor("aws: {regions: [us-east-1]}")["aws"]
    assert (check.ok, check.says) == (True, f"1 accounts: {ACCOUNT}")


def test_a_denied_list(doctor: Any, aws: LocalAWS) -> None:
    aws.fail("UnauthorizedOperation", action="DescribeVolumes", status=403)
    check = doctor("aws: {regions: [us-east-1]}")["aws"]
    assert (check.ok, "ec2:DescribeVolumes" in check.says) == (False, True)


def test_a_wrong_region(doctor: Any, aws: LocalAWS) -> None:
    check = doctor("aws: {regions: [us-esat-1]}")["aws"]
    assert (check.ok, "us-esat-1" in check.says) == (False, True)


def test_a_role_that_cannot_be_taken(doctor: Any, aws: LocalAWS) -> None:
    aws.fail("AccessDenied", action="AssumeRole", status=403)
    watching = f"aws: {{accounts: ['{OTHER}'], regions: [us-east-1]}}"
    check = doctor(f"{watching}\nmode: delete")["aws"]
    assert (check.ok, "AssumeRole" in check.says) == (False, True)
