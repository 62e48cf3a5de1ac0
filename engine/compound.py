"""What goes together: a whole and its parts, such as an image and the snapshots that it is made of.

The edges are those between resources in the newest inventory. Of a group nothing goes before all of it may; then who refers goes
before what it refers to. Once the first of them is gone the others are ordinary cases again: nothing of ours refers to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from engine.case import READY, Case, State
from engine.model import Mode, Verb
from engine.scanned import Scanned
from engine.schedule import action_of

Find = Callable[[str], Case | None]
"""Key text -> the open case of that resource, if it has one."""

Rests = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The cases that go together with one case."""

    cases: tuple[Case, ...]
    """Itself among them, who refers first."""
    spared: tuple[str, ...] = ()
    """Key texts of parts that have no case because somebody wants them to stay for now."""
    circle: tuple[str, ...] = ()
    """Key texts of what is to go and refers to one another in a circle: nothing of it can go first."""

    def others(self, case: Case) -> tuple[Case, ...]:
        """Everybody but itself."""
        return tuple(other for other in self.cases if other.id != case.id)

    def waits(self, case: Case) -> str:
        """A sentence that names who keeps this case from going, as far as their states tell; "" where nobody does."""
        if self.circle:
            return f"{', '.join(self.circle)} refer to one another in a circle: somebody must take one of these references away."
        if self.spared:
            return f"{self.spared[0]} is a part of what goes together with it, and somebody said that it stays for now."
        late = next((other for other in self.others(case) if not is_ready(other)), None)
        return f"It goes together with {late.key.ref} (case {late.id}), which is not ready: {late.state}." if late else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Companies:
    """Who goes with whom, as far as somebody asked; and what is known to be gone since the inventory."""

    by_case: Mapping[str, Company] = field(default_factory=dict)
    """Case id -> its company; nothing for a case that goes alone."""
    gone: frozenset[str] = frozenset()
    """Key texts of what refers to something in the inventory, and was read as gone after we deleted it."""

    def of(self, case: Case) -> Company | None:
        """Who goes with a case; None where it goes alone."""
        return self.by_case.get(case.id)

    def is_turn(self, case: str) -> bool:
        """Whether nothing that goes with it goes before it."""
        company = self.by_case.get(case)
        return company is None or company.cases[0].id == case


def companies(cases: Iterable[Case], find: Find, scanned: Scanned | None, rests: Rests) -> Companies:
    """Who goes with these cases. `rests`: key text -> the policies that leave it alone after somebody's word."""
    if scanned is None:
        return Companies()
    edges = _Edges(cache(find), scanned, rests)
    found: dict[str, Company] = {}
    gone: set[str] = set()
    for case in cases:
        gone |= edges.users(case.key.ref)[1]
        if case.id not in found and case.key.ref in scanned.bound and goes(case):
            company = edges.company(case)
            found |= {each.id: company for each in company.cases if len(company.cases) > 1 or company.spared or company.circle}
    return Companies(by_case=found, gone=frozenset(gone))


def goes(case: Case) -> bool:
    """Whether a case is on its way to a delete, kept for now or not."""
    on_the_way = case.is_open and case.rung is not Mode.DELETE and not case.recreated
    return on_the_way and Mode.DELETE in case.terms.after and case.lead.mode.rank >= Mode.DELETE.rank


def going(cases: Iterable[Case]) -> frozenset[str]:
    """Key texts of what is on its way to a delete, or was deleted, however old the inventory that still lists it."""
    return frozenset(case.key.ref for case in cases if goes(case) or case.state is State.DELETED)


def parts_going(scanned: Scanned, going: frozenset[str]) -> frozenset[str]:
    """Key texts of the parts that only such things need."""
    needed = ((ref, scanned.users.get(ref, frozenset())) for ref in scanned.bound)
    return frozenset(ref for ref, users in needed if users and users <= going)


def is_ready(case: Case) -> bool:
    """Whether everybody who must has agreed to its delete."""
    action = action_of(case)
    return case.state in READY and not case.tell and action is not None and action.verb is Verb.DELETE


@dataclass(frozen=True, slots=True)
class _Edges:
    """The edges around one case."""

    find: Find
    scanned: Scanned
    rests: Rests

    def users(self, ref: str) -> tuple[frozenset[str], frozenset[str]]:
        """Who needs it still, and who is gone since the inventory."""
        users = self.scanned.users.get(ref, frozenset())
        gone = frozenset(user for user in users if self._is_gone(user))
        return users - gone, gone

    def company(self, case: Case) -> Company:
        """Everything bound to it that is to go too, in order. What something outside needs is not part of it."""
        reached = self._reached(case.key.ref)
        if case.key.ref not in reached:  # it is not that resource's case any more
            return Company(cases=(case,))
        users = {ref: self.users(ref)[0] for ref in reached}
        order = _in_order(reached, users)
        if case.key.ref not in order:
            return Company(cases=(case,), circle=_circle(reached.keys() - set(order), users, case.key.ref))
        together = self._joined(case.key.ref, lambda ref: ref in order)
        parts = {ref for one in together for ref in self.scanned.bound[one] if self._is_spared(ref, together)}
        return Company(cases=tuple(reached[ref] for ref in order if ref in together), spared=tuple(sorted(parts)))

    def _reached(self, start: str) -> dict[str, Case]:
        cases: dict[str, Case] = {}

        def is_to_go(ref: str) -> bool:
            case = self.find(ref)
            if case is None or not goes(case):
                return False
            cases[ref] = case
            return True

        self._joined(start, is_to_go)
        return cases

    def _joined(self, start: str, may: Callable[[str], bool]) -> frozenset[str]:
        """All that can be reached over bonds through what `may` says yes to."""
        seen, todo = set[str](), [start]
        while todo:
            ref = todo.pop()
            if ref not in seen and may(ref):
                seen.add(ref)
                todo += self.scanned.bound.get(ref, ())
        return frozenset(seen)

    def _is_gone(self, ref: str) -> bool:
        case = self.find(ref)
        if case is None or case.state is not State.DELETED or case.rung_at is None:
            return False
        return case.rung_at >= self.scanned.inventory.as_of  # what a newer inventory lists has come back

    def _is_spared(self, ref: str, together: frozenset[str]) -> bool:
        is_part = not self.scanned.users.get(ref, frozenset()).isdisjoint(together)
        return is_part and ref in self.rests and self.find(ref) is None


def _in_order(cases: Mapping[str, Case], users: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Who refers before what it refers to; without what something outside needs, and without circles."""
    order: list[str] = []
    while free := [ref for ref in cases if ref not in order and users[ref] <= set(order)]:
        order += sorted(free, key=lambda ref: (cases[ref].due or cases[ref].opened, cases[ref].id))
    return tuple(order)


def _circle(left: frozenset[str] | set[str], users: Mapping[str, frozenset[str]], ref: str) -> tuple[str, ...]:
    """The circle that holds one of what is left over; nothing where something outside does."""
    path = [ref]
    while inside := sorted(users[path[-1]] & left):
        if inside[0] in path:
            return tuple(path[path.index(inside[0]) :])
        path.append(inside[0])
    return ()
