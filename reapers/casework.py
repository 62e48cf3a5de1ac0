"""What an inventory and the clock mean for the cases in the ledger: engine/ decides, this room loads and saves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from engine.case import READY, Case
from engine.drill import is_drill
from engine.events import Ticked
from engine.follow import Sight, follow, openings
from engine.guards import patient
from engine.life import advance
from engine.life.entries import entry
from engine.plan import Plan
from engine.recreated import LOOK_BACK, by_place, marked
from engine.schedule import Rules
from reapers.holding import waits
from reapers.store import AlreadyOpen, Change, Stale
from reapers.store.ledger import Ledger

log = logging.getLogger(__name__)

BATCH = 200
"""Cases saved in one transaction: it holds the writer for some ten milliseconds."""


def apply_inventory(ledger: Ledger, sight: Sight, now: datetime) -> None:
    """Every open case hears what the inventory says of its resource; whatever else matches gets a case."""
    rules = Rules(policies=sight.context.policies)
    cases = [case for case in ledger.open_cases() if not is_drill(case)]  # which its own looks move
    save(ledger, ((case, advance(case, follow(case, sight), rules, now)) for case in cases), "judged", now)
    taken = frozenset(case.key.ref for case in ledger.open_cases())
    for case in _new(ledger, sight, openings(sight, taken, now), now):
        data = {"inventory": sight.inventory.id} | ({"recreated": case.recreated} if case.recreated else {})
        try:
            ledger.open(case, now, data)
        except AlreadyOpen:
            log.info("%s got a case from another worker in the meantime", case.key)


def _new(ledger: Ledger, sight: Sight, cases: Sequence[Case], now: datetime) -> Iterable[Case]:
    """New cases, but for what we have deleted since the inventory was read; those of what something makes anew say so."""
    deletions = ledger.deletions.since(now - LOOK_BACK) if cases else []
    gone = {deletion.key for deletion in deletions if deletion.at >= sight.inventory.as_of}
    places = by_place(deletions)
    return (marked(case, sight.judgements[case.key.ref].view.resource, places) for case in cases if case.key not in gone)


def apply_time(ledger: Ledger, rules: Rules, plan: Plan | None, now: datetime) -> None:
    """Every open case hears that time passed, but for those that nobody is told of while a hold stands."""
    holds = ledger.holds.standing(now)
    blocks = {skipped.case: skipped.blocked_by for skipped in plan.skipped} if plan else {}
    heard = (case for case in ledger.open_cases() if not waits(case, holds) and not (is_drill(case) and case.state in READY))
    steps = ((case, advance(case, _tick(blocks.get(case.id, ())), rules, now)) for case in heard)
    save(ledger, steps, "time", now)


def _tick(blocked_by: tuple[str, ...]) -> Ticked:
    """Time passed, for a case that these guards hold back."""
    others = tuple(name for name in blocked_by if name != "notice")
    return Ticked(held=patient(blocked_by), uncalled="notice" in blocked_by and (not others or patient(others)))


def save(ledger: Ledger, steps: Iterable[tuple[Case, Case]], event: str, now: datetime) -> None:
    """Saves what changed, in batches; when somebody changed one of a batch first, each of it alone."""
    changes = [Change(before, after, entry(before, after, event)) for before, after in steps if after != before]
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
