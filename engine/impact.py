"""What policies match in an inventory, and what a change of them would do. Values in, one comparison out; never the ledger.

`impact` goes from resource to resource and is the definition; engine/columns/impact.py finds the same for a million at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from engine.altered import Altered, altered, compare
from engine.hurdles import Acting, Ends, Met, Need, acting, ending, limits, needs, speaks_of
from engine.limits import Population, population
from engine.listing import Listing, Rows
from engine.matches import Change, Judged, Row, rows
from engine.model import Gap
from engine.money import NOTHING, Money, sum_of
from engine.policy import Exemption, PolicySet
from engine.weight import Weight, weigh


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPolicy:
    """A policy, what happens to its document, and what the whole change does under it."""

    name: str
    change: Change
    weight: Weight
    file: str = ""
    line: int = 1
    """Where it stands; a removed one, in the base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """The whole comparison. Without a base, everything that matches is `same`."""

    rows: Listing
    """Every resource and policy where something is to be said."""
    news: Listing
    """Those that say what the change does; without a base, all of them."""
    whole: Weight
    monthly_matched: Money
    """Of everything that matches; with a base nobody asks for it, and it is nothing."""
    policies: tuple[OfPolicy, ...]
    teams: Mapping[str, Weight]
    limits: tuple[Met, ...]
    ending: tuple[Ends, ...]
    needs: tuple[Need, ...]
    altered: tuple[Altered, ...] = ()
    """Every document that is added, removed or says something else; empty without a base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of the comparison: what the person called it, and its commit (empty outside git)."""

    ref: str
    sha: str


class Dated(Protocol):
    """An inventory, however it is held."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def as_of(self) -> datetime:
        """When it was taken."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The inventory that was compared on: which one, when it was taken, and what it could not see."""

    id: str
    as_of: datetime
    gaps: tuple[Gap, ...] = ()

    @classmethod
    def of(cls, inventory: Dated) -> Seen:
        """An inventory, without what is in it."""
        return cls(id=inventory.id, as_of=inventory.as_of, gaps=inventory.gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A comparison with what it is of, as renderers show it."""

    impact: Impact
    base: Side | None
    head: Side
    seen: Seen


class Found(Protocol):
    """What two commits say of one inventory, however it was found out."""

    @property
    def rows(self) -> Listing:
        """Every row."""

    @property
    def news(self) -> Listing:
        """The rows that say what the change does."""

    def monthly_matched(self) -> Money:
        """What everything costs that matches under the head. Asked only where there is no base."""

    def of_policy(self, name: str) -> Weight:
        """The sums under a policy."""

    def of_teams(self) -> Mapping[str, Weight]:
        """The sums of each team that has a row."""

    def acting(self) -> Acting:
        """What would act: of what may go further than before or, without a base, of all that matches."""

    def population(self) -> Population:
        """How many resources there are under the head."""

    def spoken_of(self, exemption: Exemption) -> int:
        """How many resources an exemption of the head speaks of."""


def concluded(base: PolicySet | None, head: PolicySet, found: Found, as_of: datetime) -> Impact:
    """The comparison, from what was found."""
    policies = tuple(_policies(base, head, found))
    whole = sum((one.weight for one in policies), Weight())
    would_act = found.acting()
    return Impact(
        rows=found.rows,
        news=found.news,
        whole=whole,
        monthly_matched=NOTHING if base else found.monthly_matched(),
        policies=policies,
        teams=dict(sorted(found.of_teams().items())),
        limits=limits(head, would_act, found.population()) if would_act else (),
        ending=tuple(ending(head, as_of, found.spoken_of)),
        needs=tuple(needs(base.organization, whole)) if base else (),
        altered=altered(base, head) if base else (),
    )


def _policies(base: PolicySet | None, head: PolicySet, found: Found) -> Iterator[OfPolicy]:
    old, new = base.reaps if base else head.reaps, head.reaps
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        meta = (after or old[name]).meta
        yield OfPolicy(
            name=name, change=compare(before, after), weight=found.of_policy(name), file=meta.file, line=meta.line
        )  # fmt: skip


def impact(base: Judged | None, head: Judged, as_of: datetime) -> Impact:
    """Compare what two commits say of the same inventory, always in the same order; without `base`, list what `head` matches."""
    return concluded(base.policies if base else None, head.policies, _OneByOne(base, head), as_of)


class _OneByOne:
    """Found by looking at every row."""

    def __init__(self, base: Judged | None, head: Judged) -> None:
        self.compared = base is not None
        self.head = head
        self.rows = Rows(rows(base, head))
        self.news = Rows(tuple(row for row in self.rows if row.news)) if self.compared else self.rows

    def monthly_matched(self) -> Money:
        return sum_of(row.monthly for row in self.rows if row.change is Change.SAME)

    @cached_property
    def by_policy(self) -> Mapping[str, list[Row]]:
        return _by(self.rows, "policy")

    def of_policy(self, name: str) -> Weight:
        return weigh(self.by_policy.get(name, ()))

    def of_teams(self) -> Mapping[str, Weight]:
        return {team: weigh(some) for team, some in _by(self.rows, "team").items()}

    def acting(self) -> Acting:
        return acting(row for row in self.rows if row.widened or (not self.compared and row.change is Change.SAME))

    def population(self) -> Population:
        return population(self.head.judgements)

    def spoken_of(self, exemption: Exemption) -> int:
        return sum(speaks_of(exemption, judgement) for judgement in self.head.judgements)


def _by(rows: Iterable[Row], name: str) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found
