"""The seam between the fold over days and whoever judges a day: what a day says of each resource that matters.

`Memory` is the scalar one: it judges again only what may have another verdict than the day before. Columns may take its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Protocol

from engine.backtest.evidence import Evidence, evidence_of
from engine.calendar import end_of
from engine.condition import Condition
from engine.condition.leaf import Leaf
from engine.judge import judge
from engine.model import Inventory, Key, Resource, Unknown
from engine.policy import PolicySet, Reap
from engine.verdict import Reason, Spared, Verdict
from engine.view import Cell, Context, View, view

AHEAD = Unknown("it changes with time")
TIMES = ("age_days", "idle_days", "ttl_days_left")
"""The fields that change although nothing happens."""

_GROWS = re.compile(r"(?P<up>age_days|idle_days) >=? (?P<least>[0-9.e+]+)|(?P<down>ttl_days_left) <=? (?P<most>-?[0-9.e+]+)")
"""Tests that stay true once they are, as long as nothing happens, and when that will be."""

DAY = timedelta(days=1)
EARLY = timedelta(seconds=1)
"""Looked at so much before a test turns: days are fractions, and their sums are not exact."""
SOON = 1e-9
"""Days: a test that is at its very edge turns the next time that anybody looks."""
ALWAYS = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One resource on one day. The same object as the day before where nothing is new, so that nothing is worked out again."""

    view: View
    evidence: Evidence
    verdicts: Mapping[str, Verdict]
    """By policy; a policy that is not here spares it."""

    @property
    def key(self) -> Key:
        """Whose day it is."""
        return self.view.resource.key


class Look(Protocol):
    """Judges a day."""

    def __call__(self, inventory: Inventory, tracked: Callable[[Key], bool]) -> Iterator[Seen]:
        """Every resource that some policy does not spare, and every one that is tracked."""


@dataclass(slots=True)
class _Known:
    """What is remembered of a resource: it, what of it can change with time, and its last day."""

    resource: Resource
    lively: tuple[Reap, ...]
    """Policies whose verdict is not "spared" for as long as the resource stays as it is."""
    seen: Seen
    until: datetime
    """The last day's verdicts hold until then, if the resource stays as it is."""


