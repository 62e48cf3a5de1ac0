"""Every error as application/problem+json (RFC 9457), with the id under which the log has it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from engine.wording import clean
from reapers.desk import NoSuchCase, Refused
from reapers.store.errors import LedgerUnavailable, Stale

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer: nothing is cached, framed, sniffed or loaded from elsewhere. No CORS: other sites' pages get nothing."""


def new_id() -> str:
    """An id for one request."""
    return uuid.uuid4().hex


def problem(status: int, detail: str, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """One error. `detail` is a sentence for the person who asked."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": request_id,
    }
    said = {**HEADERS, **(headers or {}), "X-Request-Id": request_id}
    return JSONResponse(body, status, said, media_type="application/problem+json")


def _id_of(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id") or new_id())


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else _plain(error.status_code, request)
    return problem(error.status_code, detail, _id_of(request), error.headers)


def _plain(status: int, request: Request) -> str:
    path = clean(request.url.path)
    if status == HTTPStatus.NOT_FOUND:
        return f"There is nothing at {path}; /openapi.json lists what there is."
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{path} does not take {clean(request.method)}."
    return f"{HTTPStatus(status).phrase}."


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = [_one(problem["loc"], problem["msg"]) for problem in error.errors()]
    return problem(422, "; ".join(told) + ".", _id_of(request))


def _one(place: Sequence[Any], message: str) -> str:
    """Never the value itself: it may be a secret in the wrong field."""
    where = ".".join(str(part) for part in place[1:] if isinstance(part, str)) or str(place[0])
    said = message.removeprefix("Value error, ")
    return clean(f"{where}: {said[:1].lower()}{said[1:]}")


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(403 if error.forbidden else 409, str(error), _id_of(request))


def _no_such_case(request: Request, error: Exception) -> Response:
    return problem(404, str(error), _id_of(request))


def _stale(request: Request, error: Exception) -> Response:
    return problem(409, f"{_sentence(error)} Look at it again.", _id_of(request))


def _unavailable(request: Request, error: Exception) -> Response:
    return problem(503, _sentence(error), _id_of(request), {"Retry-After": "5"})


def _bug(request: Request, _error: Exception) -> Response:
    request_id = _id_of(request)
    return problem(500, f"Sexton met an error it does not know; the log has it under {request_id}.", request_id)


def _sentence(error: Exception) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."


def answer_errors(app: FastAPI) -> None:
    """Give every sort of error its answer."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(NoSuchCase, _no_such_case)
    app.add_exception_handler(Stale, _stale)
    app.add_exception_handler(LedgerUnavailable, _unavailable)
    app.add_exception_handler(Exception, _bug)
