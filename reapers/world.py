"""What a reaper is given: its settings, and everything that it talks to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from engine.model import Mode
from engine.money import PriceBook
from reapers.clock import Clock
from reapers.clouds.cloud import Cloud
from reapers.heads import HeadFile
from reapers.kind import Kind
from reapers.notify import Notifier
from reapers.sources.snapshots import Store
from reapers.store.ledger import Ledger
from reapers.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What settings say of the loop."""

    mode: Mode = Mode.OBSERVE
    scan_every: timedelta = timedelta(hours=1)
    poll_every: timedelta = timedelta(seconds=60)
    link: str = ""
    """Where a console shows cases. Empty: notices name commands instead, until there is one."""
    worker: str = "sexton"
    call_seconds: float = 60
    keep_daily: timedelta = timedelta(days=400)
    """For how long one inventory of each day stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that the loop talks to."""

    ledger: Ledger
    clock: Clock
    clouds: Mapping[str, Cloud]
    kinds: Mapping[str, Kind]
    prices: PriceBook
    snapshots: Store
    watch: Watch
    notifier: Notifier
    heads: HeadFile | None = None
    """Where the audit trail's head is kept; None: nowhere."""
