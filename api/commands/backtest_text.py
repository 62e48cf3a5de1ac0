"""`sexton backtest` for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from api.commands.table import table
from engine.backtest import Figures, OfPolicy, Outcome, Played, PolicyHistory, Sign, Span, Taken, examples, figures
from engine.impact import Side
from engine.money import Money
from engine.wording import clean, count, listed

SHOWN = 20
"""Examples that are shown; JSON has all."""

HOLES = 10
NUMBERS = (">TAKEN", ">REGRETTED", ">NOT KNOWN", ">RATE", ">TAKEN $/MO", ">REGRETTED $/MO")
STRETCHES = 8

SIGNS = {Sign.IN_USE: "in use", Sign.KEPT: "kept", Sign.REOWNED: "owned anew", Sign.EXTENDED: "given more time"}
ASSUMED = (
    "As if nobody answered and every approval came at once; hours, limits and canary delay nothing: dates are the earliest.",
    "Regretted: in use, kept, owned anew or given more time after the day it would have been taken. What went by itself is not.",
)


def told(played: Played) -> Iterator[str]:
    """The backtest as text, a block of lines at a time."""
    yield _heading(played)
    yield from _span(played.span)
    yield from ASSUMED
    yield ""
    if not played.policies:
        yield "There is no Reap policy here."
        return
    yield table(*(_change_rows(played.policies) if played.base else _rows(played.policies)))
    yield from _footing(played)
    shown = _of_the_change(played) if played.base else _all(played)
    yield from _examples(shown, Outcome.REGRETTED)
    yield from _examples(shown, Outcome.UNDECIDED)


def _heading(played: Played) -> str:
    about = _side(played.head)
    if played.base:
        about = f"from {_side(played.base)} to {about}"
    mode = ", as if every account and policy were in mode delete" if played.full_reach else ""
    span = played.span
    return (
        f"Policies {about} over {span.since} to {span.until}{mode}: {len(span.read)} of {count(span.asked, 'day')} can be read."
    )


def _side(side: Side) -> str:
    sha = f" ({side.sha[:12]}{'+' if side.sha.endswith('+') else ''})" if side.sha else ""
    return f"{clean(side.ref)}{sha}"


def _span(span: Span) -> Iterator[str]:
    """What the days do not say."""
    first = span.read[0]
    if first > span.since:
        yield f"The history begins on {first}: nothing is said of the days before."
    gone = [day for day in span.missing if day not in span.unreadable and day > first]
    if gone:
        yield f"No inventory on {count(len(gone), 'day')}, on which every clock stands still: {_stretches(gone)}."
    for day, why in sorted(span.unreadable.items()):
        yield f"Not readable, {day}: {clean(why, 200)}"
    holes = sorted(span.holes.items(), key=lambda item: (-item[1].days, item[0]))
    for (kind, account, region), hole in holes[:HOLES]:
        where = clean(f"{kind} {account} {region}")
        yield f"Not read on {count(hole.days, 'day')} ({hole.first} to {hole.last}): {where}, {clean(hole.why, 120)}"
    if len(holes) > HOLES:
        yield f"and {len(holes) - HOLES} more gaps; --json shows all"


def _stretches(days: Sequence[date]) -> str:
    """Days in a row as from-to."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    texts = [f"{run[0]}" if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return listed([*texts[:STRETCHES], f"{len(texts) - STRETCHES} more"] if len(texts) > STRETCHES else texts)


def _rows(policies: Sequence[OfPolicy]) -> tuple[Sequence[str], list[Sequence[str]]]:
    heads = ("POLICY", ">MATCHED", ">LET GO", ">WAITING", *NUMBERS)
    rows: list[Sequence[str]] = []
    for one in policies:
        history = one.after or PolicyHistory(matched=0, let_go=0, waiting=0, capped={}, undecided=0, taken=())
        found = figures(history.taken)
        rows.append((one.name, str(history.matched), str(history.let_go), str(history.waiting), *_numbers(found)))
    return heads, rows


def _change_rows(policies: Sequence[OfPolicy]) -> tuple[Sequence[str], list[Sequence[str]]]:
    heads = ("POLICY", "CHANGE", ">BEFORE", ">RATE", ">AFTER", ">RATE", ">NEWLY TAKEN", *NUMBERS[1:])
    rows: list[Sequence[str]] = []
    for one in policies:
        before, after = (figures(side.taken) if side else None for side in (one.before, one.after))
        sides = [text for side in (before, after) for text in ((str(side.taken), _rate(side)) if side else ("-", "-"))]
        rows.append((one.name, str(one.change), *sides, *_numbers(figures(one.added))))
    return heads, rows


def _numbers(found: Figures) -> tuple[str, ...]:
    regretted, unsure = found.outcomes[Outcome.REGRETTED], found.outcomes[Outcome.UNDECIDED]
    dollars = (_dollars(found.monthly_taken), _dollars(found.monthly_regretted))
    return str(found.taken), str(regretted), str(unsure), _rate(found), *dollars


def _rate(found: Figures) -> str:
    """Of what is decided; with what is not known, up to how much it may be."""
    if found.rate is None:
        return "not known" if found.taken else "-"
    most = found.at_most or 0
    return f"{found.rate:.1%}" if round(most, 3) == round(found.rate, 3) else f"{found.rate:.1%} (to {most:.1%})"


def _dollars(money: Money) -> str:
    amount = f"${money.known:,.2f}"
    return amount if money.is_known else f"≥ {amount} ({money.unpriced} unpriced)"


def _footing(played: Played) -> Iterator[str]:
    """What the numbers do not say: what only waits, what no mode lets act, and where policies could not say."""
    for one in played.policies:
        history = one.after
        if history is None:
            continue
        for because, number in history.capped.items():
            yield f"{one.name}: {number} more match on the last day and nothing would be done, by {clean(because, 200)}."
        if history.waiting and not history.taken:
            yield f"{one.name}: the dates of all {history.waiting} lie after these days: ask for more --days, or wait for them."
        if history.undecided:
            yield f"{one.name}: cannot say of {count(history.undecided, 'resource')} on the last day."


def _all(played: Played) -> list[Taken]:
    return [row for one in played.policies if one.after for row in one.after.taken]


def _of_the_change(played: Played) -> list[Taken]:
    return [row for one in played.policies for row in one.added]


def _examples(taken: Sequence[Taken], outcome: Outcome) -> Iterator[str]:
    shown = examples(taken, outcome, SHOWN)
    if not shown:
        return
    number = sum(row.outcome is outcome for row in taken)
    yield ""
    yield {Outcome.REGRETTED: "Regretted, the dearest first:", Outcome.UNDECIDED: "Not known, the dearest first:"}[outcome]
    heads = ("RESOURCE", "NAME", "TEAM", "POLICY", "WOULD HAVE BEEN", "AFTERWARDS", ">MONTHLY")
    yield table(heads, [_example(row) for row in shown])
    if number > len(shown):
        yield f"and {number - len(shown)} more; --json shows all"


def _example(row: Taken) -> Sequence[str]:
    what = {"stop": "stopped", "delete": "deleted"}[str(row.rung)]
    after = f"{row.days_unread} of {count(row.days_read + row.days_unread, 'day')} not known"
    if row.regret:
        after = f"{row.regret.at:%Y-%m-%d} {SIGNS[row.regret.sign]}: {clean(row.regret.why, 80)}"
    name = clean(row.name, 40)
    return clean(row.key.ref), name, row.team, row.policy, f"{row.at:%Y-%m-%d} {what}", after, str(row.monthly)
