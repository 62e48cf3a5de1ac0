"""Lifetimes as columns: engine/ttl.py over all resources at once. Texts and rules are read once, the days are arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from engine.columns.column import UNKNOWN, Cell, Coded, Codes, Mask, Micros, Numbers, combined, constant, joined
from engine.columns.inventory import BORN, MICROSECOND, START, TAGS, Columns, days, micros_of
from engine.columns.tags import folded
from engine.model import Unknown
from engine.policy import TTL, PolicySet, TTLRule
from engine.ttl import SPAN, Subject, applies, end_of_text, span_of

NEVER = np.iinfo(np.int64).max
"""The end of what has none, in microseconds."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SOURCES: tuple[Cell, ...] = (None, "tag", "rule")
BY_TAG, BY_RULE = 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Lifetimes:
    """The fields `ttl_days_left`, `ttl_source`, `ttl_invalid`, and whose own tag has run out."""

    days_left: Coded | Numbers
    source: Coded
    invalid: Coded
    run_out: Mask | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Subjects:
    """What the rules look at."""

    environment: Coded
    team: Coded


def lifetimes(columns: Columns, policies: PolicySet, subjects: Subjects) -> Lifetimes:
    """How long each resource may live."""
    ttl, rows = policies.ttl, columns.rows
    if ttl is None:
        return Lifetimes(constant(rows, None), constant(rows, None), constant(rows, False))
    texts = _texts(columns, ttl)
    rules, found = _rules(columns, ttl, subjects)
    hidden = columns.coded(TAGS).codes == UNKNOWN
    sheet = _Sheet(columns, rules, found, hidden)
    if texts is not None:
        sheet.by_tag(texts, _zones(subjects.team, policies))
    sheet.by_rule()
    return sheet.lifetimes()


def _texts(columns: Columns, ttl: TTL) -> Coded | None:
    """The text of the first tag that has one."""
    parts = [column for key in ttl.tags if (column := folded(columns, key)) is not None]
    if len(parts) < 2:
        return parts[0] if parts else None
    return joined(parts, _first)


def _first(*cells: Cell) -> Cell:
    return next((cell for cell in cells if cell is not None), None)


def _rules(columns: Columns, ttl: TTL, subjects: Subjects) -> tuple[Codes, list[TTLRule]]:
    """The rule of each resource. Only what some rule looks at is combined."""
    looked = (
        (subjects.environment, any(rule.environment for rule in ttl.rules)),
        (columns.kinds, any(rule.resource for rule in ttl.rules)),
        (subjects.team, any(rule.team for rule in ttl.rules)),
    )
    parts = [column.merged() if used else constant(columns.rows, None) for column, used in looked]
    codes, found = combined(parts)
    rules = []
    for one in found:
        environment, kind, team = (str(part.cells[code] or "") for part, code in zip(parts, one, strict=True))
        subject = Subject(environment=environment, kind=kind, team=team, zone="")
        rules.append(next((rule for rule in ttl.rules if applies(rule, subject)), TTLRule()))
    return codes, rules


def _zones(team: Coded, policies: PolicySet) -> Coded:
    def zone(cell: Cell) -> str:
        found = policies.teams.get(str(cell))
        return found.time_zone if found else "UTC"

    return team.mapped(zone)


def _micros(spans: Sequence[timedelta | None]) -> Micros:
    return np.array([NEVER if span is None else span // MICROSECOND for span in spans], np.int64)


class _Sheet:
    """The answer while it is being written."""

    def __init__(self, columns: Columns, rules: Codes, found: Sequence[TTLRule], hidden: Mask) -> None:
        self.columns = columns
        self.rules = rules
        self.found = found
        self.hidden = hidden
        self.values = np.full(columns.rows, np.nan)
        self.source = np.zeros(columns.rows, np.uint8)
        self.invalid = np.zeros(columns.rows, np.bool_)
        self.run_out = np.zeros(columns.rows, np.bool_)

    def by_tag(self, texts: Coded, zones: Coded) -> None:
        """What a tag says, but not longer than the rule allows."""
        written = np.array([isinstance(cell, str) for cell in texts.cells], np.bool_)[texts.codes]
        rows = np.flatnonzero(written)
        if not len(rows):
            return
        self.source[rows] = BY_TAG
        born = self.columns.moment(BORN)[rows]
        ends, invalid = _ends(texts.at(rows), zones.at(rows).merged(), born)
        self.invalid[rows] = invalid
        self.run_out[rows] = ~invalid & (ends < micros_of(self.columns.as_of))
        longest = _micros([span_of(rule.longest) if rule.longest else None for rule in self.found])[self.rules[rows]]
        limited = longest != NEVER
        ends[limited] = np.minimum(ends[limited], born[limited] + longest[limited])
        self._write(rows[~invalid], ends[~invalid])

    def by_rule(self) -> None:
        """A default where no tag says anything."""
        defaults = _micros([span_of(rule.default) if rule.default else None for rule in self.found])[self.rules]
        rows = np.flatnonzero((defaults != NEVER) & (self.source == 0) & ~self.hidden)
        if len(rows):
            self.source[rows] = BY_RULE
            self._write(rows, self.columns.moment(START)[rows] + defaults[rows])

    def _write(self, rows: Micros, ends: Micros) -> None:
        some = ends != NEVER
        self.values[rows[some]] = days(ends[some] - micros_of(self.columns.as_of))

    def lifetimes(self) -> Lifetimes:
        unknown = self.hidden | self.invalid
        some = bool(unknown.any())
        return Lifetimes(
            days_left=Numbers(self.values, unknown if some else None),
            source=Coded(self.source, SOURCES, unknown=False),
            invalid=Coded(self.invalid.view(np.uint8), (False, True), unknown=False),
            run_out=self.run_out,
        )


def _ends(texts: Coded, zones: Coded, born: Micros) -> tuple[Micros, Mask]:
    """The end of each, and which texts mean none. A span counts from birth, a date ends in the team's zone."""
    codes, found = combined([texts, zones])
    fixed = np.full(len(found), NEVER, np.int64)
    spans = np.full(len(found), NEVER, np.int64)
    invalid = np.zeros(len(found), np.bool_)
    for place, (text, zone) in enumerate(found):
        said = str(texts.cells[text])
        end = end_of_text(said, EPOCH, str(zones.cells[zone]))
        if isinstance(end, Unknown):
            invalid[place] = True
        elif end is not None:
            (spans if SPAN.fullmatch(said) else fixed)[place] = micros_of(end)
    ends = fixed[codes]
    by_span = spans[codes]
    counted = by_span != NEVER
    ends[counted] = born[counted] + by_span[counted]
    return ends, invalid[codes]
