"""What stands in the way of a change of policies: limits that it would meet, reviews that it needs, exemptions about to end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from engine.calendar import end_of
from engine.judge import Judgement
from engine.matches import Change, Judged, Row
from engine.model import Mode
from engine.money import total
from engine.policy import Exemption, Organization, PolicySet

ENDING = timedelta(days=30)
"""Exemptions that end so soon are shown: what they spare comes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A daily limit that the acts would meet: how many would wait, how many may go a day, for how many days."""

    limit: str
    scope: str
    would: int
    allowed: int

    @property
    def days_to_drain(self) -> int:
        """Days until all of them have gone at the limit's pace."""
        return -(-self.would // max(self.allowed, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """An exemption that ends soon, and how many resources of the inventory it speaks of."""

    name: str
    until: str
    resources: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Whose review a change needs, and why."""

    role: str
    why: str


def limits(policies: PolicySet, rows: Iterable[Row]) -> Iterator[Met]:
    """The daily numbers that these rows would meet if every one of them acted on the same day."""
    acting = [row for row in rows if row.rung.rank >= Mode.STOP.rank]
    organization = policies.organization
    for scope, count in _counts(acting):
        yield from _met("per_day", scope, count, organization.limits.per_day)
    for name, reap in sorted(policies.reaps.items()):
        yield from _met("per_day", f"policy {name} (its own)", sum(row.policy == name for row in acting), reap.limits.per_day)
    yield from _met("per_day", "the organization", len(acting), organization.total.per_day)


def _counts(rows: Sequence[Row]) -> Iterator[tuple[str, int]]:
    for word in ("account", "policy", "team"):
        found: dict[str, int] = {}
        for row in rows:
            name = {"account": row.account, "policy": row.policy, "team": row.team}[word]
            found[name] = found.get(name, 0) + 1
        yield from ((f"{word} {name}", count) for name, count in sorted(found.items()))


def _met(limit: str, scope: str, would: int, allowed: int | None) -> Iterator[Met]:
    if allowed is not None and would > allowed:
        yield Met(limit=limit, scope=scope, would=would, allowed=allowed)


def ending(head: Judged, as_of: datetime) -> Iterator[Ends]:
    """Exemptions in force at `as_of` whose end is near."""
    for exemption in sorted(head.policies.exemptions, key=lambda one: (one.until, one.meta.name)):
        left = end_of(exemption.until, "UTC") - as_of
        if timedelta(0) < left <= ENDING:
            speaks = sum(_speaks(exemption, judgement) for judgement in head.judgements)
            yield Ends(name=exemption.meta.name, until=exemption.until.isoformat(), resources=speaks)


def _speaks(exemption: Exemption, judgement: Judgement) -> bool:
    selects, view = exemption.selects, judgement.view
    if view.resource.key.kind not in selects.kinds or exemption.only_team not in ("", view.owner.team):
        return False
    return selects.when is None or selects.when.judge(view.row).outcome is True


def needs(base: Organization, rows: Iterable[Row]) -> Iterator[Need]:
    """Read from the base commit: a change cannot raise the numbers that it is measured by."""
    added = [row for row in rows if row.change is Change.ADDED]
    sums = total(row.monthly for row in added)
    if len(added) > base.review_resources:
        yield Need(role="platform", why=f"{len(added)} resources newly match, more than {base.review_resources}")
    if sums.known > base.review_dollars:
        yield Need(role="platform", why=f"{sums} newly match, more than ${base.review_dollars.quantize(Decimal(1)):,}/mo")
