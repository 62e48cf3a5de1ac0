"""Compute Engine instances."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Verb
from engine.money import FREE, HOURS_PER_MONTH, Money, PriceBook
from reapers.kind import Act, Kind, Order, Progress, Scope
from reapers.kinds import gcp_condemn
from reapers.kinds.gcp_instance_backups import SCRATCH, STARTING, back_up, backed_up, made, persistent, restore, restored
from reapers.kinds.gcp_orders import deleted, path, same_life, send, under_way
from reapers.kinds.gcp_places import aggregated, last, linked, location, region_of, short
from reapers.kinds.gcp_snapshots import NEEDS
from reapers.kinds.reading import as_read, moment, present

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

NAME = "gcp.instance"
SOURCE = "compute.instances.aggregatedList"
GUARDED = ("created_by", "deletion_protection", "disks", "last_started", "machine_type", "service_account", "tags")

STOPPED = frozenset({"TERMINATED", "STOPPED"})
STOPPING = ("STOPPING", "PENDING_STOP", "DEPROVISIONING")

READ = (
    "id", "name", "creationTimestamp", "status", "machineType", "labels", "description", "zone", "deletionProtection",
    "lastStartTimestamp", "lastStopTimestamp", "resourcePolicies", "guestAccelerators", "metadata(items)",
    "disks(source,type,diskSizeGb)", "scheduling(provisioningModel,preemptible)", "serviceAccounts(email)",
    "networkInterfaces(networkIP,network,accessConfigs(natIP))",
)  # fmt: skip

READS = frozenset({"compute.instances.list", "compute.instances.get", "compute.snapshots.list", "compute.zoneOperations.list"})

_CUSTOM = re.compile(r"(?:(?P<family>[a-z0-9]+)-)?custom-(?P<cpus>\d+)-(?P<mb>\d+)")

FIELDS = {
    "state": Field(
        type="string",
        enum=("PROVISIONING", "STAGING", "RUNNING", "STOPPING", "STOPPED", "TERMINATED", "SUSPENDING", "SUSPENDED", "REPAIRING",
              "PENDING", "PENDING_STOP", "DEPROVISIONING"),
        doc="TERMINATED is Google's word for stopped",
    ),
    "machine_type": Field(type="string", doc="e2-medium, n2-custom-4-8192…"),
    "spot": Field(type="bool", doc="spot or preemptible: Google may take it away"),
    "deletion_protection": Field(type="bool", doc="Google refuses to delete it"),
    "disks": Field(type="string", optional=True, doc="attached persistent disks, as zone/name, separated by blanks"),
    "disk_gb": Field(type="int", unit="GB", doc="size of the attached persistent disks together"),
    "local_ssds": Field(type="int", doc="local SSDs, whose content a stop or delete loses for good"),
    "gpus": Field(type="int", doc="attached accelerators"),
    "internal_ip": Field(type="string", optional=True, doc="of the first interface"),
    "external_ip": Field(type="string", optional=True, doc="of the first interface; an ephemeral one is lost when it stops"),
    "network": Field(type="string", optional=True, doc="VPC network of the first interface"),
    "service_account": Field(type="string", optional=True, doc="whom its programs act as"),
    "created_by": Field(type="string", optional=True, doc="the managed instance group that made it, and would make it again"),
    "scheduled": Field(type="bool", doc="a resource policy, such as a schedule of starts and stops, is attached"),
    "last_started": Field(type="string", optional=True, doc="when it was last started, RFC 3339, UTC"),
    "description": Field(type="string", optional=True, doc="what people or programs wrote"),
}  # fmt: skip


def parse(cell: GCPCell, raw: Mapping[str, Any]) -> Resource:
    """An item of instances.aggregatedList or instances.get. What Google leaves out of these is empty."""
    scheduling = raw.get("scheduling", {})
    resource = Resource(
        key=Key(NAME, cell.account, location(raw), raw["name"], str(raw["id"])),
        name=raw["name"],
        created=moment(raw["creationTimestamp"]),
        tags=dict(raw.get("labels", {})),
        fields=present({
            "state": raw["status"],
            "machine_type": last(raw["machineType"]),
            "spot": scheduling.get("provisioningModel") == "SPOT" or scheduling.get("preemptible", False),
            "deletion_protection": raw.get("deletionProtection", False),
            "disks": short([disk["source"] for disk in persistent(raw) if "source" in disk]),
            "disk_gb": sum(int(disk.get("diskSizeGb", 0)) for disk in persistent(raw)),
            "local_ssds": sum(disk.get("type") == SCRATCH for disk in raw.get("disks", ())),
            "gpus": sum(int(card.get("acceleratorCount", 0)) for card in raw.get("guestAccelerators", ())),
            "created_by": _metadata(raw).get("created-by"),
            "scheduled": bool(raw.get("resourcePolicies")),
            "last_started": moment(raw["lastStartTimestamp"]).isoformat() if "lastStartTimestamp" in raw else None,
            "service_account": next((account["email"] for account in raw.get("serviceAccounts", ())), None),
            "description": raw.get("description") or None,
            **_network(raw),
        }),
        seen_at=cell.now,
        since=_since(raw),
    )  # fmt: skip
    return as_read(resource, SOURCE, GUARDED)


def _metadata(raw: Mapping[str, Any]) -> dict[str, str]:
    return {item["key"]: item.get("value", "") for item in raw.get("metadata", {}).get("items", ())}


def _network(raw: Mapping[str, Any]) -> dict[str, str | None]:
    nic: Mapping[str, Any] = next(iter(raw.get("networkInterfaces", ())), {})
    access: Mapping[str, Any] = next(iter(nic.get("accessConfigs", ())), {})
    network = last(nic["network"]) if "network" in nic else None
    return {"internal_ip": nic.get("networkIP"), "external_ip": access.get("natIP"), "network": network}


def _since(raw: Mapping[str, Any]) -> dict[str, datetime]:
    """Since when it is stopped, as Google remembers; a stop before its last start is not the one it is in: it has no date."""
    stopped, started = raw.get("lastStopTimestamp"), raw.get("lastStartTimestamp")
    if not stopped or raw["status"] not in STOPPED or (started and moment(stopped) < moment(started)):
        return {}
    return {"stopped": moment(stopped)}


def list_instances(cell: GCPCell) -> Iterator[Resource]:
    """Every instance of the project. Partial where a zone did not answer."""
    for raw in aggregated(cell, NAME, "instances", READ):
        yield parse(cell, raw)


def get(cell: GCPCell, key: Key) -> Resource | Gone:
    """One instance by its name and zone."""
    raw = cell.find(path(key))
    return Gone(cell.now) if raw is None else parse(cell, raw)


def links(resource: Resource) -> tuple[Key, ...]:
    """Its persistent disks."""
    return linked("gcp.disk", resource.key.account, str(resource.fields.get("disks", "")))


def price(resource: Resource, book: PriceBook) -> Money:
    """The machine alone: disks and addresses are resources of their own. A stopped one is free."""
    fields, kind = resource.fields, str(resource.fields["machine_type"])
    if fields["state"] in STOPPED:
        return FREE
    if fields["state"] in ("SUSPENDED", "SUSPENDING"):
        return Money.unknown("suspended: only its memory is billed")
    for name, why in (("spot", "spot prices change from day to day"), ("gpus", "GPUs are not in the price book")):
        if fields[name]:
            return Money.unknown(why)
    parts = _custom(kind) or {f"instance/{kind}/hour": HOURS_PER_MONTH}
    parts |= {"local-ssd/gb-month": 375 * int(str(fields["local_ssds"]))} if fields["local_ssds"] else {}
    return book.monthly("gcp", region_of(resource.key.region), parts)


def _custom(kind: str) -> dict[str, Any]:
    """A custom machine type by its processors and memory; empty for a predefined one. Without a family it is n1."""
    found = _CUSTOM.fullmatch(kind)  # extended memory (`-ext`) has a price of its own, which the book does not have
    if not found:
        return {}
    family = found["family"] or "n1"
    hours = HOURS_PER_MONTH
    return {f"custom/{family}/vcpu-hour": int(found["cpus"]) * hours, f"custom/{family}/gb-hour": int(found["mb"]) * hours / 1024}


def stop(cell: GCPCell, order: Order) -> dict[str, Any]:
    """Google refuses it for an instance with local SSDs, whose content would be lost."""
    return send(cell, order, "Instances", "stop", "instance")


def stopped(cell: GCPCell, order: Order) -> Progress:
    """Done when this life is stopped."""
    return _is_in(cell, order, "stop", STOPPED, STOPPING)


def start(cell: GCPCell, order: Order) -> dict[str, Any]:
    """Start it again as it was."""
    return send(cell, order, "Instances", "start", "instance")


def started(cell: GCPCell, order: Order) -> Progress:
    """Done when this life runs."""
    return _is_in(cell, order, "start", ("RUNNING",), STARTING)


def _is_in(cell: GCPCell, order: Order, verb: str, there: Collection[str], on_the_way: Collection[str]) -> Progress:
    raw = cell.find(path(order.key), fields="id,status")
    if raw is None or not same_life(raw, order.key):
        return Progress.FAILED
    if raw["status"] in there:
        return Progress.DONE
    return Progress.PENDING if raw["status"] in on_the_way else under_way(cell, order, verb)


def delete(cell: GCPCell, order: Order) -> dict[str, Any]:
    """Google refuses it while deletion protection is on. Disks go with it where they were attached so."""
    return send(cell, order, "Instances", "delete", "instance")


KIND = Kind(
    name=NAME,
    title="Compute Engine instance",
    scope=Scope.ACCOUNT,
    fields=FIELDS,
    list=list_instances,
    get=get,
    facts={"stopped": lambda resource: resource.fields["state"] in STOPPED},
    links=links,
    fingerprint=GUARDED,
    anew=frozenset({"external_ip", "internal_ip", "last_started"}),
    acts={
        Verb.STOP: Act(do=stop, check=stopped),
        Verb.START: Act(do=start, check=started),
        Verb.BACKUP: Act(do=back_up, check=backed_up, made=made),
        **gcp_condemn.LABELS,
        Verb.DELETE: Act(do=delete, check=deleted),
        Verb.RESTORE: Act(do=restore, check=restored),
    },
    needs={
        Role.SCAN: READS,
        Role.STOP: READS | {"compute.instances.stop", "compute.instances.start"},
        Role.CONDEMN: READS | NEEDS | {
            "compute.addresses.list", "compute.addresses.use", "compute.disks.create", "compute.disks.createSnapshot",
            "compute.disks.get", "compute.disks.setLabels", "compute.disks.use", "compute.instances.create",
            "compute.instances.setLabels", "compute.instances.setMetadata", "compute.instances.setServiceAccount",
            "compute.instances.setTags", "compute.snapshots.create", "compute.snapshots.setLabels",
            "compute.snapshots.useReadOnly", "compute.subnetworks.use", "compute.subnetworks.useExternalIp",
            "iam.serviceAccounts.actAs",
        },
        Role.DELETE: READS | {"compute.disks.delete", "compute.instances.delete"},
    },
    stopped=STOPPED,
    untied=gcp_condemn.UNTIED,
    price=price,
    parse=parse,
    example={
        "id": "1618033988749894848",
        "name": "load-test-3",
        "creationTimestamp": "2026-02-03T04:05:06.789-08:00",
        "status": "RUNNING",
        "machineType": "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a/machineTypes/e2-standard-4",
        "zone": "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a",
        "selfLink": "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a/instances/load-test-3",
        "lastStartTimestamp": "2026-02-03T04:05:16.789-08:00",
        "deletionProtection": False, "disks": [{
            "index": 0, "boot": True, "autoDelete": True, "deviceName": "boot", "mode": "READ_WRITE", "type": "PERSISTENT",
            "diskSizeGb": "20",
            "source": "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a/disks/load-test-3",
        }],
        "networkInterfaces": [{
            "name": "nic0", "networkIP": "10.128.0.7",
            "network": "https://www.googleapis.com/compute/v1/projects/acme-dev/global/networks/default",
        }],
        "scheduling": {"provisioningModel": "STANDARD", "preemptible": False, "automaticRestart": True},
        "labels": {"owner": "payments"},
        "labelFingerprint": "42WmSpB8rSM=",
    },
)  # fmt: skip
