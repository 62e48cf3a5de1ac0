"""What stands in the way of a change of policies: limits that it would meet, reviews that it needs, exemptions about to end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from engine.calendar import end_of
from engine.limits import Population, share
from engine.matches import Row
from engine.model import Mode
from engine.money import NOTHING, Money, sum_of
from engine.policy import Exemption, Hours, Limits, Organization, PolicySet
from engine.weight import Weight

if TYPE_CHECKING:
    from engine.judge import Judgement

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
class Acts:
    """Acts that a limit counts together, and what they are worth a month."""

    count: int = 0
    monthly: Money = NOTHING

    def __add__(self, other: Acts) -> Acts:
        return Acts(self.count + other.count, self.monthly + other.monthly)


Acting = Mapping[tuple[str, str], Mapping[str, Acts]]
"""(account, policy or team; its name) -> kind -> what would act there."""


def acting(rows: Iterable[Row]) -> Acting:
    """What would act if these rows did all at once: those that may be stopped or deleted."""
    found: dict[tuple[str, str], dict[str, list[Money]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.rung.rank >= Mode.STOP.rank:
            for scope in (("account", row.account), ("policy", row.policy), ("team", row.team)):
                found[scope][row.kind].append(row.monthly)
    return {scope: {kind: Acts(len(some), sum_of(some)) for kind, some in kinds.items()} for scope, kinds in found.items()}


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a limit counts together: by kind, the acts and how many resources there are."""

    name: str
    acts: Mapping[str, Acts]
    sizes: Mapping[str, int]


def limits(policies: PolicySet, found: Acting, population: Population) -> tuple[Met, ...]:
    """The limits that these acts would meet if all happened at once; the slowest first."""
    hours, organization = policies.organization.hours, policies.organization
    met = [one for scope in _scopes(found, population) for one in _met(scope, organization.limits, hours)]
    whole = _everything(found)
    if whole:
        met.extend(_met(_Scope("the organization", whole, population.by_kind), organization.total, hours))
    for name, reap in policies.reaps.items():
        own = _Scope(f"policy {name} (its own)", found.get(("policy", name), {}), population.by_kind)
        met.extend(_met(own, reap.limits, hours))
    return tuple(sorted(met, key=lambda one: (-one.days_to_drain, one.limit, one.scope)))


def _everything(found: Acting) -> Mapping[str, Acts]:
    whole: dict[str, Acts] = {}
    for (word, _), kinds in found.items():
        if word == "policy":
            for kind, acts in kinds.items():
                whole[kind] = whole.get(kind, Acts()) + acts
    return whole


def _scopes(found: Acting, population: Population) -> Iterator[_Scope]:
    """The Organization's limits hold for each account, policy and team."""
    for (word, name), acts in found.items():
        sizes = {
            "account": {kind: population.by_account.get((kind, name), 0) for kind in acts},
            "policy": population.by_kind,
            "team": {kind: population.by_team.get((kind, name), 0) for kind in acts},
        }
        yield _Scope(f"{word} {name}", acts, sizes[word])


def _met(scope: _Scope, limits: Limits, hours: Hours) -> Iterator[Met]:
    whole = sum(scope.acts.values(), Acts())
    yield from _over("per_day", scope.name, whole.count, limits.per_day)
    yield from _over("per_hour", scope.name, whole.count, _by_the_hour(limits, hours))
    for kind, acts in scope.acts.items():
        allowed = share(limits.percent_per_day, scope.sizes.get(kind, 0))
        yield from _over("percent_per_day", f"{scope.name}, {kind}", acts.count, allowed)
    if limits.dollars_per_day is not None:
        would = _dollars(whole.monthly, limits.dollars_per_day)
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


def _dollars(monthly: Money, whole_day: Decimal) -> int:
    """One of unknown price uses up a day, as when it acts (engine/limits.py)."""
    return int((monthly.known + monthly.unpriced * whole_day).to_integral_value(ROUND_CEILING))


def ending(policies: PolicySet, as_of: datetime, speaks: Callable[[Exemption], int]) -> Iterator[Ends]:
    """Exemptions in force at `as_of` whose end is near. `speaks` counts the resources that one speaks of."""
    for exemption in sorted(policies.exemptions, key=lambda one: (one.until, one.meta.name)):
        left = end_of(exemption.until, "UTC") - as_of
        if timedelta(0) < left <= ENDING:
            yield Ends(name=exemption.meta.name, until=exemption.until.isoformat(), resources=speaks(exemption))


def speaks_of(exemption: Exemption, judgement: Judgement) -> bool:
    """Whether a resource is one of those that an exemption was written for."""
    selects, view = exemption.selects, judgement.view
    if view.resource.key.kind not in selects.kinds or exemption.only_team not in ("", view.owner.team):
        return False
    return selects.when is None or selects.when.judge(view.row).outcome is True


def needs(base: Organization, whole: Weight) -> Iterator[Need]:
    """Read from the base: a change cannot raise the numbers that it is measured by.

    Raising a mode counts as much as a wider condition: what matched and could only be told may now be deleted.
    """
    widened, sums = whole.added + whole.further, whole.monthly_added + whole.monthly_further
    what = "newly match or go further than before" if whole.further else "newly match"
    if widened > base.review_resources:
        yield Need(role="platform", why=f"{widened:,} resources {what}, more than {base.review_resources:,}")
    if sums.known > base.review_dollars:
        yield Need(role="platform", why=f"{sums} {what}, more than ${base.review_dollars.quantize(Decimal(1)):,}/mo")