class Memory:
    """Judges days in their order, for one set of policies."""

    def __init__(self, policies: PolicySet) -> None:
        self._policies = policies
        reaps = policies.reaps.values()
        self._of_kind = {kind: tuple(reap for reap in reaps if kind in reap.selects.kinds) for kind in policies.kinds}
        steady = all(not timed(exemption.selects.when) for exemption in policies.exemptions)
        self._growing = {name for name, reap in policies.reaps.items() if steady and grows(reap.selects.when)}
        self._timed = {name: timed(reap.selects.when) for name, reap in policies.reaps.items()}
        self._ends = sorted({end_of(exemption.until, "UTC") for exemption in policies.exemptions})
        self._min_age = policies.organization.min_age.comparable / DAY
        self._known: dict[Key, _Known] = {}
        self._context = Context(policies=policies, accounts={})

    def __call__(self, inventory: Inventory, tracked: Callable[[Key], bool]) -> Iterator[Seen]:
        """See Look."""
        accounts = {account.id: account for account in inventory.accounts}
        if accounts != self._context.accounts:  # environments and modes hang on them
            self._context, self._known = Context(policies=self._policies, accounts=accounts), {}
        before, self._known = self._known, {}
        for resource in inventory.resources:
            known = before.get(resource.key)
            if known is None or not _same(known.resource, resource):
                known = self._met(resource, inventory.as_of)
            elif known.until <= inventory.as_of:
                self._again(known, inventory.as_of)
            self._known[resource.key] = known
            if known.lively or tracked(resource.key):
                yield known.seen

    def _met(self, resource: Resource, as_of: datetime) -> _Known:
        """A resource that is new, or not what it was: every policy judges it."""
        reaps = self._of_kind.get(resource.key.kind, ())
        seen = view(resource, self._context, as_of)
        verdicts = {reap.meta.name: judge(seen, reap, self._context, as_of) for reap in reaps}
        lively = tuple(reap for reap in reaps if not self._for_good(reap, verdicts[reap.meta.name], seen, as_of))
        return self._known_as(resource, lively, seen, verdicts, as_of)

    def _again(self, known: _Known, as_of: datetime) -> None:
        """A resource that is what it was: only what time may have changed is judged."""
        seen = view(known.resource, self._context, as_of)
        verdicts = {reap.meta.name: judge(seen, reap, self._context, as_of) for reap in known.lively}
        newer = self._known_as(known.resource, known.lively, seen, verdicts, as_of)
        known.seen, known.until = newer.seen, newer.until

    def _known_as(
        self, resource: Resource, lively: tuple[Reap, ...], seen: View, verdicts: Mapping[str, Verdict], as_of: datetime
    ) -> _Known:
        said = {reap.meta.name: verdicts[reap.meta.name] for reap in lively}
        today = Seen(seen, evidence_of(seen, self._policies, as_of), said)
        return _Known(resource, lively, today, self._until(seen, lively, as_of))

    def _until(self, seen: View, lively: tuple[Reap, ...], as_of: datetime) -> datetime:
        """When the next test may turn by time alone."""
        if any(reap.meta.name not in self._growing for reap in lively):
            return ALWAYS
        days = [ahead for reap in lively for leaf in self._timed[reap.meta.name] if (ahead := _ahead(leaf, seen)) > 0]
        days += [ahead for ahead in (self._min_age - seen.age_days, _left(seen)) if ahead > 0 and lively]
        turns = [as_of + ahead * DAY - EARLY for ahead in days] + [end for end in self._ends if end > as_of and lively]
        return min(turns, default=NEVER)

    def _for_good(self, reap: Reap, verdict: Verdict, seen: View, as_of: datetime) -> bool:
        """Whether the policy spares the resource for as long as that stays as it is: also with every field that time changes
        unknown. Exemptions end, and what is too young grows older."""
        if not _spares(verdict):
            return False
        return not self._timed[reap.meta.name] or _spares(judge(_timeless(seen), reap, self._context, as_of))


def grows(condition: Condition | None) -> bool:
    """Whether what matches goes on matching for as long as the resource stays as it is."""
    return all(leaf.presence or _GROWS.fullmatch(leaf.text) for leaf in timed(condition))


def timed(condition: Condition | None) -> list[Leaf]:
    """The tests that time alone can turn."""
    leaves = condition.root.leaves() if condition else ()
    return [leaf for leaf in leaves if any(ref.name in TIMES for ref in leaf.refs)]


def _ahead(leaf: Leaf, seen: View) -> float:
    """In how many days a growing test begins to hold; 0 where it holds, or time alone never makes it hold."""
    match = _GROWS.fullmatch(leaf.text)
    value = seen.row.get(match["up"] or match["down"]) if match else None
    if match is None or not isinstance(value, int | float) or leaf.outcome(seen.row) is True:
        return 0
    return max(float(match["least"]) - value if match["up"] else value - float(match["most"]), SOON)


def _left(seen: View) -> float:
    """Days until its own lifetime runs out, after which `min_age` does not hold for it."""
    left = seen.ttl.days_left
    return max(left, SOON) if isinstance(left, float) and left >= 0 else 0


def _same(old: Resource, new: Resource) -> bool:
    """Whether nothing happened. When and how it was read, and the fingerprint of what is compared here, do not matter."""
    return old is new or (
        (old.key, old.name, old.created, old.tags, old.fields) == (new.key, new.name, new.created, new.tags, new.fields)
        and (old.since, old.monthly_cost) == (new.since, new.monthly_cost)
    )


def _timeless(seen: View) -> View:
    """A view at no time in particular: old enough, and everything else that time changes unknown."""
    row: dict[str, Cell] = dict(seen.row)
    row.update((name, AHEAD) for name in TIMES if name in row)
    ttl = replace(seen.ttl, days_left=AHEAD) if isinstance(seen.ttl.days_left, float) else seen.ttl
    return replace(seen, row=row, ttl=ttl, age_days=inf)


def _spares(verdict: Verdict) -> bool:
    return isinstance(verdict, Spared) and verdict.reason in (Reason.NO_MATCH, Reason.PROTECTED)
