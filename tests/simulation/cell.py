"""One account and region of the simulated cloud: what its kinds are asked, and what that does to the estate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.mark import TAG, is_of
from engine.model import Key, Outcome, Role, Verb
from reapers.kinds.condemning import Carrier
from simulation.calls import CloudError
from simulation.estate import Backup, Sort, Thing

if TYPE_CHECKING:
    from simulation.cloud import SimulatedCloud

CONDEMNED = {Sort.MACHINE.value: True, Sort.DISK.value: True, Sort.ADDRESS.value: False}
"""Kind -> whether the delete role may only delete what carries the tag."""


@dataclass(frozen=True, slots=True)
class SimulatedCell:
    """One account and region of the simulated cloud, with the credentials of a role."""

    cloud: SimulatedCloud
    account: str
    region: str
    role: Role
    now: datetime

    @property
    def true(self) -> datetime:
        """The cloud's own time: it is never wrong."""
        return self.cloud.clock.true

    def reads(self, operation: str, key: Key) -> None:
        """One reading call; it may be refused, and people may come before it."""
        cloud = self.cloud
        cloud.door.knock(operation, key)
        cloud.dies("before", operation)
        if cloud.happens(cloud.chance.profile.throttled):
            raise CloudError(Outcome.THROTTLED, "Rate exceeded")
        if cloud.happens(cloud.chance.profile.denied):
            raise CloudError(Outcome.DENIED, f"{operation} is not allowed")

    def thing(self, key: Key) -> Thing | None:
        """What a name stands for, now or a minute ago."""
        return self.cloud.estate.get(key.ref, self.true, self.cloud.lag())

    def backup(self, order: Any) -> Backup | None:
        """The backup of this generation of a case; one that failed only if there is no better."""
        found = [
            each for each in self.cloud.estate.backups.values() if (each.case, each.generation) == (order.case, order.generation)
        ]
        return min((each for each in found if each.key.ref == order.key.ref), key=lambda each: each.failed, default=None)

    def delete(self, order: Any) -> Mapping[str, Any]:
        """Remove what the name stands for: refused while it is in use or guarded."""

        def effect(late: bool) -> Mapping[str, Any]:
            thing = self.cloud.estate.get(order.key.ref, self.true)
            mine = thing if thing and thing.key.born == order.key.born else None
            refused = mine is not None and (mine.guarded or (mine.state in ("in-use", "running")))
            allowed = mine is None or not CONDEMNED[mine.key.kind] or is_of(mine.tags.get(TAG, ""), order.case)
            self.cloud.receive("delete", order, thing, late=late, effect=mine is not None and allowed and not refused)
            if not allowed:
                raise CloudError(Outcome.DENIED, f"delete is not allowed without the tag {TAG}")
            if mine is None:
                return {"sent": self.now.isoformat(), "gone": True}
            if refused:
                raise CloudError(Outcome.ERROR, "it is in use or guarded")
            self._go(mine)
            return {"sent": self.now.isoformat()}

        return self.cloud.change("delete", order, effect)

    def _go(self, thing: Thing) -> None:
        if not self.cloud.happens(0.2):
            self.cloud.estate.remove(thing, "us", self.true)
            return
        going = self.true + timedelta(minutes=10 * self.cloud.chance.cloud.random())
        self.cloud.estate.put(replace(thing, going=going), self.true)

    def switch(self, verb: Verb, order: Any) -> Mapping[str, Any]:
        """Stop or start a machine."""

        def effect(late: bool) -> Mapping[str, Any]:
            thing = self.cloud.estate.get(order.key.ref, self.true)
            mine = thing if thing and thing.key.born == order.key.born else None
            self.cloud.receive(str(verb), order, thing, late=late, effect=mine is not None)
            if mine is None:
                raise CloudError(Outcome.ERROR, "there is no such machine")
            if verb is Verb.START:
                self.cloud.estate.put(replace(mine, state="running", settles=None), self.true)
                return {"sent": self.now.isoformat()}
            later = self.true + timedelta(minutes=5 * self.cloud.chance.cloud.random())
            slow = self.cloud.happens(0.3)
            stopped = replace(mine, state="stopping" if slow else "stopped", settles=later if slow else None)
            self.cloud.estate.put(stopped, self.true)
            return {"sent": self.now.isoformat()}

        return self.cloud.change(str(verb), order, effect)

    def carrier(self, order: Any) -> Carrier | None:
        """What carries a condemn tag."""
        self.reads("check", order.key)
        thing = self.thing(order.key)
        mine = thing is not None and thing.key.born == order.key.born
        return Carrier(tags=dict(thing.tags), raw={}) if thing and mine else None

    def tag(self, verb: Verb, order: Any, carrier: Carrier, mark: str) -> bool:
        """Write or remove the condemn tag, unless somebody changed the tags since they were read."""
        written: list[bool] = []

        def effect(late: bool) -> Mapping[str, Any]:
            thing = self.cloud.estate.get(order.key.ref, self.true)
            same = thing is not None and thing.key.born == order.key.born and thing.tags == carrier.tags and not thing.going
            self.cloud.receive(str(verb), order, thing, late=late, effect=same)
            if thing is not None and same:
                others = {name: value for name, value in thing.tags.items() if name != TAG}
                self.cloud.estate.put(replace(thing, tags={**others, TAG: mark} if mark else others), self.true)
            written.append(same)
            return {}

        self.cloud.change(str(verb), order, effect)
        return bool(written and written[-1])

    def back_up(self, order: Any) -> Mapping[str, Any]:
        """A snapshot, unless this generation of the case has one."""

        def effect(late: bool) -> Mapping[str, Any]:
            thing = self.cloud.estate.get(order.key.ref, self.true)
            if thing is None:
                raise CloudError(Outcome.ERROR, "there is nothing to back up")
            estate, chance = self.cloud.estate, self.cloud.chance.cloud
            self.cloud.receive("backup", order, thing, late=late, effect=True)
            takes = timedelta(minutes=120 * chance.random()) if self.cloud.happens(0.5) else timedelta(0)
            made = Backup(
                id=f"backup-{len(estate.backups) + 1}",
                key=thing.key,
                case=order.case,
                generation=order.generation,
                ready=self.true + takes,
                failed=self.cloud.happens(0.02),
                thing=thing,
            )
            estate.backups[made.id] = made
            return {"sent": self.now.isoformat(), "snapshot": made.id}

        made = self.backup(order)
        if made is not None:
            return {"sent": self.now.isoformat(), "snapshot": made.id}
        return self.cloud.change("backup", order, effect)

    def restore(self, order: Any) -> Mapping[str, Any]:
        """A new life from the backup, unless this case has brought one back."""
        estate = self.cloud.estate
        before = self.restored(order)
        if before is not None:
            return {**order.memory, "sent": self.now.isoformat(), "key": before.key.ref}

        def effect(late: bool) -> Mapping[str, Any]:
            was = estate.backups[order.memory["snapshot"]].thing
            tags = {**{name: value for name, value in was.tags.items() if name != TAG}, "sexton:case": order.case}
            id = f"{was.key.id}-back-{order.case[-4:]}"
            kind = was.key.kind
            state = {"aws.machine": "running", "aws.disk": "available"}[kind]
            again = replace(was, tags=tags, state=state, busy=False, created=self.true, going=None, settles=None)
            estate._born += 1
            new = replace(again, key=Key(kind, was.key.account, was.key.region, id, f"life-{estate._born}"))
            estate.put(new, self.true)
            self.cloud.receive("restore", order, new, late=late, effect=True)
            return {**order.memory, "sent": self.now.isoformat(), "key": new.key.ref}

        return self.cloud.change("restore", order, effect)

    def restored(self, order: Any) -> Thing | None:
        """What this case has brought back."""
        mine = (thing for thing in self.cloud.estate.living(self.true) if thing.tags.get("sexton:case") == order.case)
        return next((thing for thing in mine if thing.key.kind == order.key.kind), None)
