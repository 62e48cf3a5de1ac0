"""What takes two people: unfreezing where production may be acted upon, and going on after the ledger was restored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.http.house import House
from engine.model import Mode
from engine.pairs import LOCAL, takes_two
from engine.policy import AccountRow, PolicySet
from engine.teams import Access, Person
from makers.doors import NOW, StillClock, person_of
from reapers.lifting import LASTS
from reapers.recovery import BEHIND, RECOVERING
from reapers.refused import Refused
from reapers.service import Service
from reapers.store.ledger import Ledger

PIA, QI = (person_of(name, Access.OPERATOR) for name in ("pia", "qi"))


def with_rows(policies: PolicySet, *rows: AccountRow) -> PolicySet:
    return replace(policies, organization=replace(policies.organization, accounts=rows))


@pytest.fixture
def production(service: Service, policies: PolicySet) -> None:
    """The service acts in production."""
    row = AccountRow(match={"id": "444455556666"}, environment="prod", mode=Mode.DELETE)
    service.situation = replace(service.situation, policies=with_rows(policies, row))


@pytest.mark.parametrize(
    ("row", "two"),
    [
        (AccountRow(match={}, environment="prod", mode=Mode.DELETE), True),
        (AccountRow(match={}, environment="Production-eu", mode=Mode.STOP), True),
        (AccountRow(match={}, environment="prod", mode=Mode.NOTIFY), False),
        (AccountRow(match={}, environment="dev", mode=Mode.DELETE), False),
        (AccountRow(match={}, environment="", mode=Mode.DELETE), True),
    ],
)
def test_where_it_takes_two(row: AccountRow, two: bool, policies: PolicySet) -> None:
    assert takes_two(with_rows(policies, row)) is two
    assert takes_two(None), "nobody knows yet"


def test_one_asks_and_another_lifts(house: House, ledger: Ledger, production: None) -> None:
    desk = house.desk
    desk.freeze(person_of("ann"), "incident")
    asked = desk.unfreeze(PIA, "it is over")
    assert asked
    assert (asked.who, asked.reason, asked.until) == (PIA.email, "it is over", NOW + LASTS)
    assert desk.unfreeze(PIA) == asked, "saying it twice is saying it once"
    assert ledger.frozen()
    assert desk.unfreeze(QI) is None
    assert ledger.frozen() is None
    assert [row.event for row in ledger.audit_rows()] == ["frozen", "asked", "agreed", "unfrozen"]


def test_two_tokens_of_one_person_are_one_person(http: TestClient, signed: Any, ledger: Ledger, production: None) -> None:
    ledger.freeze("ann@acme.example", "incident", NOW)
    for _ in range(2):
        body = http.delete("/v1/freeze", headers=signed("pia", "operator")).json()
    assert [request["who"] for request in body["requests"]] == ["pia@acme.example"]
    assert http.delete("/v1/freeze", headers=signed("PIA", "admin")).json()["frozen"], "however the address is written"
    body = http.delete("/v1/freeze?reason=over", headers=signed("qi", "operator")).json()
    assert (body["frozen"], body["requests"]) == (None, [])


def test_one_person_of_the_identity_provider_under_two_addresses_is_one(house: House, ledger: Ledger, production: None) -> None:
    house.desk.freeze(person_of("ann"), "incident")
    for name in ("pia", "pia.new"):
        assert house.desk.unfreeze(replace(person_of(name, Access.OPERATOR), subject="oidc:https://id.example#42"))
    assert ledger.frozen()


def test_the_freezer_is_not_alone(house: House, ledger: Ledger, production: None) -> None:
    house.desk.freeze(PIA, "my mistake")
    assert house.desk.unfreeze(PIA)
    assert ledger.frozen()


def test_whoever_is_on_the_machine_is_no_second_person(house: House, ledger: Ledger, production: None) -> None:
    ledger.freeze("ann@acme.example", "incident", NOW)
    house.desk.unfreeze(PIA)
    with pytest.raises(Refused, match="two people with names"):
        house.desk.unfreeze(Person(email=LOCAL, access=Access.OPERATOR))
    assert ledger.frozen()


def test_a_request_is_of_one_freeze_and_of_one_day(house: House, ledger: Ledger, clock: StillClock, production: None) -> None:
    house.desk.freeze(person_of("ann"), "incident")
    house.desk.unfreeze(PIA)
    clock.sleep(60)
    house.desk.freeze(person_of("ann"), "another incident")
    assert house.desk.unfreeze(QI), "it was asked of the freeze before"
    assert ledger.frozen()
    clock.sleep(LASTS.total_seconds())
    assert house.desk.unfreeze(PIA), "the request has run out"
    assert ledger.frozen()


def test_what_slack_says_only_asks(house: House, ledger: Ledger, production: None) -> None:
    house.desk.freeze(person_of("ann"), "incident")
    assert house.desk.unfreeze(PIA)
    assert house.desk.unfreeze(QI, only_asks=True), "and agrees to nothing"
    assert ledger.frozen()


def test_where_nothing_acts_in_production_one_is_enough(house: House, ledger: Ledger) -> None:
    house.desk.freeze(person_of("ann"), "incident")
    assert house.desk.unfreeze(PIA) is None
    assert ledger.frozen() is None


# --- after a restore ------------------------------------------------------------------------------------------------------


def test_a_ledger_that_froze_itself_is_not_simply_unfrozen(house: House, ledger: Ledger) -> None:
    ledger.freeze("sexton", f"{BEHIND}: it ends at row 3", NOW)
    with pytest.raises(Refused, match="sexton recover"):
        house.desk.unfreeze(PIA)


def test_recovering_takes_a_freeze_and_two_people(
    http: TestClient, signed: Any, ledger: Ledger, production: None, clock: StillClock
) -> None:
    headers = signed("pia", "operator"), signed("qi", "operator")
    answer = http.post("/v1/recover", json={}, headers=headers[0])
    assert (answer.status_code, "sexton freeze" in answer.json()["detail"]) == (409, True)
    ledger.freeze("ann@acme.example", "the database was restored", NOW)
    assert http.post("/v1/recover", json={}, headers=signed("ann")).status_code == 403
    asked = http.post("/v1/recover", json={"reason": "disk 3"}, headers=headers[0]).json()
    assert ([one["what"] for one in asked["requests"]], asked["recovering"]) == (["recover"], False)
    assert http.delete("/v1/freeze", headers=headers[1]).json()["frozen"], "to agree to another thing is not to agree to this"
    assert not ledger.get(RECOVERING)
    agreed = http.post("/v1/recover", json={}, headers=headers[1]).json()
    assert (agreed["recovering"], bool(agreed["frozen"])) == (True, True), "the next rounds carry it out"
    assert http.post("/v1/recover", json={}, headers=headers[0]).status_code == 409
    clock.sleep(timedelta(days=2).total_seconds())
    assert ledger.get(RECOVERING), "what was agreed to does not run out"
