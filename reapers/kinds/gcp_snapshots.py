"""Backups of disks: one snapshot for each disk and generation of a case, found again by its labels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.model import Key
from reapers.clouds.gcp_errors import Refused
from reapers.kind import Order, Progress, Unusable
from reapers.kinds.gcp_labels import LONGEST, backup_labels, of_generation, value
from reapers.kinds.gcp_orders import request_id
from reapers.kinds.gcp_places import GLOBAL, at, is_zone, location, within

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

NEEDS = frozenset({"cloudkms.cryptoKeys.get", "cloudkms.cryptoKeyVersions.get", "compute.snapshots.list"})
"""Permissions for looking at backups."""

SEEN = (
    "items(id,name,selfLink,status,sourceDisk,sourceDiskId,diskSizeGb,storageBytes,snapshotEncryptionKey(kmsKeyName)),"
    "nextPageToken"
)


def taken(cell: GCPCell, order: Order) -> dict[str, dict[str, Any]]:
    """The snapshots of this generation by the path of their disk; one that failed only if there is no better."""
    pages = cell.pages("global/snapshots", filter=of_generation(order), fields=SEEN)
    found = [snapshot for page in pages for snapshot in page.get("items", ())]
    found.sort(key=lambda snapshot: snapshot["status"] != "FAILED")
    return {within(snapshot["sourceDisk"]): snapshot for snapshot in found}


def take(cell: GCPCell, order: Order, disk: Mapping[str, Any], known: Mapping[str, dict[str, Any]]) -> str:
    """The path of the snapshot of a disk, which is begun unless this generation has one."""
    there = known.get(within(disk["selfLink"]))
    if there is not None and there["status"] != "FAILED":
        return within(there["selfLink"])
    name = name_of(order, disk)
    place = location(disk)
    snapshot = {
        "name": name,
        "description": f"Sexton's backup of {disk['name']} for case {order.case}",
        "labels": backup_labels(order, disk.get("labels", {})),
    }
    token = request_id(order, "backup", disk["id"])
    request = {"disk": disk["name"], **at(place), "requestId": token, "snapshotResource": snapshot}
    try:
        cell.send("Disks" if is_zone(place) else "RegionDisks", "create_snapshot", request)
    except Refused as refusal:
        if refusal.code != 409:  # an earlier attempt's: Google has it already, the list did not show it yet
            raise
    return f"global/snapshots/{name}"


def progress(cell: GCPCell, snapshot: Mapping[str, Any] | None) -> Progress:
    """Done when it can be restored from: ready, its stored size known, its key enabled. NO_EFFECT when there is none."""
    if snapshot is None:
        return Progress.NO_EFFECT
    name, state = snapshot["name"], snapshot["status"]
    if state in ("CREATING", "UPLOADING") or (state == "READY" and "storageBytes" not in snapshot):
        return Progress.PENDING
    if state != "READY":
        raise Unusable(f"the snapshot {name} is {state}: it is no backup")
    if int(snapshot["diskSizeGb"]) == 0:
        raise Unusable(f"the snapshot {name} is empty: it is no backup")
    _assert_usable(cell, name, snapshot.get("snapshotEncryptionKey", {}).get("kmsKeyName"))
    return Progress.DONE


def _assert_usable(cell: GCPCell, snapshot: str, key: str | None) -> None:
    """Its key, where it has one of the customer's, is enabled: Unusable if not. A read that fails is raised."""
    if not key:
        return
    found = cell.get(f"v1/{key}")
    state = found["state"] if "/cryptoKeyVersions/" in key else found.get("primary", {}).get("state", "without a version")
    if state != "ENABLED":
        raise Unusable(f"the snapshot {snapshot} is encrypted with {key}, which is {state}: enable the key, then retry")


def key_of(cell: GCPCell, snapshot: Mapping[str, Any]) -> Key:
    """The key of a snapshot: they are global."""
    return Key("gcp.snapshot", cell.account, GLOBAL, snapshot["name"], str(snapshot["id"]))


def name_of(order: Order, disk: Mapping[str, Any]) -> str:
    """The same name for the same disk and generation: Google itself refuses a second one."""
    digest = hashlib.sha256(f"{order.case}/{disk['id']}".encode()).hexdigest()[:8]
    case = value(order.case).replace("_", "-")[: LONGEST - 30].strip("-")
    return f"sexton-{case}-{order.generation}-{digest}"
