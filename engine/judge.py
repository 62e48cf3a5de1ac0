"""The verdict of one policy on one resource: when ∧ ¬protected ∧ ¬exempt ∧ old enough ∧ owner known, in three values.

Everything true is a finding; anything false spares, whatever is unknown beside it; else it is undecided and says what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.calendar import end_of
from engine.ladder import mode_of, terms_of
from engine.model import Inventory, Resource, Unknown
from engine.policy import Exemption, PolicySet, Reap, Selection
from engine.spent import NEEDED
from engine.verdict import Finding, Reason, Spared, Undecided, Verdict
from engine.view import Context, View, view

BOOKKEEPING = frozenset({"sexton-case", "sexton-generation", "sexton-until", "sexton-condemned"})
"""What Sexton itself writes on things, as GCP spells it. It protects nothing; any other tag that an Organization names does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One conjunct: true, false, or None for unknown with the fields that make it so."""

    holds: bool | None
    reason: Reason
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A resource, how it looks under the commit, and the verdict of every policy that speaks of its kind."""

    view: View
    verdicts: tuple[Verdict, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The policies that match."""
        return tuple(verdict for verdict in self.verdicts if isinstance(verdict, Finding))

    @property
    def undecided(self) -> tuple[Undecided, ...]:
        """The policies that cannot say."""
        return tuple(verdict for verdict in self.verdicts if isinstance(verdict, Undecided))


def judge_all(inventory: Inventory, context: Context) -> tuple[Judgement, ...]:
    """Every policy on every resource, at the inventory's own `as_of`: same commit, same inventory, same answer."""
    return tuple(
        judge_one(view(resource, context, inventory.as_of), context, inventory.as_of) for resource in inventory.resources
    )


def judge_one(seen: View, context: Context, as_of: datetime) -> Judgement:
    """Every policy on one resource."""
    policies = context.policies.reaps.values()
    kind = seen.resource.key.kind
    verdicts = tuple(judge(seen, policy, context, as_of) for policy in policies if kind in policy.selects.kinds)
    return Judgement(view=seen, verdicts=verdicts)


def judge(seen: View, policy: Reap, context: Context, as_of: datetime, *, left: bool | None = None) -> Verdict:
    """One policy on one resource.

    `left` is given after our own stop, which changed what `when` looks at: being as we left it stands in its place. Whose
    resources a team's policy speaks of is no part of `when`: the owner may have changed since.
    """
    answers = conjuncts(seen, policy, context, as_of, left=left)
    spared = next((answer for answer in answers if answer.holds is False), None)
    if spared:
        return Spared(policy=policy.meta.name, reason=spared.reason)
    missing = {name for answer in answers if answer.holds is None for name in answer.missing}
    if missing:
        return Undecided(policy=policy.meta.name, missing=tuple(sorted(missing)))
    mode, because = mode_of(seen, policy, context)
    return Finding(terms=terms_of(seen, policy, context.policies), mode=mode, because=because)


def conjuncts(seen: View, policy: Reap, context: Context, as_of: datetime, *, left: bool | None = None) -> tuple[Answer, ...]:
    """The five parts of a verdict, in the order in which the first that is false names the reason."""
    return (
        _when(seen, policy, left),
        _not_protected(seen, context.policies),
        _not_exempt(seen, policy, context.policies.exemptions, as_of),
        Answer(holds=old_enough(seen, context.policies), reason=Reason.TOO_YOUNG),
        _owner_known(seen),
    )


def _when(seen: View, policy: Reap, left: bool | None) -> Answer:
    scope = _in_scope(seen, policy.only_team)
    holds, missing = _selected(seen, policy.selects) if left is None else (left, ())
    if scope is False or holds is False:
        return Answer(holds=False, reason=Reason.NO_MATCH)
    if scope is None or holds is None:
        return Answer(holds=None, reason=Reason.NO_MATCH, missing=missing + (("owner",) if scope is None else ()))
    return Answer(holds=True, reason=Reason.NO_MATCH)


def _in_scope(seen: View, only_team: str) -> bool | None:
    """A team's own documents apply to its own resources; whose one is may be unknown."""
    if not only_team:
        return True
    return None if isinstance(seen.owner.owner, Unknown) else seen.owner.team == only_team


def _selected(seen: View, selects: Selection) -> tuple[bool | None, tuple[str, ...]]:
    if selects.when is None:
        return True, ()
    verdict = selects.when.judge(seen.row)
    return verdict.outcome, tuple(verdict.missing)


def _not_protected(seen: View, policies: PolicySet) -> Answer:
    protected, needed = is_protected(seen.resource, policies), NEEDED.judge(seen.row)
    if protected or needed.outcome:
        return Answer(holds=False, reason=Reason.PROTECTED)
    missing = (*(("tags",) if protected is None else ()), *needed.missing)
    return Answer(holds=None if missing else True, reason=Reason.PROTECTED, missing=missing)


def is_protected(resource: Resource, policies: PolicySet) -> bool | None:
    """Whether the Organization protects it, by account, by name or by tag; None where its tags could not be read."""
    protect, key = policies.organization.protect, resource.key
    if key.account in protect.accounts or {key.id, key.ref} & set(protect.resources):
        return True
    if isinstance(resource.tags, Unknown):
        return None
    return any(protects(tag, protect.tags) for tag in resource.tags)


def protects(tag: str, protecting: Iterable[str]) -> bool:
    """Whether a tag is a protecting one, without regard to case. GCP labels hold no colon: `sexton-keep` counts too."""
    written = tag.lower()
    if written.replace(":", "-") in BOOKKEEPING:
        return False
    return any(written in (name.lower(), name.lower().replace(":", "-")) for name in protecting)


def _not_exempt(seen: View, policy: Reap, exemptions: Iterable[Exemption], as_of: datetime) -> Answer:
    missing: set[str] = set()
    for exemption in exemptions:
        if not speaks_of(exemption, policy, seen, as_of):
            continue
        scope = _in_scope(seen, exemption.only_team)
        holds, lacking = _selected(seen, exemption.selects)
        if scope is False or holds is False:
            continue
        if scope and holds:
            return Answer(holds=False, reason=Reason.EXEMPT)
        missing.update(lacking or ("owner",))
    return Answer(holds=None if missing else True, reason=Reason.EXEMPT, missing=tuple(missing))


def speaks_of(exemption: Exemption, policy: Reap, seen: View, as_of: datetime) -> bool:
    """Whether an exemption is in force and about this policy and kind; its condition may still not hold."""
    named = "*" in exemption.of or policy.meta.name in exemption.of
    return named and seen.resource.key.kind in exemption.selects.kinds and as_of < end_of(exemption.until, "UTC")


def old_enough(seen: View, policies: PolicySet) -> bool:
    """Whether it has lived for `min_age`, which does not hold for what its own owner's TTL tag has let run out."""
    least = policies.organization.min_age.hours / 24 + policies.organization.min_age.working_days
    return seen.ttl.run_out or seen.age_days >= least


def _owner_known(seen: View) -> Answer:
    known = not isinstance(seen.owner.owner, Unknown)
    return Answer(holds=True if known else None, reason=Reason.NO_MATCH, missing=() if known else ("owner",))
