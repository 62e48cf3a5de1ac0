"""What our own acts mean for a case: begun, remembered, done, without effect, or ended so that a person must look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine import case as of
from engine import events as on
from engine.calendar import later
from engine.case import ACTING, Case, Ending, State
from engine.life.moves import SETTLED, again, close, leave, unready
from engine.model import Mode, Verb
from engine.schedule import Rules, due_after, ends_stopped

BEGINS: Mapping[Verb, frozenset[State]] = {
    Verb.STOP: frozenset({State.APPROVED}),
    Verb.BACKUP: frozenset({State.APPROVED}),
    Verb.DELETE: frozenset({State.APPROVED, State.SNAPSHOTTING}),
}
"""Where an act may begin. Starting and restoring begin with a person's word (`RestoreAsked`)."""

UNDER_WAY: Mapping[Verb, State] = {
    Verb.STOP: State.STOPPING,
    Verb.BACKUP: State.SNAPSHOTTING,
    Verb.CONDEMN: State.APPROVED,
    Verb.DELETE: State.DELETING,
    Verb.START: State.RESTORING,
    Verb.RESTORE: State.RESTORING,
}
"""The only state in which an act's outcome means anything: told of any other case, a bug must not move it."""

STANDS = SETTLED | {State.DETECTED, State.KEPT, State.STUCK}
"""Nobody has been asked to agree to anything here, so that nothing can drift."""


def began(case: Case, event: on.Began, rules: Rules, now: datetime) -> Case:
    """An act began."""
    return replace(case, state=UNDER_WAY[event.verb]) if case.state in BEGINS.get(event.verb, ()) else case


def noted(case: Case, event: on.Noted, rules: Rules, now: datetime) -> Case:
    """What an act answered is remembered."""
    if case.state is not UNDER_WAY.get(event.verb):
        return case
    return replace(case, memory=_remember(case, event.verb, event.memory))


def _remember(case: Case, verb: Verb, memory: Mapping[str, Any]) -> Mapping[Verb, Mapping[str, Any]]:
    return {**case.memory, verb: {**case.memory.get(verb, {}), **memory}}


def settled(case: Case, event: on.Settled, rules: Rules, now: datetime) -> Case:
    """An act is done."""
    if case.state is not UNDER_WAY.get(event.verb):
        return case
    case = replace(case, memory=_remember(case, event.verb, event.memory))
    match event.verb:
        case Verb.STOP:
            return _stopped(case, rules, now)
        case Verb.BACKUP:
            return replace(case, backed_up=True)
        case Verb.DELETE:
            undo = _undo(case, rules, now) if case.backed_up else None
            return replace(case, state=State.DELETED, rung=Mode.DELETE, rung_at=now, undo_until=undo, due=undo, tell="deleted")
        case Verb.START:
            kept = of.Kept(until=rules.keep_until(case.team, now), who=case.asked_by, reason="restored")
            return replace(leave(case, kept), rung=Mode.OBSERVE, quarantined=None, tell="restored")
        case Verb.RESTORE:
            return replace(close(case, Ending.RESTORED, now), tell="restored")
        case _:  # an act that is no step of its own
            return case


def _stopped(case: Case, rules: Rules, now: datetime) -> Case:
    """The wait for the next rung counts from when we first stopped it, also where the provider had started it again."""
    done = replace(
        case, state=State.STOPPED, rung=Mode.STOP, rung_at=now, quarantined=case.quarantined or now, agreements=(),
        execute_by=None, called=(), grace_from=None, tell="stopped",
    )  # fmt: skip
    return replace(done, due=_undo(case, rules, now) if ends_stopped(done) else due_after(done, rules))


def _undo(case: Case, rules: Rules, now: datetime) -> datetime:
    """Until when it can be had back."""
    return later(now, rules.policies.organization.undo, rules.calendar(case.team))


def voided(case: Case, event: on.Voided, rules: Rules, now: datetime) -> Case:
    """The call had no effect: the next generation goes through every guard again, with approvals of its own."""
    if case.state not in ACTING or case.state is not UNDER_WAY.get(event.verb):
        return case
    state = State.STOPPED if case.rung is Mode.STOP else State.GRACE
    return replace(unready(case), state=state, generation=case.generation + 1)


def drifted(case: Case, event: on.Drifted, rules: Rules, now: datetime) -> Case:
    """It is not what was agreed to any more."""
    if case.state in STANDS:
        return case
    return again(replace(case, fingerprint=event.fingerprint), "drifted")


def blocked(case: Case, event: on.Blocked, rules: Rules, now: datetime) -> Case:
    """A person must act; after their retry the next generation goes through every guard again."""
    if case.state is not UNDER_WAY.get(event.verb):
        return case
    if case.rung is Mode.DELETE:  # it did not come back: the backup is still there, what was made of it is not used
        kept: Mapping[Verb, Mapping[str, Any]] = {
            verb: memory for verb, memory in case.memory.items() if verb is not Verb.RESTORE
        }
        failed = replace(case, generation=case.generation + 1, memory=kept)
        return _stuck(failed, event, State.DELETED)
    back = State.STOPPED if case.rung is Mode.STOP else State.GRACE
    stuck = replace(unready(case), generation=case.generation + 1)
    return _stuck(stuck, event, back)


def _stuck(case: Case, event: on.Blocked, back: State) -> Case:
    return replace(case, state=State.STUCK, stuck=event.why, stuck_by=event.by, stuck_from=back, tell="stuck")
