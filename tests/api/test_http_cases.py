"""Cases over HTTP: the contract's shapes, and each word that a person can say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.case import Case, Closed, Ending, State
from engine.model import Mode
from engine.schedule import action_of
from makers.doors import NOW, approved, case_of
from reapers.store.ledger import Ledger

CASE = {
    "schema", "id", "key", "name", "team", "owner", "policy", "also", "state", "says", "opened", "commit", "monthly",
    "told", "next", "approval", "kept",
}  # fmt: skip
"""What every Case of CONTRACTS section 6 has."""


def hash_of(case: Case) -> str:
    action = action_of(case)
    assert action
    return action.hash


def test_a_case_has_the_shape_of_the_contract(http: TestClient, signed: Any, waiting: Case) -> None:
    body = http.get(f"/v1/cases/{waiting.id}", headers=signed("zoe", "viewer")).json()
    assert set(body) == CASE | {"history"}
    assert body["schema"] == "sexton/case@1"
    assert body["key"] == "aws.ebs_volume/111122223333/us-east-1/vol-1"
    assert body["monthly"] == {"known": "8.00", "unpriced": 0, "currency": "USD"}
    assert body["opened"] == "2026-10-25T11:00:00Z"
    assert body["told"] == {"at": "2026-10-26T11:00:00Z", "channel": "#payments", "receipt": "C1:1.2"}
    assert body["next"] == {"verb": "delete", "due": "2026-11-10T10:00:00Z", "blocked_by": ["approval"]}
    assert body["approval"] == {
        "action": hash_of(waiting),
        "needs": ["owner"],
        "has": [],
        "approve_by": "2026-11-23T11:00:00Z",
        "execute_by": None,
    }
    assert body["says"] == "to delete; waiting for the yes of owner"
    assert [step["event"] for step in body["history"]] == ["opened"]


def test_an_approval_shows_who_said_yes(http: TestClient, signed: Any, waiting: Case) -> None:
    body = http.post(f"/v1/cases/{waiting.id}/approve", json={"action": hash_of(waiting)}, headers=signed("ann")).json()
    assert body["state"] == "approved"
    assert body["approval"]["has"] == [{"role": "owner", "who": "ann@acme.example", "at": "2026-11-10T11:00:00Z"}]
    assert body["approval"]["needs"] == []
    assert body["next"]["blocked_by"] == []


@pytest.mark.parametrize(
    ("who", "word", "body", "status", "state"),
    [
        ("bo", "approve", {"action": ""}, 403, "awaiting_approval"),
        ("dee", "approve", {"action": ""}, 403, "awaiting_approval"),
        ("ann", "approve", {"action": "0" * 64}, 409, "awaiting_approval"),
        ("ann", "approve", {"action": "", "reason": "unused"}, 200, "approved"),
        ("ann", "reject", {"reason": "in use"}, 200, "closed"),
        ("ann", "reject", None, 200, "closed"),
        ("bo", "reject", {}, 403, "awaiting_approval"),
        ("bo", "keep", {"reason": "needed", "until": "2026-12-24"}, 200, "kept"),
        ("bo", "keep", {}, 409, "awaiting_approval"),
        ("bo", "keep", {"reason": "for ever", "until": "2036-12-24"}, 409, "awaiting_approval"),
        ("dee", "keep", {"reason": "needed"}, 403, "awaiting_approval"),
        ("zoe", "snooze", None, 200, "kept"),
        ("zoe", "snooze", {"until": "2027-12-24"}, 409, "awaiting_approval"),
        ("bo", "not-mine", {"team": "search"}, 200, "notified"),
        ("bo", "not-mine", None, 200, "notified"),
        ("dee", "not-mine", {"team": "search"}, 403, "awaiting_approval"),
        ("ann", "retry", None, 409, "awaiting_approval"),
        ("ann", "restore", None, 409, "awaiting_approval"),
    ],
)
def test_each_word(
    who: str, word: str, body: dict[str, str] | None, status: int, state: str, http: TestClient, signed: Any, waiting: Case
) -> None:
    if body and body.get("action") == "":
        body = {**body, "action": hash_of(waiting)}
    answer = http.post(f"/v1/cases/{waiting.id}/{word}", json=body, headers=signed(who))
    assert answer.status_code == status, answer.text
    assert http.get(f"/v1/cases/{waiting.id}", headers=signed("zoe", "viewer")).json()["state"] == state


def test_a_date_is_the_end_of_that_day(http: TestClient, signed: Any, waiting: Case) -> None:
    body = {"reason": "needed", "until": "2026-12-24"}
    kept = http.post(f"/v1/cases/{waiting.id}/keep", json=body, headers=signed("bo")).json()["kept"]
    assert kept == {"until": "2026-12-25T00:00:00Z", "who": "bo@acme.example", "reason": "needed"}


def test_an_operator_restores_what_was_deleted(http: TestClient, signed: Any, ledger: Ledger) -> None:
    gone = ledger.open(case_of(state=State.DELETED, rung=Mode.DELETE, backed_up=True, undo_until=NOW + timedelta(days=3)), NOW)
    before = http.get(f"/v1/cases/{gone.id}", headers=signed("zoe", "viewer")).json()
    assert before["undo_until"] == "2026-11-13T11:00:00Z"
    assert before["next"] is None
    assert http.post(f"/v1/cases/{gone.id}/restore", headers=signed("zoe", "viewer")).status_code == 403
    assert http.post(f"/v1/cases/{gone.id}/restore", headers=signed("op", "operator")).json()["state"] == "restoring"


def test_a_closed_case_says_why(http: TestClient, signed: Any, ledger: Ledger) -> None:
    done = ledger.open(case_of(state=State.CLOSED, closed=Closed(reason=Ending.VANISHED, at=NOW), managed_by="terraform"), NOW)
    body = http.get(f"/v1/cases/{done.id}", headers=signed("zoe", "viewer")).json()
    assert body["closed"] == {"reason": "vanished", "at": "2026-11-10T11:00:00Z"}
    assert body["managed_by"] == "terraform"
    assert body["approval"] is None


def test_lists_are_filtered_and_paged(http: TestClient, signed: Any, ledger: Ledger) -> None:
    for number in range(5):
        ledger.open(case_of(number, team="search" if number == 4 else "payments", opened=NOW + timedelta(hours=number)), NOW)
    headers = signed("zoe", "viewer")
    first = http.get("/v1/cases?limit=3", headers=headers).json()
    second = http.get("/v1/cases", params={"limit": 3, "cursor": first["next"]}, headers=headers).json()
    assert [len(first["cases"]), len(second["cases"]), second["next"]] == [3, 2, None]
    assert first["schema"] == "sexton/cases@1"
    assert [case["name"] for case in http.get("/v1/cases?team=search", headers=headers).json()["cases"]] == ["data-4"]
    assert http.get("/v1/cases?state=kept", headers=headers).json()["cases"] == []
    assert len(http.get("/v1/cases?due=true", headers=headers).json()["cases"]) == 5
    assert [case["name"] for case in http.get("/v1/cases?find=vol-2", headers=headers).json()["cases"]] == ["data-2"]


def test_the_plan_lists_what_may_be_done_and_what_holds_back_the_rest(http: TestClient, signed: Any, ledger: Ledger) -> None:
    ready = ledger.open(approved(1), NOW)
    early = ledger.open(approved(2, due=NOW + timedelta(days=1)), NOW)
    body = http.get("/v1/plan", headers=signed("zoe", "viewer")).json()
    assert set(body) == {"schema", "hash", "as_of", "commit", "actions", "skipped", "awaiting"}
    (action,) = body["actions"]
    assert set(action) == {"hash", "case", "generation", "key", "born", "fingerprint", "verb", "restore", "terms", "monthly"}
    assert (action["case"], action["hash"], action["born"]) == (ready.id, hash_of(ready), "2026-01-01T00:00:00Z")
    (skipped,) = body["skipped"]
    assert skipped["case"] == early.id
    assert "notice" in skipped["blocked_by"]


def test_there_is_no_plan_without_policies(http: TestClient, signed: Any, app: Any) -> None:
    from reapers.situation import Situation

    app.state.house.service.situation = Situation()
    assert http.get("/v1/plan", headers=signed("zoe", "viewer")).status_code == 503


def test_several_approvals_at_once(http: TestClient, signed: Any, ledger: Ledger) -> None:
    cases = [ledger.open(case_of(number), NOW) for number in (1, 2)]
    body = http.post("/v1/approvals", json={"actions": [*map(hash_of, cases), "0" * 64]}, headers=signed("ann")).json()
    assert body["approved"] == 2
    assert [result["case"] for result in body["results"]] == [cases[0].id, cases[1].id, None]
    assert "No case awaits approval" in body["results"][2]["refused"]


def test_a_plan_that_has_changed_is_not_approved(http: TestClient, signed: Any, ledger: Ledger) -> None:
    headers = signed("ann")
    seen = http.get("/v1/plan", headers=headers).json()["hash"]
    assert http.post("/v1/approvals", json={"plan": seen}, headers=headers).status_code == 200
    ledger.open(approved(), NOW)
    assert http.post("/v1/approvals", json={"plan": seen}, headers=headers).status_code == 409


@pytest.mark.parametrize("body", [{}, {"actions": ["f" * 64], "plan": "f" * 64}, {"actions": []}])
def test_approvals_name_actions_or_a_plan(body: dict[str, Any], http: TestClient, signed: Any) -> None:
    assert http.post("/v1/approvals", json=body, headers=signed("ann")).status_code == 422


def test_freeze_and_unfreeze(http: TestClient, signed: Any, ledger: Ledger) -> None:
    nothing = {"schema": "sexton/freeze@1", "frozen": None, "halts": [], "requests": [], "recovering": False}
    assert http.get("/v1/freeze", headers=signed("zoe", "viewer")).json() == nothing
    frozen = http.post("/v1/freeze", json={"reason": "incident"}, headers=signed("ann")).json()["frozen"]
    assert frozen == {"who": "ann@acme.example", "reason": "incident", "at": "2026-11-10T11:00:00Z"}
    ledger.open(approved(), NOW)
    assert http.get("/v1/plan", headers=signed("ann")).json()["skipped"][0]["blocked_by"] == ["freeze"]
    assert http.delete("/v1/freeze", headers=signed("ann")).status_code == 403
    assert http.delete("/v1/freeze", headers=signed("op", "operator")).json()["frozen"] is None


def test_ids_are_not_guessed_by_pieces(http: TestClient, signed: Any, ledger: Ledger, waiting: Case) -> None:
    """An act needs the one case: a beginning that fits several is refused, and so is an empty one."""
    ledger.open(case_of(2), NOW)
    assert http.post("/v1/cases/c-/snooze", headers=signed("zoe", "viewer")).status_code == 409
    assert http.post("/v1/cases/%20/snooze", headers=signed("zoe", "viewer")).status_code == 404
    assert http.post("/v1/cases/%25/snooze", headers=signed("zoe", "viewer")).status_code == 404
