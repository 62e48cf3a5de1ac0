"""Backup, restore and start: they destroy nothing. They are sent, remembered, and looked at until they are done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine.calendar import later
from engine.case import Case, State
from engine.events import Began, Blocked, Noted, Settled
from engine.guards import blocked
from engine.model import Key, Verb
from engine.schedule import Rules, action_of
from engine.spent import MADE, life
from engine.standing import Standing
from reapers.execute.attempt import Attempt
from reapers.execute.hands import Reply
from reapers.execute.report import Report, Result
from reapers.kind import Order, Progress
from reapers.store import Shield


def back_up(attempt: Attempt, order: Order) -> Report:
    """The backup before a delete: no intent, for it destroys nothing, but every guard of the plan."""
    ledger, now = attempt.tools.ledger, attempt.tools.clock.now()
    blocks = blocked(attempt.asked(action_of(attempt.case), ledger.usage(now), ledger.database_time()))
    if blocks:
        return attempt.report(Verb.BACKUP, Result.BLOCKED, ", ".join(blocks))
    if attempt.case.state is not State.SNAPSHOTTING:
        attempt.save(Began(verb=Verb.BACKUP), "backup began")
    return make(attempt, Verb.BACKUP, order)


def make(attempt: Attempt, verb: Verb, order: Order) -> Report:
    """Send it unless it was sent, remember the answer, look whether it is done."""
    if not attempt.case.memory.get(verb):
        answer = attempt.tools.hands.send(attempt.case, verb, replace(order, memory=_memory(attempt.case, verb)))
        if answer.reply is Reply.REFUSED:
            return _stuck(attempt, verb, answer.why)
        if answer.reply is Reply.UNKNOWN:
            return attempt.report(verb, Result.PENDING, answer.why)
        attempt.save(Noted(verb=verb, memory=answer.memory), f"{verb} sent")
    order = replace(order, memory=_memory(attempt.case, verb))
    progress, why = attempt.tools.hands.read(attempt.case, verb, order)
    if progress is Progress.DONE:
        return _done(attempt, verb, order)
    if progress in (Progress.FAILED, Progress.NO_EFFECT):
        return _stuck(attempt, verb, why or f"the {verb} ended badly in the cloud ({progress})")
    return attempt.report(verb, Result.PENDING, why)


def _memory(case: Case, verb: Verb) -> dict[str, object]:
    """What an act remembers; a restore begins with what the backup remembered."""
    backup = case.memory.get(Verb.BACKUP, {}) if verb is Verb.RESTORE else {}
    return {**backup, **case.memory.get(verb, {})}


def _done(attempt: Attempt, verb: Verb, order: Order) -> Report:
    """Which resources it made is remembered with it: only what the ledger knows as ours may go later without anybody's word."""
    made, why = attempt.tools.hands.made(attempt.case, verb, order)
    if made is None:
        return attempt.report(verb, Result.PENDING, why)
    memory = {MADE: sorted(life(key) for key in made)} if made else {}
    shields = (_kept(attempt),) if verb is Verb.RESTORE else ()
    attempt.save(Settled(verb=verb, memory=memory), f"{verb} done", shields)
    return attempt.report(verb, Result.DONE)


def _kept(attempt: Attempt) -> Shield:
    """What comes back is left alone as long as an owner's keep lasts, under its new key."""
    case, now = attempt.case, attempt.tools.clock.now()
    new = str(case.memory.get(Verb.RESTORE, {}).get("key") or case.key.ref)
    return Shield(
        key_ref=Key.parse(new).ref, policy="", until=_end(case, attempt.standing, now), who=case.asked_by, reason="restored"
    )


def _end(case: Case, standing: Standing, now: datetime) -> datetime:
    return later(now, standing.policies.organization.keep, Rules(policies=standing.policies).calendar(case.team))


def _stuck(attempt: Attempt, verb: Verb, why: str) -> Report:
    attempt.save(Blocked(verb=verb, why=why), "stuck")
    return attempt.report(verb, Result.REFUSED, why)
