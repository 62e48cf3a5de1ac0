"""Who may use which route: a matrix made from the route table, so that a new route is in it by being there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.routing import Route
from starlette.testclient import TestClient

from api.http.app import DOORS
from api.http.door import Door, Undeclared, check, gate_of
from engine.teams import Access
from makers.doors import NOW, StillClock
from reapers.store.ledger import Ledger

ROLES = [None, *Access]


def ask(http: TestClient, door: Door, headers: dict[str, str]) -> int:
    """The status of a request that is well-formed but about no case there is."""
    path = door.path.replace("{case_id}", "c-nonexistent").replace("{hold_id}", "h-nonexistent")
    body = {"action": "f" * 64, "reason": "r"} if door.path.endswith("/approve") else {"reason": "r"}
    return http.request(door.method, path, headers=headers, json=body if door.method == "POST" else None).status_code


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.method} {door.path}")
@pytest.mark.parametrize("role", ROLES, ids=lambda role: str(role or "nobody"))
def test_every_route_lets_in_exactly_whom_it_declares(door: Door, role: Access | None, http: TestClient, ledger: Ledger) -> None:
    headers = {}
    if role:
        headers["Authorization"] = f"Bearer {ledger.add_token('zoe@acme.example', role, NOW + timedelta(days=1), NOW)}"
    status = ask(http, door, headers)
    if door.access is None:
        assert status not in (401, 403)
    elif role is None:
        assert status == 401
    elif role.covers(door.access):
        assert status not in (401, 403)
    else:
        assert status == 403


def test_what_is_open_to_everybody_is_a_short_list() -> None:
    """A route that becomes public by mistake is noticed here."""
    public = {door.path for door in DOORS if door.access is None}
    assert public == {"/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/slack/actions", "/slack/commands"}


def test_the_matrix_has_every_route_of_the_app(app: FastAPI) -> None:
    routes = {(method, route.path) for route in app.routes if isinstance(route, Route) for method in route.methods or ()}
    assert routes == {(door.method, door.path) for door in DOORS}
    assert all(gate_of(route) for route in app.routes)


def test_the_description_says_who_may_use_what(http: TestClient) -> None:
    described = http.get("/openapi.json").json()["paths"]
    for door in DOORS:
        assert described[door.path][door.method.lower()]["x-access"] == str(door.access or "public")


def test_an_app_with_an_undeclared_route_does_not_start(app: FastAPI) -> None:
    @app.get("/forgotten")
    def forgotten() -> str:
        return "open to the world"

    with pytest.raises(Undeclared, match="/forgotten"):
        check(app)


def test_an_app_with_a_mounted_app_does_not_start(app: FastAPI) -> None:
    app.mount("/elsewhere", FastAPI())
    with pytest.raises(Undeclared, match="/elsewhere"):
        check(app)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "sxt_1_2",
        "Bearer sxt_000000000000_x",
        "Bearer " + "x" * 5000,
        "Bearer sxt__",
        "Bearer é",
    ],
)
def test_what_is_no_token_is_nobody(header: str, http: TestClient) -> None:
    answer = http.get("/v1/cases", headers={b"Authorization": header.encode()} if header else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_ends_and_can_be_revoked(http: TestClient, ledger: Ledger, clock: StillClock) -> None:
    text = ledger.add_token("ann@acme.example", "viewer", NOW + timedelta(days=1), NOW)
    headers = {"Authorization": f"Bearer {text}"}
    assert http.get("/v1/cases", headers=headers).status_code == 200
    clock.at = NOW + timedelta(days=1)
    assert http.get("/v1/cases", headers=headers).status_code == 401
    clock.at = NOW
    ledger.revoke(text.split("_")[1], "pia@acme.example", NOW)
    assert http.get("/v1/cases", headers=headers).status_code == 401
