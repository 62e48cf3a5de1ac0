"""What happens to resources by itself: people make, use, leave, tag, resize, remove and recreate them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from engine.mark import TAG
from simulation.branch import Branch
from simulation.calendar import SimulatedClock
from simulation.chance import Chance
from simulation.channel import Channel
from simulation.documents import ACCOUNTS, PROTECTING, REGIONS, TEAMS
from simulation.estate import Estate, Sort, Thing
from simulation.people import People

SORTS = (Sort.MACHINE, Sort.DISK, Sort.DISK, Sort.ADDRESS)


@dataclass(slots=True, kw_only=True)
class Things:
    """What people do to resources by themselves."""

    clock: SimulatedClock
    chance: Chance
    estate: Estate
    branch: Branch
    channel: Channel
    people: People
    note: Callable[[str], None]
    watched: list[str] = field(default_factory=list)
    """Key texts that messages spoke of: things happen to them more often than to others."""
    exempt: list[tuple[str, str]] = field(default_factory=list)
    made: int = 0
    waste: float = 0.5
    """How many of the resources are waste when they are made."""

    @property
    def random(self) -> Random:
        """Nature's own stream."""
        return self.chance.nature

    # --- the estate -----------------------------------------------------------------------------------------------------

    def make(self, age: timedelta, sort: Sort | None = None, id: str = "", waste: float | None = None) -> Thing:
        """One more resource, so old."""
        self.made += 1
        sort = sort or self.random.choice(SORTS)
        idle = self.random.random() < (self.waste if waste is None else waste)
        state = {Sort.MACHINE: "running", Sort.DISK: "available" if idle else "in-use", Sort.ADDRESS: "held"}[sort]
        owner = self.random.choice([*TEAMS, "", "nobody-knows"])
        place = (self.random.choice(ACCOUNTS), self.random.choice(REGIONS))
        return self.estate.add(
            sort,
            place,
            id or f"{sort.split('.')[1]}-{self.made}",
            created=self.clock.true - age,
            tags={"owner": owner} if owner else {},
            state=state,
            busy=not idle,
            size=self.random.choice((10, 100, 1000)),
            guarded=self.random.random() < 0.02 and sort is Sort.MACHINE,
        )

    def something(self) -> None:
        """One thing happens to one resource."""
        thing = self._one()
        if thing is None:
            return
        happens = self.random.choices(
            (
                self._use,
                self._leave,
                self._keep_tag,
                self._untag,
                self._owner,
                self._resize,
                self._remove,
                self._again,
                self._start,
                self._guard,
                self._veto,
                self._new,
            ),
            (14, 22, 3, 3, 3, 4, 4, 4, 6, 2, 4, 12),
        )[0]
        happens(thing)

    def disturb(self, ref: str) -> None:
        """While we are looking at a resource, somebody does something with it."""
        thing = self.estate.get(ref, self.clock.true)
        if thing is not None and not thing.going:
            self.random.choice((self._use, self._keep_tag, self._resize, self._start, self._remove))(thing)

    def _one(self) -> Thing | None:
        recent = self.watched[-60:]
        if recent and self.random.random() < 0.6:
            return self.estate.get(self.random.choice(recent), self.clock.true)
        refs = list(self.estate.lives)
        return self.estate.get(self.random.choice(refs), self.clock.true)

    def _put(self, thing: Thing, what: str) -> None:
        self.note(f"nature: {thing.key} {what}")
        self.estate.put(thing, self.clock.true)

    def _use(self, thing: Thing) -> None:
        if thing.going:
            return
        if thing.key.kind == Sort.DISK:
            self._put(replace(thing, state="in-use", busy=True, started_at=self.clock.true), "is attached")
        elif thing.key.kind == Sort.ADDRESS:
            self._put(replace(thing, busy=True, started_at=self.clock.true), "is used")
        elif thing.state == "running":
            self._put(replace(thing, busy=True, started_at=self.clock.true), "works")

    def _leave(self, thing: Thing) -> None:
        if thing.key.kind == Sort.DISK:
            self._put(replace(thing, state="available", busy=False), "is detached")
        else:
            self._put(replace(thing, busy=False), "is idle")

    def _start(self, thing: Thing) -> None:
        if thing.key.kind == Sort.MACHINE and thing.state == "stopped" and not thing.going:
            self._put(replace(thing, state="running", started_at=self.clock.true), "is started by somebody")

    def _keep_tag(self, thing: Thing) -> None:
        tag = self.random.choice(("do-not-delete", "sexton:keep"))
        self._put(replace(thing, tags={**thing.tags, tag: "yes"}), f"is tagged {tag}")

    def _untag(self, thing: Thing) -> None:
        if thing.protected:
            self._put(replace(thing, tags={k: v for k, v in thing.tags.items() if k not in PROTECTING}), "is untagged")

    def _veto(self, thing: Thing) -> None:
        """Somebody removes our condemn tag in the console: a no that must stick."""
        if TAG in thing.tags and not thing.going:
            self._put(replace(thing, tags={k: v for k, v in thing.tags.items() if k != TAG}), "is spared in the console")
            self.people.kept[thing.key] = self.clock.true + timedelta(days=1)

    def _owner(self, thing: Thing) -> None:
        owner = self.random.choice(list(TEAMS))
        self._put(replace(thing, tags={**thing.tags, "owner": owner}), f"belongs to {owner}")

    def _resize(self, thing: Thing) -> None:
        if not thing.going:
            self._put(replace(thing, size=thing.size + 1), f"has size {thing.size + 1}")

    def _guard(self, thing: Thing) -> None:
        if thing.key.kind == Sort.MACHINE:
            self._put(replace(thing, guarded=not thing.guarded), f"guarded: {not thing.guarded}")

    def _remove(self, thing: Thing) -> None:
        if thing.going:
            return
        self.note(f"nature: {thing.key} is removed by its owner")
        self.estate.remove(thing, "them", self.clock.true)

    def _again(self, thing: Thing) -> None:
        """Removed, and another one under the same name."""
        self._remove(thing)
        if thing.going:
            return
        key = thing.key
        idle = self.random.random() < self.waste
        state = {Sort.MACHINE: "running", Sort.DISK: "available" if idle else "in-use", Sort.ADDRESS: "held"}[Sort(key.kind)]
        new = self.estate.add(
            Sort(key.kind),
            (key.account, key.region),
            key.id,
            created=self.clock.true,
            tags=dict(thing.tags),
            state=state,
            busy=not idle,
            size=thing.size,
        )
        self.note(f"nature: {new.key} lives again as {new.key.born}")

    def _new(self, thing: Thing) -> None:
        self.note(f"nature: new {self.make(timedelta(0)).key}")
