"""Backups of disks: one snapshot for each disk and generation of a case, found again by its labels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reapers.clouds.gcp_errors import Refused
from reapers.kind import Order, Progress
from reapers.kinds.gcp_labels import LONGEST, backup_labels, of_generation, value
from reapers.kinds.gcp_orders import request_id
from reapers.kinds.gcp_places import at, is_zone, location, within

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

SEEN = "items(name,selfLink,status,sourceDisk,sourceDiskId),nextPageToken"


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


def progress(snapshot: Mapping[str, Any] | None) -> Progress:
    """Done when it can be restored from; NO_EFFECT when there is none."""
    if snapshot is None:
        return Progress.NO_EFFECT
    if snapshot["status"] in ("CREATING", "UPLOADING"):
        return Progress.PENDING
    return Progress.DONE if snapshot["status"] == "READY" else Progress.FAILED


def name_of(order: Order, disk: Mapping[str, Any]) -> str:
    """The same name for the same disk and generation: Google itself refuses a second one."""
    digest = hashlib.sha256(f"{order.case}/{disk['id']}".encode()).hexdigest()[:8]
    case = value(order.case).replace("_", "-")[: LONGEST - 30].strip("-")
    return f"sexton-{case}-{order.generation}-{digest}"
