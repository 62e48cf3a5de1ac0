"""What policies match in an inventory, and what a change of them would do. Values in, one comparison out; never the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.hurdles import Ends, Met, Need, ending, limits, needs
from engine.matches import Change, Judged, Row
from engine.matches import rows as changes
from engine.money import Money, total
from engine.policy import Reap


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPolicy:
    """A policy and what its change does."""

    name: str
    change: Change
    weight: Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """The whole comparison. Without a base, everything that matches is `same`."""

    rows: tuple[Row, ...]
    policies: tuple[OfPolicy, ...]
    teams: Mapping[str, Weight]
    limits: tuple[Met, ...]
    ending: tuple[Ends, ...]
    needs: tuple[Need, ...]


def impact(base: Judged | None, head: Judged, as_of: datetime) -> Impact:
    """Compare what two commits say of the same inventory, always in the same order; without `base`, list what `head` matches."""
    rows = tuple(sorted(changes(base, head), key=lambda row: (row.change.rank, row.key, row.policy)))
    return Impact(
        rows=rows,
        policies=tuple(_policies(base, head, rows)),
        teams={team: weigh(row for row in rows if row.team == team) for team in sorted({row.team for row in rows})},
        limits=tuple(limits(head.policies, [row for row in rows if row.change is (Change.ADDED if base else Change.SAME)])),
        ending=tuple(ending(head, as_of)),
        needs=tuple(needs(base.policies.organization, rows)) if base else (),
    )


def weigh(rows: Iterable[Row]) -> Weight:
    """The sums over rows. A resource under two policies counts once in each."""
    rows = tuple(rows)
    by_change: dict[Change, list[Row]] = {change: [] for change in Change}
    for row in rows:
        by_change[row.change].append(row)
    added, removed, same = by_change[Change.ADDED], by_change[Change.REMOVED], by_change[Change.SAME]
    return Weight(
        before=sum(row.matched for row in rows),
        added=len(added),
        removed=len(removed),
        undecided=len(by_change[Change.UNDECIDED]),
        same=len(same),
        monthly_added=total(row.monthly for row in added),
        monthly_removed=total(row.monthly for row in removed),
        monthly_matched=total(row.monthly for row in (*added, *same)),
    )


def _policies(base: Judged | None, head: Judged, rows: Sequence[Row]) -> Iterator[OfPolicy]:
    old, new = base.policies.reaps if base else head.policies.reaps, head.policies.reaps
    for name in sorted({*old, *new}):
        change = _changed(old.get(name), new.get(name))
        yield OfPolicy(name=name, change=change, weight=weigh(row for row in rows if row.policy == name))


def _changed(old: Reap | None, new: Reap | None) -> Change:
    if old is None or new is None:
        return Change.ADDED if old is None else Change.REMOVED
    return Change.SAME if _said(old) == _said(new) else Change.CHANGED


def _said(reap: Reap) -> object:
    """A document without where it stands and how it is laid out: conditions are equal in their normal form."""
    return (
        reap.selects.kinds,
        reap.selects.when,
        reap.after,
        reap.before_delete,
        reap.approval,
        reap.mode,
        reap.limits,
        reap.only_team,
    )
