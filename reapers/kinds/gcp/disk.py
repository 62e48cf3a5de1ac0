"""Persistent disks and Hyperdisks, zonal and regional."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Verb
from engine.money import Money, PriceBook
from reapers.clouds.gcp_errors import Misplaced
from reapers.kind import Act, Kind, Order, Progress, Scope
from reapers.kinds import gcp_condemn
from reapers.kinds.gcp_labels import made_by, restored_labels
from reapers.kinds.gcp_orders import deleted, expected, path, request_id, same_life, send
from reapers.kinds.gcp_places import aggregated, at, is_zone, last, linked, location, region_of, short, within
from reapers.kinds.gcp_snapshots import NEEDS, key_of, progress, take, taken
from reapers.kinds.progress import sent, unchanged
from reapers.kinds.reading import as_read, moment, present

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

NAME = "gcp.disk"
SOURCE = "compute.disks.aggregatedList"
GUARDED = ("attached_to", "kms_key", "last_attached", "size_gb", "tags", "type")

READ = (
    "id", "name", "creationTimestamp", "status", "sizeGb", "type", "users", "labels", "description", "zone", "region",
    "lastAttachTimestamp", "lastDetachTimestamp", "sourceImage", "sourceSnapshot", "resourcePolicies", "asyncPrimaryDisk",
    "asyncSecondaryDisks", "diskEncryptionKey",
)  # fmt: skip

READS = frozenset({
    "compute.disks.list", "compute.disks.get", "compute.snapshots.list", "compute.zoneOperations.list",
    "compute.regionOperations.list",
})  # fmt: skip

KUBERNETES = "kubernetes.io/created-for"
"""In the description of volumes that a cluster made: JSON that names the claim (GKE's persistent disk driver)."""

FIELDS = {
    "state": Field(
        type="string",
        enum=("CREATING", "RESTORING", "READY", "FAILED", "DELETING", "UNAVAILABLE"),
        doc="READY says nothing of use: see attached",
    ),
    "attached": Field(type="bool", doc="attached to an instance, running or not"),
    "attached_to": Field(type="string", optional=True, doc="the instances, as zone/name, separated by blanks"),
    "last_attached": Field(type="string", optional=True, doc="when it was last attached, RFC 3339, UTC"),
    "never_attached": Field(type="bool", doc="was never attached to anything"),
    "size_gb": Field(type="int", unit="GB", doc="provisioned size"),
    "type": Field(type="string", doc="pd-standard, pd-balanced, pd-ssd, hyperdisk-balanced…"),
    "regional": Field(type="bool", doc="replicated over two zones, and paid for twice"),
    "from_image": Field(type="string", optional=True, doc="name of the image it was made from"),
    "from_snapshot": Field(type="string", optional=True, doc="name of the snapshot it was made from, which may be gone"),
    "scheduled": Field(type="bool", doc="a resource policy, such as a snapshot schedule, is attached"),
    "replicates": Field(type="bool", doc="part of an asynchronous replication: a secondary is meant to be detached"),
    "kms_key": Field(type="string", optional=True, doc="the customer's own key"),
    "kubernetes": Field(type="bool", doc="made for a Kubernetes volume claim, says its description"),
    "created_by": Field(type="string", optional=True, doc="what keeps it: Kubernetes for a volume claim, or a disk replication"),
    "description": Field(type="string", optional=True, doc="what people or programs wrote"),
}


def parse(cell: GCPCell, raw: Mapping[str, Any]) -> Resource:
    """An item of disks.aggregatedList or disks.get. What Google leaves out of these is empty."""
    place, users = location(raw), raw.get("users", [])
    description = raw.get("description") or None
    claimed = KUBERNETES in (description or "")
    replicates = bool(raw.get("asyncPrimaryDisk") or raw.get("asyncSecondaryDisks"))
    resource = Resource(
        key=Key(NAME, cell.account, place, raw["name"], str(raw["id"])),
        name=raw["name"],
        created=moment(raw["creationTimestamp"]),
        tags=dict(raw.get("labels", {})),
        fields=present({
            "state": raw["status"],
            "attached": bool(users),
            "attached_to": short(users),
            "last_attached": moment(raw["lastAttachTimestamp"]).isoformat() if raw.get("lastAttachTimestamp") else None,
            "never_attached": not users and "lastAttachTimestamp" not in raw,
            "size_gb": int(raw["sizeGb"]),
            "type": last(raw["type"]),
            "regional": not is_zone(place),
            "from_image": _name(raw, "sourceImage"),
            "from_snapshot": _name(raw, "sourceSnapshot"),
            "scheduled": bool(raw.get("resourcePolicies")),
            "replicates": replicates,
            "kms_key": raw.get("diskEncryptionKey", {}).get("kmsKeyName"),
            "kubernetes": claimed,
            "created_by": "Kubernetes" if claimed else "a disk replication" if replicates else None,
            "description": description,
        }),
        seen_at=cell.now,
        since=_since(raw),
    )  # fmt: skip
    return as_read(resource, SOURCE, GUARDED)


def _name(raw: Mapping[str, Any], field: str) -> str | None:
    return last(raw[field]) if raw.get(field) else None


def _since(raw: Mapping[str, Any]) -> dict[str, datetime]:
    """Since when it is detached, as Google remembers: the last detaching, or creation where it was never attached."""
    attached, let_go = raw.get("lastAttachTimestamp"), raw.get("lastDetachTimestamp")
    if raw.get("users"):
        return {}
    if attached is None:
        return {"detached": moment(let_go or raw["creationTimestamp"])}
    if let_go is None or moment(let_go) < moment(attached):
        return {}  # Google has forgotten when: our own scans count
    return {"detached": moment(let_go)}


def list_disks(cell: GCPCell) -> Iterator[Resource]:
    """Every disk of the project. Partial where a zone or region did not answer."""
    for raw in aggregated(cell, NAME, "disks", READ):
        yield parse(cell, raw)


def get(cell: GCPCell, key: Key) -> Resource | Gone:
    """One disk by its name and location."""
    raw = cell.find(path(key))
    return Gone(cell.now) if raw is None else parse(cell, raw)


def links(resource: Resource) -> tuple[Key, ...]:
    """The instances that have it attached."""
    return linked("gcp.instance", resource.key.account, str(resource.fields.get("attached_to", "")))


def price(resource: Resource, book: PriceBook) -> Money:
    """Size only, which is all that the pd- types but pd-extreme charge for; others have no price in the book."""
    regional = "regional/" if resource.fields["regional"] else ""
    parts = {f"disk/{regional}{resource.fields['type']}/gb-month": int(str(resource.fields["size_gb"]))}
    return book.monthly("gcp", region_of(resource.key.region), parts)


def back_up(cell: GCPCell, order: Order) -> dict[str, Any]:
    """A snapshot, unless this generation of the case has one, and all that a disk like this one is made from."""
    disk = expected(cell, order)
    return sent(cell.now, snapshot=take(cell, order, disk, taken(cell, order)), manifest=manifest(disk))


def backed_up(cell: GCPCell, order: Order) -> Progress:
    """Done when the snapshot is ready and of this disk."""
    snapshot = taken(cell, order).get(path(order.key))
    if snapshot is None:
        return unchanged(order.memory, cell.now)
    return progress(cell, snapshot) if snapshot["sourceDiskId"] == order.key.born else Progress.FAILED


def made(cell: GCPCell, order: Order) -> tuple[Key, ...]:
    """The snapshot."""
    snapshot = taken(cell, order).get(path(order.key))
    return () if snapshot is None else (key_of(cell, snapshot),)


def delete(cell: GCPCell, order: Order) -> dict[str, Any]:
    """Google refuses it (resourceInUseByAnotherResource) while anything is attached."""
    return send(cell, order, _service(order.key), "delete", "disk")


def restore(cell: GCPCell, order: Order) -> dict[str, Any]:
    """A disk from the snapshot, under the same name in the same place, with its labels; its numeric id is new."""
    kept = order.memory
    there = cell.find(path(order.key))
    if there is not None and not made_by(order, there):
        raise Misplaced(f"{order.key} cannot be restored: another disk has its name; delete that one first")
    if there is None:
        disk = {**kept["manifest"], "sourceSnapshot": f"projects/{cell.account}/{kept['snapshot']}"}
        disk["labels"] = restored_labels(order, disk.get("labels", {}))
        request = {**at(order.key.region), "requestId": request_id(order, "restore"), "diskResource": disk}
        cell.send(_service(order.key), "insert", request)
    return {**kept, **sent(cell.now, key=order.key.ref)}


def restored(cell: GCPCell, order: Order) -> Progress:
    """Done when the new disk can be attached."""
    disk = cell.find(path(order.key))
    if disk is None or same_life(disk, order.key):
        return unchanged(order.memory if "key" in order.memory else {}, cell.now)
    if not made_by(order, disk):
        return Progress.FAILED
    pending = Progress.PENDING if disk["status"] in ("CREATING", "RESTORING") else Progress.FAILED
    return Progress.DONE if disk["status"] == "READY" else pending


def _service(key: Key) -> str:
    return "Disks" if is_zone(key.region) else "RegionDisks"


def manifest(disk: Mapping[str, Any]) -> dict[str, Any]:
    """What disks.insert needs for a disk like this one. Image, licences and guest features come with the snapshot."""
    kept = ("name", "description", "sizeGb", "type", "labels", "replicaZones", "resourcePolicies", "physicalBlockSizeBytes",
            "provisionedIops", "provisionedThroughput", "enableConfidentialCompute", "accessMode", "storagePool")  # fmt: skip
    made = {name: disk[name] for name in kept if disk.get(name)}
    key = disk.get("diskEncryptionKey", {}).get("kmsKeyName")
    if key:
        made["diskEncryptionKey"] = {"kmsKeyName": key.split("/cryptoKeyVersions/")[0]}  # a version cannot be asked for
    if "type" in made:
        made["type"] = within(made["type"])
    return made


KIND = Kind(
    name=NAME,
    title="Persistent disk",
    scope=Scope.ACCOUNT,
    fields=FIELDS,
    list=list_disks,
    get=get,
    facts={"detached": lambda resource: not resource.fields["attached"]},
    links=links,
    hangs_on=frozenset({"gcp.instance"}),
    fingerprint=GUARDED,
    anew=frozenset({"from_image", "from_snapshot", "last_attached", "never_attached"}),
    acts={
        Verb.BACKUP: Act(do=back_up, check=backed_up, made=made),
        **gcp_condemn.LABELS,
        Verb.DELETE: Act(do=delete, check=deleted),
        Verb.RESTORE: Act(do=restore, check=restored),
    },
    needs={
        Role.SCAN: READS,
        Role.CONDEMN: READS | NEEDS | {
            "compute.disks.addResourcePolicies", "compute.disks.create", "compute.disks.createSnapshot",
            "compute.disks.setLabels", "compute.snapshots.create", "compute.snapshots.setLabels", "compute.snapshots.useReadOnly",
        },
        Role.DELETE: READS | {"compute.disks.delete"},
    },
    untied=gcp_condemn.UNTIED,
    price=price,
    parse=parse,
    example={
        "id": "3141592653589793238",
        "name": "old-build-cache",
        "creationTimestamp": "2026-02-03T04:05:06.789-08:00",
        "status": "READY", "sizeGb": "200",
        "type": "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a/diskTypes/pd-ssd",
        "zone": "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a",
        "selfLink": "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a/disks/old-build-cache",
        "lastAttachTimestamp": "2026-02-03T04:06:07.890-08:00",
        "lastDetachTimestamp": "2026-05-06T07:08:09.012-07:00",
        "labels": {"owner": "payments"},
        "labelFingerprint": "42WmSpB8rSM=",
        "physicalBlockSizeBytes": "4096",
    },
)  # fmt: skip
