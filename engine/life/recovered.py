"""What it means for a case that the ledger is an older copy: what was agreed since is not known, so it begins its grace again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine import events as on
from engine.case import Case, Ending, State
from engine.life.moves import SETTLED, again, close
from engine.model import Mode, Verb
from engine.schedule import Rules

PASSED_OVER = 10
"""Generations that the lost hours may have used: a backup that was made then must not pass for one of the generation to come."""

UNTOUCHED = frozenset({State.DETECTED, State.KEPT, State.STUCK})
"""Nobody has agreed to anything here, and nothing happens before they are told, or a person has looked."""


def recovered(case: Case, event: on.Recovered, rules: Rules, now: datetime) -> Case:
    """Told again, with the whole grace and none of the agreements; where the resource is gone, closed as lost.

    Applied twice it changes nothing more. What was under way has been settled before by reading.
    """
    if case.state in SETTLED or case.rung is Mode.DELETE:
        return case
    if event.gone:
        memory = {**case.memory, Verb.DELETE: {**case.memory.get(Verb.DELETE, {}), "ours": event.ours}}
        return replace(close(case, Ending.LOST, now), tell="lost", memory=memory)
    if case.state in UNTOUCHED or case.tell == "recovered":
        return case
    return replace(again(case, "recovered"), generation=case.generation + PASSED_OVER)
