"""What follows a scan besides verdicts: columns for the next reader, and room for the next day."""

from __future__ import annotations

import logging
from datetime import timedelta

from engine.model import Inventory
from engine.policy import PolicySet
from reapers.sources.encoding import encode
from reapers.sources.errors import SnapshotError
from reapers.sources.snapshots import Store

MANY = 10_000
"""Resources from which encoding takes a reader longer than starting a command does."""

log = logging.getLogger(__name__)


def tidy(snapshots: Store, inventory: Inventory, policies: PolicySet | None, keep: timedelta) -> None:
    """Encodes a new inventory for those who plan on it, and removes what history does not need. Neither is needed for a round:
    where the disk is full the next reader encodes by itself, and there is only too much history.
    """
    try:
        if policies is not None and len(inventory.resources) >= MANY:
            encode(snapshots, inventory.id, policies)
        gone = snapshots.prune(keep.days)
    except SnapshotError as error:
        log.warning("after the scan: %s", error)
    else:
        log.info("%d old inventories removed", len(gone))
