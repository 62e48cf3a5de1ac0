"""A drill: a canary that people made for it is deleted and restored, by the way of every delete, and compared.

Its case has terms of its own, which no document can have. What its guards leave out is `engine.guards.DRILL_WAIVES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine.case import Case
from engine.condition import COMMON, compile_condition
from engine.judge import judge
from engine.model import KindTable, Mode, Verb
from engine.pairs import PRODUCTION
from engine.policy import Approval, Duration, Meta, PolicySet, Reap, Selection
from engine.verdict import Finding, Reason, Spared
from engine.view import Context, View

TAG = "sexton:drill"
"""With any value: its owner made it for drills. GCP labels hold no colon: `sexton-drill`."""
POLICY = TAG
"""The name that a drill's terms have: no document's name holds a colon, so that none can be taken for a drill."""
OPERATOR = "operator"
"""The role of the one yes to a drill: it fills no role of any other approval."""

NEEDS = frozenset({Verb.BACKUP, Verb.DELETE, Verb.RESTORE})
"""What a kind must be able to do, to be drilled."""

_TAGGED = compile_condition([f"'{TAG}' in tags || '{TAG.replace(':', '-')}' in tags"], [COMMON])

WHY_SPARED: Mapping[Reason, str] = {
    Reason.NO_MATCH: f"does not carry the tag {TAG}: only what was made for drills is deleted in one",
    Reason.PROTECTED: "is protected",
    Reason.EXEMPT: "is exempt from every policy",
    Reason.TOO_YOUNG: "is too young",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class No:
    """Why something is not drilled, as one sentence."""

    sentence: str


def is_drill(case: Case) -> bool:
    """Whether a case is a drill's."""
    return case.policy == POLICY


def is_drilled(kind: KindTable) -> bool:
    """Whether what is of this kind can be deleted and restored."""
    return kind.acts >= NEEDS


def is_tagged(seen: View) -> bool:
    """Whether it is a canary, as far as its tags are known."""
    return _TAGGED.judge(seen.row).outcome is True


def is_production(environment: str) -> bool:
    """Whether no drill runs there: an environment `prod…`, or none, which may be one."""
    return not environment or environment.lower().startswith(PRODUCTION)


def rehearsed(policies: PolicySet) -> PolicySet:
    """The policies in force, with a drill's terms in the place of all policies, and no least age. Every other ceiling stands."""
    kinds = frozenset(name for name, kind in policies.kinds.items() if is_drilled(kind))
    reap = Reap(
        meta=Meta(name=POLICY),
        selects=Selection(kinds=kinds, when=_TAGGED),
        after={Mode.DELETE: Duration()},
        approval={Mode.DELETE: Approval.NONE},
        without_condemn=True,
    )
    return replace(policies, reaps={POLICY: reap}, organization=replace(policies.organization, min_age=Duration()))


def in_drill(seen: View, context: Context, now: datetime) -> Finding | No:
    """The finding that a drill stands on, or why there is none. `context` holds `rehearsed` policies."""
    reap, ref = context.policies.reaps[POLICY], seen.resource.key.ref
    kind = context.policies.kinds.get(seen.resource.key.kind)
    if kind is None or not is_drilled(kind):
        return No(sentence=f"{ref} is of a kind that cannot be backed up, deleted and restored: there is nothing to drill.")
    verdict = judge(seen, reap, context, now)
    if isinstance(verdict, Spared):
        return No(sentence=f"{ref} {WHY_SPARED[verdict.reason]}.")
    if not isinstance(verdict, Finding):
        return No(sentence=f"Nobody can tell whether {ref} may be drilled: {', '.join(verdict.missing)} could not be read.")
    if is_production(seen.environment):
        where = f"production ({seen.environment})" if seen.environment else "an account without an environment"
        return No(sentence=f"{ref} lies in {where}, where no drill runs.")
    if verdict.mode is not Mode.DELETE:
        return No(sentence=f"{ref} may not be deleted: {verdict.because} allows {verdict.mode}.")
    return verdict
