"""Orders to Google: sent for one life of a resource and never by name alone, and settled by reading."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.model import Key
from reapers.clouds.gcp_errors import Misplaced, Refused
from reapers.kind import Order, Progress
from reapers.kinds.gcp_places import at, scope
from reapers.kinds.progress import sent, unchanged

if TYPE_CHECKING:
    from reapers.clouds.gcp_cell import GCPCell

_REQUESTS = uuid.UUID("6c3c1b0e-2f0c-5f0b-9f53-6a2f5f3f9a11")
"""Namespace of the request ids that we make ourselves; any constant would do, but it must never change."""


def path(key: Key) -> str:
    """Where the Compute API keeps a resource: gcp.disk in us-central1-a -> zones/us-central1-a/disks/x."""
    first, *rest = key.kind.split(".", 1)[1].split("_")
    noun = first + "".join(word.capitalize() for word in rest)
    return f"{scope(key.region)}/{noun}{'es' if noun.endswith('s') else 's'}/{key.id}"


def request_id(order: Order, *what: str) -> str:
    """The id under which Google takes an order once: made from the action's token, always the same for the same call."""
    return str(uuid.uuid5(_REQUESTS, "/".join([order.case, str(order.generation), order.key.ref, order.token, *what])))


def same_life(raw: Mapping[str, Any], key: Key) -> bool:
    """Whether a description is of the life that the key names: Google gives each its own numeric id."""
    return str(raw["id"]) == key.born


def expected(cell: GCPCell, order: Order) -> dict[str, Any]:
    """The whole description of what an order is about. Misplaced when it is gone or its name belongs to another life."""
    raw = cell.find(path(order.key))
    if raw is None or not same_life(raw, order.key):
        raise Misplaced(f"{order.key} is not the one that was approved any more: its name is free, or another one has it")
    return raw


def send(cell: GCPCell, order: Order, service: str, method: str, noun: str) -> dict[str, Any]:
    """A delete, stop or start of this life, sent once. A life that is already over is not asked for again."""
    raw = cell.find(path(order.key), fields="id")
    if raw is None or not same_life(raw, order.key):
        return sent(cell.now, gone=True)
    request = {noun: order.key.id, **at(order.key.region), "requestId": request_id(order, method)}
    try:
        return sent(cell.now, operation=cell.send(service, method, request))
    except Refused as refusal:
        if refusal.code == 404:
            return sent(cell.now, gone=True)
        raise


def deleted(cell: GCPCell, order: Order) -> Progress:
    """Done when Google does not know this life any more."""
    raw = cell.find(path(order.key), fields="id")
    if raw is None or not same_life(raw, order.key):
        return Progress.DONE
    return under_way(cell, order, "delete")


def under_way(cell: GCPCell, order: Order, operation: str) -> Progress:
    """What to say while the resource looks as before: an operation on it that has not ended is pending."""
    wanted = f'(targetId = {order.key.born}) (operationType = "{operation}") (status != "DONE")'
    for page in cell.pages(f"{scope(order.key.region)}/operations", filter=wanted, fields="items(name),nextPageToken"):
        if page.get("items"):
            return Progress.PENDING
    return unchanged(order.memory, cell.now)
