"""Several approvals at once by the hash of a plan: each action by whoever may, and a plan that has changed approves nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.case import Case, State
from engine.guards import GUARDS, Asked
from engine.plan import awaiting, hash_of
from engine.policy import Approval
from engine.schedule import action_of
from makers.doors import NOW, case_of
from reapers.service import Service
from reapers.store.ledger import Ledger


@pytest.fixture
def cases(ledger: Ledger) -> list[Case]:
    """Two of payments, one of which takes the platform too, and one of search."""
    three = case_of(1), case_of(2, Approval.OWNER_AND_PLATFORM), case_of(3, team="search", owner="search")
    return [ledger.open(case, NOW) for case in three]


def test_what_awaits_approval_is_in_the_plan_with_its_hashes(http: TestClient, signed: Any, cases: list[Case]) -> None:
    body = http.get("/v1/plan", headers=signed("zoe", "viewer")).json()["awaiting"]
    assert [action["case"] for action in body["actions"]] == [case.id for case in cases]
    assert [action["needs"] for action in body["actions"]] == [["owner"], ["owner", "platform"], ["owner"]]
    assert body["hash"] == hash_of(awaiting(cases))
    assert body["teams"] == {"payments": hash_of(awaiting(cases, "payments")), "search": hash_of(awaiting(cases, "search"))}


def test_nothing_awaits(http: TestClient, signed: Any) -> None:
    assert http.get("/v1/plan", headers=signed("zoe", "viewer")).json()["awaiting"] == {
        "hash": None, "actions": [], "teams": {},
    }  # fmt: skip


def test_each_action_is_answered_for_itself(http: TestClient, signed: Any, ledger: Ledger, cases: list[Case]) -> None:
    plan = http.get("/v1/plan", headers=signed("ann")).json()["awaiting"]["hash"]
    body = http.post("/v1/approvals", json={"plan": plan, "reason": "seen"}, headers=signed("ann")).json()
    assert body["approved"] == 2
    refused = {result["case"]: result["refused"] for result in body["results"]}
    assert (refused[cases[0].id], refused[cases[1].id]) == (None, None)
    assert "may not approve" in refused[cases[2].id]
    states = [ledger.case(case.id).state for case in cases]  # type: ignore[union-attr]  # they are there
    assert states == [State.APPROVED, State.AWAITING_APPROVAL, State.AWAITING_APPROVAL]


def test_one_team_s_part_outlives_what_others_change(http: TestClient, signed: Any, ledger: Ledger, cases: list[Case]) -> None:
    seen = http.get("/v1/plan", headers=signed("ann")).json()["awaiting"]
    ledger.open(case_of(4, team="search", owner="search"), NOW)
    whole = http.post("/v1/approvals", json={"plan": seen["hash"]}, headers=signed("ann"))
    assert (whole.status_code, "more awaits approval by now" in whole.json()["detail"]) == (409, True)
    mine = http.post("/v1/approvals", json={"plan": seen["teams"]["payments"]}, headers=signed("ann"))
    assert mine.json()["approved"] == 2


def test_a_changed_plan_says_what_changed(http: TestClient, signed: Any, ledger: Ledger, cases: list[Case]) -> None:
    seen = http.get("/v1/plan", headers=signed("ann")).json()["awaiting"]["hash"]
    ledger.save(cases[0], replace(cases[0], fingerprint="f2"), "drifted", NOW)
    answer = http.post("/v1/approvals", json={"plan": seen}, headers=signed("ann"))
    assert answer.status_code == 409
    assert f"{cases[0].id} changed" in answer.json()["detail"]
    unknown = http.post("/v1/approvals", json={"plan": "0" * 64}, headers=signed("ann"))
    assert (unknown.status_code, "no longer what you saw" in unknown.json()["detail"]) == (409, True)


def test_clicking_twice_agrees_once(http: TestClient, signed: Any, ledger: Ledger, cases: list[Case]) -> None:
    wanted = {"actions": [action.hash for action in awaiting(cases, "payments")]}
    http.post("/v1/approvals", json=wanted, headers=signed("ann"))
    after = [ledger.case(case.id) for case in cases]
    again = http.post("/v1/approvals", json=wanted, headers=signed("ann")).json()
    assert again["approved"] == 0
    assert "already agreed" in again["results"][1]["refused"]
    assert [ledger.case(case.id) for case in cases] == after


def test_a_second_click_on_a_case_says_that_it_was_heard(
    http: TestClient, signed: Any, ledger: Ledger, cases: list[Case]
) -> None:
    (action, *_others) = awaiting(cases)
    path = f"/v1/cases/{cases[0].id}/approve"
    assert http.post(path, json={"action": action.hash}, headers=signed("ann")).status_code == 200
    after = ledger.case(cases[0].id)
    answer = http.post(path, json={"action": action.hash}, headers=signed("ann"))
    assert (answer.status_code, answer.json()["detail"]) == (409, "ann@acme.example has already agreed to this.")
    assert ledger.case(cases[0].id) == after


def test_an_approval_after_a_keep_is_refused(http: TestClient, signed: Any, ledger: Ledger, cases: list[Case]) -> None:
    plan = http.get("/v1/plan", headers=signed("ann")).json()["awaiting"]["hash"]
    http.post(f"/v1/cases/{cases[0].id}/keep", json={"reason": "rollback"}, headers=signed("bo"))
    assert http.post("/v1/approvals", json={"plan": plan}, headers=signed("ann")).status_code == 409
    assert ledger.case(cases[0].id).state is State.KEPT  # type: ignore[union-attr]  # it is there


def test_whoever_left_the_team_between_click_and_act_has_agreed_to_nothing(
    http: TestClient, signed: Any, service: Service, ledger: Ledger, cases: list[Case]
) -> None:
    http.post("/v1/approvals", json={"actions": [awaiting(cases)[0].hash]}, headers=signed("ann"))
    case = ledger.case(cases[0].id)
    standing, policies = service.standing(), service.situation.policies
    assert case
    assert standing
    assert policies
    asked = Asked(case=case, action=action_of(case), standing=standing, usage=standing.usage, now=NOW)
    assert not GUARDS["approval"].blocks(asked)
    left = replace(policies.teams["payments"], approvers=("bo@acme.example",))
    without = replace(standing, policies=replace(policies, teams={**policies.teams, "payments": left}))
    assert GUARDS["approval"].blocks(replace(asked, standing=without))


def test_a_group_of_the_identity_provider_still_counts_at_the_act(service: Service, ledger: Ledger, cases: list[Case]) -> None:
    from engine.case import Agreement
    from engine.people import stands

    policies = service.situation.policies
    assert policies
    grouped = replace(policies.teams["payments"], people=(), approvers=(), group="idp-payments")
    now = replace(policies, teams={**policies.teams, "payments": grouped})
    yes = Agreement(role="owner", who="new@acme.example", at=NOW, action="x", groups=("idp-payments",))
    assert stands(yes, cases[0], now)
    assert not stands(replace(yes, groups=()), cases[0], now)


def test_a_token_s_id_is_in_the_agreement_and_its_secret_is_not(
    http: TestClient, signed: Any, ledger: Ledger, cases: list[Case]
) -> None:
    headers = signed("ann")
    http.post("/v1/approvals", json={"actions": [awaiting(cases)[0].hash]}, headers=headers)
    case = ledger.case(cases[0].id)
    assert case
    _sxt, id, secret = headers["Authorization"].removeprefix("Bearer ").split("_", 2)
    assert case.agreements[0].subject == f"token:{id}"
    assert secret not in str(ledger.history(case.id))


def test_one_human_with_two_addresses_fills_one_role(service: Service, ledger: Ledger) -> None:
    """The identity provider knows them as one (S4)."""
    from engine import people
    from engine.case import Agreement
    from engine.people import Refusal
    from makers.doors import person_of

    policies, case = service.situation.policies, case_of(1, Approval.OWNER_AND_PLATFORM)
    action = action_of(case)
    assert policies
    assert action
    known = "oidc:https://id.example#42"
    yes = Agreement(role="owner", who="ann@acme.example", at=NOW, action=action.hash, subject=known)
    agreed = replace(case, agreements=(yes,))
    again = people.approval(replace(person_of("pia"), subject=known), agreed, action, policies)
    assert isinstance(again, Refusal)
    assert "already agreed" in again.sentence
    assert people.approval(person_of("pia"), agreed, action, policies) == "platform"
