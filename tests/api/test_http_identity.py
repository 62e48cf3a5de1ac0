"""People sign in with their identity provider's ID token: who they are, what their groups open, and every forgery refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.http.house import House, house_of
from api.identity import Identity, Provider
from api.pipelines import Pipelines, Trusted
from api.settings import load
from api.wiring import the_identity
from engine.case import Case
from engine.schedule import action_of
from engine.teams import Access
from makers.issuer import Issuer, issuing, now, public_pem, unsigned
from reapers.service import Service

Claims = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as running:
        yield running


@pytest.fixture
def house(service: Service, issuer: Issuer) -> House:
    issuer.visits.clear()
    issuer.answer = None
    access = {Access.APPROVER: frozenset({"squad-leads"}), Access.ADMIN: frozenset({"platform-admins"})}
    provider = Provider(issuer=issuer.url, audience="sexton", keys=f"{issuer.url}/keys", access=access)
    trusted = Trusted(forge="github", issuer=issuer.url, audience="sexton", repository_id="74")
    return house_of(service, pipelines=Pipelines([trusted]), identity=Identity(provider))


@pytest.fixture
def claims(issuer: Issuer) -> Claims:
    def said(**changed: Any) -> dict[str, Any]:
        usual = {
            "iss": issuer.url,
            "aud": "sexton",
            "sub": "00u1",
            "iat": now() - 5,
            "exp": now() + 300,
            "email": "Ann@acme.example",
            "email_verified": True,
            "groups": ["squad-leads"],
        }
        return usual | changed

    return said


def approve(http: TestClient, token: str, case: Case) -> Any:
    action = action_of(case)
    assert action is not None
    body = {"action": action.hash, "reason": "OPS-1"}
    return http.post(f"/v1/cases/{case.id}/approve", json=body, headers={"Authorization": f"Bearer {token}"})


def test_an_approval_names_the_person_as_their_provider_knows_them(
    http: TestClient, issuer: Issuer, claims: Claims, waiting: Case, service: Service
) -> None:
    answer = approve(http, issuer.sign(claims()), waiting)
    assert answer.status_code == 200, answer.text
    (given,) = answer.json()["approval"]["has"]
    assert given["who"] == "ann@acme.example"
    kept = service.ledger.case(waiting.id)
    assert kept is not None
    assert kept.agreements[0].subject == f"oidc:{issuer.url}#00u1"


@pytest.mark.parametrize(
    ("groups", "status"),
    [([], 403), (["strangers"], 403), ("squad-leads", 403), (["squad-leads"], 200)],
)
def test_groups_open_what_the_settings_say(
    http: TestClient, issuer: Issuer, claims: Claims, waiting: Case, groups: Any, status: int
) -> None:
    assert approve(http, issuer.sign(claims(groups=groups)), waiting).status_code == status
    read = http.get("/v1/cases", headers={"Authorization": f"Bearer {issuer.sign(claims(groups=groups))}"})
    assert read.status_code == 200


@pytest.mark.parametrize("changed", [{"email_verified": None}, {"email_verified": "true"}, {"email": None}, {"email": "ann"}])
def test_an_address_that_nobody_verified_is_nobodys(
    http: TestClient, issuer: Issuer, claims: Claims, waiting: Case, changed: dict[str, Any]
) -> None:
    answer = approve(http, issuer.sign(claims(**changed)), waiting)
    assert (answer.status_code, "no verified e-mail address" in answer.json()["detail"]) == (403, True)


def test_forgeries_are_refused(http: TestClient, issuer: Issuer, claims: Claims, waiting: Case) -> None:
    said = claims()
    forged = [
        issuer.sign(said, key="somebody"),
        issuer.sign(claims(aud="another")),
        issuer.sign(claims(aud=["sexton", "another"])),
        issuer.sign(claims(exp=now() - 60)),
        issuer.sign(claims(exp=None)),
        issuer.sign(claims(sub=None)),
        issuer.sign(said, headers={"kid": "../../keys"}),
        issuer.sign(said, headers={"kid": "unknown"}),
        unsigned(said, alg="none"),
        unsigned(said, alg="HS256"),
        issuer.sign(claims(iss="http://127.0.0.1:1")),
    ]
    for token in forged:
        assert approve(http, token, waiting).status_code == 401, token
    assert public_pem("forge").decode() not in "".join(issuer.visits)
    assert set(issuer.visits) <= {"/keys"}


def test_a_provider_that_does_not_answer_lets_nobody_in(http: TestClient, issuer: Issuer, claims: Claims, waiting: Case) -> None:
    issuer.answer = b"<html>busy</html>"
    answer = approve(http, issuer.sign(claims()), waiting)
    assert (answer.status_code, "cannot be read, so nobody can be let in" in answer.json()["detail"]) == (503, True)


def test_the_settings_make_one(tmp_path: Any) -> None:
    file = tmp_path / "sexton.yaml"
    file.write_text(
        "auth: {oidc: {issuer: 'https://id.acme.example', audience: sexton, keys: 'https://id.acme.example/keys',"
        " access: {approver: [squad-leads]}}}\n"
    )
    identity = the_identity(load(file))
    assert identity is not None
    assert not identity.knows("a.b.c")
    assert the_identity(load()) is None
