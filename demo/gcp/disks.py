"""Disks and their snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.gcp.calls import Call
from demo.gcp.estate import Estate, Thing, full, stamp
from demo.gcp.keys import encrypted_with
from demo.gcp.plays import in_use, labelled, plays
from demo.gcp.refusals import invalid

DEFAULT_GB = 500
"""What Google makes of a blank disk without a size."""

Shown = dict[str, Any]


@plays("compute.disks.insert", "compute.regionDisks.insert")
def insert(estate: Estate, call: Call) -> Shown:
    """A new disk: blank, from an image, or from a snapshot."""
    disk = make_disk(estate, (call.project, call.location), call.body)
    return estate.begin(call, disk, lambda: disk.shown.update(status="READY"))


def make_disk(estate: Estate, where: tuple[str, str], body: Mapping[str, Any]) -> Thing:
    """A disk that is being created."""
    project, location = where
    least = _least_size(estate, project, body)
    size = int(body.get("sizeGb") or least or DEFAULT_GB)
    if size < least:
        raise invalid("resource.sizeGb", f"'{size}'. Requested disk size cannot be smaller than the snapshot size ({least} GB)")
    scope = f"{'zones' if location.count('-') > 1 else 'regions'}/{location}"
    made = {
        **body,
        "type": full(body.get("type") or f"{scope}/diskTypes/pd-standard", project),
        "sizeGb": str(size),
        "physicalBlockSizeBytes": str(body.get("physicalBlockSizeBytes", 4096)),
        "status": "CREATING",
        **labelled(body.get("labels", {})),
    }
    for name in ("sourceImage", "sourceSnapshot"):
        if made.get(name):
            made[name] = full(made[name], project)
    if made.get("diskEncryptionKey"):
        made["diskEncryptionKey"] = encrypted_with(estate, made["diskEncryptionKey"]["kmsKeyName"])
    return estate.make((project, location, "disks", body["name"]), made, "compute#disk")


def _least_size(estate: Estate, project: str, body: Mapping[str, Any]) -> int:
    """The smallest disk that the snapshot fits on; images are taken to need 10 GB."""
    if body.get("sourceSnapshot"):
        snapshot = estate.linked(body["sourceSnapshot"], project, "resource.sourceSnapshot")
        if snapshot.shown["status"] != "READY":
            raise invalid("resource.sourceSnapshot", f"'{snapshot.path}'. The snapshot is not ready.")
        return int(snapshot.shown["diskSizeGb"])
    return 10 if body.get("sourceImage") else 0


@plays("compute.disks.delete", "compute.regionDisks.delete")
def delete(estate: Estate, call: Call) -> Shown:
    """Not while anything uses it."""
    disk = estate.of(call)
    if disk.shown.get("users"):
        raise in_use("disk", disk)
    disk.shown["status"] = "DELETING"
    return estate.begin(call, disk, lambda: drop(estate, disk))


def drop(estate: Estate, thing: Thing) -> None:
    """It is there no more."""
    estate.things.pop(thing.place, None)


@plays("compute.disks.createSnapshot", "compute.regionDisks.createSnapshot")
def create_snapshot(estate: Estate, call: Call) -> Shown:
    """A snapshot, which outlives the disk."""
    disk = estate.of(call)
    made = {
        **call.body,
        "sourceDisk": disk.link,
        "sourceDiskId": disk.shown["id"],
        "diskSizeGb": disk.shown["sizeGb"],
        "storageBytes": str(int(disk.shown["sizeGb"]) * 2**26),
        "storageBytesStatus": "UP_TO_DATE",
        "storageLocations": ["us"],
        "status": "CREATING",
        **({"snapshotEncryptionKey": disk.shown["diskEncryptionKey"]} if "diskEncryptionKey" in disk.shown else {}),
        **labelled(call.body.get("labels", {})),
    }
    snapshot = estate.make((call.project, "global", "snapshots", call.body["name"]), made, "compute#snapshot")
    return estate.begin(call, disk, lambda: snapshot.shown.update(status="READY"))


@plays("compute.snapshots.delete")
def delete_snapshot(estate: Estate, call: Call) -> Shown:
    """Disks made from it stay."""
    snapshot = estate.of(call)
    snapshot.shown["status"] = "DELETING"
    return estate.begin(call, snapshot, lambda: drop(estate, snapshot))


def attach(estate: Estate, disk: Thing, user: str) -> None:
    """Somebody uses it from now on."""
    disk.shown.setdefault("users", []).append(user)
    disk.shown["lastAttachTimestamp"] = stamp(estate.now())


def detach(estate: Estate, disk: Thing, user: str) -> None:
    """Somebody does not use it any more."""
    disk.shown["users"] = [each for each in disk.shown.get("users", []) if each != user]
    if not disk.shown["users"]:
        del disk.shown["users"]
    disk.shown["lastDetachTimestamp"] = stamp(estate.now())
