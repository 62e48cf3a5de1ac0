"""Reserved IP addresses, regional and global."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Verb
from engine.money import FREE, HOURS_PER_MONTH, Money, PriceBook
from reapers.kind import Act, Kind, Order, Partial, Scope
from reapers.kinds import gcp_condemn
from reapers.kinds.gcp_orders import deleted, path, send
from reapers.kinds.gcp_places import GLOBAL, LARGEST_PAGE, aggregated, linked, location, short
from reapers.kinds.reading import as_read, moment, present

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

NAME = "gcp.address"
SOURCE = "compute.addresses.aggregatedList"
GUARDED = ("address", "purpose", "tags", "type")

READ = (
    "id", "name", "creationTimestamp", "status", "address", "addressType", "purpose", "networkTier", "ipVersion", "users",
    "labels", "description", "region",
)  # fmt: skip

READS = frozenset({
    "compute.addresses.list", "compute.addresses.get", "compute.globalAddresses.list", "compute.globalAddresses.get",
    "compute.regionOperations.list", "compute.globalOperations.list",
})  # fmt: skip

FIELDS = {
    "state": Field(type="string", enum=("RESERVING", "RESERVED", "IN_USE"), doc="RESERVED: nothing uses it"),
    "in_use": Field(type="bool", doc="something uses it"),
    "used_by": Field(type="string", optional=True, doc="what uses it, as location/name, separated by blanks"),
    "used_by_instances": Field(type="string", optional=True, doc="those of them that are instances"),
    "address": Field(type="string", optional=True, doc="the address itself; a range has its first"),
    "type": Field(type="string", enum=("EXTERNAL", "INTERNAL"), doc="only external ones are billed"),
    "purpose": Field(type="string", optional=True, doc="what it is for: GCE_ENDPOINT, VPC_PEERING, NAT_AUTO…"),
    "tier": Field(type="string", optional=True, doc="PREMIUM or STANDARD"),
    "version": Field(type="string", enum=("IPV4", "IPV6"), doc="IP version"),
    "description": Field(type="string", optional=True, doc="what people or programs wrote"),
}


def parse(cell: GCPCell, raw: Mapping[str, Any]) -> Resource:
    """An item of addresses.aggregatedList or globalAddresses.list. What Google leaves out of these is empty."""
    users = raw.get("users", [])
    resource = Resource(
        key=Key(NAME, cell.account, location(raw), raw["name"], str(raw["id"])),
        name=raw["name"],
        created=moment(raw["creationTimestamp"]),
        tags=dict(raw.get("labels", {})),
        fields=present({
            "state": raw["status"],
            "in_use": raw["status"] == "IN_USE" or bool(users),
            "used_by": short(users),
            "used_by_instances": short([link for link in users if "/instances/" in link]),
            "address": raw.get("address"),
            "type": raw.get("addressType", "EXTERNAL"),
            "purpose": raw.get("purpose"),
            "tier": raw.get("networkTier"),
            "version": raw.get("ipVersion", "IPV4"),
            "description": raw.get("description") or None,
        }),
        seen_at=cell.now,
    )  # fmt: skip
    return as_read(resource, SOURCE, GUARDED)


def list_addresses(cell: GCPCell) -> Iterator[Resource]:
    """Every address of the project: global ones have a list of their own. Partial where a region did not answer."""
    for page in cell.pages("global/addresses", maxResults=LARGEST_PAGE, fields=f"items({','.join(READ)}),nextPageToken,warning"):
        for raw in page.get("items", ()):
            yield parse(cell, raw)
    try:
        for raw in aggregated(cell, NAME, "addresses", READ):
            if location(raw) != GLOBAL:
                yield parse(cell, raw)
    except Partial as partial:
        gaps = [gap for gap in partial.gaps if gap.region != GLOBAL]
        if gaps:
            raise Partial(gaps) from partial


def get(cell: GCPCell, key: Key) -> Resource | Gone:
    """One address by its name and location."""
    raw = cell.find(path(key))
    return Gone(cell.now) if raw is None else parse(cell, raw)


def links(resource: Resource) -> tuple[Key, ...]:
    """The instances that use it."""
    return linked("gcp.instance", resource.key.account, str(resource.fields.get("used_by_instances", "")))


def price(resource: Resource, book: PriceBook) -> Money:
    """Internal addresses and those of load balancers are free; idle ones cost more than those of an instance."""
    if resource.fields["type"] == "INTERNAL":
        return FREE
    if resource.fields["version"] == "IPV6":
        return Money.unknown("no list price for reserved IPv6 addresses")
    if resource.fields["in_use"] and "used_by_instances" not in resource.fields:
        return FREE
    item = "address/in-use/hour" if resource.fields["in_use"] else "address/unused/hour"
    return book.monthly("gcp", resource.key.region, {item: HOURS_PER_MONTH})


def delete(cell: GCPCell, order: Order) -> dict[str, Any]:
    """Google refuses it (resourceInUseByAnotherResource) while anything uses it. The address cannot be had again."""
    return send(cell, order, "GlobalAddresses" if order.key.region == GLOBAL else "Addresses", "delete", "address")


KIND = Kind(
    name=NAME,
    title="IP address",
    scope=Scope.ACCOUNT,
    fields=FIELDS,
    list=list_addresses,
    get=get,
    facts={"unused": lambda resource: not resource.fields["in_use"]},
    links=links,
    hangs_on=frozenset({"gcp.instance"}),
    fingerprint=GUARDED,
    acts={**gcp_condemn.LABELS, Verb.DELETE: Act(do=delete, check=deleted)},
    needs={
        Role.SCAN: READS,
        Role.CONDEMN: READS | {"compute.addresses.setLabels", "compute.globalAddresses.setLabels"},
        Role.DELETE: READS | {"compute.addresses.delete", "compute.globalAddresses.delete"},
    },
    untied=gcp_condemn.UNTIED,
    price=price,
    parse=parse,
    example={
        "id": "2718281828459045235",
        "name": "old-frontend",
        "creationTimestamp": "2026-02-03T04:05:06.789-08:00",
        "status": "RESERVED",
        "address": "203.0.113.7",
        "addressType": "EXTERNAL",
        "networkTier": "PREMIUM",
        "region": "https://www.googleapis.com/compute/v1/projects/acme-dev/regions/us-central1",
        "selfLink": "https://www.googleapis.com/compute/v1/projects/acme-dev/regions/us-central1/addresses/old-frontend",
        "labels": {"owner": "payments"},
        "labelFingerprint": "42WmSpB8rSM=",
    },
)  # fmt: skip
