"""The life of a case: one pure function from a case, an event and the policies to the next case.

`advance` looks the event up in a table and calls one small function. Nothing here acts, and nothing here asks the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine import case as of
from engine.case import Case, Event
from engine.life import acts, people, recovered, scans, time, veto
from engine.schedule import Rules

Step = Callable[[Case, Any, Rules, datetime], Case]

STEPS: Mapping[type, Step] = {
    of.Judged: scans.judged,
    of.Vanished: scans.vanished,
    of.Ticked: time.ticked,
    of.Delivered: people.told,
    of.Approved: people.agreed,
    of.Rejected: people.rejected,
    of.Keeping: people.keeping,
    of.Disowned: people.disowned,
    of.Retried: people.retried,
    of.RestoreAsked: people.restore_asked,
    of.Began: acts.began,
    of.Noted: acts.noted,
    of.Settled: acts.settled,
    of.Voided: acts.voided,
    of.Drifted: acts.drifted,
    of.Blocked: acts.blocked,
    of.Recovered: recovered.recovered,
    of.Marked: veto.marked,
    of.Vetoed: veto.vetoed,
}


def advance(case: Case, event: Event, rules: Rules, now: datetime) -> Case:
    """The case after the event; the same object when the event changes nothing. `now` is aware, UTC."""
    return STEPS[type(event)](case, event, rules, now)
