"""`sexton backtest` as JSON: schema sexton/backtest@1, described in docs/backtest.md."""

from __future__ import annotations

from typing import Any

from api.shapes.times import stamp, stamp_or_none
from engine.backtest import Figures, OfPolicy, Outcome, Played, PolicyHistory, Regret, Span, Taken, figures
from engine.impact import Side
from engine.money import Money


def backtest_json(played: Played) -> dict[str, Any]:
    """The whole backtest."""
    return {
        "schema": "sexton/backtest@1",
        "base": _side(played.base) if played.base else None,
        "head": _side(played.head),
        "any_mode": played.full_reach,
        "days": _days(played.span),
        "gaps": [
            {
                "kind": kind,
                "account": account,
                "region": region,
                "days": hole.days,
                "first": f"{hole.first}",
                "last": f"{hole.last}",
                "why": hole.why,
            }
            for (kind, account, region), hole in played.span.holes.items()
        ],
        "policies": [_policy(one, compared=played.base is not None) for one in played.policies],
        "resources": [row for one in played.policies for row in _rows(one, compared=played.base is not None)],
    }


def _side(side: Side) -> dict[str, str]:
    return {"ref": side.ref, "sha": side.sha}


def _days(span: Span) -> dict[str, Any]:
    return {
        "asked": span.asked,
        "from": f"{span.since}",
        "to": f"{span.until}",
        "read": len(span.read),
        "missing": [f"{day}" for day in span.missing if day not in span.unreadable],
        "unreadable": [{"day": f"{day}", "why": why} for day, why in sorted(span.unreadable.items())],
    }


def _policy(one: OfPolicy, *, compared: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {"name": one.name, "kind": "Reap", "change": str(one.change)}
    if compared:
        shape |= {"base": _history(one.before), "head": _history(one.after)}
        return shape | {"added": _figures(figures(one.added)), "removed": _figures(figures(one.removed))}
    return shape | {"head": _history(one.after)}


def _history(history: PolicyHistory | None) -> dict[str, Any] | None:
    if history is None:
        return None
    return {
        "matched": history.matched,
        "let_go": history.let_go,
        "waiting": history.waiting,
        "capped": [{"because": because, "resources": number} for because, number in history.capped.items()],
        "undecided_now": history.undecided,
        **_figures(figures(history.taken)),
    }


def _figures(found: Figures) -> dict[str, Any]:
    return {
        "taken": found.taken,
        **{str(outcome): number for outcome, number in found.outcomes.items()},
        "signs": {str(sign): number for sign, number in found.signs.items()},
        "rate": _rate(found.rate),
        "rate_at_most": _rate(found.at_most),
        "monthly_taken": _sum(found.monthly_taken),
        "monthly_regretted": _sum(found.monthly_regretted),
    }


def _rate(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)


def _sum(money: Money) -> dict[str, object]:
    """A sum of no rows is 0, not free."""
    return {name: value for name, value in money.as_json().items() if name in ("known", "unpriced", "currency")}


def _rows(one: OfPolicy, *, compared: bool) -> list[dict[str, Any]]:
    """Everything that either side would have taken; `change` is what the change would have made of it."""
    added = {row.key for row in one.added}
    rows = [_row(row, "added" if row.key in added else "same") for row in (one.after.taken if one.after else ())]
    return rows + ([_row(row, "removed") for row in one.removed] if compared else [])


def _row(row: Taken, change: str) -> dict[str, Any]:
    return {
        "key": row.key.ref,
        "name": row.name,
        "team": row.team,
        "policy": row.policy,
        "change": change,
        "rung": str(row.rung),
        "matched": stamp(row.opened),
        "told": stamp_or_none(row.told),
        "taken": stamp(row.at),
        "outcome": str(row.outcome),
        "regret": _regret(row.regret) if row.outcome is Outcome.REGRETTED else None,
        "days_read": row.days_read,
        "days_unread": row.days_unread,
        "monthly": row.monthly.as_json(),
    }


def _regret(regret: Regret | None) -> dict[str, str] | None:
    return {"sign": str(regret.sign), "at": stamp(regret.at), "why": regret.why} if regret else None
