"""docs/reference/life.md: the life of a case, found by letting every event happen to representative cases of every state."""

from __future__ import annotations

import ast
import inspect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import get_args

from life_cases import FINDINGS, NOW, RULES, representative, representatives, transitions

from engine import events as on
from engine.case import Ending, State
from engine.events import Event
from engine.guards import GUARDS
from engine.life import STEPS
from engine.model import Mode
from engine.policy import Organization
from engine.schedule import promise
from engine.wording import listed, moment, span

SOURCES = {
    "scans": "a scan, or a look at one resource",
    "time": "time",
    "people": "people",
    "acts": "our own acts",
    "veto": "the tag in the cloud",
    "recovered": "an older copy of the ledger",
}
"""Module of engine/life -> where its events come from."""


def life_page(note: str) -> str:
    """The whole page."""
    parts = (_intro(), _states(), _events(), _table(), _guards(), _ladder())
    return "\n".join([note, "# The life of a case\n", *itertools.chain.from_iterable(parts)]) + "\n"


def _intro() -> Iterator[str]:
    yield "One resource that a policy matches has one open case. What happens to it is one of the events below; `advance` in"
    yield "`engine/life` says what the case is then, and nothing else changes a case. The table was made by letting every event,"
    count = sum(1 for state in State for _ in representatives(state))
    yield f"in every way that matters, happen to {count:,} representative cases.\n"


def _states() -> Iterator[str]:
    yield "## States\n\n| state | meaning |\n|---|---|"
    yield from (f"| `{name}` | {says} |" for name, says in documented(State))
    yield "\nA closed case says why:\n\n| ending | meaning |\n|---|---|"
    yield from (f"| `{name}` | {says} |" for name, says in documented(Ending))


def documented(words: type[StrEnum]) -> Iterator[tuple[str, str]]:
    """Each word of an enumeration and the text that stands below it in the code. ValueError for one without."""
    (definition,) = ast.parse(inspect.getsource(words)).body
    assert isinstance(definition, ast.ClassDef)
    for line, below in itertools.pairwise([*definition.body, ast.Pass()]):
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
            text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else None
            if not isinstance(text, str):
                raise ValueError(f"{words.__name__}: {line.value.value} has no text below it that says what it means")
            yield str(line.value.value), text


def events() -> Sequence[type]:
    """Every event, in the order of the code."""
    return get_args(Event)


def _events() -> Iterator[str]:
    yield "\n## Events\n\n| event | comes from | meaning |\n|---|---|---|"
    for event in events():
        module = STEPS[event].__module__.rsplit(".", 1)[1]
        source = "a receipt" if event is on.Delivered else SOURCES[module]
        says = " ".join((event.__doc__ or "").split()).removeprefix('" ').replace("|", "\\|")
        yield f"| `{event.__name__}` | {source} | {says} |"


def _table() -> Iterator[str]:
    yield "\n## What follows\n"
    yield "`stays`: the case changes (a date, an approval, what is to be told), its state does not. `tells`: what its owner then"
    yield "hears, by the key of its sentence in `engine/tells.py`. What is not listed changes nothing. Who may say what, and"
    yield "when, is decided before by `engine/people.py`.\n"
    yield "| state | event | next |\n|---|---|---|"
    found = transitions()
    for state, event in itertools.product(State, events()):
        if outcomes := found.get((state, event)):
            yield f"| `{state}` | `{event.__name__}` | {', '.join(_in_order(outcomes))} |"


def _in_order(outcomes: Iterable[tuple[str, str]]) -> list[str]:
    """Each outcome once, with all that it may tell."""
    states = ["stays", *map(str, State)]
    tells: dict[str, set[str]] = {}
    for outcome, tell in outcomes:
        tells.setdefault(outcome, set()).update({tell} - {""})
    ordered = sorted(tells, key=lambda outcome: (states.index(outcome.split(" ")[0]), outcome))
    return [_with_tells(outcome, sorted(tells[outcome])) for outcome in ordered]


def _with_tells(outcome: str, tells: Sequence[str]) -> str:
    if not tells:
        return outcome
    told = f"tells {' or '.join(tells)}"
    return f"{outcome[:-1]}; {told})" if outcome.endswith(")") else f"{outcome} ({told})"


def _guards() -> Iterator[str]:
    yield "\n## What holds an act back\n"
    yield "An act that is due and approved still waits for these (`blocked_by`), which are looked at when the plan is made and"
    yield "once more inside the transaction that writes the intent.\n\n| number | guard | it holds back when |\n|---|---|---|"
    yield from (f"| {guard.number} | `{guard.name}` | {guard.sentence} |" for guard in GUARDS.values())


def _ladder() -> Iterator[str]:
    organization = Organization()
    grace = organization.grace
    yield "\n## When a rung is due\n"
    yield "A ladder (`after:`) has the rungs notify, stop and delete, or some of them. The differences count:\n"
    yield "- **notify** is due so long after the case was opened, and done when a receipt lists the resource. Before it,"
    yield f"  {organization.persistence_scans} complete scans over {span(organization.persistence_over)} must have agreed."
    yield "- **the next rung** is due when the rung before was *done*, plus the difference of the two in the ladder."
    yield "- It is never due before the date that the owner was told last: a shorter ladder makes no promise earlier."
    yield f"- It is never due before the grace after the last telling: {span(grace.stop)} before a stop, {span(grace.delete)}"
    yield f"  before a delete, and {span(grace.unowned)} more where nobody owns the resource."
    yield "- The latest of these counts. Working days are Monday to Friday at the same time of day in the owning team's zone,"
    yield "  without the public holidays of its `holidays`, which close the hours for acts as well."
    yield "- Half-way through a grace of 7 days or more there is one reminder. A repeated notice starts no new grace."
    yield "- **Last call**: an act needs a delivery that names it, at least 24 hours and at most 7 days before it. A notice,"
    yield "  a reminder or a request for approval may be that delivery. Where none is, a last call is sent three days before the"
    yield "  date (or, where people had to agree, when nothing else holds the act back), and the act waits for it."
    yield "- While a verdict is undecided or in a gap the clock stands still, and every date is later by as long as it stood."
    yield f"- An approval is asked for {span(organization.approve_by)}, then once more, then each of the team's `when_silent` is"
    yield "  asked, three working days apart; then it is only waited for: silence agrees to nothing. Once given"
    yield f"  it may be used for {span(organization.execute_by)}; while only limits or hours hold it back, that stands still."
    yield f"- What was deleted with a backup can be had back for {span(organization.undo)}.\n"
    yield "The numbers are those of an Organization that says nothing else.\n"
    yield from _example()


def _example() -> Iterator[str]:
    """Dates that the code itself works out."""
    case = replace(representative(State.NOTIFIED, FINDINGS[1], Mode.OBSERVE, True), told=None, rung_at=None)
    rungs = [f"{rung} after {span(wait)}" for rung, wait in case.terms.after.items() if rung is not Mode.NOTIFY]
    dates = [f"{rung} not before {moment(at, 'UTC')}" for rung, at in promise(case, RULES, NOW).items()]
    yield f"An example: with {listed(rungs)}, an owner who is told on {moment(NOW, 'UTC')} reads: {listed(dates)}."
