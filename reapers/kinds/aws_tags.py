"""AWS tags: a list of Key and Value members in answers and requests, a mapping for us."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from engine.model import is_ours
from reapers.kind import Order

CASE = "sexton:case"
GENERATION = "sexton:generation"
UNTIL = "sexton:until"

MOST = 50
"""AWS: tags that one resource may have, those of AWS itself not counted."""


def tags_of(listed: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """The mapping of an answer that always carries the tags: none listed means that there are none."""
    return {tag["Key"]: tag["Value"] for tag in listed or ()}


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A request's list, sorted."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def backup_tags(order: Order, tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of a backup: the resource's own, the case that it belongs to, and until when it is ours."""
    ours = {CASE: order.case, GENERATION: str(order.generation)}
    if order.until is not None:
        ours[UNTIL] = order.until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    kept = sorted(own(tags).items())[: MOST - len(ours)]  # the manifest has them all
    return dict(kept) | ours


def restored_tags(order: Order, tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of what comes back: its own, and the case that brought it back."""
    return {**own(tags), CASE: order.case}


def own(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that people gave it: not our bookkeeping, and not those that only AWS may write."""
    return {key: value for key, value in tags.items() if not is_ours(key) and not key.startswith("aws:")}


def filters(**wanted: Sequence[str]) -> list[dict[str, Any]]:
    """EC2 filters: any of the values, for each name; `_` in a name stands for `-`."""
    return [{"Name": name.replace("_", "-"), "Values": list(values)} for name, values in wanted.items()]


def of_case(order: Order) -> list[dict[str, Any]]:
    """EC2 filters for what this case has made."""
    return [{"Name": f"tag:{CASE}", "Values": [order.case]}]


def of_generation(order: Order) -> list[dict[str, Any]]:
    """EC2 filters for what this case has made in this generation: a backup of an earlier one may be older than the data."""
    return [*of_case(order), {"Name": f"tag:{GENERATION}", "Values": [str(order.generation)]}]
