"""Holds through the doors: anybody who signed in sees them, an approver of the platform releases them, nobody their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from api.shapes.case import case_json
from engine.case import Case, State
from engine.holds.hold import Cause, Hold
from engine.holds.look import Opening
from makers.doors import NOW, case_of
from reapers.service import Service
from reapers.store.ledger import Ledger

Signed = Callable[..., dict[str, str]]
REGRETS = {"evidence": "e", "regrets": [["c-1", "restore"]], "people": ["pia@acme.example"]}


def held(ledger: Ledger, cause: Cause = Cause.REGRETS, **more: object) -> Hold:
    data = {**REGRETS, "new": 40, "usual": 10, **more}
    opening = Opening(cause=cause, subject="ebs-unattached", account="111122223333", until=None, data=data)
    hold = ledger.holds.open(opening, NOW)
    assert hold
    return hold


def test_everybody_sees_what_is_held(http: TestClient, ledger: Ledger, signed: Signed) -> None:
    hold = held(ledger)
    answer = http.get("/v1/holds", headers=signed("dee", "viewer")).json()
    assert answer["schema"] == "sexton/holds@1"
    (shown,) = answer["holds"]
    assert (shown["id"], shown["cause"], shown["stands"], shown["released"]) == (hold.id, "regrets", True, None)
    assert "restore of c-1" in shown["says"]
    assert shown["caused_by"] == ["pia@acme.example"]


@pytest.mark.parametrize(
    ("who", "role", "status", "says"),
    [
        ("qi", "approver", 200, ""),
        ("qi", "admin", 200, ""),
        ("qi", "viewer", 403, "viewer token"),
        ("ann", "approver", 403, "may not release a hold: an approver of platform can"),
        ("ann", "admin", 403, "may not release a hold"),
        ("pia", "admin", 403, "helped to cause this hold"),
    ],
)
def test_another_person_of_platform_releases(
    http: TestClient, ledger: Ledger, signed: Signed, who: str, role: str, status: int, says: str
) -> None:
    hold = held(ledger)
    answer = http.post(f"/v1/holds/{hold.id}/release", headers=signed(who, role), json={"reason": "one team, one mistake"})
    assert answer.status_code == status, answer.text
    assert says in answer.json().get("detail", "")
    assert bool(ledger.holds.standing(NOW)) is (status != 200)
    if status == 200:
        released = answer.json()
        assert released["released"] == {"at": "2026-11-10T11:00:00Z", "who": "qi@acme.example", "reason": "one team, one mistake"}
        assert http.get("/v1/holds", headers=signed("dee")).json()["holds"] == []
        assert [each["id"] for each in http.get("/v1/holds?all=true", headers=signed("dee")).json()["holds"]] == [hold.id]
        (row,) = [row for row in ledger.audit_rows() if row.event == "hold released"]
        assert (row.who, row.data["hold"]) == ("qi@acme.example", hold.id)


def test_a_release_says_why_and_happens_once(http: TestClient, ledger: Ledger, signed: Signed) -> None:
    hold, path = held(ledger), "/v1/holds/{}/release"
    qi = signed("qi")
    assert http.post(path.format("h-none"), headers=qi, json={"reason": "r"}).status_code == 404
    assert http.post(path.format(hold.id), headers=qi, json={}).status_code == 422
    assert http.post(path.format(hold.id), headers=qi, json={"reason": " "}).status_code == 409
    assert http.post(path.format(hold.id), headers=qi, json={"reason": "looked"}).status_code == 200
    again = http.post(path.format(hold.id), headers=qi, json={"reason": "looked"})
    assert (again.status_code, again.json()["detail"]) == (409, f"Hold {hold.id} does not stand any more.")


def test_before_policies_are_loaded_nobody_is_known(http: TestClient, service: Service, ledger: Ledger, signed: Signed) -> None:
    from reapers.situation import Situation

    hold = held(ledger)
    service.situation = Situation()
    answer = http.post(f"/v1/holds/{hold.id}/release", headers=signed("qi"), json={"reason": "looked"})
    assert (answer.status_code, "No policies" in answer.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("cause", "guard"),
    [(Cause.SURGE, "surge"), (Cause.REGRETS, "breaker"), (Cause.WIDENED, "widening"), (Cause.VERSION, "version")],
)
def test_a_case_says_what_holds_it(service: Service, ledger: Ledger, cause: Cause, guard: str) -> None:
    held(ledger, cause, matches=3, most="500 resources", was="1", now="2", why="judges otherwise")
    for case in (case_of(), case_of(state=State.DETECTED, told=None)):
        shown = case_json(case, service.standing(), NOW)["next"]
        assert guard in shown["blocked_by"]
    assert shown["verb"] == "notify"


def test_what_is_found_and_not_held_has_no_next_step(service: Service) -> None:
    found: Case = case_of(state=State.DETECTED, told=None)
    assert case_json(found, service.standing(), NOW)["next"] is None


def test_holds_are_counted_by_cause(http: TestClient, ledger: Ledger) -> None:
    held(ledger)
    text = http.get("/metrics").text
    assert 'sexton_holds{reason="regrets"} 1.0' in text
    assert 'sexton_holds{reason="surge"} 0.0' in text


def test_a_hold_that_time_ends_is_not_counted(http: TestClient, ledger: Ledger) -> None:
    opening = Opening(
        cause=Cause.WIDENED,
        subject="p",
        account="1",
        until=NOW - timedelta(hours=1),
        data={"evidence": "e", "new": 1, "matches": 1, "most": ""},
    )
    ledger.holds.open(opening, NOW - timedelta(hours=73))
    assert 'sexton_holds{reason="widened"} 0.0' in http.get("/metrics").text
