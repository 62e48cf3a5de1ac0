"""Two judged sets side by side: what happens to each resource under each policy when one commit takes the other's place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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


def rows(base: Judged | None, head: Judged) -> Iterator[Row]:
    """Every resource and policy where something is to be said; without `base`, all that `head` matches is `same`."""
    before = _by_key(base.judgements) if base else {}
    after = _by_key(head.judgements)
    for (key, policy), (judgement, verdict) in after.items():
        _, old = before.get((key, policy), (None, None))
        change = _change(old, verdict, compared=base is not None)
        if change:
            yield _row(judgement, verdict, change, matched=isinstance(old, Finding))
    for pair, (judgement, verdict) in before.items():
        if pair not in after and isinstance(verdict, Finding):
            yield _row(judgement, verdict, Change.REMOVED, matched=True)


def _by_key(judgements: Iterable[Judgement]) -> Mapping[tuple[str, str], tuple[Judgement, Verdict]]:
    return {(one.view.resource.key.ref, verdict.policy): (one, verdict) for one in judgements for verdict in one.verdicts}


def _change(old: Verdict | None, new: Verdict, *, compared: bool) -> Change | None:
    """None for what is not worth a row: spared before and after."""
    if isinstance(new, Finding):
        return Change.ADDED if compared and not isinstance(old, Finding) else Change.SAME
    if isinstance(new, Undecided):
        return Change.UNDECIDED
    return Change.REMOVED if isinstance(old, Finding) else None


def _row(judgement: Judgement, verdict: Verdict, change: Change, *, matched: bool) -> Row:
    resource = judgement.view.resource
    return Row(
        key=resource.key.ref,
        name=resource.name,
        account=resource.key.account,
        team=judgement.view.owner.team,
        policy=verdict.policy,
        change=change,
        matched=matched,
        rung=verdict.mode if isinstance(verdict, Finding) else Mode.OBSERVE,
        missing=verdict.missing if isinstance(verdict, Undecided) else (),
        monthly=resource.monthly_cost,
    )
