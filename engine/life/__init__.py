"""The life of a case: one pure function from a case, an event and the policies to the next case.

`advance` looks the event up in a table and calls one small function. Nothing here acts, and nothing here asks the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine import events as on
from engine.case import Case
from engine.events import Event
from engine.life import acts, people, recovered, scans, time, veto
from engine.schedule import Rules

Step = Callable[[Case, Any, Rules, datetime], Case]

STEPS: Mapping[type, Step] = {
    on.Judged: scans.judged,
    on.Vanished: scans.vanished,
    on.Ticked: time.ticked,
    on.Delivered: people.told,
    on.Approved: people.agreed,
    on.Rejected: people.rejected,
    on.Keeping: people.keeping,
    on.Disowned: people.disowned,
    on.Retried: people.retried,
    on.RestoreAsked: people.restore_asked,
    on.Began: acts.began,
    on.Noted: acts.noted,
    on.Settled: acts.settled,
    on.Voided: acts.voided,
    on.Drifted: acts.drifted,
    on.Blocked: acts.blocked,
    on.Recovered: recovered.recovered,
    on.Marked: veto.marked,
    on.Vetoed: veto.vetoed,
}


def advance(case: Case, event: Event, rules: Rules, now: datetime) -> Case:
    """The case after the event; the same object when the event changes nothing. `now` is aware, UTC."""
    return STEPS[type(event)](case, event, rules, now)
