"""When something may happen next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from engine.calendar import next_open
from engine.case import Case, State
from engine.life.time import wakes
from engine.policy import PolicySet
from engine.schedule import Rules


def moments(cases: Sequence[Case], policies: PolicySet | None, now: datetime) -> Iterator[datetime]:
    """The dates of open cases, and the opening of hours for acts where one waits for it. Some may have passed."""
    yield from (at for case in cases for at in wakes(case))
    if policies is not None:
        rules = Rules(policies=policies)
        calendars = {rules.calendar(case.team) for case in cases if case.state is State.APPROVED}
        yield from filter(None, (next_open(policies.organization.hours, calendar, now) for calendar in calendars))
