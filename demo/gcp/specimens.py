"""One resource of each kind that all acts of the kind can be done to, and what its fingerprint must notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from demo.gcp.local import ZONE, LocalGCP

PROJECT = "acme-dev"
REGION = ZONE.rpartition("-")[0]
LABELS = {"owner": "payments"}

Change = Callable[[LocalGCP, str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """How a kind's resource is made. `collection` and `location` say where it is then."""

    collection: str
    location: str
    listed_by: str
    """The method of the list, a glob."""
    make: Callable[[LocalGCP, int], str]
    changes: Mapping[str, Change] = field(default_factory=dict)


def _disk(gcp: LocalGCP, number: int) -> str:
    body = {"name": f"disk-{number}", "sizeGb": "20", "type": f"zones/{ZONE}/diskTypes/pd-balanced", "labels": LABELS}
    return str(gcp.seed(f"{PROJECT}/{ZONE}", "disks", body)["name"])


def _instance(gcp: LocalGCP, number: int) -> str:
    """With a boot disk that goes along and a data disk that stays."""
    data = {"name": f"data-{number}", "sizeGb": "50", "labels": LABELS}
    gcp.seed(f"{PROJECT}/{ZONE}", "disks", data)
    boot = {"boot": True, "autoDelete": True, "initializeParams": {"diskSizeGb": "10", "sourceImage": "global/images/debian"}}
    body = {
        "name": f"instance-{number}",
        "machineType": f"zones/{ZONE}/machineTypes/e2-medium",
        "disks": [boot, {"source": f"zones/{ZONE}/disks/data-{number}"}],
        "networkInterfaces": [{"network": "global/networks/default", "accessConfigs": [{}]}],
        "labels": LABELS,
    }
    return str(gcp.seed(f"{PROJECT}/{ZONE}", "instances", body)["name"])


def _address(gcp: LocalGCP, number: int) -> str:
    return str(gcp.seed(f"{PROJECT}/{REGION}", "addresses", {"name": f"address-{number}", "labels": LABELS})["name"])


def _snapshot(gcp: LocalGCP, number: int) -> str:
    """Of a disk that is there."""
    body = {"name": f"disk-{number}", "sizeGb": "20", "labels": LABELS}
    gcp.seed(f"{PROJECT}/{ZONE}", "disks", body)
    made = {"name": f"snapshot-{number}", "labels": LABELS}
    gcp.ask("POST", f"{PROJECT}/zones/{ZONE}/disks/disk-{number}/createSnapshot", made)
    gcp.alter((PROJECT, "global", "snapshots", f"snapshot-{number}"), status="READY")
    return f"snapshot-{number}"


def _machine_image(gcp: LocalGCP, number: int) -> str:
    _instance(gcp, number)
    body = {"name": f"image-{number}", "sourceInstance": f"zones/{ZONE}/instances/instance-{number}", "labels": LABELS}
    return str(gcp.seed(f"{PROJECT}/global", "machineImages", body)["name"])


def _project(gcp: LocalGCP, number: int) -> str:  # noqa: ARG001 - an account of GCP is one project
    gcp.door.estate.projects[PROJECT]["labels"] = dict(LABELS)
    return PROJECT


def _alter(collection: str, location: str, **shown: object) -> Change:
    return lambda gcp, id: gcp.alter((PROJECT, location, collection, id), **shown)


def _move(gcp: LocalGCP, id: str) -> None:
    gcp.door.estate.projects[id]["parent"] = "folders/2002"


TYPES = "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a"

SPECIMENS = {
    "gcp.disk": Specimen(
        collection="disks",
        location=ZONE,
        listed_by="compute.disks.aggregatedList",
        make=_disk,
        changes={
            "grown": _alter("disks", ZONE, sizeGb="30"),
            "attached": _alter("disks", ZONE, users=[f"{TYPES}/instances/x"]),
            "relabelled": _alter("disks", ZONE, labels={"owner": "search"}),
        },
    ),
    "gcp.instance": Specimen(
        collection="instances",
        location=ZONE,
        listed_by="compute.instances.aggregatedList",
        make=_instance,
        changes={
            "resized": _alter("instances", ZONE, machineType=f"{TYPES}/machineTypes/e2-standard-2"),
            "protected": _alter("instances", ZONE, deletionProtection=True),
            "restarted": _alter("instances", ZONE, lastStartTimestamp="2026-11-20T00:00:00.000-08:00"),
            "relabelled": _alter("instances", ZONE, labels={}),
        },
    ),
    "gcp.address": Specimen(
        collection="addresses",
        location=REGION,
        listed_by="compute.addresses.aggregatedList",
        make=_address,
        changes={"relabelled": _alter("addresses", REGION, labels={"owner": "search"})},
    ),
    "gcp.snapshot": Specimen(
        collection="snapshots",
        location="global",
        listed_by="compute.snapshots.list",
        make=_snapshot,
        changes={"relabelled": _alter("snapshots", "global", labels={"owner": "search"})},
    ),
    "gcp.machine_image": Specimen(
        collection="machineImages",
        location="global",
        listed_by="compute.machineImages.list",
        make=_machine_image,
        changes={"relabelled": _alter("machineImages", "global", labels={"owner": "search"})},
    ),
    "gcp.project": Specimen(
        collection="",
        location="",
        listed_by="cloudresourcemanager.projects.get",
        make=_project,
        changes={"moved": _move},
    ),
}
