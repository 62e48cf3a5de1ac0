"""Snapshots of disks: people's, schedules' and our own backups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Verb
from engine.money import Money, PriceBook
from engine.spent import FIELDS as OF_BACKUPS
from reapers.kind import Act, Kind, Order, Scope
from reapers.kinds import gcp_condemn, own_backups
from reapers.kinds.gcp_orders import deleted, path, send
from reapers.kinds.gcp_places import everywhere, short
from reapers.kinds.gcp_snapshots import key_of
from reapers.kinds.reading import as_read, moment, number, present, unread

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

NAME = "gcp.snapshot"
GUARDED = ("disk_id", "kms_key", "size_gb", "tags")

READ = (
    "id", "name", "creationTimestamp", "status", "labels", "description", "diskSizeGb", "storageBytes", "storageLocations",
    "sourceDisk", "sourceDiskId", "snapshotType", "autoCreated", "sourceSnapshotSchedulePolicy",
    "snapshotEncryptionKey(kmsKeyName)",
)  # fmt: skip

READS = frozenset({"compute.snapshots.list", "compute.snapshots.get", "compute.globalOperations.list"})

FIELDS = {
    "state": Field(type="string", enum=("CREATING", "DELETING", "FAILED", "READY", "UPLOADING"), doc="READY: whole"),
    "disk": Field(type="string", optional=True, doc="the disk that it was made of, as zone/name, which may be gone"),
    "disk_id": Field(type="string", optional=True, doc="the disk's numeric id: its name may have come again"),
    "size_gb": Field(type="int", unit="GB", doc="size of the disk"),
    "stored_gb": Field(type="double", optional=True, unit="GB", doc="what Google stores of it beyond earlier snapshots"),
    "place": Field(type="string", doc="region or multi-region that holds it, for instance us-central1 or eu"),
    "archived": Field(type="bool", doc="of the type ARCHIVE, which costs less to keep and something to read"),
    "created_by": Field(type="string", optional=True, doc="the schedule that made it, and that has a retention of its own"),
    "kms_key": Field(type="string", optional=True, doc="the customer's own key"),
    "in_use": Field(type="bool", doc="always false: disks made from it stand on their own, later snapshots keep what they need"),
    "description": Field(type="string", optional=True, doc="what people or programs wrote"),
    **OF_BACKUPS,
}


def parse(cell: GCPCell, raw: Mapping[str, Any]) -> Resource:
    """An item of snapshots.list or snapshots.get. What Google leaves out of these is empty."""
    labels, stored = dict(raw.get("labels", {})), raw.get("storageBytes")
    resource = Resource(
        key=key_of(cell, raw),
        name=raw["name"],
        created=moment(raw["creationTimestamp"]),
        tags=labels,
        fields=present({
            "state": raw["status"],
            "disk": short([raw["sourceDisk"]]) if raw.get("sourceDisk") else None,
            "disk_id": raw.get("sourceDiskId"),
            "size_gb": int(raw["diskSizeGb"]),
            "stored_gb": int(stored) / 2**30 if stored is not None else None,
            "place": " ".join(sorted(raw.get("storageLocations", ()))) or "global",
            "archived": raw.get("snapshotType") == "ARCHIVE",
            "created_by": "a snapshot schedule" if raw.get("autoCreated") or raw.get("sourceSnapshotSchedulePolicy") else None,
            "kms_key": raw.get("snapshotEncryptionKey", {}).get("kmsKeyName"),
            "in_use": False,
            "description": raw.get("description") or None,
            **own_backups.fields(labels, cell.now),
        }),
        seen_at=cell.now,
    )  # fmt: skip
    return as_read(resource, "compute.snapshots.list", GUARDED)


def list_snapshots(cell: GCPCell) -> Iterator[Resource]:
    """Every snapshot of the project."""
    for raw in everywhere(cell, NAME, "snapshots", READ):
        yield parse(cell, raw)


def get(cell: GCPCell, key: Key) -> Resource | Gone:
    """One snapshot by its name."""
    raw = cell.find(path(key))
    return Gone(cell.now) if raw is None else parse(cell, raw)


def price(resource: Resource, book: PriceBook) -> Money:
    """What Google stores of it, where it is stored."""
    if "stored_gb" not in resource.fields:
        return Money.unknown("Google has not said yet how much it stores")
    if why := unread(resource, "stored_gb"):
        return Money.unknown(why)
    archived = "archive/" if resource.fields["archived"] else ""
    parts = {f"snapshot/{archived}gb-month": number(resource.fields["stored_gb"])}
    return book.monthly("gcp", str(resource.fields["place"]), parts)


def delete(cell: GCPCell, order: Order) -> dict[str, Any]:
    """There is no way back. Later snapshots of the disk take over what they share with it."""
    return send(cell, order, "Snapshots", "delete", "snapshot")


KIND = Kind(
    name=NAME,
    title="Disk snapshot",
    scope=Scope.ACCOUNT,
    fields=FIELDS,
    list=list_snapshots,
    get=get,
    fingerprint=GUARDED,
    acts={**gcp_condemn.LABELS, Verb.DELETE: Act(do=delete, check=deleted)},
    needs={
        Role.SCAN: READS,
        Role.CONDEMN: READS | {"compute.snapshots.setLabels"},
        Role.DELETE: READS | {"compute.snapshots.delete"},
    },
    untied=gcp_condemn.UNTIED,
    price=price,
    parse=parse,
    example={
        "id": "2718281828459045235",
        "name": "before-upgrade",
        "creationTimestamp": "2026-02-03T04:05:06.789-08:00",
        "status": "READY",
        "diskSizeGb": "200",
        "storageBytes": "12884901888",
        "storageLocations": ["us"],
        "snapshotType": "STANDARD",
        "sourceDisk": "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a/disks/payments",
        "sourceDiskId": "3141592653589793238",
        "selfLink": "https://www.googleapis.com/compute/v1/projects/acme-dev/global/snapshots/before-upgrade",
        "labels": {"owner": "payments"},
        "labelFingerprint": "42WmSpB8rSM=",
    },
)
