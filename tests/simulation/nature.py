"""What happens in the world by itself: people use, tag, remove and recreate things, merge, break and rewind policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from engine.condemn import TAG
from simulation.branch import Branch
from simulation.calendar import SimulatedClock
from simulation.chance import Chance
from simulation.channel import Channel
from simulation.documents import ACCOUNTS, BROKEN, PROTECTING, REGIONS, TEAMS, disks, exemption, files
from simulation.estate import Estate, Sort, Thing
from simulation.people import People

SORTS = (Sort.MACHINE, Sort.DISK, Sort.DISK, Sort.ADDRESS)


@dataclass(slots=True, kw_only=True)
class Nature:
    """Moves the world between rounds."""

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

    # --- the rest of the world ------------------------------------------------------------------------------------------

    def day(self) -> None:
        """What may go wrong on a day, decided in its morning."""
        trouble, profile = self.chance.trouble, self.chance.profile
        hours = timedelta(hours=1 + 30 * trouble.random())
        if trouble.random() < profile.slack_down:
            self.channel.down_until = self.clock.true + hours
            self.note(f"Slack is down until {self.channel.down_until:%d %H:%M}")
        if trouble.random() < profile.git_down:
            self.branch.down_until = self.clock.true + hours
            self.note(f"git is down until {self.branch.down_until:%d %H:%M}")
        if trouble.random() < profile.git_moves:
            self.people.later(timedelta(hours=24 * trouble.random()), self.git)
        if trouble.random() < profile.freezes:
            self.people.later(timedelta(hours=24 * trouble.random()), self.people.freeze)
        if trouble.random() < profile.clock:
            self.jump()
        self.people.later(timedelta(hours=10), self.people.tidy)

    def jump(self) -> None:
        """The reaper's clock is wrong for some hours."""
        wrong = self.chance.trouble.choice((-24, -1, 1, 24))
        self.clock.wrong = timedelta(hours=wrong)
        self.note(f"the reaper's clock is wrong by {wrong} h")

        def right() -> None:
            self.clock.wrong = timedelta(0)
            self.note("the reaper's clock is right again")

        self.people.later(timedelta(hours=1 + 6 * self.chance.trouble.random()), right)

    def git(self) -> None:
        """Somebody changes the policies."""
        self.random.choices((self.exempt_one, self.change, self.broken, self.rewind), (40, 35, 15, 10))[0]()

    def exempt_one(self) -> None:
        """An exemption is merged for one resource."""
        thing = self._one()
        if thing is not None:
            self.exempt.append((thing.key.kind, thing.key.id))
            self.merge(f"an exemption for {thing.key.id}")

    def change(self) -> None:
        """The policy on disks gets another grace, or speaks of fewer."""
        days, more = self.random.choice(((3, ""), (4, ""), (3, " && size_gb > 10"), (2, "")))
        self.branch.files["policies/disks.yaml"] = disks(days, more)
        self.merge(f"disks after {days}d{more}")

    def broken(self) -> None:
        """A head that does not load, until somebody mends it."""
        made = self.branch.merge({**self._files(), "policies/broken.yaml": BROKEN}, self._spared(), loads=False)
        self.note(f"git: {made.sha[:8]} does not load")
        self.people.later(timedelta(hours=1 + 10 * self.random.random()), lambda: self.merge("mended"))

    def rewind(self) -> None:
        """The branch is forced back; hours later two people accept that."""
        made = self.branch.rewind()
        if made is not None:
            self.note(f"git: rewound to {made.sha[:8]}")
            self.people.later(timedelta(hours=2 + 10 * self.random.random()), self.people.unfreeze)

    def merge(self, why: str) -> None:
        """The policies as they should be, on top of the branch."""
        made = self.branch.merge(self._files(), self._spared())
        self.note(f"git: {made.sha[:8]} {why}")

    def _files(self) -> dict[str, str]:
        until = (self.clock.true + timedelta(days=300)).date().isoformat()
        spared = {
            f"policies/spared-{number}.yaml": exemption(number, kind, id, until) for number, (kind, id) in enumerate(self.exempt)
        }
        return {**files(), **self.branch.files, **spared}

    def _spared(self) -> frozenset[str]:
        return frozenset(f"{kind} {id}" for kind, id in self.exempt)

    def next(self) -> datetime:
        """When something happens next to a resource: every two hours or so."""
        return self.clock.true + timedelta(hours=self.random.expovariate(1 / 2))
