"""The executor: its three doors are an action of a plan, an open intent, and a case on its way back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.case import Action, Case
from engine.follow import Sight
from engine.model import Mode, Verb
from engine.plan import Standing
from engine.schedule import action_of
from reapers.execute.acting import begin, read_outcome
from reapers.execute.attempt import LOST, Attempt, Tools, attempt_at
from reapers.execute.hands import token_of
from reapers.execute.making import back_up, make
from reapers.execute.report import Report, Result
from reapers.store import AlreadyBegun, Intent


@dataclass(frozen=True, slots=True)
class Executor:
    """Acts in one place, once, after looking again. Each case fails alone."""

    tools: Tools

    def act(self, action: Action, standing: Standing, sight: Sight) -> Report:
        """One action of a plan: its backup first, where the policy wants one, then the act itself."""
        busy = Report(case=action.case, verb=action.verb, result=Result.BUSY)
        try:
            with attempt_at(action.case, self.tools, standing) as attempt:
                return _act(attempt, action, sight) if attempt else busy
        except (*LOST, AlreadyBegun) as error:
            return replace(busy, why=str(error))

    def settle(self, intent: Intent, standing: Standing) -> Report:
        """Reads what became of an open intent, and never calls again."""
        busy = Report(case=intent.case, verb=intent.verb, result=Result.BUSY)
        try:
            with attempt_at(intent.case, self.tools, standing) as attempt:
                if attempt is None:
                    return busy
                memory = attempt.case.memory.get(intent.verb, {})
                order = replace(attempt.order(), generation=intent.generation, token=token_of(intent.action), memory=memory)
                return read_outcome(attempt, intent, order)
        except LOST as error:
            return replace(busy, why=str(error))

    def bring_back(self, case: Case, standing: Standing) -> Report:
        """Restores what was deleted or starts what was stopped; goes on where an earlier attempt ended."""
        verb = Verb.RESTORE if case.rung is Mode.DELETE else Verb.START
        busy = Report(case=case.id, verb=verb, result=Result.BUSY)
        try:
            with attempt_at(case.id, self.tools, standing) as attempt:
                return make(attempt, verb, attempt.order()) if attempt else busy
        except LOST as error:
            return replace(busy, why=str(error))


def _act(attempt: Attempt, action: Action, sight: Sight) -> Report:
    if _hash(attempt.case) != action.hash:
        return attempt.report(action.verb, Result.SPARED, "the case has moved on since the plan was made")
    order = attempt.look_again(sight)
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
