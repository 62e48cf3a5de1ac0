"""What stands in the way of a change of policies: limits that it would meet, reviews that it needs, exemptions about to end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from engine.calendar import end_of
from engine.judge import Judgement
from engine.limits import Population, share
from engine.matches import Change, Judged, Row
from engine.model import Mode
from engine.money import total
from engine.policy import Exemption, Hours, Limits, Organization, PolicySet

ENDING = timedelta(days=30)
"""Exemptions that end so soon are shown: what they spare comes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A limit that the acts would meet: how many would wait, how many may go a day, for how many days.

    Acts are counted, dollars for `dollars_per_day`: monthly list prices, rounded up.
    """

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


@dataclass(frozen=True, slots=True)
class _Scope:
    """Rows that a limit counts together. `sizes`: of each kind, how many resources there are in the scope."""

    name: str
    rows: Sequence[Row]
    sizes: dict[str, int]


def limits(policies: PolicySet, rows: Iterable[Row], population: Population) -> tuple[Met, ...]:
    """The limits that these rows would meet if every one of them acted at once; the slowest first."""
    acting = [row for row in rows if row.rung.rank >= Mode.STOP.rank]
    found = [*_of_organization(policies.organization, acting, population)]
    for name, reap in policies.reaps.items():
        own = [row for row in acting if row.policy == name]
        scope = _Scope(f"policy {name} (its own)", own, {row.kind: population.by_kind.get(row.kind, 0) for row in own})
        found.extend(_met(scope, reap.limits, policies.organization.hours))
    return tuple(sorted(found, key=lambda met: (-met.days_to_drain, met.limit, met.scope)))


def _of_organization(organization: Organization, acting: Sequence[Row], population: Population) -> Iterator[Met]:
    """Its limits hold for each account, policy and team, and `organization:` for all together."""
    for scope in _scopes(acting, population):
        yield from _met(scope, organization.limits, organization.hours)
    everything = _Scope("the organization", acting, {row.kind: population.by_kind.get(row.kind, 0) for row in acting})
    yield from _met(everything, organization.total, organization.hours)


def _scopes(rows: Sequence[Row], population: Population) -> Iterator[_Scope]:
    scopes: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        for word, name in (("account", row.account), ("policy", row.policy), ("team", row.team)):
            scopes[word, name].append(row)
    for (word, name), inside in scopes.items():
        kinds = {row.kind for row in inside}
        sizes = {
            "account": {kind: population.by_account.get((kind, name), 0) for kind in kinds},
            "policy": {kind: population.by_kind.get(kind, 0) for kind in kinds},
            "team": {kind: population.by_team.get((kind, name), 0) for kind in kinds},
        }
        yield _Scope(f"{word} {name}", inside, sizes[word])


def _met(scope: _Scope, limits: Limits, hours: Hours) -> Iterator[Met]:
    count = len(scope.rows)
    yield from _over("per_day", scope.name, count, limits.per_day)
    yield from _over("per_hour", scope.name, count, _by_the_hour(limits, hours))
    for kind, size in scope.sizes.items():
        of_kind = sum(row.kind == kind for row in scope.rows)
        yield from _over("percent_per_day", f"{scope.name}, {kind}", of_kind, share(limits.percent_per_day, size))
    if limits.dollars_per_day is not None:
        would = _dollars(scope.rows, limits.dollars_per_day)
        yield from _over("dollars_per_day", scope.name, would, int(limits.dollars_per_day))


def _by_the_hour(limits: Limits, hours: Hours) -> int | None:
    """What `per_hour` lets through in a day's hours, where that is less than the limit of the day; else it decides nothing."""
    if limits.per_hour is None:
        return None
    daily = limits.per_hour * (hours.end - hours.start) // 60
    return daily if limits.per_day is None or daily < limits.per_day else None


def _over(limit: str, scope: str, would: int, allowed: int | None) -> Iterator[Met]:
    if allowed is not None and would > allowed:
        yield Met(limit=limit, scope=scope, would=would, allowed=allowed)


def _dollars(rows: Sequence[Row], whole_day: Decimal) -> int:
    """One of unknown price uses up a day, as when it acts (engine/limits.py)."""
    known = total(row.monthly for row in rows).known
    unpriced = sum(not row.monthly.is_known for row in rows)
    return int((known + unpriced * whole_day).to_integral_value(ROUND_CEILING))


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
    """Read from the base: a change cannot raise the numbers that it is measured by.

    Raising a mode counts as much as a wider condition: what matched and could only be told may now be deleted.
    """
    widened = [row for row in rows if row.widened]
    sums = total(row.monthly for row in widened)
    what = "newly match" if all(row.change is Change.ADDED for row in widened) else "newly match or go further than before"
    if len(widened) > base.review_resources:
        yield Need(role="platform", why=f"{len(widened):,} resources {what}, more than {base.review_resources:,}")
    if sums.known > base.review_dollars:
        yield Need(role="platform", why=f"{sums} {what}, more than ${base.review_dollars.quantize(Decimal(1)):,}/mo")
