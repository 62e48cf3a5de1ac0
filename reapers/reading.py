"""From a provider's answer to a resource that can be judged: price, fingerprint, history and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.follow import STARTED_BY
from engine.history import carry
from engine.judge import judge_one
from engine.ladder import CLOUD_PROTECTIONS
from engine.model import Inventory, Key, Resource, Source, Unknown, Value, fingerprint
from engine.money import PriceBook
from engine.view import Context, view
from reapers.clouds.cloud import Cloud
from reapers.kind import Cell, Evidence, Kind

NOT_READ = Unknown("not read")
"""A dear field that no policy in force needed for this resource."""

FREE = "free"
PRICES = (FREE, "call", "paid")

METRIC_AGE = timedelta(hours=24)
"""How old a metric may be before an act; everything else is read again (CONTRACTS section 5)."""


def finish(kind: Kind, resource: Resource, prices: PriceBook) -> Resource:
    """A parsed resource with its price, its fingerprint, and every evidence field marked as not read yet."""
    unread = {name: NOT_READ for name in kind.evidence if name not in resource.fields}
    whole = replace(resource, fields={**resource.fields, **unread}, monthly_cost=kind.price(resource, prices))
    return replace(whole, fingerprint=fingerprint(whole, kind.fingerprint))


def with_history(
    resources: Iterable[Resource], previous: Inventory | None, kinds: Mapping[str, Kind], as_of: datetime
) -> tuple[Resource, ...]:
    """The resources with their `since`, carried from the last inventory."""
    return carry(resources, previous, {name: kind.facts for name, kind in kinds.items()}, as_of)


def wanted(resource: Resource, kind: Kind, context: Context | None, as_of: datetime, *, pursued: bool = False) -> frozenset[str]:
    """The unread evidence that is worth its price now, cheapest first: ask again until there is none.

    Free fields always; a dear one only where it leaves a policy undecided, or, once a policy matches, where it may protect.
    `pursued`: a case is on its way whatever `when` says today, as after our own stop; then it counts who started it since.
    """
    unread = {name: evidence.price for name, evidence in kind.evidence.items() if resource.fields.get(name) == NOT_READ}
    useful = {name for name, price in unread.items() if price == FREE}
    if not useful and unread and context is not None:
        judged = judge_one(view(resource, context, as_of), context, as_of)
        useful = {name for verdict in judged.undecided for name in verdict.missing if name in unread}
        useful |= unread.keys() & {STARTED_BY} if pursued else set()
        useful = useful or ((judged.findings or pursued) and unread.keys() & set(CLOUD_PROTECTIONS)) or set()
    cheapest = min((PRICES.index(unread[name]) for name in useful), default=0)
    return frozenset(name for name in useful if unread[name] == PRICES[cheapest])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads evidence of one kind in one cell. A reader that fails makes its fields Unknown and says why."""

    kind: Kind
    cell: Cell
    cloud: Cloud
    prices: PriceBook
    pursued: frozenset[str] = frozenset()
    """The key texts of what is on its way to an act, whatever its policy's `when` says today."""

    def complete(self, resources: Sequence[Resource], context: Context | None) -> Sequence[Resource]:
        """The resources with all evidence that is worth its price, priced anew: a size may be evidence."""
        while True:
            wants = {each.key: self._wanted(each, context) for each in resources}
            if not any(wants.values()):
                return [replace(each, monthly_cost=self.kind.price(each, self.prices)) for each in resources]
            resources = self.read(resources, wants)

    def _wanted(self, resource: Resource, context: Context | None) -> frozenset[str]:
        return wanted(resource, self.kind, context, self.cell.now, pursued=resource.key.ref in self.pursued)

    def read(self, resources: Sequence[Resource], wants: Mapping[Key, frozenset[str]]) -> tuple[Resource, ...]:
        """The resources with the evidence that `wants` names."""
        seen = {resource.key: resource for resource in resources}
        for name, evidence in self.kind.evidence.items():
            asked = [resource for resource in seen.values() if name in wants.get(resource.key, frozenset())]
            if asked:
                answers = self._ask(evidence, asked)
                seen |= {resource.key: self._with(resource, name, evidence, answers) for resource in asked}
        return tuple(seen.values())

    def _ask(self, evidence: Evidence, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
        try:
            return evidence.read(self.cell, resources)
        except Exception as error:
            told = self.cloud.outcome(error)
            if told is None:
                raise
            return {resource.key.id: Unknown(told[1]) for resource in resources}

    def _with(self, resource: Resource, name: str, evidence: Evidence, answers: Mapping[str, Value | Unknown]) -> Resource:
        fields = {key: value for key, value in resource.fields.items() if key != name}
        if resource.key.id in answers:
            fields[name] = answers[resource.key.id]
        source = Source(name=evidence.source, at=self.cell.now)
        return replace(resource, fields=fields, sources={**resource.sources, name: source})


def still_fresh(name: str, evidence: Evidence, old: Resource | None, now: datetime) -> bool:
    """Whether a metric of the last inventory is young enough to stand in for a new reading."""
    source = old.sources.get(name) if old else None
    return evidence.metric and source is not None and now - source.at <= METRIC_AGE
