"""Marks to ladders. There, one policy marks and another carries the mark out days later; here, one ladder tells and then acts.

The second policy becomes part of the first one's ladder where it asks for nothing that the first does not ask for: Sexton judges
the condition anew before every act, and so is never less careful. Where it asks for more, the ladder ends with telling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.custodian.parts import Left, Mark, Note, Policy
from engine.duration import parse_duration
from engine.model import KindTable, Mode, Verb

LEAST: Mapping[Mode, str] = {Mode.STOP: "1bd", Mode.DELETE: "3bd"}
"""The Organization's `grace` as it is without one: what is done at once there leaves the owner this long here."""

RUNG = {"stop": Mode.STOP, "delete": Mode.DELETE}
Carriers = Mapping[tuple[str, str, str], Sequence[Policy]]

MOST_PARTS = 20
"""Policies that one ladder may be made of; it also bounds how deep marks may lead to marks."""

LONGEST = 99_999
"""What a duration can count."""


@dataclass(slots=True, kw_only=True)
class Ladder:
    """What a policy's document will say of time, and how far it may go."""

    policy: Policy
    table: KindTable
    hours: dict[Mode, int] = field(default_factory=dict)
    """Stop and delete: hours after the notice; 0 for at once."""
    done: set[Mode] = field(default_factory=set)
    """Those of them that some policy carries out."""
    carried: list[Policy] = field(default_factory=list)
    """Policies that became part of this one."""
    barred: bool = False
    """Whether nothing may be carried out after all."""
    told: list[Note] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    @property
    def mode(self) -> Mode:
        """How far it goes there, and so may go here."""
        tells = self.policy.deeds.notify or self.policy.deeds.marks or self.hours
        done = set() if self.barred else self.done
        return max(done, key=lambda rung: rung.rank, default=Mode.NOTIFY if tells else Mode.OBSERVE)

    @property
    def after(self) -> Mapping[Mode, str]:
        """The rungs as durations, none of them below the least grace, none before the one below it."""
        rungs = {Mode.NOTIFY: "0d"}
        stop, delete = self.hours.get(Mode.STOP), self.hours.get(Mode.DELETE)
        if stop is not None:
            rungs[Mode.STOP] = duration(Mode.STOP, stop)
        if delete is not None:
            rungs[Mode.DELETE] = duration(Mode.DELETE, max(delete, stop or 0))
        return rungs

    @property
    def parts(self) -> tuple[Policy, ...]:
        """Every policy in it."""
        return (self.policy, *self.carried)

    def climb(self, policy: Policy, carriers: Carriers, hours: int = 0) -> None:
        """The steps of a policy that begins `hours` after the notice, and of those that carry out its marks."""
        for deed, rung in RUNG.items():
            if getattr(policy.deeds, deed):
                self._step(rung, hours)
                self.done.add(rung)
        for mark in policy.deeds.marks:
            self._step(RUNG[mark.op], hours + mark.hours)
            for carrier in carriers.get((self.policy.kind, mark.tag, mark.op), ()):
                if len(self.carried) >= MOST_PARTS:
                    self._overflow(mark)
                    return
                if not any(carrier is part for part in self.carried):
                    self._take(carrier, mark, carriers, hours + mark.hours)

    def _overflow(self, mark: Mark) -> None:
        """So many policies are a mistake or a trap: nothing is carried out."""
        if not self.barred:
            why = f"more than {MOST_PARTS} policies follow from it: this ladder ends with telling"
            self.left.append(self.policy.left("action mark-for-op", why, mark.line))
        self.barred = True

    def _step(self, rung: Mode, hours: int) -> None:
        self.hours[rung] = max(hours, self.hours.get(rung, 0))

    def _take(self, carrier: Policy, mark: Mark, carriers: Carriers, hours: int) -> None:
        """Makes a carrier part of the ladder, or says why it cannot be."""
        why = self._obstacle(carrier)
        if carrier.deeds.only_tells and not carrier.filters:
            self.carried.append(carrier)
            self.told.append(
                carrier.note("it reminds of a date; Sexton reminds and calls for the last time by itself: no document")
            )
        elif why:
            what = f"policy {carrier.name}, which carries out the mark"
            self.left.append(self.policy.left(what, f"{why}: this ladder ends with telling", mark.line))
        else:
            self.carried.append(carrier)
            says = f"it carries out the marks of {self.policy.name}, whose ladder does that now: no document"
            self.told.append(carrier.note(says))
            self.climb(carrier, carriers, hours)

    def _obstacle(self, carrier: Policy) -> str:
        """Why a carrier asks for something else than a ladder of ours does; empty where it does not."""
        more = [line for line in carrier.lines if line not in self.policy.lines]
        if any(one.early for one in carrier.marked):
            return "it comes before the date of the mark (skew)"
        if more:
            return f"it also asks for {more[0]}"
        if len(carrier.marked) > 1:
            return "it waits for several marks"
        return "parts of it cannot be carried over" if carrier.filters else ""

    def remark(self) -> None:
        """Tells what differs on purpose, always towards more time and more care, and what a ladder cannot hold."""
        line = self.policy.deeds.line
        self.told += [self.policy.note(says, line) for says in self._differences()]
        backs_up = any(part.deeds.snapshot for part in self.parts)
        if backs_up and Mode.DELETE not in self.hours:
            self.left.append(self.policy.left("action snapshot", "Sexton backs up before it deletes, and only then", line))

    def _differences(self) -> Iterator[str]:
        for rung, hours in sorted(self.hours.items()):
            if rung not in self.done:
                yield f"no policy here carries out the mark: mode stays at {self.mode}; raise it to {rung} where that is meant"
            if _below(rung, hours):
                yield f"{rung} after {hours} hours there; here its owner is told first and has {LEAST[rung]}, the least grace"
        backs_up = any(part.deeds.snapshot for part in self.parts)
        if Mode.DELETE in self.hours and not backs_up and Verb.BACKUP in self.table.acts:
            yield "it deletes without a snapshot there; here a backup is taken and verified first"


def ladder_of(policy: Policy, carriers: Carriers, table: KindTable) -> Ladder:
    """The ladder of a policy with everything that carries out its marks."""
    ladder = Ladder(policy=policy, table=table)
    if not policy.marked:
        ladder.climb(policy, carriers)
        if ladder.barred:
            ladder.carried.clear()  # each has a document of its own then, which cannot act
            ladder.told.clear()
        ladder.remark()
    return ladder


def duration(rung: Mode, hours: int) -> str:
    """Hours as people write them; the least grace where they are fewer."""
    if _below(rung, hours):
        return LEAST[rung]
    return f"{hours}h" if hours % 24 and hours <= LONGEST else f"{-(-hours // 24)}d"


def _below(rung: Mode, hours: int) -> bool:
    return hours * 3600 < parse_duration(LEAST[rung]).comparable.total_seconds()


def carriers_of(policies: Iterable[Policy]) -> Carriers:
    """The policies that wait for marks, by the kind, tag and operation that they wait for."""
    found: dict[tuple[str, str, str], list[Policy]] = {}
    for policy in policies:
        for mark in {(one.tag, one.op) for one in policy.marked}:
            found.setdefault((policy.kind, *mark), []).append(policy)
    return found
