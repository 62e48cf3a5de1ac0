"""Three kinds: a machine to stop, back up and restore; a disk that cannot be stopped; an address without a way back.

Machines and disks are condemned by a tag before they go; an address is of a service that cannot ask for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from engine.model import EVERYWHERE, Field, Fields, Gap, Gone, Key, Outcome, Resource, Role, Unknown, Verb
from engine.money import Money
from reapers.kind import Act, Kind, Order, Partial, Progress
from reapers.kinds import condemning
from reapers.kinds.condemning import Tagging
from reapers.kinds.progress import unchanged
from simulation.calls import CloudError
from simulation.cell import SimulatedCell
from simulation.estate import Sort, Thing

FIELDS: Mapping[Sort, Mapping[str, Field]] = {
    Sort.MACHINE: {
        "state": Field(type="string", enum=("running", "stopping", "stopped"), doc="its state"),
        "busy": Field(type="bool", doc="whether it works"),
        "size_gb": Field(type="int", doc="its size"),
        "deletion_protected": Field(type="bool", doc="the cloud's own protection"),
    },
    Sort.DISK: {
        "state": Field(type="string", enum=("available", "in-use"), doc="available: attached to nothing"),
        "size_gb": Field(type="int", doc="its size"),
    },
    Sort.ADDRESS: {"used": Field(type="bool", doc="whether it points at something")},
}


def _fields(thing: Thing) -> Fields:
    every: Fields = {
        "state": thing.state,
        "busy": thing.busy,
        "size_gb": thing.size,
        "deletion_protected": thing.guarded,
        "used": thing.busy,
    }
    return {name: value for name, value in every.items() if name in FIELDS[Sort(thing.key.kind)]}


def parse(cell: SimulatedCell, thing: Thing) -> Resource:
    """A thing as the product reads it."""
    hidden = cell.cloud.happens(cell.cloud.chance.profile.tags_denied)
    return Resource(
        key=thing.key,
        name=thing.key.id,
        created=thing.created,
        tags=Unknown("tags may not be read") if hidden else dict(thing.tags),
        fields=_fields(thing),
        seen_at=cell.now,
    )


def _lister(sort: Sort) -> Any:
    def read(cell: SimulatedCell) -> Iterator[Resource]:
        cloud = cell.cloud
        place = Key(sort.value, cell.account, cell.region, "")
        cell.reads("list", place)
        if cloud.happens(cloud.chance.profile.denied_list):
            raise CloudError(Outcome.DENIED, f"{sort}: list is not allowed")
        lag = cloud.lag()
        refs = [ref for ref, life in cloud.estate.lives.items() if ref.startswith(f"{sort.value}/{cell.account}/{cell.region}/")]
        found = [thing for ref in refs if (thing := cloud.estate.get(ref, cell.true, lag))]
        half = len(found) // 2
        if cloud.happens(cloud.chance.profile.half):
            yield from (parse(cell, thing) for thing in found[:half])
            if cloud.happens(0.5):
                raise CloudError(Outcome.ERROR, "the second page did not come")
            raise Partial([Gap(sort.value, cell.account, EVERYWHERE if cloud.happens(0.2) else cell.region, "half a list")])
        if cloud.happens(cloud.chance.profile.twice):
            yield from (parse(cell, thing) for thing in found[:half])
        yield from (parse(cell, thing) for thing in found)

    return read


def _get(cell: SimulatedCell, key: Key) -> Resource | Gone:
    cell.reads("get", key)
    thing = cell.thing(key)
    return parse(cell, thing) if thing else Gone(cell.now)


def _stopped(cell: SimulatedCell, order: Order) -> Progress:
    cell.reads("check", order.key)
    thing = cell.thing(order.key)
    if thing is None or thing.key.born != order.key.born:
        return Progress.FAILED
    return {"stopped": Progress.DONE, "stopping": Progress.PENDING}.get(thing.state) or unchanged(order.memory, cell.now)


def _started(cell: SimulatedCell, order: Order) -> Progress:
    cell.reads("check", order.key)
    thing = cell.thing(order.key)
    if thing is None:
        return Progress.FAILED
    return Progress.DONE if thing.state == "running" else unchanged(order.memory, cell.now)


def _deleted(cell: SimulatedCell, order: Order) -> Progress:
    cell.reads("check", order.key)
    thing = cell.thing(order.key)
    if thing is None or thing.key.born != order.key.born:
        return Progress.DONE
    return Progress.PENDING if thing.going else unchanged(order.memory, cell.now)


def _backed_up(cell: SimulatedCell, order: Order) -> Progress:
    cell.reads("check", order.key)
    made = cell.backup(order)
    if made is None:
        return unchanged(order.memory, cell.now)
    if made.failed or made.key.born != order.key.born:
        return Progress.FAILED
    return Progress.DONE if made.ready <= cell.true else Progress.PENDING


def _restored(cell: SimulatedCell, order: Order) -> Progress:
    cell.reads("check", order.key)
    return Progress.DONE if cell.restored(order) else unchanged(order.memory if "key" in order.memory else {}, cell.now)


BACKUP = Act(do=lambda cell, order: cell.back_up(order), check=_backed_up)
DELETE = Act(do=lambda cell, order: cell.delete(order), check=_deleted)
RESTORE = Act(do=lambda cell, order: cell.restore(order), check=_restored)
STOP = Act(do=lambda cell, order: cell.switch(Verb.STOP, order), check=_stopped)
START = Act(do=lambda cell, order: cell.switch(Verb.START, order), check=_started)

CONDEMNS = condemning.acts(
    Tagging(
        read=lambda cell, order: cell.carrier(order),
        put=lambda cell, order, carrier, mark: cell.tag(Verb.CONDEMN, order, carrier, mark),
        drop=lambda cell, order, carrier: cell.tag(Verb.SPARE, order, carrier, ""),
    )
)

ACTS: Mapping[Sort, Mapping[Verb, Act]] = {
    Sort.MACHINE: {
        Verb.STOP: STOP, Verb.START: START, Verb.BACKUP: BACKUP, Verb.DELETE: DELETE, Verb.RESTORE: RESTORE,
        **CONDEMNS,
    },
    Sort.DISK: {Verb.BACKUP: BACKUP, Verb.DELETE: DELETE, Verb.RESTORE: RESTORE, **CONDEMNS},
    Sort.ADDRESS: {Verb.DELETE: DELETE},
}  # fmt: skip

FACTS: Mapping[Sort, Mapping[str, Any]] = {
    Sort.MACHINE: {},
    Sort.DISK: {"detached": lambda resource: resource.fields["state"] == "available"},
    Sort.ADDRESS: {"unused": lambda resource: not resource.fields["used"]},
}

GUARDED: Mapping[Sort, tuple[str, ...]] = {
    Sort.MACHINE: ("size_gb", "tags"),
    Sort.DISK: ("size_gb", "state", "tags"),
    Sort.ADDRESS: ("tags", "used"),
}


def _kind(sort: Sort) -> Kind:
    return Kind(
        name=sort.value,
        title=sort.value.split(".")[1],
        fields=FIELDS[sort],
        list=_lister(sort),
        get=_get,
        facts=FACTS[sort],
        fingerprint=GUARDED[sort],
        acts=ACTS[sort],
        needs={role: frozenset() for role in Role},
        stopped=frozenset({"stopped"}) if sort is Sort.MACHINE else frozenset(),
        price=lambda resource, book: Money.of(Decimal(20)),
        example={},
        parse=parse,
    )


KINDS: Mapping[str, Kind] = {sort.value: _kind(sort) for sort in Sort}
