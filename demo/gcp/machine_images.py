"""Machine images: a whole instance with all its disks, which outlives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.gcp.calls import Call
from demo.gcp.disks import drop
from demo.gcp.estate import Estate, Thing
from demo.gcp.plays import labelled, plays
from demo.gcp.refusals import invalid

Shown = dict[str, Any]


@plays("compute.machineImages.insert")
def insert(estate: Estate, call: Call) -> Shown:
    """Of an instance, running or not."""
    image = make_machine_image(estate, (call.project, "global"), {**call.body, **_named(call)})
    return estate.begin(call, image, lambda: image.shown.update(status="READY"))


def _named(call: Call) -> Shown:
    """The source may be a parameter or a part of the body."""
    return {"sourceInstance": call.query["sourceInstance"]} if "sourceInstance" in call.query else {}


def make_machine_image(estate: Estate, where: tuple[str, str], body: Mapping[str, Any]) -> Thing:
    """An image that is being created."""
    project, location = where
    if not body.get("sourceInstance"):
        raise invalid("resource.sourceInstance", "''. The URL is malformed.")
    instance = estate.linked(body["sourceInstance"], project, "resource.sourceInstance")
    disks = [disk for disk in instance.shown["disks"] if disk["type"] == "PERSISTENT"]
    sizes = {disk["source"]: int(disk["diskSizeGb"]) * 2**26 for disk in disks}
    made = {
        **body,
        "sourceInstance": instance.link,
        "instanceProperties": {"machineType": instance.shown["machineType"].rsplit("/", 1)[-1]},
        "savedDisks": [
            {"kind": "compute#savedDisk", "sourceDisk": source, "storageBytes": str(size), "storageBytesStatus": "UP_TO_DATE"}
            for source, size in sizes.items()
        ],
        "totalStorageBytes": str(sum(sizes.values())),
        "storageLocations": ["us"],
        "status": "CREATING",
        **labelled(body.get("labels", {})),
    }
    return estate.make((project, location, "machineImages", body["name"]), made, "compute#machineImage")


@plays("compute.machineImages.delete")
def delete(estate: Estate, call: Call) -> Shown:
    """Instances made from it stay."""
    image = estate.of(call)
    image.shown["status"] = "DELETING"
    return estate.begin(call, image, lambda: drop(estate, image))
