"""`sexton plan` for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from api.commands.table import table
from engine.impact import Compared, Side
from engine.matches import Change, Row
from engine.render.effect import TOP, at_stake, monthly, reach, summary
from engine.weight import Weight
from engine.wording import clean, count

SIGNS = {Change.ADDED: "+", Change.REMOVED: "-", Change.UNDECIDED: "?"}
MET = 10
"""Limits that are shown, the slowest first."""


def told(compared: Compared) -> Iterator[str]:
    """The plan as text, a block of lines at a time."""
    yield _heading(compared)
    yield ""
    yield from _policies(compared)
    if compared.base:
        yield from _teams(compared)
        yield from _documents(compared)
    news = compared.impact.news
    if len(news):
        yield ""
        yield from _resources(news.weightiest(TOP) if compared.base else list(islice(news, TOP)), len(news))
    if compared.base:
        yield ""
        yield summary(compared)
    yield from _more(compared)


def _heading(compared: Compared) -> str:
    seen = compared.seen
    about = _side(compared.head)
    if compared.base:
        about = f"from {_side(compared.base)} to {about}"
    gaps = f", {count(len(seen.gaps), 'gap')}" if seen.gaps else ""
    return f"Policies {about} over the inventory {seen.id[:12]} of {seen.as_of:%Y-%m-%dT%H:%M:%SZ}{gaps}"


def _side(side: Side) -> str:
    sha = f" ({side.sha[:12]}{'+' if side.sha.endswith('+') else ''})" if side.sha else ""
    return f"{clean(side.ref)}{sha}"


COUNTS = (">ADDED", ">FURTHER", ">REMOVED", ">UNDECIDED", ">MONTHLY")


def _counts(weight: Weight) -> tuple[str, ...]:
    numbers = (weight.added, weight.further, weight.removed, weight.undecided)
    return *(str(number) for number in numbers), at_stake(weight)


def _policies(compared: Compared) -> Iterator[str]:
    policies = compared.impact.policies
    if not policies:
        yield "There is no Reap policy here."
    elif compared.base:
        rows = [
            (one.name, str(one.change), str(one.weight.before), str(one.weight.same + one.weight.added), *_counts(one.weight))
            for one in policies
        ]
        yield table(("POLICY", "CHANGE", ">BEFORE", ">AFTER", *COUNTS), rows)
    else:
        found = [(one.name, str(one.weight.same), str(one.weight.undecided)) for one in policies]
        yield table(("POLICY", ">MATCHES", ">UNDECIDED"), found)


def _teams(compared: Compared) -> Iterator[str]:
    rows = [(team, *_counts(weight)) for team, weight in compared.impact.teams.items() if weight.touched]
    if rows:
        yield ""
        yield table(("TEAM", *COUNTS), rows)


def _documents(compared: Compared) -> Iterator[str]:
    others = [one for one in compared.impact.altered if one.kind != "Reap"]
    if others:
        yield ""
        yield from (f"{one.kind} {clean(one.name)} is {one.change}: {clean(one.file)}:{one.line}" for one in others)


def _resources(rows: Sequence[Row], number: int) -> Iterator[str]:
    lines = [
        (_sign(row), clean(row.key), clean(row.name, 40), _team(row), row.policy, reach(row), monthly(row.monthly))
        for row in rows
    ]
    yield table(("", "RESOURCE", "NAME", "TEAM", "POLICY", "AS FAR AS", ">MONTHLY"), lines)
    if number > len(rows):
        yield f"and {number - len(rows)} more; --format json shows all"


def _sign(row: Row) -> str:
    return "+" if row.widened else SIGNS.get(row.change, "~" if row.news and row.was_team else " ")


def _team(row: Row) -> str:
    return f"{row.was_team} → {row.team}" if row.moved else row.team


def _more(compared: Compared) -> Iterator[str]:
    found = compared.impact
    for met in found.limits[:MET]:
        takes = count(met.days_to_drain, "day")
        yield f"Limit {met.limit} of {clean(met.scope)}: {met.would:,} at {met.allowed:,} a day take {takes}."
    if len(found.limits) > MET:
        yield f"and {len(found.limits) - MET} more limits; --format json shows all"
    for one in found.ending:
        yield f"Exemption {one.name} ends {one.until}; it speaks of {count(one.resources, 'resource')}."
    for need in found.needs:
        yield f"This needs {need.role}: {need.why}."
