"""GCP labels: lower-case letters, digits, `_` and `-` only, so that ours are written `sexton-case` instead of `sexton:case`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.model import is_ours
from reapers.kind import Order

CASE = "sexton-case"
GENERATION = "sexton-generation"
UNTIL = "sexton-until"

LONGEST = 63
"""Characters of a label's value, and of a resource's name."""


def backup_labels(order: Order, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels of a backup: the resource's own, the case that it belongs to, and until when it is ours (epoch seconds)."""
    ours = {CASE: value(order.case), GENERATION: str(order.generation)}
    if order.until is not None:
        ours[UNTIL] = str(int(order.until.timestamp()))
    return own(labels) | ours


def restored_labels(order: Order, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels of what comes back: its own, and the case that brought it back."""
    return {**own(labels), CASE: value(order.case)}


def own(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that people gave it: not our bookkeeping, and not those that only Google may write."""
    return {key: text for key, text in labels.items() if not is_ours(key) and not key.startswith("goog-")}


def of_generation(order: Order) -> str:
    """A filter for what this case has made in this generation: a backup of an earlier one may be older than the data."""
    return f'(labels.{CASE} = "{value(order.case)}") (labels.{GENERATION} = "{order.generation}")'


def made_by(order: Order, raw: Mapping[str, object]) -> bool:
    """Whether a resource as Google describes it was brought back by this case."""
    labels = raw.get("labels")
    return isinstance(labels, Mapping) and labels.get(CASE) == value(order.case)


def value(text: str) -> str:
    """A text as a label's value."""
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:LONGEST]
