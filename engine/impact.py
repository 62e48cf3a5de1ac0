"""What policies match in an inventory, and what a change of them would do. Values in, one comparison out; never the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.altered import Altered, altered, compare
from engine.hurdles import Ends, Met, Need, ending, limits, needs
from engine.limits import population
from engine.matches import Change, Judged, Row
from engine.matches import rows as changes
from engine.model import Gap, Inventory
from engine.money import NOTHING, Money, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """The sums over some rows."""

    before: int
    """Matched before."""
    added: int
    removed: int
    undecided: int
    same: int
    monthly_added: Money
    monthly_removed: Money
    monthly_matched: Money
    """Of everything that matches now: added and same."""
    newly_undecided: int = 0
    """Of `undecided`: those that could be judged before, or are looked at for the first time."""
    further: int = 0
    """Of `same`: more may happen to them than before."""
    eased: int = 0
    """Of `same`: less may happen to them than before."""
    moved: int = 0
    """Another team's than before, whatever else happens to them."""
    monthly_further: Money = NOTHING


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

    rows: tuple[Row, ...]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The inventory that was compared on: which one, when it was taken, and what it could not see."""

    id: str
    as_of: datetime
    gaps: tuple[Gap, ...] = ()

    @classmethod
    def of(cls, inventory: Inventory) -> Seen:
        """An inventory, without what is in it."""
        return cls(id=inventory.id, as_of=inventory.as_of, gaps=inventory.gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A comparison with what it is of, as renderers show it."""

    impact: Impact
    base: Side | None
    head: Side
    seen: Seen

    @property
    def whole(self) -> Weight:
        """The sums over everything."""
        return weigh(self.impact.rows)

    @property
    def news(self) -> tuple[Row, ...]:
        """The rows that say what the change does; without a base, all of them."""
        return tuple(row for row in self.impact.rows if self.base is None or row.news)


def impact(base: Judged | None, head: Judged, as_of: datetime) -> Impact:
    """Compare what two commits say of the same inventory, always in the same order; without `base`, list what `head` matches."""
    rows = tuple(sorted(changes(base, head), key=lambda row: (row.change.rank, row.key, row.policy)))
    acting = [row for row in rows if row.widened or (base is None and row.change is Change.SAME)]
    return Impact(
        rows=rows,
        policies=tuple(_policies(base, head, rows)),
        teams={team: weigh(some) for team, some in sorted(_by(rows, "team").items())},
        limits=limits(head.policies, acting, population(head.judgements)) if acting else (),
        ending=tuple(ending(head, as_of)),
        needs=tuple(needs(base.policies.organization, rows)) if base else (),
        altered=altered(base.policies, head.policies) if base else (),
    )


def weigh(rows: Iterable[Row]) -> Weight:
    """The sums over rows. A resource under two policies counts once in each."""
    rows = tuple(rows)
    by_change: dict[Change, list[Row]] = {change: [] for change in Change}
    for row in rows:
        by_change[row.change].append(row)
    added, removed, same = by_change[Change.ADDED], by_change[Change.REMOVED], by_change[Change.SAME]
    undecided, further = by_change[Change.UNDECIDED], [row for row in same if row.further]
    return Weight(
        before=sum(row.matched for row in rows),
        added=len(added),
        removed=len(removed),
        undecided=len(undecided),
        same=len(same),
        monthly_added=total(row.monthly for row in added),
        monthly_removed=total(row.monthly for row in removed),
        monthly_matched=total(row.monthly for row in (*added, *same)),
        newly_undecided=sum(not row.was_undecided for row in undecided),
        further=len(further),
        eased=sum(row.eased for row in same),
        moved=sum(row.moved for row in rows),
        monthly_further=total(row.monthly for row in further),
    )


def _by(rows: Iterable[Row], name: str) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _policies(base: Judged | None, head: Judged, rows: Sequence[Row]) -> Iterator[OfPolicy]:
    old, new = base.policies.reaps if base else head.policies.reaps, head.policies.reaps
    by_policy = _by(rows, "policy")
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        meta = (after or old[name]).meta
        change = compare(before, after)
        yield OfPolicy(name=name, change=change, weight=weigh(by_policy.get(name, ())), file=meta.file, line=meta.line)
