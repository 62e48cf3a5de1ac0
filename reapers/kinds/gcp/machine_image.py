"""Machine images: an instance with all its disks, kept by people. Our own backups of instances are snapshots of their disks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Verb
from engine.money import Money, PriceBook
from engine.spent import FIELDS as OF_BACKUPS
from reapers.kind import Act, Kind, Order, Scope
from reapers.kinds import gcp_condemn, own_backups
from reapers.kinds.gcp_orders import deleted, path, send
from reapers.kinds.gcp_places import GLOBAL, everywhere, short
from reapers.kinds.reading import as_read, moment, number, present, unread

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

NAME = "gcp.machine_image"
GUARDED = ("disks", "kms_key", "machine_type", "tags")

READ = (
    "id", "name", "creationTimestamp", "status", "labels", "description", "sourceInstance", "savedDisks(sourceDisk)",
    "totalStorageBytes", "storageLocations", "instanceProperties(machineType)", "machineImageEncryptionKey(kmsKeyName)",
)  # fmt: skip

READS = frozenset({"compute.machineImages.list", "compute.machineImages.get", "compute.globalOperations.list"})

FIELDS = {
    "state": Field(type="string", enum=("CREATING", "DELETING", "INVALID", "READY", "UPLOADING"), doc="READY: whole"),
    "instance": Field(type="string", optional=True, doc="the instance that it was made of, as zone/name, which may be gone"),
    "machine_type": Field(type="string", optional=True, doc="of the instance, for instance e2-medium"),
    "disks": Field(type="int", doc="disks that it holds"),
    "stored_gb": Field(type="double", optional=True, unit="GB", doc="what Google stores and bills of it"),
    "place": Field(type="string", doc="region or multi-region that holds it, for instance us-central1 or eu"),
    "kms_key": Field(type="string", optional=True, doc="the customer's own key"),
    "in_use": Field(type="bool", doc="always false: an instance made from it stands on its own"),
    "description": Field(type="string", optional=True, doc="what people or programs wrote"),
    **OF_BACKUPS,
}


def parse(cell: GCPCell, raw: Mapping[str, Any]) -> Resource:
    """An item of machineImages.list or machineImages.get. What Google leaves out of these is empty."""
    labels, stored = dict(raw.get("labels", {})), raw.get("totalStorageBytes")
    resource = Resource(
        key=Key(NAME, cell.account, GLOBAL, raw["name"], str(raw["id"])),
        name=raw["name"],
        created=moment(raw["creationTimestamp"]),
        tags=labels,
        fields=present({
            "state": raw["status"],
            "instance": short([raw["sourceInstance"]]) if raw.get("sourceInstance") else None,
            "machine_type": raw.get("instanceProperties", {}).get("machineType"),
            "disks": len(raw.get("savedDisks", ())),
            "stored_gb": int(stored) / 2**30 if stored is not None else None,
            "place": " ".join(sorted(raw.get("storageLocations", ()))) or GLOBAL,
            "kms_key": raw.get("machineImageEncryptionKey", {}).get("kmsKeyName"),
            "in_use": False,
            "description": raw.get("description") or None,
            **own_backups.fields(labels, cell.now),
        }),
        seen_at=cell.now,
    )  # fmt: skip
    return as_read(resource, "compute.machineImages.list", GUARDED)


def list_images(cell: GCPCell) -> Iterator[Resource]:
    """Every machine image of the project."""
    for raw in everywhere(cell, NAME, "machineImages", READ):
        yield parse(cell, raw)


def get(cell: GCPCell, key: Key) -> Resource | Gone:
    """One machine image by its name."""
    raw = cell.find(path(key))
    return Gone(cell.now) if raw is None else parse(cell, raw)


def price(resource: Resource, book: PriceBook) -> Money:
    """What Google stores of it, where it is stored."""
    if "stored_gb" not in resource.fields:
        return Money.unknown("Google has not said yet how much it stores")
    if why := unread(resource, "stored_gb"):
        return Money.unknown(why)
    return book.monthly("gcp", str(resource.fields["place"]), {"machine-image/gb-month": number(resource.fields["stored_gb"])})


def delete(cell: GCPCell, order: Order) -> dict[str, Any]:
    """There is no way back."""
    return send(cell, order, "MachineImages", "delete", "machineImage")


KIND = Kind(
    name=NAME,
    title="Machine image",
    scope=Scope.ACCOUNT,
    fields=FIELDS,
    list=list_images,
    get=get,
    fingerprint=GUARDED,
    acts={**gcp_condemn.LABELS, Verb.DELETE: Act(do=delete, check=deleted)},
    needs={
        Role.SCAN: READS,
        Role.CONDEMN: READS | {"compute.machineImages.setLabels"},
        Role.DELETE: READS | {"compute.machineImages.delete"},
    },
    untied=gcp_condemn.UNTIED,
    price=price,
    parse=parse,
    example={
        "id": "5772156649015328606",
        "name": "golden-2026-02",
        "creationTimestamp": "2026-02-03T04:05:06.789-08:00",
        "status": "READY",
        "sourceInstance": "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a/instances/golden",
        "instanceProperties": {"machineType": "e2-medium"},
        "savedDisks": [{"sourceDisk": "projects/acme-dev/zones/us-central1-a/disks/golden"}],
        "totalStorageBytes": "8589934592",
        "storageLocations": ["us"],
        "selfLink": "https://www.googleapis.com/compute/v1/projects/acme-dev/global/machineImages/golden-2026-02",
        "labels": {"owner": "payments"},
        "labelFingerprint": "42WmSpB8rSM=",
    },
)
