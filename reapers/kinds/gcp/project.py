"""Projects themselves. They are only reported: deleting one takes everything in it along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Mode, Resource, Role
from engine.money import FREE, Money, PriceBook
from reapers.kind import Kind, Scope
from reapers.kinds.gcp_places import GLOBAL, last
from reapers.kinds.reading import as_read, moment, present

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

NAME = "gcp.project"
SOURCE = "cloudresourcemanager.projects.get"
GUARDED = ("parent", "tags")

FIELDS = {
    "state": Field(type="string", enum=("ACTIVE", "DELETE_REQUESTED"), doc="DELETE_REQUESTED can be undone for 30 days"),
    "display_name": Field(type="string", optional=True, doc="the name that people gave it"),
    "number": Field(type="string", doc="the project's number, which is never given again"),
    "parent": Field(type="string", optional=True, doc="the folder or organization that it is in: folders/1"),
}


def parse(cell: GCPCell, raw: Mapping[str, Any]) -> Resource:
    """An answer of projects.get. What Google leaves out of it is empty."""
    number = last(raw["name"])
    resource = Resource(
        key=Key(NAME, cell.account, GLOBAL, raw["projectId"], number),
        name=raw.get("displayName") or raw["projectId"],
        created=moment(raw["createTime"]),
        tags=dict(raw.get("labels", {})),
        fields=present({
            "state": raw["state"],
            "display_name": raw.get("displayName") or None,
            "number": number,
            "parent": raw.get("parent") or None,
        }),
        seen_at=cell.now,
    )  # fmt: skip
    return as_read(resource, SOURCE, GUARDED)


def list_projects(cell: GCPCell) -> Iterator[Resource]:
    """The cell's own project. Refused when it cannot be seen: Resource Manager does not tell denied from absent."""
    yield parse(cell, cell.get(f"v3/projects/{cell.account}"))


def get(cell: GCPCell, key: Key) -> Resource | Gone:
    """The cell's own project again, the only one that its account can hold; one whose deletion was requested is still there."""
    if key.id != cell.account:
        return Gone(cell.now)
    return parse(cell, cell.get(f"v3/projects/{key.id}"))


def price(resource: Resource, book: PriceBook) -> Money:  # noqa: ARG001 - every kind has the same signature
    """A project costs nothing; what is in it does."""
    return FREE


KIND = Kind(
    name=NAME,
    title="Google Cloud project",
    scope=Scope.ACCOUNT,
    fields=FIELDS,
    list=list_projects,
    get=get,
    fingerprint=GUARDED,
    needs={Role.SCAN: frozenset({"resourcemanager.projects.get"})},
    max_mode=Mode.NOTIFY,
    untied="it is never deleted: projects are only reported",
    price=price,
    parse=parse,
    example={
        "name": "projects/415104041262",
        "projectId": "acme-dev",
        "displayName": "Acme development",
        "parent": "folders/1001",
        "state": "ACTIVE",
        "createTime": "2025-02-03T04:05:06.789Z",
        "updateTime": "2025-02-03T04:05:06.789Z",
        "etag": 'W/"8d2f6c1a"',
        "labels": {"owner": "payments"},
    },
)  # fmt: skip
