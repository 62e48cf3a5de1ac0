"""A policy that does not match any more: which of its tests turned, and whether that means that somebody wants the resource."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.backtest.evidence import Evidence, Regret, Sign, interrupted
from engine.backtest.look import Seen
from engine.condition import COMMON, Test
from engine.model import Unknown
from engine.policy import Reap
from engine.verdict import Reason, Spared

SIGNS = {
    "owner": Sign.REOWNED,
    "owner_source": Sign.REOWNED,
    "team": Sign.REOWNED,
    "ttl_days_left": Sign.EXTENDED,
    "ttl_source": Sign.EXTENDED,
    "ttl_invalid": Sign.EXTENDED,
    "tags": Sign.KEPT,
    "managed_by": Sign.KEPT,
    "idle_days": Sign.IN_USE,
}
"""What it means when a test on a common field turns. The others (age, price, account) turn by themselves and show no wish."""


def could_show_use(reap: Reap, before: Evidence) -> bool:
    """Whether a day can show that the resource is used: its negative fact held when it was taken, or the policy tests a field of
    the kind's own. Of a machine that ran and went on running, nothing says whether anybody needed it."""
    condition = reap.selects.when
    own = condition is not None and any(name not in COMMON for name in condition.fields)
    return own or isinstance(before.since, datetime)


def turned(reap: Reap, taken: Seen, seen: Seen, at: datetime) -> Regret | None:
    """The regret in a verdict that turned from a match to none; None where it turned for another reason."""
    verdict = seen.verdicts.get(reap.meta.name)
    if isinstance(verdict, Spared) and verdict.reason in (Reason.EXEMPT, Reason.PROTECTED):
        return Regret(sign=Sign.KEPT, at=at, why=f"{verdict.reason}")
    for test in passed(reap, taken, seen):
        for name, value in test.values.items():
            sign = _sign(name)
            if sign is Sign.IN_USE and name == "idle_days" and interrupted(taken.evidence, seen.evidence):
                continue
            if sign is not None:
                return Regret(sign=sign, at=at, why=_said(name, value))
    return None


def passed(reap: Reap, taken: Seen, seen: Seen) -> Iterator[Test]:
    """The tests that held when it was taken and do not hold now."""
    condition = reap.selects.when
    if condition is None:
        return
    now = condition.explain(seen.view.row)
    for before, after in zip(condition.explain(taken.view.row), now, strict=True):
        if before.outcome is True and after.outcome is False:
            yield after


def _sign(label: str) -> Sign | None:
    """The sign in a field, by its name as people write it (`tags.keep`, `tags['a b']`)."""
    name = "tags" if label.startswith(("tags.", "tags[")) else label
    return SIGNS.get(name) if name in COMMON else Sign.IN_USE


def _said(label: str, value: object) -> str:
    if value is None:
        return f"{label} is gone"
    return f"{label} is not known" if isinstance(value, Unknown) else f"{label} is {value}"
