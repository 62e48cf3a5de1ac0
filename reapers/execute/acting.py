"""Stop and delete: the intent with every guard inside its transaction, the one call, and the reading of what became of it."""

from __future__ import annotations

import logging
from dataclasses import replace

from engine.case import Action
from engine.events import Began, Blocked, Settled, Voided
from engine.guards import blocked
from engine.model import Verb
from engine.rule import rule_of
from reapers.execute.attempt import Attempt
from reapers.execute.hands import Reply, token_of
from reapers.execute.report import Report, Result
from reapers.kind import Order, Progress
from reapers.store import Blocked as GuardSaidNo
from reapers.store import Control, Intent, Usage

log = logging.getLogger(__name__)

TRIES = 3
"""So many generations may have had no effect before a person must look."""


def begin(attempt: Attempt, action: Action, order: Order) -> Report:
    """The guards' last word and the intent in one transaction; only then the call."""
    tools, before = attempt.tools, attempt.case
    now = tools.clock.now()

    def check(usage: Usage, control: Control) -> str:
        frozen = attempt.standing.frozen or control.frozen is not None or tools.halted()
        asked = attempt.asked(action, usage, control.at, last=True)
        standing = replace(asked.standing, frozen=frozen, holds=control.holds)
        if action.verb is Verb.DELETE and _company_moved(attempt):
            return "references"
        return next(iter(blocked(replace(asked, standing=standing))), "")

    begun_as, rule = attempt.advanced(Began(verb=action.verb)), rule_of(attempt.standing.policies, action.terms.policy)
    try:
        intent = tools.ledger.begin(attempt.lease, begun_as, action, tools.call_seconds, check, now, rule=rule or None)
    except GuardSaidNo as refusal:
        return attempt.report(action.verb, Result.BLOCKED, refusal.guard)
    begun = tools.ledger.case(before.id)
    assert begun is not None  # the line above wrote it, and cases are never removed
    attempt.case = begun
    return _call(attempt, intent, replace(order, token=token_of(action)))


def _company_moved(attempt: Attempt) -> bool:
    """Whether somebody has changed a case that goes together with this one since we looked, with a keep for instance."""
    company = attempt.standing.companies.of(attempt.case)
    seen = {each.id: each.version for each in company.others(attempt.case)} if company else {}
    newest = (attempt.tools.ledger.case(id) for id in seen)
    return any(case is None or case.version != seen[case.id] for case in newest)


def _call(attempt: Attempt, intent: Intent, order: Order) -> Report:
    if attempt.tools.ledger.database_time() > intent.not_after:  # we slept: others may have read by now that nothing was sent
        return attempt.report(intent.verb, Result.PENDING, "too late to send it; its outcome is read")
    answer = attempt.tools.hands.send(attempt.case, intent.verb, order)
    if answer.reply is Reply.REFUSED:
        attempt.end(intent, "denied", Blocked(verb=intent.verb, why=answer.why), "stuck")
        return attempt.report(intent.verb, Result.REFUSED, answer.why)
    if answer.reply is Reply.UNKNOWN:
        log.warning("the outcome of %s on %s is not known and will be read: %s", intent.verb, attempt.case.key, answer.why)
    return read_outcome(attempt, intent, replace(order, memory=answer.memory))


def read_outcome(attempt: Attempt, intent: Intent, order: Order) -> Report:
    """What the cloud says of an open intent. Nothing is sent here, whatever it says."""
    progress, why = attempt.tools.hands.read(attempt.case, intent.verb, order)
    if progress is Progress.DONE:
        attempt.end(intent, "done", Settled(verb=intent.verb, memory=order.memory), f"{intent.verb} done")
        return attempt.report(intent.verb, Result.DONE)
    if progress is Progress.FAILED:
        attempt.end(intent, "denied", Blocked(verb=intent.verb, why="it ended badly in the cloud"), "stuck")
        return attempt.report(intent.verb, Result.REFUSED, "it ended badly in the cloud")
    if progress is Progress.NO_EFFECT and intent.left < -attempt.tools.call_seconds:
        return _without_effect(attempt, intent)
    return attempt.report(intent.verb, Result.PENDING, why)


def _without_effect(attempt: Attempt, intent: Intent) -> Report:
    """Nothing changed and no call can be under way: the next generation goes through every guard again, approvals too."""
    why = f"the {intent.verb} had no effect"
    if attempt.case.generation + 1 >= TRIES:
        attempt.end(intent, "void", Blocked(verb=intent.verb, why=f"{why}, {TRIES} times"), "stuck")
        return attempt.report(intent.verb, Result.REFUSED, why)
    attempt.end(intent, "void", Voided(verb=intent.verb, why=why), "voided")
    return attempt.report(intent.verb, Result.SPARED, why)
