"""What our own acts mean for a case: begun, remembered, done, without effect, or ended so that a person must look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine import case as of
from engine.calendar import later
from engine.case import Case, Ending, State
from engine.life.moves import again, close, unready
from engine.model import Mode, Verb
from engine.schedule import Rules, due_after, ends_stopped

BEGUN = {Verb.STOP: State.STOPPING, Verb.BACKUP: State.SNAPSHOTTING, Verb.DELETE: State.DELETING}


def began(case: Case, event: of.Began, rules: Rules, now: datetime) -> Case:
    """An act began."""
    return replace(case, state=BEGUN.get(event.verb, State.RESTORING))


def noted(case: Case, event: of.Noted, rules: Rules, now: datetime) -> Case:
    """What an act answered is remembered."""
    return replace(case, memory=_remember(case, event.verb, event.memory))


def _remember(case: Case, verb: Verb, memory: Mapping[str, Any]) -> Mapping[Verb, Mapping[str, Any]]:
    return {**case.memory, verb: {**case.memory.get(verb, {}), **memory}}


def settled(case: Case, event: of.Settled, rules: Rules, now: datetime) -> Case:
    """An act is done."""
    case = replace(case, memory=_remember(case, event.verb, event.memory))
    match event.verb:
        case Verb.STOP:
            done = replace(case, state=State.STOPPED, rung=Mode.STOP, rung_at=now, agreements=(), execute_by=None, tell="stopped")
            return replace(done, due=_undo(case, rules, now) if ends_stopped(done) else due_after(done, rules))
        case Verb.BACKUP:
            return replace(case, backed_up=True)
        case Verb.DELETE:
            undo = _undo(case, rules, now) if case.backed_up else None
            return replace(case, state=State.DELETED, rung=Mode.DELETE, rung_at=now, undo_until=undo, due=undo, tell="deleted")
        case Verb.START:
            kept = of.Kept(
                until=later(now, rules.policies.organization.keep, rules.zone(case.team)), who=case.asked_by, reason="restored"
            )
            return replace(case, state=State.KEPT, kept=kept, due=kept.until, rung=Mode.OBSERVE, tell="restored")
        case Verb.RESTORE:
            return replace(close(case, Ending.RESTORED, now), tell="restored")


def _undo(case: Case, rules: Rules, now: datetime) -> datetime:
    """Until when it can be had back."""
    return later(now, rules.policies.organization.undo, rules.zone(case.team))


def voided(case: Case, event: of.Voided, rules: Rules, now: datetime) -> Case:
    """The call had no effect: the next generation goes through every guard again, with approvals of its own."""
    state = State.STOPPED if case.rung is Mode.STOP else State.GRACE
    return replace(unready(case), state=state, generation=case.generation + 1)


def drifted(case: Case, event: of.Drifted, rules: Rules, now: datetime) -> Case:
    """It is not what was agreed to any more."""
    return again(replace(case, fingerprint=event.fingerprint), "drifted")


def blocked(case: Case, event: of.Blocked, rules: Rules, now: datetime) -> Case:
    """A person must act; after their retry the next generation goes through every guard again."""
    if case.rung is Mode.DELETE:  # it did not come back: the backup is still there, what was made of it is not used
        kept: Mapping[Verb, Mapping[str, Any]] = {
            verb: memory for verb, memory in case.memory.items() if verb is not Verb.RESTORE
        }
        return replace(case, state=State.STUCK, stuck=event.why, stuck_from=State.DELETED, tell="stuck", memory=kept)
    back = State.STOPPED if case.rung is Mode.STOP else State.GRACE
    stuck = replace(unready(case), generation=case.generation + 1)
    return replace(stuck, state=State.STUCK, stuck=event.why, stuck_from=back, tell="stuck")
