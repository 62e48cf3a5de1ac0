"""What an inventory and the clock mean for the cases in the ledger: engine/ decides, this room loads and saves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from engine.case import Case, Ticked
from engine.follow import Sight, follow, openings
from engine.guards import patient
from engine.life import advance
from engine.plan import Plan
from engine.schedule import Rules
from reapers.store import AlreadyOpen, Change, Stale
from reapers.store.ledger import Ledger

log = logging.getLogger(__name__)

BATCH = 200
"""Cases saved in one transaction: it holds the writer for some ten milliseconds."""


def apply_inventory(ledger: Ledger, sight: Sight, now: datetime) -> None:
    """Every open case hears what the inventory says of its resource; whatever else matches gets a case."""
    rules = Rules(policies=sight.context.policies)
    cases = ledger.open_cases()
    _save(ledger, ((case, advance(case, follow(case, sight), rules, now)) for case in cases), "judged", now)
    taken = frozenset(case.key.ref for case in ledger.open_cases())
    for case in openings(sight, taken, now):
        try:
            ledger.open(case, now, {"inventory": sight.inventory.id})
        except AlreadyOpen:
            log.info("%s got a case from another worker in the meantime", case.key)


def apply_time(ledger: Ledger, rules: Rules, plan: Plan | None, now: datetime) -> None:
    """Every open case hears that time passed."""
    held = {skipped.case for skipped in plan.skipped if patient(skipped.blocked_by)} if plan else set()
    steps = ((case, advance(case, Ticked(held=case.id in held), rules, now)) for case in ledger.open_cases())
    _save(ledger, steps, "time", now)


def _save(ledger: Ledger, steps: Iterable[tuple[Case, Case]], event: str, now: datetime) -> None:
    """Saves what changed, in batches; when somebody changed one of a batch first, each of it alone."""
    changes = [Change(before, after, event) for before, after in steps if after != before]
    for start in range(0, len(changes), BATCH):
        batch = changes[start : start + BATCH]
        try:
            ledger.save_all(batch, now)
        except Stale:
            _each(batch, lambda change: ledger.save_all([change], now))


def _each(changes: Iterable[Change], save: Callable[[Change], object]) -> None:
    for change in changes:
        try:
            save(change)
        except Stale as stale:
            log.info("%s; the next round looks at it anew", stale)
