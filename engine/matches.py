"""Two judged sets side by side: what happens to each resource under each policy when one commit takes the other's place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.judge import Judgement
from engine.model import Mode
from engine.money import Money
from engine.policy import PolicySet
from engine.verdict import Finding, Undecided, Verdict


class Change(StrEnum):
    """What happens to one resource under one policy, or to a policy; in the order in which people want to read it."""

    ADDED = "added"
    REMOVED = "removed"
    UNDECIDED = "undecided"
    CHANGED = "changed"
    SAME = "same"

    @property
    def rank(self) -> int:
        """0 for what is read first."""
        return list(Change).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One commit's verdicts on the inventory."""

    policies: PolicySet
    judgements: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One resource under one policy. `rung` is how far the policy may go there; `missing` what leaves it undecided."""

    key: str
    name: str
    account: str
    team: str
    policy: str
    change: Change
    matched: bool
    """Whether it matched before the change."""
    rung: Mode
    missing: tuple[str, ...]
    monthly: Money
    kind: str = ""
    was_rung: Mode | None = None
    """How far the policy went there before; None where it did not match, or nothing is compared."""
    was_team: str = ""
    """Whose it was before; empty where the policy did not speak of it, or nothing is compared."""
    was_undecided: bool = False
    """Undecided before, too."""

    @property
    def further(self) -> bool:
        """It matched before, and now may be stopped or deleted where before less could happen to it."""
        return self.change is Change.SAME and self.was_rung is not None and self.rung.rank > self.was_rung.rank

    @property
    def eased(self) -> bool:
        """It still matches, and less may happen to it than before."""
        return self.change is Change.SAME and self.was_rung is not None and self.rung.rank < self.was_rung.rank

    @property
    def moved(self) -> bool:
        """It has another team than before."""
        return self.was_team not in ("", self.team)

    @property
    def widened(self) -> bool:
        """More may happen to it than before: what a review is about, what meets limits."""
        return self.change is Change.ADDED or self.further

    @property
    def news(self) -> bool:
        """Whether the change does anything to it: neither the same in every respect, nor as undecided as before."""
        if self.change is Change.UNDECIDED:
            return not self.was_undecided
        return self.change is not Change.SAME or self.further or self.eased or self.moved


def rows(base: Judged | None, head: Judged) -> tuple[Row, ...]:
    """Every resource and policy where something is to be said, by change, key and policy; without `base`, what `head` matches
    is `same`. Both sides judged the same inventory.
    """
    after = head.judgements
    before: Sequence[Judgement | None] = base.judgements if base else [None] * len(after)
    pairs = sorted(zip(before, after, strict=True), key=lambda pair: pair[1].view.resource.key.ref)
    found = [row for old, new in pairs for row in _of_resource(old, new, compared=base is not None)]
    return tuple(sorted(found, key=lambda row: row.change.rank))


_Seen = tuple[Judgement, Verdict]


def _of_resource(before: Judgement | None, after: Judgement, *, compared: bool) -> Iterator[Row]:
    """Its rows, by policy."""
    old = {verdict.policy: (before, verdict) for verdict in before.verdicts} if before else {}
    new = {verdict.policy: verdict for verdict in after.verdicts}
    for policy in sorted({*old, *new}):
        was, verdict = old.get(policy), new.get(policy)
        if verdict is not None:
            change = _change(was[1] if was else None, verdict, compared=compared)
            if change:
                yield _row(after, verdict, change, was)
        elif was and isinstance(was[1], Finding):
            yield _row(*was, Change.REMOVED, was)


def _change(old: Verdict | None, new: Verdict, *, compared: bool) -> Change | None:
    """None for what is not worth a row: spared before and after."""
    if isinstance(new, Finding):
        return Change.ADDED if compared and not isinstance(old, Finding) else Change.SAME
    if isinstance(new, Undecided):
        return Change.UNDECIDED
    return Change.REMOVED if isinstance(old, Finding) else None


def _row(judgement: Judgement, verdict: Verdict, change: Change, old: _Seen | None) -> Row:
    resource = judgement.view.resource
    was = old[1] if old else None
    gone = change is Change.REMOVED
    return Row(
        key=resource.key.ref,
        name=resource.name,
        account=resource.key.account,
        team=judgement.view.owner.team,
        policy=verdict.policy,
        change=change,
        matched=isinstance(was, Finding),
        rung=verdict.mode if isinstance(verdict, Finding) and not gone else Mode.OBSERVE,
        missing=verdict.missing if isinstance(verdict, Undecided) else (),
        monthly=resource.monthly_cost,
        kind=resource.key.kind,
        was_rung=was.mode if isinstance(was, Finding) else None,
        was_team=old[0].view.owner.team if old else "",
        was_undecided=isinstance(was, Undecided),
    )
