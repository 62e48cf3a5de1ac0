"""Every error is a problem with a sentence and an id; every answer carries the headers that keep browsers safe."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.http import problems
from api.http.door import Door, hang
from engine.case import Case
from reapers.store import LedgerUnavailable, Stale


def is_problem(answer: Any, status: int) -> dict[str, Any]:
    """The body of a problem, once its shape is right."""
    body: dict[str, Any] = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail", "request_id"}
    assert body["status"] == status
    assert body["detail"].endswith((".", "lists them."))
    assert body["request_id"] == answer.headers["x-request-id"]
    has_safe_headers(answer)
    return body


def has_safe_headers(answer: Any) -> None:
    for name, value in problems.HEADERS.items():
        assert answer.headers[name] == value
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/nowhere", 404, "There is nothing at /nowhere"),
        ("GET", "/v1/cases/c-1/", 404, "There is nothing"),
        ("PUT", "/v1/cases", 405, "does not take PUT"),
        ("DELETE", "/healthz", 405, "does not take DELETE"),
        ("GET", "/v1/cases/c-nonexistent", 404, "There is no case 'c-nonexistent'"),
        ("GET", "/v1/cases?state=nonsense", 422, "state: input should be"),
        ("GET", "/v1/cases?limit=0", 422, "limit:"),
        ("GET", "/v1/cases?unknown=1", 422, "unknown: extra inputs"),
        ("GET", "/v1/cases?cursor=nonsense", 422, "cursor:"),
        ("GET", "/v1/findings", 503, "There is no inventory yet"),
        ("GET", "/v1/inventory", 503, "There is no inventory yet"),
        ("DELETE", "/v1/freeze", 409, "Nothing is frozen"),
    ],
)
def test_errors_are_problems(method: str, path: str, status: int, says: str, http: TestClient, signed: Any) -> None:
    body = is_problem(http.request(method, path, headers=signed("zoe", "admin")), status)
    assert says in body["detail"]


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("approve", {}, "action: field required"),
        ("approve", {"action": "short"}, "action:"),
        ("approve", {"action": "z" * 64}, "action:"),
        ("approve", {"action": "f" * 64, "force": True}, "force: extra inputs"),
        ("keep", {"until": "tomorrow"}, "until: expected a date"),
        ("keep", {"until": "2026-12-01T10:00:00"}, "until: a time needs a zone"),
        ("keep", {"until": 5}, "until: expected a date"),
        ("keep", {"until": "9999-12-31"}, "until: that is too far off"),
        ("snooze", {"reason": "x" * 501}, "reason:"),
        ("not-mine", {"team": 7}, "team:"),
        ("reject", [], "input should be"),
    ],
)
def test_bodies_are_checked(path: str, body: object, says: str, http: TestClient, signed: Any, waiting: Case) -> None:
    answer = http.post(f"/v1/cases/{waiting.id}/{path}", json=body, headers=signed("ann", "admin"))
    assert says in is_problem(answer, 422)["detail"]


def test_a_body_that_is_no_json_is_a_problem(http: TestClient, signed: Any, waiting: Case) -> None:
    is_problem(http.post(f"/v1/cases/{waiting.id}/keep", content=b"{", headers=signed("ann")), 422)


def test_a_value_that_is_wrong_is_not_repeated(http: TestClient, signed: Any, waiting: Case) -> None:
    """It may be a secret in the wrong field."""
    answer = http.post(f"/v1/cases/{waiting.id}/approve", json={"action": "xoxb-secret-canary"}, headers=signed("ann"))
    assert "canary" not in answer.text


def test_a_large_body_is_refused_before_it_is_read(http: TestClient, signed: Any, waiting: Case) -> None:
    is_problem(http.post(f"/v1/cases/{waiting.id}/keep", content=b" " * 200_000, headers=signed("ann")), 413)


def test_a_large_body_without_a_length_is_refused_too(http: TestClient, signed: Any, waiting: Case) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 1000

    is_problem(http.post(f"/v1/cases/{waiting.id}/keep", content=pieces(), headers=signed("ann")), 413)
    is_problem(http.post("/slack/actions", content=pieces()), 413)


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (LedgerUnavailable("the ledger x is locked"), 503, "The ledger x is locked."),
        (Stale("c-1"), 409, "Look at it again."),
    ],
)
def test_what_the_ledger_cannot_do_is_said(error: Exception, status: int, says: str, app: FastAPI) -> None:
    def fail() -> None:
        raise error

    hang(app, [Door(method="GET", path="/fail", access=None, answer=fail)])
    body = is_problem(TestClient(app, raise_server_exceptions=False).get("/fail"), status)
    assert says in body["detail"]


def test_a_bug_tells_nothing_but_where_to_look(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("postgresql://sexton:canary@db/sexton")

    hang(app, [Door(method="GET", path="/fail", access=None, answer=fail)])
    with caplog.at_level(logging.ERROR):
        answer = TestClient(app, raise_server_exceptions=False).get("/fail")
    body = is_problem(answer, 500)
    assert "canary" not in answer.text
    assert body["request_id"] in body["detail"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_answers_carry_the_headers(path: str, http: TestClient) -> None:
    answer = http.get(path, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    has_safe_headers(answer)


def test_another_site_may_ask_nothing(http: TestClient) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    is_problem(http.options("/v1/freeze", headers=headers), 405)


def test_no_page_of_the_framework_loads_from_elsewhere(http: TestClient) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        is_problem(http.get(path), 404)


def test_the_front_page_shows_how_things_stand_and_loads_nothing(http: TestClient) -> None:
    page = http.get("/").text
    assert "<script" not in page
    assert "src=" not in page
    assert "<dt>Frozen</dt><dd>no</dd>" in page


def test_not_ready_before_policies(http: TestClient, app: FastAPI) -> None:
    from reapers.situation import HeadState, Situation

    app.state.house.service.situation = Situation(head=HeadState(error="The host git.example does not answer."))
    assert "git.example" in is_problem(http.get("/readyz"), 503)["detail"]
    assert http.get("/healthz").text == "ok\n"
