"""The condemn label on GCP: a true compare-and-set, as setLabels takes the fingerprint of the labels that it replaces.

Google answers 412 where somebody changed them in between; then nothing was written, and whoever asked looks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.mark import LABEL, as_label
from engine.model import Key, Verb
from reapers.clouds.gcp_errors import Refused
from reapers.kind import Act, Order
from reapers.kinds.condemning import Carrier, Tagging, acts
from reapers.kinds.gcp_orders import path, request_id, same_life
from reapers.kinds.gcp_places import GLOBAL, at, is_zone

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

UNTIED = "Google's IAM conditions see no labels, so that the label is looked for and heeded by Sexton alone"
"""IAM conditions overview: what a condition may ask of a resource is its name, type, service and its Resource Manager tags."""

CHANGED = 412


def _read(cell: GCPCell, order: Order) -> Carrier | None:
    raw = cell.find(path(order.key), fields="id,labels,labelFingerprint")
    if raw is None or not same_life(raw, order.key):
        return None
    return Carrier(tags=dict(raw.get("labels", {})), raw=raw)


def _put(cell: GCPCell, order: Order, carrier: Carrier, mark: str) -> bool:
    return _set(cell, order, carrier, {**carrier.tags, LABEL: as_label(mark)})


def _drop(cell: GCPCell, order: Order, carrier: Carrier) -> bool:
    return _set(cell, order, carrier, {key: text for key, text in carrier.tags.items() if key != LABEL})


def _set(cell: GCPCell, order: Order, carrier: Carrier, labels: Mapping[str, str]) -> bool:
    """All labels at once, if they still are what was read."""
    service, noun, wrapped = _names(order.key)
    written = {"labels": dict(labels), "labelFingerprint": carrier.raw["labelFingerprint"]}
    times = (str(order.memory.get(step, "")) for step in ("began", "sparing"))  # condemned once more is another order
    asked = request_id(order, "setLabels", carrier.raw["labelFingerprint"], *times)
    try:
        cell.send(service, "set_labels", {noun: order.key.id, **at(order.key.region), wrapped: written, "requestId": asked})
    except Refused as refusal:
        if refusal.code == CHANGED:
            return False
        raise
    return True


def _names(key: Key) -> tuple[str, str, str]:
    """The service, and how its setLabels names the resource and the labels."""
    collection = path(key).split("/")[-2]
    service = f"{collection[:1].upper()}{collection[1:]}"
    if service == "Instances":
        return service, "instance", "instancesSetLabelsRequestResource"
    if is_zone(key.region):
        return service, "resource", "zoneSetLabelsRequestResource"
    if key.region == GLOBAL:
        return f"Global{service}" if service == "Addresses" else service, "resource", "globalSetLabelsRequestResource"
    return service if service == "Addresses" else f"Region{service}", "resource", "regionSetLabelsRequestResource"


LABELS: Mapping[Verb, Act] = acts(Tagging(read=_read, put=_put, drop=_drop))
"""Condemning and sparing of whatever the Compute API labels."""
