"""Two phases in the cloud: what we know of our own condemn tag, and what it means that somebody removed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine import events as on
from engine.case import Case, State
from engine.life.people import keeping
from engine.model import Verb
from engine.schedule import Rules

BEGINS = frozenset({State.APPROVED, State.SNAPSHOTTING})
"""Where the tag may be written; it may be taken away from anywhere."""


def marked(case: Case, event: on.Marked, rules: Rules, now: datetime) -> Case:
    """What we know of the tag; without memory it is not there any more."""
    takes_away = not event.memory or "sparing" in event.memory
    if not takes_away and case.state not in BEGINS:
        return case
    return replace(case, memory=_with(case, event.memory))


def vetoed(case: Case, event: on.Vetoed, rules: Rules, now: datetime) -> Case:
    """Kept, as if somebody had said so here, and the owner is told. There is no tag left to take away."""
    kept = keeping(case, on.Keeping(kept=event.kept), rules, now)
    return case if kept is case else replace(kept, memory=_with(kept, {}), tell="vetoed")


def _with(case: Case, memory: Mapping[str, Any]) -> Mapping[Verb, Mapping[str, Any]]:
    others: Mapping[Verb, Mapping[str, Any]] = {verb: kept for verb, kept in case.memory.items() if verb is not Verb.CONDEMN}
    return {**others, Verb.CONDEMN: memory} if memory else others
