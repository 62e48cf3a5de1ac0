"""Instances: made with their disks, started and stopped, gone with the disks that were to go with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.gcp.calls import Call
from demo.gcp.disks import attach, detach, drop, make_disk
from demo.gcp.estate import Estate, Thing, full, label_fingerprint, stamp
from demo.gcp.networks import connect, disconnect
from demo.gcp.plays import in_use, labelled, nothing, plays
from demo.gcp.refusals import Refusal, invalid

Shown = dict[str, Any]

OF_A_DISK = ("sourceImage", "sourceSnapshot", "labels", "description", "resourcePolicies", "diskEncryptionKey")
"""What a disk that is made with an instance takes beside name, size and type."""

STANDARD = {"onHostMaintenance": "MIGRATE", "automaticRestart": True, "preemptible": False, "provisioningModel": "STANDARD"}
"""What Google makes of an instance without scheduling."""


@plays("compute.instances.insert")
def insert(estate: Estate, call: Call) -> Shown:
    """A new instance, which starts at once."""
    instance = make_instance(estate, (call.project, call.location), call.body)
    return estate.begin(call, instance, lambda: _run(estate, instance))


def make_instance(estate: Estate, where: tuple[str, str], body: Mapping[str, Any]) -> Thing:
    """An instance that is being created, with its disks and addresses. Nothing is made when one of them cannot be had."""
    project, zone = where
    if not body.get("disks"):
        raise Refusal(400, "required", "Invalid value for field 'resource.disks': ''. At least one disk must be specified.")
    if not body.get("machineType"):
        raise invalid("resource.machineType", "''. The URL is malformed.")
    made = {
        **body,
        "machineType": full(body["machineType"], project),
        "status": "PROVISIONING",
        "cpuPlatform": "Intel Broadwell",
        "startRestricted": False,
        "deletionProtection": body.get("deletionProtection", False),
        "scheduling": STANDARD | body.get("scheduling", {}),
        "fingerprint": label_fingerprint({"name": body["name"]}),
        **labelled(body.get("labels", {})),
    }
    before = dict(estate.things)
    try:
        instance = estate.make((project, zone, "instances", body["name"]), made, "compute#instance")
        instance.shown["disks"] = [_attached(estate, instance, index, disk) for index, disk in enumerate(body["disks"])]
        instance.shown["networkInterfaces"] = [
            connect(estate, instance, index, nic) for index, nic in enumerate(body.get("networkInterfaces", [{}]))
        ]
    except Refusal:
        estate.things = before
        raise
    return instance


def _attached(estate: Estate, instance: Thing, index: int, asked: Mapping[str, Any]) -> Shown:
    """One attached disk: made with the instance, or there before."""
    made = {"type": "PERSISTENT", "mode": "READ_WRITE", "deviceName": f"persistent-disk-{index}", "autoDelete": False, **asked}
    made |= {"index": index, "kind": "compute#attachedDisk"}
    params = made.pop("initializeParams", {})
    if made["type"] == "SCRATCH":
        return made | {"diskSizeGb": "375"}
    encryption = made.pop("diskEncryptionKey", None)
    params |= {"diskEncryptionKey": encryption} if encryption else {}
    disk = _existing(estate, instance, made) if made.get("source") else _new(estate, instance, index, params)
    attach(estate, disk, instance.link)
    return made | {"source": disk.link, "diskSizeGb": disk.shown["sizeGb"]}


def _existing(estate: Estate, instance: Thing, asked: Mapping[str, Any]) -> Thing:
    disk = estate.linked(asked["source"], instance.place[0], "resource.disks.source")
    if disk.shown.get("users") and asked["mode"] == "READ_WRITE":
        raise in_use("disk", disk)
    return disk


def _new(estate: Estate, instance: Thing, index: int, params: Mapping[str, Any]) -> Thing:
    project, zone, _, name = instance.place
    body = {
        "name": params.get("diskName") or (name if index == 0 else f"{name}-{index}"),
        "sizeGb": params.get("diskSizeGb"),
        "type": params.get("diskType"),
        **{key: params.get(key) for key in OF_A_DISK},
    }
    disk = make_disk(estate, (project, zone), {key: value for key, value in body.items() if value})
    disk.shown["status"] = "READY"
    return disk


def _run(estate: Estate, instance: Thing) -> None:
    instance.shown |= {"status": "RUNNING", "lastStartTimestamp": stamp(estate.now())}


@plays("compute.instances.start")
def start(estate: Estate, call: Call) -> Shown:
    """Only what is stopped can be started."""
    instance = estate.of(call)
    if instance.shown["status"] == "RUNNING":
        return estate.begin(call, instance, nothing)
    if instance.shown["status"] != "TERMINATED":
        raise _not_ready(instance)
    instance.shown["status"] = "STAGING"
    return estate.begin(call, instance, lambda: _run(estate, instance))


@plays("compute.instances.stop")
def stop(estate: Estate, call: Call) -> Shown:
    """It keeps its disks and reserved addresses. Local SSDs forbid it unless their content may be lost."""
    instance = estate.of(call)
    if instance.shown["status"] == "TERMINATED":
        return estate.begin(call, instance, nothing)
    if instance.shown["status"] != "RUNNING":
        raise _not_ready(instance)
    if any(disk["type"] == "SCRATCH" for disk in instance.shown["disks"]) and "discardLocalSsd" not in call.query:
        raise invalid("discardLocalSsd", "''. Instances with local SSDs can be stopped only if it is set.")
    instance.shown["status"] = "STOPPING"
    stopped = {"status": "TERMINATED"}
    return estate.begin(call, instance, lambda: instance.shown.update(stopped, lastStopTimestamp=stamp(estate.now())))


@plays("compute.instances.delete")
def delete(estate: Estate, call: Call) -> Shown:
    """Not under deletion protection. Disks go along where they were attached so."""
    instance = estate.of(call)
    if instance.shown["deletionProtection"]:
        said = f"Resource cannot be deleted if it's protected against deletion: '{instance.path}'"
        raise Refusal(400, "resourceNotDeletable", f"Invalid resource usage: '{said}'.")
    instance.shown["status"] = "STOPPING"
    return estate.begin(call, instance, lambda: _gone(estate, instance))


def _gone(estate: Estate, instance: Thing) -> None:
    drop(estate, instance)
    disconnect(estate, instance)
    for attached in instance.shown["disks"]:
        if attached["type"] == "SCRATCH":
            continue
        disk = estate.linked(attached["source"], instance.place[0], "source")
        detach(estate, disk, instance.link)
        if attached.get("autoDelete"):
            drop(estate, disk)


@plays("compute.instances.attachDisk")
def attach_disk(estate: Estate, call: Call) -> Shown:
    """Somebody uses a disk again."""
    instance = estate.of(call)
    attached = _attached(estate, instance, len(instance.shown["disks"]), call.body)
    return estate.begin(call, instance, lambda: instance.shown["disks"].append(attached))


@plays("compute.instances.detachDisk")
def detach_disk(estate: Estate, call: Call) -> Shown:
    """A disk is left behind."""
    instance, name = estate.of(call), call.query["deviceName"]
    attached = next((disk for disk in instance.shown["disks"] if disk["deviceName"] == name), None)
    if attached is None:
        raise invalid("deviceName", f"'{name}'. No attached disk found with device name '{name}'")
    disk = estate.linked(attached["source"], call.project, "source")

    def done() -> None:
        instance.shown["disks"].remove(attached)
        detach(estate, disk, instance.link)

    return estate.begin(call, instance, done)


@plays("compute.instances.setDeletionProtection")
def protect(estate: Estate, call: Call) -> Shown:
    """Turns deletion protection on (the default) or off."""
    instance = estate.of(call)
    value = call.query.get("deletionProtection", True)
    return estate.begin(call, instance, lambda: instance.shown.update(deletionProtection=value))


def _not_ready(instance: Thing) -> Refusal:
    return Refusal(400, "resourceNotReady", f"The resource '{instance.path}' is not ready ({instance.shown['status']})")
