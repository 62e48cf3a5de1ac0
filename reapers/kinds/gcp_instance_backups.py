"""What makes an instance again: its description as it was, its own disks where they are left, the others from snapshots.

A machine image would not do: it copies data disks that outlive the instance, and gives the copies names of its own.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.model import Key
from reapers.clouds.gcp_errors import Misplaced
from reapers.kind import Order, Progress
from reapers.kinds.gcp.disk import manifest as disk_manifest
from reapers.kinds.gcp_labels import made_by, restored_labels
from reapers.kinds.gcp_orders import expected, path, request_id, same_life
from reapers.kinds.gcp_places import at, location, region_of, within
from reapers.kinds.gcp_snapshots import key_of, progress, take, taken
from reapers.kinds.progress import sent, unchanged

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

KEPT = (
    "name", "description", "hostname", "machineType", "minCpuPlatform", "labels", "metadata", "tags", "canIpForward",
    "networkInterfaces", "serviceAccounts", "scheduling", "guestAccelerators", "resourcePolicies", "reservationAffinity",
    "shieldedInstanceConfig", "confidentialInstanceConfig", "advancedMachineFeatures", "networkPerformanceConfig",
    "displayDevice", "privateIpv6GoogleAccess", "keyRevocationActionType", "deletionProtection",
)  # fmt: skip
"""What instances.insert takes of a description; the rest is Google's own account of it."""

OF_A_NIC = (
    "network", "subnetwork", "networkIP", "accessConfigs", "ipv6AccessConfigs", "aliasIpRanges", "nicType", "stackType",
    "queueCount", "networkAttachment",
)  # fmt: skip
OF_AN_ADDRESS = ("type", "name", "networkTier", "publicPtrDomainName", "setPublicPtr")
OF_A_DISK = ("boot", "autoDelete", "deviceName", "mode", "interface")
OF_A_NEW_DISK = (
    "diskType", "diskSizeGb", "labels", "description", "replicaZones", "resourcePolicies", "provisionedIops",
    "provisionedThroughput", "enableConfidentialCompute", "storagePool",
)  # fmt: skip

SCRATCH = "SCRATCH"
"""The type of local SSDs: they hold nothing once the instance is stopped, and cannot be backed up."""


STARTING = ("PROVISIONING", "STAGING", "PENDING")


