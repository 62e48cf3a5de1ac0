"""How long a resource may live: a tag, else the first rule that matches. Unreadable text is Unknown, never expired."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.calendar import end_of
from engine.model import Resource, Unknown
from engine.policy import TTL, Duration, TTLRule

SPAN = re.compile(r"(\d{1,5})([hdw])", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
HOURS = {"h": 1, "d": 24, "w": 7 * 24}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """Days left until the end (negative: run out), None where it has no end, Unknown where the tag cannot be read."""

    days_left: float | Unknown | None = None
    source: str = ""
    """`tag`, `rule` or empty."""
    text: str = ""
    invalid: bool = False
    run_out: bool = False
    """Whether the end that the owner's own tag names has passed: a rule's `longest` is not the owner's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the rules look at, and the zone in which a date ends."""

    environment: str
    kind: str
    team: str
    zone: str


def lifetime(resource: Resource, ttl: TTL | None, subject: Subject, as_of: datetime) -> Lifetime:
    """The lifetime of a resource at `as_of` (UTC)."""
    if ttl is None:
        return Lifetime()
    if isinstance(resource.tags, Unknown):
        return Lifetime(days_left=resource.tags)
    rule = next((rule for rule in ttl.rules if applies(rule, subject)), TTLRule())
    born = resource.created or resource.since.get("seen", as_of)
    text = _tag(resource.tags, ttl.tags)
    if not text:
        return _by_rule(rule, max(born, resource.since.get("seen", born)), as_of)
    end = end_of_text(text, born, subject.zone)
    if isinstance(end, Unknown):
        return Lifetime(days_left=end, source="tag", text=text, invalid=True)
    longest = born + span_of(rule.longest) if rule.longest else None
    ends = [moment for moment in (end, longest) if moment is not None]
    left = _days(min(ends) - as_of) if ends else None
    return Lifetime(days_left=left, source="tag", text=text, run_out=end is not None and end < as_of)


def applies(rule: TTLRule, subject: Subject) -> bool:
    """Whether a rule speaks of such a resource."""
    asked = ((rule.environment, subject.environment), (rule.resource, subject.kind), (rule.team, subject.team))
    return all(not wanted or value in wanted for wanted, value in asked)


def _by_rule(rule: TTLRule, start: datetime, as_of: datetime) -> Lifetime:
    """A default counts from the later of creation and first seen, so that a new rule never finds old things already expired."""
    if rule.default is None:
        return Lifetime()
    return Lifetime(days_left=_days(start + span_of(rule.default) - as_of), source="rule", text=str(rule.default))


def _tag(tags: Mapping[str, str], keys: tuple[str, ...]) -> str:
    lower = {key.lower(): value.strip() for key, value in sorted(tags.items()) if value.strip()}
    return next((lower[key.lower()] for key in keys if lower.get(key.lower())), "")


def end_of_text(text: str, born: datetime, zone: str) -> datetime | Unknown | None:
    """The end that a tag's text means; None for `never`, Unknown for what is no lifetime."""
    if text.lower() == "never":
        return None
    if span := SPAN.fullmatch(text):
        return born + timedelta(hours=int(span[1]) * HOURS[span[2]])
    if DAY.fullmatch(text):
        try:
            return end_of(date.fromisoformat(text), zone)
        except (ValueError, OverflowError):
            return Unknown(f"{text!r} is not a date")
    return Unknown(f"{text!r} is not a lifetime: write 30d, 12h, 4w, 2026-12-31 or never")


def span_of(duration: Duration) -> timedelta:
    """A rule's duration as time."""
    return duration.comparable


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)
