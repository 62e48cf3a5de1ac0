"""What every kind of Compute resource has alike: get, and labels that are changed only by who knows them."""

from __future__ import annotations

from typing import Any

from demo.gcp.calls import Call
from demo.gcp.estate import Estate
from demo.gcp.lists import silent
from demo.gcp.plays import labelled, plays
from demo.gcp.refusals import Refusal


@plays(
    "compute.disks.get", "compute.regionDisks.get", "compute.instances.get", "compute.addresses.get",
    "compute.globalAddresses.get", "compute.snapshots.get", "compute.machineImages.get", "compute.zoneOperations.get",
    "compute.regionOperations.get", "compute.globalOperations.get",
)  # fmt: skip
def get(estate: Estate, call: Call) -> dict[str, Any]:
    """One resource or operation."""
    if silent(estate, call.project, call.location):
        raise Refusal(503, "backendError", f"{call.location} is unreachable.")
    return estate.of(call).shown


@plays(
    "compute.disks.setLabels", "compute.regionDisks.setLabels", "compute.instances.setLabels", "compute.addresses.setLabels",
    "compute.globalAddresses.setLabels", "compute.snapshots.setLabels", "compute.machineImages.setLabels",
)  # fmt: skip
def set_labels(estate: Estate, call: Call) -> dict[str, Any]:
    """Replaces all labels, if the caller shows that it knows the ones that it replaces."""
    thing = estate.of(call)
    if call.body.get("labelFingerprint") != thing.shown["labelFingerprint"]:
        raise Refusal(412, "conditionNotMet", "Labels fingerprint either invalid or resource labels have changed")
    after = labelled(call.body.get("labels", {}))

    def done() -> None:
        thing.shown.pop("labels", None)
        thing.shown.update(after)

    return estate.begin(call, thing, done)