def persistent(instance: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The attached disks that outlast a stop."""
    return [disk for disk in instance.get("disks", ()) if disk.get("type") != SCRATCH]


def back_up(cell: GCPCell, order: Order) -> dict[str, Any]:
    """A snapshot of each disk, unless this generation of the case has one, and the instance's whole description."""
    instance = expected(cell, order)
    known = taken(cell, order)
    disks = {within(disk["source"]): cell.get(within(disk["source"])) for disk in persistent(instance)}
    snapshots = {path: take(cell, order, disk, known) for path, disk in disks.items()}
    return sent(cell.now, snapshots=snapshots, manifest=manifest(instance, disks))


def backed_up(cell: GCPCell, order: Order) -> Progress:
    """Done when there is a snapshot of every disk and all are ready."""
    known = taken(cell, order)
    states = {progress(cell, known.get(within(disk["source"]))) for disk in persistent(expected(cell, order))}
    if Progress.NO_EFFECT in states:
        return unchanged(order.memory, cell.now)
    return next((state for state in (Progress.FAILED, Progress.PENDING) if state in states), Progress.DONE)


def made(cell: GCPCell, order: Order) -> tuple[Key, ...]:
    """The snapshot of each disk."""
    known = taken(cell, order)
    return tuple(key_of(cell, known[disk]) for disk in sorted(order.memory["snapshots"]) if disk in known)


def restore(cell: GCPCell, order: Order) -> dict[str, Any]:
    """The instance under its name, with its own disks where they are left and the others from snapshots; it starts running."""
    kept = order.memory
    there = cell.find(path(order.key))
    if there is not None and not made_by(order, there):
        raise Misplaced(f"{order.key} cannot be restored: another instance has its name; delete that one first")
    if there is None:
        instance = again(cell, order, kept)
        request = {**at(order.key.region), "requestId": request_id(order, "restore"), "instanceResource": instance}
        cell.send("Instances", "insert", request)
    return {**kept, **sent(cell.now, key=order.key.ref)}


def restored(cell: GCPCell, order: Order) -> Progress:
    """Done when the new instance runs."""
    raw = cell.find(path(order.key), fields="id,status,labels")
    if raw is None or same_life(raw, order.key):
        return unchanged(order.memory if "key" in order.memory else {}, cell.now)
    if not made_by(order, raw):
        return Progress.FAILED
    pending = Progress.PENDING if raw["status"] in STARTING else Progress.FAILED
    return Progress.DONE if raw["status"] == "RUNNING" else pending


def manifest(instance: Mapping[str, Any], disks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What to remember: the instance without Google's additions, and the disks (by path) that it had."""
    kept = {name: copy.deepcopy(instance[name]) for name in KEPT if name in instance}
    kept["machineType"] = within(instance["machineType"])
    for name in ("metadata", "tags"):
        if name in kept:
            kept[name] = {"items": kept[name].get("items", [])}
    nics = instance.get("networkInterfaces", ())
    kept["networkInterfaces"] = [{name: nic[name] for name in OF_A_NIC if name in nic} for nic in nics]
    attached = [_attached(disk) for disk in instance.get("disks", ())]
    made = {path: {"id": disk["id"], "create": disk_manifest(disk)} for path, disk in disks.items()}
    return {"instance": kept, "attached": attached, "disks": made}


def _attached(disk: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: disk[name] for name in OF_A_DISK if name in disk}
    if disk.get("type") == SCRATCH:
        return {**kept, "type": SCRATCH}
    return {**kept, "source": within(disk["source"])}


def again(cell: GCPCell, order: Order, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the instances.insert that brings an instance back."""
    described: dict[str, Any] = copy.deepcopy(kept["manifest"]["instance"])
    described["labels"] = restored_labels(order, described.get("labels", {}))
    described["disks"] = [_disk(cell, order, disk, kept) for disk in kept["manifest"]["attached"]]
    for nic in described["networkInterfaces"]:
        nic["accessConfigs"] = [_access(cell, order.key.region, access) for access in nic.get("accessConfigs", ())]
    return described


def _disk(cell: GCPCell, order: Order, attached: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """A disk of the instance: the very same where it is left, else a new one from its snapshot; a local SSD comes back empty."""
    if attached.get("type") == SCRATCH:
        return {**attached, "initializeParams": {"diskType": f"zones/{order.key.region}/diskTypes/local-ssd"}}
    source = attached["source"]
    was, now = kept["manifest"]["disks"][source], cell.find(source)
    if now is None:
        how = {name: value for name, value in attached.items() if name != "source"}
        own_key = {name: was["create"][name] for name in ("diskEncryptionKey",) if name in was["create"]}
        return {**how, **own_key, "initializeParams": _from_snapshot(cell, was["create"], kept["snapshots"][source])}
    if now["id"] != was["id"] or now.get("users"):
        where = f"the disk {now['name']} in {location(now)}"
        raise Misplaced(f"{order.key} cannot be restored: {where} is in use, or another one has its name")
    return {**attached, "source": f"projects/{cell.account}/{source}"}


def _from_snapshot(cell: GCPCell, disk: Mapping[str, Any], snapshot: str) -> dict[str, Any]:
    named = {**disk, "diskType": disk.get("type"), "diskSizeGb": disk.get("sizeGb")}
    params = {name: named[name] for name in OF_A_NEW_DISK if named.get(name)}
    return {**params, "diskName": disk["name"], "sourceSnapshot": f"projects/{cell.account}/{snapshot}"}


def _access(cell: GCPCell, zone: str, access: Mapping[str, Any]) -> dict[str, Any]:
    """An external address: the same if it is still reserved; an ephemeral one cannot be asked for, and another one comes."""
    kept = {name: access[name] for name in OF_AN_ADDRESS if name in access}
    address = access.get("natIP")
    if address and _reserved(cell, zone, address):
        kept["natIP"] = address
    return kept


def _reserved(cell: GCPCell, zone: str, address: str) -> bool:
    wanted = f'address = "{address}"'
    pages = cell.pages(f"regions/{region_of(zone)}/addresses", filter=wanted, fields="items(status),nextPageToken")
    return any(item["status"] == "RESERVED" for page in pages for item in page.get("items", ()))
