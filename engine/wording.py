"""How Sexton writes for people: sentences with names in them, dates in a team's zone, spans, lists. One place, every output."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.calendar import zone_of
from engine.policy import Duration

NAME = 150
"""Characters of a name that are shown: no cloud needs more to tell two apart, and hostile ones are longer."""
REMARK = 300
"""Characters that are shown of what a provider or a person wrote."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

TERMINAL = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor, screen
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)"  # titles, links, device strings
    r"|\x1b[ -/]*[0-~]"
)
"""Everything that a terminal obeys instead of showing (ECMA-48)."""

BLANKS = frozenset({"Zl", "Zp", "Zs", "Cc"})
HIDDEN = frozenset({"Cf", "Cs", "Co", "Cn"})
"""Bidirectional overrides, zero-width signs, lone surrogates, private and unassigned code points."""


@dataclass(frozen=True, slots=True)
class Code:
    """A name, reference or command, shown exactly as it is written: a code span where the output has some."""

    text: str


Sentence = tuple[str | Code, ...]
"""Plain words and names. Renderers clean and escape every part: no output can be steered by what a resource is called."""


def harmless(text: str) -> str:
    """Text without anything that a screen obeys or hides; line breaks become blanks. Not shortened."""
    signs = [(sign, unicodedata.category(sign)) for sign in TERMINAL.sub("", text)]
    return "".join(" " if sort in BLANKS else sign for sign, sort in signs if sort not in HIDDEN)


def clean(text: str, limit: int = NAME) -> str:
    """Harmless text on one line, blanks run together, at most `limit` characters."""
    line = " ".join(harmless(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def day_of(day: date) -> str:
    """`Tue 10 Nov 2026`, whatever the machine's locale."""
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def moment(at: datetime, zone: str) -> str:
    """`Tue 10 Nov 2026, 10:00 CET`: a moment (aware) as a team's clock shows it. Seconds are shown where there are some:
    a promise is never rounded down."""
    local = at.astimezone(zone_of(zone))
    name = local.strftime("%Z")
    shown = f"UTC{name}" if name[:1] in "+-" else name
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{day_of(local.date())}, {clock} {shown}"


def span(length: Duration) -> str:
    """`30 days`, `12 hours`, `1 working day`."""
    if length.working_days:
        return count(length.working_days, "working day")
    if length.hours % 24 == 0:
        return count(length.hours // 24, "day")
    return count(length.hours, "hour")


def count(number: int, noun: str) -> str:
    """`1 case`, `3 cases`, `1,200 addresses`."""
    if number == 1:
        return f"{number} {noun}"
    return f"{number:,} {noun}{'es' if noun.endswith(('s', 'x', 'ch')) else 's'}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
