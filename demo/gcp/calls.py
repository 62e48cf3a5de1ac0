"""What a request asks: method, project, location, resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.gcp.documents import Method

READS = ("get", "list", "aggregatedList", "search", "getIamPolicy", "testIamPermissions")

VERBS = {"aggregatedList": "list", "insert": "create", "search": "get"}
"""Methods whose IAM permission has another name (Google's IAM permissions reference)."""
NOUNS = {"regionDisks": "disks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `method` is Google's own id for it, for instance compute.disks.delete."""

    method: str
    at: datetime
    project: str = ""
    location: str = ""
    """A zone, a region or `global`; empty for aggregated lists and for Resource Manager."""
    collection: str = ""
    """disks, instances…: the resource's place in the path, which regional and zonal ones share."""
    name: str = ""
    path: str = ""
    """Cloud KMS: the resource's whole name."""
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    ours: bool = True
    """Whether Sexton made it, and not somebody of the story (`LocalGCP.ask`)."""

    @property
    def mutating(self) -> bool:
        """Whether it changes something."""
        return self.method.rsplit(".", 1)[1] not in READS

    @property
    def iam(self) -> str:
        """The IAM permission that Google checks first for it."""
        api, *_, noun, verb = self.method.split(".")
        family = {"cloudresourcemanager": "resourcemanager"}.get(api, api)
        return f"{family}.{NOUNS.get(noun, noun)}.{VERBS.get(verb, verb)}"

    @property
    def scope(self) -> str:
        """The location as paths have it: zones/us-central1-a."""
        return scope_of(self.location)

    def __str__(self) -> str:
        return f"{self.method} {self.location}/{self.name} of {self.project}"


def scope_of(location: str) -> str:
    """us-central1-a -> zones/us-central1-a, us-central1 -> regions/us-central1, global."""
    if location in ("global", ""):
        return location
    return f"zones/{location}" if location.count("-") > 1 else f"regions/{location}"


def call_of(method: Method, found: Mapping[str, str], asked: tuple[Mapping[str, Any], Mapping[str, Any]], at: datetime) -> Call:
    """The call that a request makes, from the variables of its path and its checked (query, body)."""
    query, body = asked
    if method.id.startswith("cloudkms."):
        parts = (found[part.strip("{}")] if part.startswith("{") else part for part in method.segments[1:])
        return Call(method=method.id, at=at, project=found["projectsId"], path="/".join(parts), query=query, body=body)
    if not method.id.startswith("compute."):
        name = next(iter(found.values()), "")
        return Call(method=method.id, at=at, project=name if "projectsId" in found else "", name=name, query=query, body=body)
    below = method.segments[4:]  # compute/v1/projects/{project}
    here = found.get("zone") or found.get("region") or ("global" if below[:1] == ("global",) else "")
    skipped = 2 if "zone" in found or "region" in found else int(below[:1] in (("global",), ("aggregated",)))
    rest = below[skipped:]
    name = found[rest[1].strip("{}")] if len(rest) > 1 and rest[1].startswith("{") else ""
    collection = rest[0] if rest else ""
    return Call(
        method=method.id, at=at, project=found["project"], location=here, collection=collection, name=name, query=query, body=body
    )
