"""The one place where an act's `do` and `check` are called. What the clients raise becomes a value here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.case import Action, Case
from engine.model import Key, Outcome, Verb
from reapers.clock import Clock
from reapers.clouds.cloud import Cloud
from reapers.kind import ROLE_OF, Act, Cell, Kind, Order, Progress, Unusable


class Reply(StrEnum):
    """What we know after sending a call."""

    SENT = "sent"
    REFUSED = "refused"
    """The cloud answered no: nothing happened."""
    UNKNOWN = "unknown"
    """No answer, or one that says nothing: only reading tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The reply to a call, with what it returned or a sentence that says why not."""

    reply: Reply
    memory: Mapping[str, Any]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """The clouds and what can be done in them."""

    clouds: Mapping[str, Cloud]
    kinds: Mapping[str, Kind]
    clock: Clock

    def send(self, case: Case, verb: Verb, order: Order) -> Answer:
        """One call of the act. An error that is not the cloud's is a fault of ours and rises."""
        try:
            act, cell = self._tools(case, verb)
            return Answer(reply=Reply.SENT, memory=act.do(cell, order))
        except Exception as error:  # noqa: BLE001 - what the cloud's client raises is told apart below
            outcome, why = self.explain(case, error)
            reply = Reply.REFUSED if outcome is Outcome.DENIED else Reply.UNKNOWN
            return Answer(reply=reply, memory={}, why=why)

    def read(self, case: Case, verb: Verb, order: Order) -> tuple[Progress | None, str]:
        """How far the act is; None and a sentence where that could not be read."""
        try:
            act, cell = self._tools(case, verb)
            return act.check(cell, order), ""
        except Unusable as useless:
            return Progress.FAILED, str(useless)
        except Exception as error:  # noqa: BLE001 - what the cloud's client raises is told apart below
            return None, self.explain(case, error)[1]

    def made(self, case: Case, verb: Verb, order: Order) -> tuple[tuple[Key, ...] | None, str]:
        """What the act made; None and a sentence where that could not be read."""
        try:
            act, cell = self._tools(case, verb)
            return act.made(cell, order), ""
        except Exception as error:  # noqa: BLE001 - what the cloud's client raises is told apart below
            return None, self.explain(case, error)[1]

    def explain(self, case: Case, error: Exception) -> tuple[Outcome, str]:
        """A cloud's error as an outcome and a sentence; any other error is raised."""
        told = self.clouds[case.key.cloud].outcome(error)
        if told is None:
            raise error
        return told

    def _tools(self, case: Case, verb: Verb) -> tuple[Act, Cell]:
        key = case.key
        cell = self.clouds[key.cloud].cell(key.account, key.region, ROLE_OF[verb], self.clock.now())
        return self.kinds[key.kind].acts[verb], cell


def token_of(action: Action) -> str:
    """The UUID of an action: clouds that take one answer the same order sent twice as one."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, action.hash))


def token_of_return(case: Case, verb: Verb) -> str:
    """The UUID of bringing a case back; after an attempt that failed it is another one."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{case.id}/{case.generation}/{verb}"))
