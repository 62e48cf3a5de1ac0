"""`hours` of the Organization: when acts may run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from engine.documents.draft import Draft, day
from engine.policy import Hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PATH = ("spec", "hours")


def hours_of(draft: Draft) -> Hours:
    """The hours as written, over the contract's."""
    written = draft.spec.get("hours", {})
    hours = Hours(closed=tuple(_closed(draft, written.get("closed", ()))))
    if "days" in written:
        hours = replace(hours, days=_days(written["days"]))
    if "from" in written:
        hours = replace(hours, start=_minutes(written["from"]))
    if "to" in written:
        hours = replace(hours, end=_minutes(written["to"]))
    if hours.start >= hours.end:
        draft.error("hours", PATH, "the hours of acts end before they begin", "write from before to, on the same day")
    return hours


def _days(text: str) -> tuple[int, ...]:
    """ISO weekdays of `mon-thu, sat`; a range may run over the end of the week."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        start = DAYS.index(first)
        length = (DAYS.index(last or first) - start) % len(DAYS)
        found |= {(start + step) % len(DAYS) + 1 for step in range(length + 1)}
    return tuple(sorted(found))


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _closed(draft: Draft, written: list[str]) -> Iterator[tuple[date, date]]:
    for index, text in enumerate(written):
        path = (*PATH, "closed", index)
        first, _, last = text.partition("/")
        begin, end = day(draft, path, first), day(draft, path, last or first)
        if begin is None or end is None:
            continue
        if end < begin:
            draft.error("hours", path, f"the period {text} ends before it begins", "write the first day, a slash, the last day")
        yield begin, end
