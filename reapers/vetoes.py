"""Vetoes that a scan sees: a condemned resource whose tag is there no more."""

from __future__ import annotations

from datetime import datetime

from engine.case import Case
from engine.condemn import veto
from engine.events import Vetoed
from engine.follow import Sight
from engine.life import advance
from engine.schedule import Rules
from reapers.store import Change, Shield, Stale
from reapers.store.ledger import Ledger


def apply_vetoes(ledger: Ledger, sight: Sight, now: datetime) -> None:
    """Every condemned case whose resource the inventory shows without its tag is kept, and its resource shielded."""
    for case in ledger.open_cases():
        seen = sight.judgements.get(case.key.ref)
        event = veto(case, seen.view.resource, sight.context.policies, now) if seen else None
        if event is None or seen is None or seen.view.resource.key != case.key:
            continue
        after = advance(case, event, Rules(policies=sight.context.policies), now)
        try:
            ledger.save_all([Change(case, after, "vetoed", shields=(shield_of(case, event),))], now)
        except Stale:
            continue  # somebody else changed it first; the next look says it again


def shield_of(case: Case, event: Vetoed) -> Shield:
    """No policy takes the resource up again while the keep lasts, in this case or in another."""
    kept = event.kept
    return Shield(key_ref=case.key.ref, policy="", until=kept.until, who=kept.who, reason=kept.reason)
