"""The JSON Schemas: what editors get, and that our own reading of them is the standard's."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from engine.documents import BUILDERS
from engine.documents.shape import pruned, schema_of, wrongs

UNDERSTOOD = {
    *(
        "$schema",
        "$ref",
        "title",
        "description",
        "examples",
        "type",
        "const",
        "enum",
        "pattern",
        "minLength",
        "minimum",
        "maximum",
    ),
    *(
        "properties",
        "additionalProperties",
        "required",
        "minProperties",
        "maxProperties",
        "items",
        "minItems",
        "maxItems",
        "uniqueItems",
    ),
    *("definitions", "x-missing"),
}
"""Every keyword that engine/documents/shape.py reads, or that says nothing about validity."""

GOOD: Mapping[str, Any] = {
    "Organization": {
        "platform": ["platform"],
        "accounts": [{"match": {"id": "1", "cloud": "aws"}, "environment": "dev", "team": "a", "mode": "stop"}],
        "environments": {"dev": {"approval": {"stop": "owner", "delete": "none"}, "silent_delete": True}},
        "protect": {"tags": ["keep"], "accounts": [], "resources": []},
        "hours": {"days": "mon-thu", "from": "10:00", "to": "16:00", "closed": ["2026-12-20/2027-01-06"]},
        "grace": {"stop": "1bd"},
        "persistence": {"scans": 3, "over": "24h"},
        "limits": {"per_hour": 5, "percent_per_day": 1, "organization": {"per_day": 3}},
        "review": {"resources": 500, "dollars": 10000},
    },
    "Team": {"people": ["a@b.c"], "aliases": ["x"], "slack": "#x", "time_zone": "UTC", "holidays": "DE-BE", "when_silent": ["a"]},
    "Ownership": {"from": [{"tag": ["owner"]}, {"map": "m"}, {"iac": {}}], "counts": ["tag"]},
    "TTL": {"tag": "ttl", "rules": [{"environment": ["a"], "resource": "aws.*", "team": "x", "default": "1d"}]},
    "Reap": {
        "resource": ["aws.ebs_volume"],
        "when": ["a"],
        "after": {"notify": "0d", "stop": "3d", "delete": "9bd"},
        "before_delete": [],
        "approval": {"stop": "none"},
        "mode": "stop",
        "limits": {"per_day": 3},
    },
    "Sizing": {"resource": "gcp.disk", "when": "a", "default": "x", "max": {"vcpus": 2.5}, "allow": ["t3.*"]},
    "Budget": {"team": "a", "monthly": {"amount": "42", "currency": "USD"}, "alert": {"actual": [80]}, "slack": "#a"},
    "SharedCost": {"when": ["a"], "split": "fixed", "shares": {"a": 60, "b": 40}},
    "Exemption": {"of": ["*"], "resource": "x", "when": ["a"], "until": "2026-12-31", "reason": "r"},
    "PolicyTest": {
        "policies": ["a.yaml"],
        "as_of": "2026-11-01T00:00:00Z",
        "resources": [{"kind": "x", "id": "1", "tags": {"a": "b"}, "unknown": ["tags"], "size": 3}],
        "expect": [{"policy": "a", "id": "1", "verdict": "spared", "reason": "exempt"}],
    },
}


def _document(kind: str) -> dict[str, Any]:
    spec = copy.deepcopy(GOOD[kind])
    return {"apiVersion": "sexton/v1", "kind": kind, "metadata": {"name": "x", "owner": "a"}, "spec": spec}


def _schemas(schema: Any) -> Iterator[Mapping[str, Any]]:
    """A schema and every schema in it."""
    yield schema
    for inner in [*schema.get("properties", {}).values(), *schema.get("definitions", {}).values()]:
        yield from _schemas(inner)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _schemas(schema[key])


@pytest.mark.parametrize("kind", BUILDERS)
def test_is_draft_07_and_closed(kind: str) -> None:
    schema = schema_of(kind)
    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert (schema["title"], schema["properties"]["kind"]["const"]) == (kind, kind)
    for inner in _schemas(schema):
        assert set(inner) <= UNDERSTOOD
        if inner.get("type") == "object" and inner.get("properties") and inner["properties"].get("unknown") is None:
            assert inner["additionalProperties"] is False


@pytest.mark.parametrize("kind", BUILDERS)
def test_tells_editors_what_each_part_is(kind: str) -> None:
    schema = schema_of(kind)
    assert schema["description"]
    for definition in schema["definitions"].values():
        assert definition["title"]
    for name, part in schema["properties"]["spec"]["properties"].items():
        resolved = {**schema["definitions"].get(part.get("$ref", "").rsplit("/", 1)[-1], {}), **part}
        assert resolved.get("description") or resolved.get("title") or resolved.get("properties"), name


def test_what_schemas_share_is_the_same_in_all() -> None:
    seen: dict[str, Any] = {}
    for kind in BUILDERS:
        for name, definition in schema_of(kind)["definitions"].items():
            assert seen.setdefault(name, definition) == definition, (kind, name)


def test_there_is_one_for_each_kind_and_no_other() -> None:
    files = {entry.name for entry in resources.files("engine.schema").iterdir() if entry.name.endswith(".json")}
    assert len(files) == len(BUILDERS)
    titles = {json.loads(resources.files("engine.schema").joinpath(name).read_text())["title"] for name in files}
    assert titles == set(BUILDERS)


@pytest.mark.parametrize("kind", BUILDERS)
def test_a_good_document_is_good_by_both(kind: str) -> None:
    document = _document(kind)
    assert wrongs(kind, document) == []
    assert list(Draft7Validator(schema_of(kind)).iter_errors(document)) == []


JUNK = st.sampled_from(
    [None, True, 0, -1, 7, 1000.5, "", "x", "X y", "3d", "2026-01-01", "#a", [], ["x", "x"], [[]], {}, {"x": 1}]
)


def _paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, inner in steps:
        yield from _paths(inner, (*path, step))


def _change(document: Any, path: tuple[Any, ...], how: str, junk: Any) -> Any:
    """The document with one value replaced, one key taken out, or one added."""
    if not path:
        return junk if how == "replace" else document
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    if how == "replace":
        holder[path[-1]] = junk
    elif how == "remove":
        del holder[path[-1]]
    elif isinstance(holder[path[-1]], dict):
        holder[path[-1]]["stranger"] = junk
    elif isinstance(holder[path[-1]], list):
        holder[path[-1]].append(junk)
    return document


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(BUILDERS)), st.data())
def test_our_verdict_is_the_standards(kind: str, data: st.DataObject) -> None:
    document: Any = _document(kind)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(_paths(document))))
        document = _change(
            document, path, data.draw(st.sampled_from(["replace", "remove", "add"])), copy.deepcopy(data.draw(JUNK))
        )
    found = wrongs(kind, document)
    assert bool(found) == bool(list(Draft7Validator(schema_of(kind)).iter_errors(document))), document
    assert all(fault.message and "\n" not in fault.message for fault in found)
    pruned(document, found)


@pytest.mark.parametrize("kind", BUILDERS)
def test_what_is_left_of_a_bad_document_can_be_checked(kind: str) -> None:
    document = _document(kind)
    document["spec"]["stranger"] = {"deep": [1]}
    found = wrongs(kind, document)
    assert [fault.path for fault in found] == [("spec", "stranger")]
    assert pruned(document, found) == _document(kind)
