"""What becomes of each resource under each policy when one commit takes the other's place, as bitmaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.columns.blocks import Bits, bits_of, is_any, rows_of
from engine.columns.column import Coded
from engine.columns.reach import Reach
from engine.columns.verdicts import ColumnVerdicts, Verdict
from engine.matches import Change
from engine.policy import Reap


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changes:
    """One policy's. What is neither added, removed, undecided nor the same is spared on both sides."""

    before: Bits
    """Matched before."""
    was_undecided: Bits
    added: Bits
    removed: Bits
    undecided: Bits
    same: Bits
    newly_undecided: Bits
    further: Bits
    eased: Bits
    moved: Bits
    """Of another team than before, whatever else happens."""
    gone: Bits
    """Of `removed`: of kinds that the head's policy does not speak of. They are the base's owners'."""

    def of(self, change: Change) -> Bits:
        """To whom a change happens."""
        return {
            Change.ADDED: self.added,
            Change.REMOVED: self.removed,
            Change.UNDECIDED: self.undecided,
            Change.SAME: self.same,
        }[change]

    def news(self, change: Change) -> Bits:
        """Those of them of whom it says something new."""
        if change is Change.UNDECIDED:
            return self.newly_undecided
        if change is Change.SAME:
            return self.further | self.eased | (self.same & self.moved)
        return self.of(change)


def either(parts: Sequence[Bits]) -> Bits:
    """Who is in one of some bitmaps."""
    found: Bits = np.bitwise_or.reduce(parts)
    return found


class Comparison:
    """The verdicts of two commits side by side. Without a base, everything that the head matches is `same`."""

    def __init__(self, base: ColumnVerdicts | None, head: ColumnVerdicts) -> None:
        self.base = base
        self.head = head
        self.columns = head.columns
        self.policies = tuple(sorted({*head.names, *(base.names if base else ())}))
        self.nobody: Bits = np.zeros((head.columns.rows + 7) // 8, np.uint8)

    @cached_property
    def changes(self) -> Mapping[str, Changes]:
        """Every policy's, by name."""
        return {policy: self._of(policy) for policy in self.policies}

    def _of(self, policy: str) -> Changes:
        old, new = self._verdict(self.base, policy), self._verdict(self.head, policy)
        undecided = new.undecided
        was_undecided = undecided if old is new else old.undecided
        added = removed = newly = self.nobody
        same = new.match
        if self.base and old is not new:  # most policies of most changes are as they were
            added, same = self._some(new.match & ~old.match), self._some(new.match & old.match)
            removed = self._some(old.match & ~(new.match | undecided))
        if old is not new:
            newly = self._some(undecided & ~was_undecided)
        further, eased = self._further(policy, same)
        return Changes(
            before=old.match,
            was_undecided=was_undecided,
            added=added,
            removed=removed,
            undecided=undecided,
            same=same,
            newly_undecided=newly,
            further=further,
            eased=eased,
            moved=self._moved(policy, added | removed | undecided | same),
            gone=self._some(removed & ~self._speaks(self.head, policy)) if removed is not self.nobody else removed,
        )

    def _some(self, bits: Bits) -> Bits:
        """Bits, or the one bitmap of nobody: a hundred policies leave most of theirs empty."""
        return bits if is_any(bits) else self.nobody

    def _verdict(self, side: ColumnVerdicts | None, policy: str) -> Verdict:
        return side.of(policy) if side and policy in side.names else Verdict(self.nobody)

    # --- how far they may go --------------------------------------------------------------------------------------------

    @cached_property
    def reach(self) -> Reach:
        """How far the head's policies may go."""
        return Reach(self.head.rules)

    @cached_property
    def reach_before(self) -> Reach:
        """How far the base's policies may go."""
        assert self.base
        alike = self.base.views.serves(self.head.views.context)
        return self.reach if alike else Reach(self.base.rules)

    def _further(self, policy: str, same: Bits) -> tuple[Bits, Bits]:
        """With whom more may happen than before, and with whom less."""
        old, new = self.reap(self.base, policy), self.reap(self.head, policy)
        if old is None or new is None:
            return self.nobody, self.nobody
        before, now = self.reach_before, self.reach
        if before is now and (before.caps(old) == now.caps(new)).all():
            return self.nobody, self.nobody
        rows = rows_of(same)
        was, may = before.ranks(old, rows), now.ranks(new, rows)
        return self._some(bits_of(rows[may > was], len(same))), self._some(bits_of(rows[may < was], len(same)))

    def reap(self, side: ColumnVerdicts | None, policy: str) -> Reap | None:
        """A policy's document on one side."""
        return side.rules.policies.reaps.get(policy) if side else None

    # --- whose they are -------------------------------------------------------------------------------------------------

    @cached_property
    def teams(self) -> Coded:
        """Whose each resource is under the head."""
        return self.head.views.owners.team.merged()

    @cached_property
    def teams_before(self) -> Coded:
        """Whose each was under the base."""
        assert self.base
        alike = self.base.views.owners is self.head.views.owners
        return self.teams if alike else self.base.views.owners.team.merged()

    def _moved(self, policy: str, listed: Bits) -> Bits:
        """Who has another team than before, of those that both sides speak of."""
        if self._of_another_team is self.nobody:
            return self.nobody
        return self._some(self._of_another_team & self._speaks(self.head, policy) & self._speaks(self.base, policy) & listed)

    @cached_property
    def _of_another_team(self) -> Bits:
        """Who has another team than before."""
        if self.base is None or self.teams_before is self.teams:
            return self.nobody
        places = {name: place for place, name in enumerate(self.teams.cells)}
        known = np.array([places.get(name, -1) for name in self.teams_before.cells], np.int64)
        return self._some(np.packbits(known[self.teams_before.codes] != self.teams.codes, bitorder="little"))

    def _speaks(self, side: ColumnVerdicts | None, policy: str) -> Bits:
        """Whether a policy speaks of a resource's kind."""
        reap = self.reap(side, policy)
        kinds = frozenset() if reap is None else reap.selects.kinds & self._kinds.keys()
        if len(kinds) < len(self._kinds):
            return either([self.nobody, *(self._kinds[kind] for kind in kinds)])
        return ~self.nobody

    @cached_property
    def _kinds(self) -> Mapping[str, Bits]:
        """Who is of each kind."""
        kinds = self.columns.kinds
        return {
            str(kind): np.packbits(kinds.codes == code, bitorder="little")
            for code, kind in enumerate(kinds.cells)
            if isinstance(kind, str)
        }
