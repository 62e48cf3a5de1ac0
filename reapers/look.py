"""One fresh look at one resource, right before an act: read by its owning API, judged at the running commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from engine.clocks import skew
from engine.follow import Sight
from engine.judge import judge_one
from engine.model import CellRead, Gone, Inventory, Key, Outcome, Resource, Role
from engine.money import PriceBook
from engine.view import view
from reapers.clock import Clock
from reapers.clouds.cloud import Cloud
from reapers.kind import Cell, Kind
from reapers.reading import Reader, finish, still_fresh, with_history
from reapers.sources.states import StateFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """The resource as it is now, and a sight that holds nothing else."""

    resource: Resource
    sight: Sight
    skew: timedelta | None
    """How far the cloud's clock is from the calendar, by the Date of this answer; None where it was not dated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Reads again with the credentials of the scan role."""

    clouds: Mapping[str, Cloud]
    kinds: Mapping[str, Kind]
    prices: PriceBook
    clock: Clock
    states: StateFiles = field(default_factory=StateFiles)

    def look(self, key: Key, last: Sight) -> Fresh | Gone | str:
        """The newest word on a resource, of whichever life has its name; Gone, or a sentence when it cannot be read."""
        kind, cloud, asked = self.kinds[key.kind], self.clouds[key.cloud], self.clock.now()
        try:
            cell = cloud.cell(key.account, key.region, Role.SCAN, self.clock.now())
            read = kind.get(cell, key)
        except Exception as error:
            told = cloud.outcome(error)
            if told is None:
                raise
            return told[1]
        skewed = skew(asked, cloud.date(), self.clock.now())
        if isinstance(read, Gone):
            return read
        reader = Reader(kind=kind, cell=cell, cloud=cloud, prices=self.prices, pursued=frozenset({key.ref}))
        resource = self._complete(read, kind, reader, last)
        return Fresh(resource=resource, sight=_alone(resource, cell, last), skew=skewed)

    def _complete(self, read: Resource, kind: Kind, reader: Reader, last: Sight) -> Resource:
        """With its history, and the evidence that the policies in force need: read again, but for metrics of the last day."""
        now = self.clock.now()
        judged = last.judgements.get(read.key.ref)
        old = judged.view.resource if judged else None
        before = replace(last.inventory, resources=(old,) if old else ())  # its own history: not that of the whole estate
        (resource,) = with_history([self.states.read(now).told(finish(kind, read, self.prices))], before, self.kinds, now)
        kept = [name for name, evidence in kind.evidence.items() if still_fresh(name, evidence, old, now)]
        resource = _with_kept(resource, old, kept)
        return reader.complete([resource], last.context)[0]


def _with_kept(resource: Resource, old: Resource | None, names: list[str]) -> Resource:
    """The young metrics of the last inventory in place of "not read"; one that was absent stays absent."""
    if old is None or not names:
        return resource
    fields = {name: value for name, value in resource.fields.items() if name not in names}
    sources = {name: old.sources[name] for name in names if name in old.sources}
    kept = {name: old.fields[name] for name in names if name in old.fields}
    return replace(resource, fields={**fields, **kept}, sources={**resource.sources, **sources})


def _alone(resource: Resource, cell: Cell, last: Sight) -> Sight:
    """A sight of this one resource, read to its end, at the moment of looking."""
    now = cell.now
    judged = judge_one(view(resource, last.context, now), last.context, now)
    read = CellRead(resource.key.kind, resource.key.account, resource.key.region, Outcome.OK)
    alone = Inventory(
        id="", as_of=now, resources=(resource,), cells=(read,), accounts=last.inventory.accounts, commit=last.inventory.commit
    )  # fmt: skip
    return Sight.of(alone, [judged], last.context, last.rests)
