"""Requests: what one person asks and another agrees to, in one transaction with what it lifts and with the trail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reapers.store import Ledger, Stale
from reapers.store.requests import Request

DAY = timedelta(hours=24)


@pytest.fixture
def wanted(noon: datetime) -> Request:
    return Request(
        id="r-1", what="unfreeze", subject="freeze 1", who="ann@x.example", known_as="", reason="over", at=noon, until=noon + DAY
    )


def events(ledger: Ledger) -> list[str]:
    return [row.event for row in ledger.audit_rows()]


def test_a_request_waits_and_is_ended_by_a_second_word(ledger: Ledger, wanted: Request, noon: datetime) -> None:
    ledger.freeze("bo@x.example", "incident", noon)
    assert ledger.requests.ask(wanted) == wanted
    assert ledger.requests.open(noon) == [wanted]
    ledger.requests.lift(wanted, "cy@x.example", noon, {"policy_commit": ""})
    assert (ledger.frozen(), ledger.requests.open(noon), ledger.get("policy_commit")) == (None, [], "")
    assert events(ledger) == ["frozen", "asked", "agreed", "unfrozen"]
    agreed = list(ledger.audit_rows())[2]
    assert (agreed.who, agreed.data["asked_by"], agreed.data["request"]) == ("cy@x.example", "ann@x.example", "r-1")
    assert ledger.verify_audit().ok


def test_asking_twice_is_one_request(ledger: Ledger, wanted: Request, noon: datetime) -> None:
    ledger.requests.ask(wanted)
    again = replace(wanted, id="r-2", at=noon + timedelta(hours=1))
    assert ledger.requests.ask(again) == wanted
    other = ledger.requests.ask(replace(again, who="cy@x.example"))
    assert [request.id for request in ledger.requests.open(noon)] == ["r-1", other.id]
    assert ledger.requests.open(noon, "recover") == ledger.requests.open(noon, "unfreeze", "freeze 2") == []


def test_a_request_runs_out(ledger: Ledger, wanted: Request, noon: datetime) -> None:
    ledger.freeze("bo@x.example", "incident", noon)
    ledger.requests.ask(wanted)
    assert ledger.requests.open(noon + DAY) == []
    with pytest.raises(Stale):
        ledger.requests.lift(wanted, "cy@x.example", noon + DAY, {})
    assert ledger.frozen(), "and nothing of it is done"
    assert events(ledger) == ["frozen", "asked"]


def test_of_many_who_agree_at_once_one_does(ledger: Ledger, wanted: Request, noon: datetime) -> None:
    ledger.requests.ask(wanted)

    def agree(number: int) -> bool:
        try:
            ledger.requests.agree(wanted, f"p{number}@x.example", noon, {"recovering": str(number)})
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        agreed = list(pool.map(agree, range(4)))
    assert agreed.count(True) == 1
    assert ledger.get("recovering") == str(agreed.index(True))
