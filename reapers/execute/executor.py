"""The executor: its doors are an action of a plan, an open intent, a case on its way back, and the condemn tag of a case."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.case import Action, Case, State
from engine.follow import Sight
from engine.model import Mode, Verb
from engine.schedule import action_of
from engine.standing import Standing
from reapers.execute.acting import begin, read_outcome
from reapers.execute.attempt import LOST, Attempt, Tools, attempt_at
from reapers.execute.condemning import ahead, condemned, spare
from reapers.execute.hands import token_of, token_of_return
from reapers.execute.making import back_up, make
from reapers.execute.report import Report, Result
from reapers.store import AlreadyBegun, Intent, LedgerUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Executor:
    """Acts in one place, once, after looking again. Each case fails alone."""

    tools: Tools

    def act(self, action: Action, standing: Standing, sight: Sight) -> Report:
        """One action of a plan: a delete is condemned first, then backed up, where the policy wants that; then the act itself."""
        return self._alone(action.case, action.verb, standing, lambda attempt: _act(attempt, action, sight))

    def settle(self, intent: Intent, standing: Standing) -> Report:
        """Reads what became of an open intent, and never calls again."""
        return self._alone(intent.case, intent.verb, standing, lambda attempt: _settle(attempt, intent))

    def bring_back(self, case: Case, standing: Standing) -> Report:
        """Restores what was deleted or starts what was stopped; goes on where an earlier attempt ended."""
        verb = Verb.RESTORE if case.rung is Mode.DELETE else Verb.START
        return self._alone(case.id, verb, standing, lambda attempt: _bring_back(attempt, verb))

    def condemn(self, case: str, standing: Standing, sight: Sight) -> Report:
        """Writes the tag of a delete that only has to wait."""
        return self._alone(case, Verb.CONDEMN, standing, lambda attempt: ahead(attempt, sight))

    def spare(self, case: str, standing: Standing) -> Report:
        """Takes the tag away from what is not to be deleted any more."""
        return self._alone(case, Verb.SPARE, standing, spare)

    def _alone(self, case: str, verb: Verb, standing: Standing, work: Callable[[Attempt], Report]) -> Report:
        """An attempt under a lease. What goes wrong with one case stays with it; only a lost ledger concerns them all."""
        try:
            with attempt_at(case, self.tools, standing) as attempt:
                return work(attempt) if attempt else Report(case=case, verb=verb, result=Result.BUSY)
        except (*LOST, AlreadyBegun) as error:
            return Report(case=case, verb=verb, result=Result.BUSY, why=str(error))
        except LedgerUnavailable:
            raise
        except Exception as error:  # a fault of ours in one case must not keep the others from their ends
            log.error("a fault in Sexton, in the %s of case %s", verb, case, exc_info=error)
            why = f"a fault in Sexton ({type(error).__name__}); see the log"
            return Report(case=case, verb=verb, result=Result.FAULT, why=why)


def _settle(attempt: Attempt, intent: Intent) -> Report:
    memory = attempt.case.memory.get(intent.verb, {})
    order = replace(attempt.order(), generation=intent.generation, token=token_of(intent.action), memory=memory)
    return read_outcome(attempt, intent, order)


def _bring_back(attempt: Attempt, verb: Verb) -> Report:
    if attempt.case.state is not State.RESTORING:
        return attempt.report(verb, Result.BUSY, "somebody else has brought it back")
    return make(attempt, verb, replace(attempt.order(), token=token_of_return(attempt.case, verb)))


def _act(attempt: Attempt, action: Action, sight: Sight) -> Report:
    if _hash(attempt.case) != action.hash:
        return attempt.report(action.verb, Result.SPARED, "the case has moved on since the plan was made")
    order = attempt.look_again(sight)
    if not isinstance(order, Report) and _hash(attempt.case) == action.hash:
        order = condemned(attempt, order, sight)
    if isinstance(order, Report):
        return order
    if _hash(attempt.case) != action.hash:
        return attempt.report(action.verb, Result.SPARED, attempt.case.tell or str(attempt.case.state))
    if action.restore.get("from") == "backup" and not attempt.case.backed_up:
        report = back_up(attempt, order)
        if report.result is not Result.DONE:
            return report
        order = attempt.look_again(sight)  # a backup takes time: whatever came into use meanwhile is spared
        if isinstance(order, Report) or _hash(attempt.case) != action.hash:
            return order if isinstance(order, Report) else attempt.report(action.verb, Result.SPARED, attempt.case.tell)
    return begin(attempt, action, order)


def _hash(case: Case) -> str:
    action = action_of(case)
    return action.hash if action else ""
