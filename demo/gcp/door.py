"""Takes a request from the wire to its answer: what Google's document allows, then faults, then the play."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from demo.gcp import disks, instances, keys, lists, machine_images, networks, projects, shared
from demo.gcp.calls import Call, call_of
from demo.gcp.documents import Method, routes
from demo.gcp.estate import ZONES, Estate
from demo.gcp.faults import Faults
from demo.gcp.masks import cut
from demo.gcp.plays import PLAYS
from demo.gcp.refusals import Refusal, Violation, invalid, missing
from demo.gcp.roles import hold
from demo.gcp.schema import Checker, scalar

Hook = Callable[[Call, str], None]
"""Called with each call that is carried out, "before" and "after"."""

_PLAYED = (disks, instances, keys, lists, machine_images, networks, projects, shared)
"""Importing them registers what they play."""


@dataclass(slots=True)
class Door:
    """What stands between the wire and the estate."""

    estate: Estate
    faults: Faults = field(default_factory=Faults)
    hooks: list[Hook] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    """Requests and answers of ours that Google's documents do not allow, and methods that the double does not play."""
    roles: dict[str, frozenset[str]] = field(default_factory=dict)
    """Role -> permissions, as `demo.gcp.roles.roles` makes them. Empty: nobody is held to anything."""
    denied: list[str] = field(default_factory=list)
    """What was refused for want of a permission, as sentences."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def handle(self, http: str, target: str, raw: bytes, *, ours: bool = True, role: str = "") -> tuple[int, dict[str, Any]]:
        """The status and JSON of the answer. Dropped, from a hook, when there is to be none. `ours`: Sexton asks."""
        try:
            return 200, self._answer(http, target, raw, (ours, role))
        except Violation as violation:
            self.violations.append(f"{http} {target}: {violation}")
            return violation.code, violation.body
        except Refusal as refusal:
            return refusal.code, refusal.body

    def _answer(self, http: str, target: str, raw: bytes, who: tuple[bool, str]) -> dict[str, Any]:
        parts = urlsplit(target)
        path = tuple(unquote(part) for part in parts.path.strip("/").split("/"))
        method, found = _matched(http, path)
        query = _query(method, found, parts.query)
        call = replace(call_of(method, found, (query, _body(method, raw)), self.estate.now()), ours=who[0])
        self.calls.append(call)
        if self.roles and call.ours:
            self._hold(call, who[1])
        self._around(call, "before")
        self._fail(call, after=False)
        with self.lock:
            answer = self._played(call, method)
        self._around(call, "after")
        self._fail(call, after=True)
        return answer

    def _hold(self, call: Call, role: str) -> None:
        try:
            hold(call, role, self.roles)
        except Refusal as refusal:
            self.denied.append(f"{call}, as {role or 'nobody'}: {refusal}")
            raise

    def _played(self, call: Call, method: Method) -> dict[str, Any]:
        """The answer, checked against the document like the request was."""
        play = PLAYS.get(method.id)
        if play is None:
            raise Violation(501, "notImplemented", f"{method.id} is in Google's document, but the double does not play it.")
        self.estate.settle()
        _exists(self.estate, call)
        answer = self.estate.repeated(call) or play(self.estate, call)
        try:
            Checker(method.document, method.id, request=False).body(answer, method.response)
        except Violation as violation:
            raise Violation(500, "internalError", f"The double answered {method.id} wrongly: {violation}") from violation
        mask = call.query.get("fields") or call.query.get("$fields")
        answer = cut(answer, mask, method.document, method.response) if mask else answer
        copied: dict[str, Any] = orjson.loads(orjson.dumps(answer))  # it is written after the lock is released
        return copied

    def _around(self, call: Call, when: str) -> None:
        for hook in tuple(self.hooks):
            hook(call, when)

    def _fail(self, call: Call, *, after: bool) -> None:
        fault = self.faults.take(call, after)
        if fault is not None:
            raise fault.refusal(call)


def _matched(http: str, path: tuple[str, ...]) -> tuple[Method, Mapping[str, str]]:
    for method in routes().get((http, len(path)), ()):
        found = method.match(path)
        if found is not None:
            return method, found
    raise Violation(404, "notFound", f"Google's documents know no method for {http} /{'/'.join(path)}.")


def _query(method: Method, found: Mapping[str, str], text: str) -> dict[str, Any]:
    """The checked parameters of a request."""
    query: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        schema = method.parameters.get(name)
        if schema is None and name in method.document.parameters:
            query[name] = value
            continue
        if schema is None or schema["location"] != "query":
            why = f'Unknown name "{name}": Cannot bind query parameter.'
            raise Violation(400, "badRequest", f"Invalid JSON payload received. {why}")
        typed: Any = {"true": True, "false": False}.get(value.lower(), value) if schema["type"] == "boolean" else value
        scalar(typed, schema, name, request=True)
        query[name] = [*query.get(name, []), typed] if schema.get("repeated") else typed
    for name, schema in method.parameters.items():
        if schema["location"] == "query" and schema.get("required") and name not in query:
            raise Violation(400, "required", f"Required parameter: {name}")
        if schema["location"] == "path" and name in found:
            scalar(found[name], schema, name, request=True)
    return query


def _body(method: Method, raw: bytes) -> dict[str, Any]:
    """The checked body of a request, without what only Google writes."""
    try:
        value = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as error:
        raise Violation(400, "parseError", f"Invalid JSON payload received. {error}") from error
    if not method.request:
        if value:
            raise Violation(400, "badRequest", "Invalid JSON payload received. A body is not expected.")
        return {}
    checked: dict[str, Any] = Checker(method.document, method.id, request=True).body(value, method.request)
    return checked


def _exists(estate: Estate, call: Call) -> None:
    """Whether there are such a project and location."""
    if not call.method.startswith("compute."):
        return
    if call.project not in estate.projects:
        raise missing(f"projects/{call.project}")
    scope, _, place = call.scope.partition("/")
    region, _, letter = place.rpartition("-") if scope == "zones" else (place, "", "")
    if place and (region not in ZONES or letter not in ZONES[region]):
        raise invalid(scope.removesuffix("s"), f"'{place}'. Unknown {scope.removesuffix('s')}.")
