"""The audit trail over HTTP: pages, the walk, heads kept elsewhere, and the head as a metric."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.settings import load
from api.shapes.audit import COLUMNS, cell, cells_of, line_of, row_json
from engine.case import Case, State
from makers.doors import NOW, case_of
from reapers.heads import HeadFile
from reapers.service import Service
from reapers.store.ledger import Ledger

Signed = Callable[..., dict[str, str]]


@pytest.fixture
def trail(ledger: Ledger) -> Case:
    """Two rows of a case, and three of a freeze: the trail that the tests read."""
    case = ledger.open(case_of(), NOW)
    data = {"reason": '=HYPERLINK("http://x.example","click")', "n": 1.5}
    ledger.save(case, replace(case, state=State.KEPT), "kept", NOW + timedelta(microseconds=7), who="ann@acme.example", data=data)
    for number in range(3):
        ledger.freeze("ann@acme.example", f"drill {number}", NOW + timedelta(days=number))
    return case


@pytest.fixture
def operator(signed: Signed, trail: Case) -> dict[str, str]:
    return signed("olga", "operator")


def rewrite(ledger: Ledger, statement: str) -> None:
    with ledger.database.writing() as connection:
        connection.exec_driver_sql(statement)


def rows(http: TestClient, headers: dict[str, str], **wanted: Any) -> list[dict[str, Any]]:
    got: list[dict[str, Any]] = []
    cursor: int | None = 0
    while cursor is not None:
        page = http.get("/v1/audit", headers=headers, params={**wanted, "cursor": cursor}).json()
        got += page["rows"]
        cursor = page["next"]
    return got


def test_pages_are_the_whole_trail_in_order(http: TestClient, operator: dict[str, str], ledger: Ledger, trail: Case) -> None:
    expected = [row_json(row) for row in ledger.audit_rows()]
    assert len(expected) == 6, "five, and the operator's token"
    for limit in (1, 2, 3, 6, 1000):
        assert rows(http, operator, limit=limit) == expected
    assert expected[0]["key"] == trail.key.ref
    later = rows(http, operator, since=(NOW + timedelta(days=1)).isoformat())
    assert [row["data"]["reason"] for row in later] == ["drill 1", "drill 2"]


@pytest.mark.parametrize(
    "wanted", [{"since": "2026-11-10T11:00:00"}, {"cursor": -1}, {"limit": 0}, {"limit": 1001}, {"who": "x"}]
)
def test_what_cannot_be_meant_is_refused(http: TestClient, operator: dict[str, str], wanted: dict[str, Any]) -> None:
    assert http.get("/v1/audit", headers=operator, params=wanted).status_code == 422


@pytest.mark.parametrize("role", ["viewer", "approver"])
def test_only_operators_read_the_trail(http: TestClient, signed: Signed, role: str) -> None:
    assert http.get("/v1/audit", headers=signed("zoe", role)).status_code == 403


def test_whoever_has_the_lines_can_check_the_chain_without_us(http: TestClient, operator: dict[str, str]) -> None:
    """The recipe that api/shapes/audit.py gives, written down again from its words."""
    prev = "0" * 64
    for line in map(line_of, rows(http, operator)):
        assert line.isascii()
        row = json.loads(line)
        assert list(row) == list(COLUMNS)
        data = json.dumps(row["data"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        hashed = {name: row[name] for name in ("seq", "at", "version", "state", "event", "who", "digest")}
        hashed |= {"case_id": row["case"], "commit_sha": row["commit"], "data": data}
        text = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert row["prev"] == prev
        prev = hashlib.sha256(f"{prev}\n{text}".encode()).hexdigest()
        assert row["hash"] == prev


def test_lines_are_stable(http: TestClient, operator: dict[str, str]) -> None:
    once, twice = ([line_of(row) for row in rows(http, operator)] for _ in range(2))
    assert once == twice


# --- for spreadsheets ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\x1b[31m=1", "\u200b=1", "＝1+1", "\u202e=1"]
)
def test_no_cell_is_a_formula(hostile: str) -> None:
    shown = cell(hostile)
    assert shown[0] == "'"
    assert shown.isprintable()


@pytest.mark.parametrize("plain", ["ann@acme.example", "", "7", "{}", "a=b", "2026-11-10T11:00:00Z", "aws.ebs_volume/1/r/vol-1"])
def test_other_cells_are_as_they_are(plain: str) -> None:
    assert cell(plain) == plain


def test_every_cell_of_a_row_is_guarded(ledger: Ledger, trail: Case) -> None:
    row = row_json(next(ledger.audit_rows()))
    for name in ("event", "who", "case", "key", "state", "commit"):
        assert dict(zip(COLUMNS, cells_of({**row, name: "=cmd|' /C calc'!A0"}), strict=True))[name].startswith("'=")


# --- verify --------------------------------------------------------------------------------------------------------------


def verify(http: TestClient, headers: dict[str, str]) -> dict[str, Any]:
    answer = http.get("/v1/audit/verify", headers=headers)
    assert answer.status_code == 200
    return dict(answer.json())


def test_a_whole_trail(http: TestClient, operator: dict[str, str], ledger: Ledger) -> None:
    found = verify(http, operator)
    assert (found["ok"], found["rows"], found["heads"], found["fault"], found["unread"]) == (True, 6, 0, None, None)
    assert found["head"] == {"seq": 6, "hash": ledger.audit_head().hash}


@pytest.mark.parametrize(
    ("statement", "at", "fault"),
    [
        ("update audit set who = 'mallory' where seq = 2", 2, "changed"),
        ("delete from audit where seq = 2", 2, "missing"),
        ("update audit set seq = case seq when 2 then -3 when 3 then -2 end where seq in (2, 3)", 2, "missing"),
        ("update cases set body = replace(body, 'payments', 'search')", 2, "case"),
    ],
)
def test_a_broken_trail(http: TestClient, operator: dict[str, str], ledger: Ledger, statement: str, at: int, fault: str) -> None:
    rewrite(ledger, statement)
    rewrite(ledger, "update audit set seq = -seq where seq < 0")
    found = verify(http, operator)
    assert (found["ok"], found["broken_at"], found["fault"]) == (False, at, fault)


def test_the_servers_own_heads_are_compared(
    http: TestClient, operator: dict[str, str], ledger: Ledger, service: Service, tmp_path: Path
) -> None:
    heads = HeadFile(tmp_path / "heads.jsonl")
    service.world = replace(service.world, heads=heads)
    assert verify(http, operator)["ok"] is False, "a file that should be there and is not"
    assert "There is no file" in verify(http, operator)["unread"]
    heads.keep(ledger, NOW)
    assert (verify(http, operator)["ok"], verify(http, operator)["heads"]) == (True, 1)
    rewrite(ledger, "delete from audit where seq > 4")
    found = verify(http, operator)
    assert (found["ok"], found["fault"], found["broken_at"]) == (False, "cut", 5)


def test_heads_of_somebody_elses(http: TestClient, operator: dict[str, str], ledger: Ledger) -> None:
    heads = [{"seq": row.seq, "hash": row.hash} for row in ledger.audit_rows()]

    def compare(*said: dict[str, Any]) -> Any:
        return http.post("/v1/audit/heads", headers=operator, json={"heads": list(said)})

    assert compare(*heads).json()["ok"] is True
    assert compare({**heads[1], "hash": heads[1]["hash"][:12]}).json()["ok"] is True
    assert compare({"seq": 7, "hash": "f" * 64}).json()["fault"] == "cut"
    assert compare({**heads[1], "hash": "f" * 64}).json()["fault"] == "rewritten"
    assert compare().status_code == 422
    assert compare({"seq": 1, "hash": ""}).status_code == 422, "the beginning of every hash"
    assert compare(*[heads[0]] * 500).status_code == 200
    assert compare(*[heads[0]] * 501).status_code == 422


# --- the head as a metric ------------------------------------------------------------------------------------------------


def scraped(http: TestClient) -> dict[str, list[Any]]:
    families = text_string_to_metric_families(http.get("/metrics").text)
    return {sample.name: [*family.samples] for family in families for sample in family.samples}


def test_the_head_is_a_metric_of_one_series_for_ever(http: TestClient, ledger: Ledger, trail: Case) -> None:
    for seq in (5, 6):
        head, found = ledger.audit_head(), scraped(http)
        assert [sample.value for sample in found["sexton_audit_head_seq"]] == [seq]
        (sample,) = found["sexton_audit_head_hash"]
        assert (f"{int(sample.value):012x}", sample.labels) == (head.hash[:12], {})
        ledger.freeze("ann@acme.example", "more", NOW)


def test_a_trail_without_a_hash_does_not_end_the_metrics(http: TestClient, ledger: Ledger, trail: Case) -> None:
    rewrite(ledger, "update audit set hash = 'gone' where seq = 5")
    assert scraped(http)["sexton_audit_head_seq"][0].value == 5


def test_a_head_that_cannot_be_kept_is_counted_and_ends_no_round(http: TestClient, service: Service, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    service.world = replace(service.world, heads=HeadFile(tmp_path / "file" / "heads"))
    service.tick()
    assert [sample.value for sample in scraped(http)["sexton_audit_head_failures_total"]] == [1]
    assert service.ledger.get("last_tick") == datetime.isoformat(service.clock.now())


def test_the_settings_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (load().audit.head, load().audit.every) == (None, timedelta(hours=1))
    (tmp_path / "sexton.yaml").write_text("audit: {head: /var/lib/elsewhere/heads.jsonl, every: 30m}\n")
    assert (load().audit.head, load().audit.every) == (Path("/var/lib/elsewhere/heads.jsonl"), timedelta(minutes=30))
