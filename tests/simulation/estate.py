"""What there is in the simulated cloud: machines, disks and addresses with their lives, and the backups of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from engine.model import Key
from simulation.documents import PROTECTING


class Sort(StrEnum):
    """The kinds of this cloud."""

    MACHINE = "aws.machine"
    DISK = "aws.disk"
    ADDRESS = "aws.address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One life of one resource at one moment. A change makes a new value; the estate remembers the last few."""

    key: Key
    created: datetime
    tags: dict[str, str]
    state: str
    """running, stopping, stopped; available, in-use; held."""
    busy: bool = False
    """A machine works, an address is used, a disk is attached."""
    size: int = 100
    guarded: bool = False
    """The cloud's own deletion protection."""
    settles: datetime | None = None
    """When `stopping` becomes `stopped`."""
    going: datetime | None = None
    """When a delete that was taken is done."""
    started_at: datetime | None = None
    """When somebody else last started it or put it to use."""

    @property
    def protected(self) -> bool:
        """Whether somebody wrote on it that it stays."""
        return any(tag in self.tags for tag in PROTECTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A snapshot of one life of a resource, for a case."""

    id: str
    key: Key
    case: str
    generation: int
    ready: datetime
    failed: bool
    thing: Thing


@dataclass(slots=True)
class Life:
    """A thing now, and as it was for the last changes: what stale readings show."""

    now: Thing | None
    past: list[tuple[datetime, Thing | None]] = field(default_factory=list)
    """(until when, what it was then)."""


class Estate:
    """Every resource by its key's text."""

    def __init__(self) -> None:
        self.lives: dict[str, Life] = {}
        self.backups: dict[str, Backup] = {}
        self.ended: dict[Key, str] = {}
        """Each life that is over, and who ended it: `us` or `them`."""
        self._born = 0

    def add(self, sort: Sort, place: tuple[str, str], id: str, **traits: object) -> Thing:
        """A new life, also under a name that there was before."""
        self._born += 1
        key = Key(sort.value, *place, id, f"life-{self._born}")
        thing = Thing(key=key, **traits)  # type: ignore[arg-type]  # the caller's words are Thing's own
        self.put(thing, thing.created)
        return thing

    def put(self, thing: Thing, at: datetime) -> None:
        """A thing has changed."""
        life = self.lives.setdefault(thing.key.ref, Life(None))
        life.past = [*life.past[-5:], (at, life.now)]
        life.now = thing

    def remove(self, thing: Thing, who: str, at: datetime) -> None:
        """A life is over."""
        life = self.lives[thing.key.ref]
        if life.now is None or life.now.key.born != thing.key.born:
            return
        life.past = [*life.past[-5:], (at, life.now)]
        life.now = None
        self.ended[thing.key] = who

    def get(self, ref: str, at: datetime, lag: timedelta = timedelta(0)) -> Thing | None:
        """What there is, or was so long ago."""
        self._settle(ref, at)
        life = self.lives.get(ref)
        if life is None:
            return None
        seen = life.now
        for until, was in reversed(life.past):
            if until <= at - lag:
                break
            seen = was
        return seen

    def living(self, at: datetime) -> Iterator[Thing]:
        """Everything that there is, in the order of its first life."""
        for ref in list(self.lives):
            thing = self.get(ref, at)
            if thing is not None:
                yield thing

    def _settle(self, ref: str, at: datetime) -> None:
        """What takes time in the cloud is over when its time has come."""
        life = self.lives.get(ref)
        thing = life.now if life else None
        if thing is None:
            return
        if thing.going and thing.going <= at:
            self.remove(thing, "us", thing.going)
        elif thing.settles and thing.settles <= at:
            self.put(replace(thing, state="stopped", settles=None), thing.settles)
