"""Two phases in the cloud: a delete is announced on the resource itself, looked at again, and may be vetoed there by anybody.

    began (in the ledger) -> the tag -> seen -> placed (in the ledger) -> look again -> intent -> delete

A worker that died anywhere in between left what the next one needs: a tag that was begun is looked for before it is written. One
that was seen and is there no more was removed by somebody; one that nobody wants any more is taken away again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from engine.condemn import can, is_left, is_placed, is_wanted, mark_of, veto
from engine.events import Blocked, Marked
from engine.follow import Sight
from engine.guards import blocked, may_condemn
from engine.mark import carried, case_of
from engine.model import Unknown, Verb
from engine.schedule import action_of
from reapers.execute.attempt import Attempt
from reapers.execute.hands import Reply
from reapers.execute.report import Report, Result
from reapers.kind import Order, Progress
from reapers.vetoes import shield_of

log = logging.getLogger(__name__)

AGAIN = timedelta(hours=1)
"""A tag that could not be taken away is tried again so much later: it does no harm, and whoever denies it needs time."""


def condemned(attempt: Attempt, order: Order, sight: Sight) -> Order | Report:
    """The order for what was seen to carry our tag: at once where it does, else after writing it and looking again.

    `order` is that of a look a moment ago. What needs no tag goes through.
    """
    kind = attempt.standing.policies.kinds.get(attempt.case.key.kind)
    action = action_of(attempt.case)
    if action is None or action.verb is not Verb.DELETE or not can(kind):
        return order
    if _vetoed(attempt, order):
        return attempt.report(Verb.DELETE, Result.SPARED, "somebody removed the tag that condemned it")
    if is_placed(attempt.case):
        return order
    report = _place(attempt, order)
    return attempt.look_again(sight) if report.result is Result.DONE else report


def ahead(attempt: Attempt, sight: Sight) -> Report:
    """Condemns a delete that only has to wait, so that people can veto it meanwhile."""
    order = attempt.look_again(sight)
    if isinstance(order, Report):
        return order
    found = condemned(attempt, order, sight)
    return found if isinstance(found, Report) else attempt.report(Verb.CONDEMN, Result.DONE)


def _vetoed(attempt: Attempt, order: Order) -> bool:
    now = attempt.tools.clock.now()
    event = veto(attempt.case, order.resource, attempt.standing.policies, now) if order.resource else None
    if event is None:
        return False
    attempt.save(event, "vetoed", (shield_of(attempt.case, event),))
    return True


def _place(attempt: Attempt, order: Order) -> Report:
    """The tag, unless a guard that no waiting lifts holds the delete back."""
    blocks = _blocks(attempt)
    if not is_wanted(attempt.case) or not may_condemn(blocks):
        return attempt.report(Verb.CONDEMN, Result.BLOCKED, ", ".join(blocks) or str(attempt.case.state))
    memory, begun = _begun(attempt)
    order = replace(order, memory={**memory, "ended": _ended(attempt, order)})
    if not begun or attempt.tools.hands.read(attempt.case, Verb.CONDEMN, order)[0] is not Progress.DONE:
        answer = attempt.tools.hands.send(attempt.case, Verb.CONDEMN, order)
        if answer.reply is Reply.REFUSED:
            return _refused(attempt, answer.why)
        order = replace(order, memory={**order.memory, **answer.memory})
    progress, why = attempt.tools.hands.read(attempt.case, Verb.CONDEMN, order)
    if progress is Progress.DONE:
        attempt.save(Marked(memory={**memory, "placed": _now(attempt).isoformat()}), "condemn done")
        return attempt.report(Verb.CONDEMN, Result.DONE)
    if progress is Progress.FAILED:
        return _refused(attempt, "it is condemned for another case, says its tag: look whose that is, and remove the tag")
    return attempt.report(Verb.CONDEMN, Result.PENDING, why or "the tag is not seen yet")


def _ended(attempt: Attempt, order: Order) -> str:
    """The case whose tag still stands there though it is over: a call of ours arrived late. "" where there is none."""
    tags = order.resource.tags if order.resource else {}
    stands = "" if isinstance(tags, Unknown) else case_of(carried(tags))
    other = attempt.tools.ledger.case(stands) if stands not in ("", attempt.case.id) else None
    return other.id if other and not other.is_open and other.key.ref == attempt.case.key.ref else ""


def _blocks(attempt: Attempt) -> tuple[str, ...]:
    """What holds the delete back, but for the tag itself."""
    ledger = attempt.tools.ledger
    asked = attempt.asked(action_of(attempt.case), ledger.usage(_now(attempt)), ledger.database_time())
    return tuple(guard for guard in blocked(asked) if guard != "condemn")


def _begun(attempt: Attempt) -> tuple[Mapping[str, Any], bool]:
    """The memory of a tag that is about to be written, and whether an earlier attempt may have written it."""
    before, mark = attempt.case.memory.get(Verb.CONDEMN, {}), mark_of(attempt.case)
    if before.get("mark") == mark and "sparing" not in before:
        return before, True
    memory = {"mark": mark, "began": _now(attempt).isoformat()}
    attempt.save(Marked(memory=memory), "condemn began")
    return memory, False


def _refused(attempt: Attempt, why: str) -> Report:
    """Nothing was written, and without the tag nothing is deleted: a person must look."""
    attempt.save(Marked(), "condemn refused")
    attempt.save(Blocked(verb=Verb.CONDEMN, why=why), "stuck")
    return attempt.report(Verb.CONDEMN, Result.REFUSED, why)


def spare(attempt: Attempt) -> Report:
    """Takes our tag away from what is not to be deleted any more. What the cloud refuses is tried again later."""
    memory = attempt.case.memory.get(Verb.CONDEMN, {})
    if not is_left(attempt.case):
        return attempt.report(Verb.SPARE, Result.BUSY, "there is nothing to take away any more")
    order = replace(attempt.order(), memory=memory)
    memory = {**memory, "sparing": _now(attempt).isoformat()}
    attempt.save(Marked(memory=memory), "spare began")
    answer = attempt.tools.hands.send(attempt.case, Verb.SPARE, replace(order, memory=memory))
    progress, why = attempt.tools.hands.read(attempt.case, Verb.SPARE, replace(order, memory=answer.memory))
    if progress is Progress.DONE:
        attempt.save(Marked(), "spare done")
        return attempt.report(Verb.SPARE, Result.DONE)
    log.warning("the tag on %s could not be taken away: %s", attempt.case.key, answer.why or why)
    return attempt.report(Verb.SPARE, Result.PENDING, answer.why or why)


def is_due(memory: Mapping[str, Any], now: datetime) -> bool:
    """Whether taking the tag away may be tried, again or for the first time."""
    tried = memory.get("sparing")
    return tried is None or now - datetime.fromisoformat(tried) >= AGAIN


def _now(attempt: Attempt) -> datetime:
    return attempt.tools.clock.now()
