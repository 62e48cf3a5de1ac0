"""Google's discovery documents, from the installed google-api-python-client: which methods there are and what they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

APIS = ("compute.v1", "cloudresourcemanager.v3", "cloudkms.v1")

ALWAYS = frozenset({"$alt", "$fields", "$prettyPrint"})
"""Query parameters that every API takes beside those that its document lists."""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One API."""

    name: str
    schemas: Mapping[str, Any]
    parameters: frozenset[str]
    """Query parameters of every method: fields, alt, key…"""


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """One method of an API."""

    document: Document
    id: str
    http: str
    segments: tuple[str, ...]
    """The path in parts; variables are in braces, perhaps with a suffix: {projectsId}:getIamPolicy."""
    parameters: Mapping[str, Any]
    request: str
    """The name of the body's schema; empty where there is no body."""
    response: str

    @property
    def verb(self) -> str:
        """list, get, insert, delete…"""
        return self.id.rsplit(".", 1)[1]

    def match(self, parts: tuple[str, ...]) -> dict[str, str] | None:
        """The variables of a path; None when it is another method's."""
        found: dict[str, str] = {}
        for segment, part in zip(self.segments, parts, strict=True):
            if not segment.startswith("{"):
                if segment != part:
                    return None
                continue
            name, _, suffix = segment[1:].partition("}")
            value = part.removesuffix(suffix)
            if not value or (suffix and value == part) or (not suffix and ":" in part):
                return None
            found[name.lstrip("+")] = value
        return found


Routes = Mapping[tuple[str, int], tuple[Method, ...]]
"""Methods by HTTP method and number of path segments, the ones with more fixed segments first."""


@cache
def methods() -> Mapping[str, Method]:
    """Every method of the documents by its id. Cached: the documents never change while we run."""
    return {method.id: method for name in APIS for method in _methods(name)}


@cache
def routes() -> Routes:
    """Every method by the shape of its path."""
    found: dict[tuple[str, int], list[Method]] = {}
    for method in methods().values():
        found.setdefault((method.http, len(method.segments)), []).append(method)
    return {shape: tuple(sorted(group, key=_variables)) for shape, group in found.items()}


def _variables(method: Method) -> int:
    return sum(segment.startswith("{") for segment in method.segments)


def _methods(name: str) -> Iterator[Method]:
    raw = orjson.loads((files("googleapiclient") / "discovery_cache" / "documents" / f"{name}.json").read_bytes())
    document = Document(name, raw["schemas"], frozenset(raw.get("parameters", ())) | ALWAYS)
    return _below(document, raw["servicePath"], raw)


def _below(document: Document, prefix: str, node: Mapping[str, Any]) -> Iterator[Method]:
    for resource in node.get("resources", {}).values():
        for raw in resource.get("methods", {}).values():
            path = prefix + raw.get("flatPath", raw["path"])
            request, response = raw.get("request", {}).get("$ref", ""), raw.get("response", {}).get("$ref", "")
            parameters = raw.get("parameters", {})
            yield Method(document, raw["id"], raw["httpMethod"], tuple(path.split("/")), parameters, request, response)
        yield from _below(document, prefix, resource)
