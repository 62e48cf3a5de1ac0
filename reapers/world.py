"""What a reaper is given: its settings, and everything that it talks to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from engine.model import Mode
from engine.money import PriceBook
from reapers.anchor import Anchor
from reapers.clock import Clock, SystemClock
from reapers.clouds.cloud import Cloud
from reapers.kind import Kind
from reapers.notify import Notifier
from reapers.sources.snapshots import Store
from reapers.sources.states import StateFiles
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
    machine: Clock = field(default_factory=SystemClock)
    """The machine's own clock, which must agree with the database's; `clock` may be simulated."""
    states: StateFiles = field(default_factory=StateFiles)
    """Terraform's state files, given read-only."""
    heads: Anchor | None = None
    """Where the audit trail's head is kept; None: nowhere."""
    freeze_file: Path | None = None
    """A file that freezes everything by being there; None: none does."""
