"""What a new inventory means for cases: which event each open one gets, and which new ones open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine.case import Case, Ending, Starter, State
from engine.events import Event, Judged, Vanished
from engine.judge import Judgement, judge
from engine.ladder import CLOUD_PROTECTIONS
from engine.model import EVERYWHERE, Inventory, Key, Mode, Outcome, Unknown
from engine.schedule import case_id
from engine.verdict import Finding, Reason, Spared, Undecided, Verdict
from engine.view import Context, View

ANSWERED = (Outcome.OK, Outcome.EMPTY)

STARTED_BY = "started_by"
"""The field by which a kind says who started it last, where its provider may do so by itself."""

Rests = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A judged inventory with what following needs of it, looked up once."""

    inventory: Inventory
    judgements: Mapping[str, Judgement]
    """By key text."""
    context: Context
    rests: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Key text -> policies that leave it alone for now, after a rejection or a restore; "" stands for all."""

    @classmethod
    def of(cls, inventory: Inventory, judged: Iterable[Judgement], context: Context, rests: Rests | None = None) -> Sight:
        """The sight of an inventory."""
        by_ref = {judgement.view.resource.key.ref: judgement for judgement in judged}
        return cls(inventory=inventory, judgements=by_ref, context=context, rests=rests or {})

    def rests_from(self, ref: str, policy: str) -> bool:
        """Whether a policy leaves a resource alone for now, whatever it matches."""
        return not {policy, ""}.isdisjoint(self.rests.get(ref, ()))

    def answered(self, key: Key) -> bool:
        """Whether the cell that would list this key was read to its end: only then is absence evidence."""
        regions = (key.region, EVERYWHERE, "global")
        read = any(
            cell.kind == key.kind and cell.account == key.account and cell.region in regions and cell.outcome in ANSWERED
            for cell in self.inventory.cells
        )
        return read and self.inventory.in_gap(key) is None


def follow(case: Case, sight: Sight) -> Event:
    """What the inventory says of one open case."""
    judgement = sight.judgements.get(case.key.ref)
    if judgement is None:
        return Vanished() if sight.answered(case.key) else _in_gap(sight.inventory.as_of)
    if judgement.view.resource.key.born != case.key.born:
        return Vanished(reborn=True)
    if sight.inventory.in_gap(case.key):  # half a list is no list: what it did show of this resource counts for nothing
        return _in_gap(sight.inventory.as_of)
    if case.rung is not Mode.STOP:
        return event_of(case, judgement.view, judgement.verdicts, sight)
    view = judgement.view
    starter = _starter(view, sight.context)
    if isinstance(starter, Unknown):
        return Judged(as_of=sight.inventory.as_of, findings=(), missing=(STARTED_BY,))
    if starter is Starter.PROVIDER:  # it runs again as before our stop: `when` is judged, what has come into use is spared
        return replace(event_of(case, view, judgement.verdicts, sight), started=starter)
    return replace(event_of(case, view, _after_stop(case, view, sight), sight), started=starter)


def _in_gap(as_of: datetime) -> Judged:
    return Judged(as_of=as_of, findings=(), missing=("scan",))


def _after_stop(case: Case, view: View, sight: Sight) -> tuple[Verdict, ...]:
    """After our own stop `when` is not judged, our stop changed it: the resource must be as we left it."""
    left = as_left(case, view, sight.context)
    reaps = sight.context.policies.reaps
    named = (reaps[finding.policy] for finding in case.findings if finding.policy in reaps)
    speaking = [policy for policy in named if case.key.kind in policy.selects.kinds]
    as_of = sight.inventory.as_of
    verdicts = (judge(view, policy, sight.context, as_of, left=left is not False) for policy in speaking)
    return tuple(verdicts) if left is not None else tuple(map(_undecided, verdicts))


def _undecided(verdict: Verdict) -> Verdict:
    """A finding on what could not be compared with what we left is none."""
    return Undecided(policy=verdict.policy, missing=("fingerprint",)) if isinstance(verdict, Finding) else verdict


def _starter(view: View, context: Context) -> Starter | Unknown | None:
    """Who has started what we stopped; None while nobody has, as far as its state says."""
    fields = view.resource.fields
    kind, state, by = context.policies.kinds.get(view.resource.key.kind), fields.get("state"), fields.get(STARTED_BY)
    if kind is None or not isinstance(state, str) or state in kind.stopped:
        return None
    if isinstance(by, Unknown):
        return by
    return Starter.PROVIDER if by == Starter.PROVIDER else Starter.SOMEBODY


def as_left(case: Case, view: View, context: Context) -> bool | None:
    """Whether a resource that we stopped is still the same one and still stopped; None where that cannot be read."""
    kind = context.policies.kinds.get(case.key.kind)
    state, fingerprint = view.resource.fields.get("state"), view.resource.fingerprint
    if kind is None or isinstance(state, Unknown) or isinstance(fingerprint, Unknown):
        return None
    return state in kind.stopped and fingerprint == case.fingerprint


def event_of(case: Case, view: View, verdicts: tuple[Verdict, ...], sight: Sight) -> Judged:
    """The verdicts of all policies as one event. While the lead policy cannot say, the case stands still, whatever others say."""
    ref = case.key.ref
    found = in_order(each for each in verdicts if isinstance(each, Finding) and not sight.rests_from(ref, each.policy))
    undecided = {verdict.policy: verdict.missing for verdict in verdicts if isinstance(verdict, Undecided)}
    missing = undecided.get(case.policy, ())
    if not missing and not found:
        missing = next((undecided[finding.policy] for finding in case.findings if finding.policy in undecided), ())
    missing = missing or (_unsure(case, view) if found else ())
    owner = view.owner.owner
    return Judged(
        as_of=sight.inventory.as_of,
        findings=found,
        missing=missing,
        ending=_ending(case, verdicts),
        team=view.owner.team,
        owner=owner if isinstance(owner, str) else "",
        environment=view.environment,
        commit=sight.context.policies.commit,
        monthly=view.resource.monthly_cost,
        managed_by=_managed(view),
        fingerprint=view.resource.fingerprint,
        name=view.resource.name,
    )


def _unsure(case: Case, view: View) -> tuple[str, ...]:
    """What a case that is on its way to an act must know, and this reading could not tell. One denied call is no new plan."""
    same = ("fingerprint",) if case.fingerprint and isinstance(view.resource.fingerprint, Unknown) else ()
    acts = case.told is not None and case.told.mode.rank > Mode.NOTIFY.rank
    return same or tuple(name for name in CLOUD_PROTECTIONS if acts and isinstance(view.row.get(name), Unknown))


def _managed(view: View) -> str:
    managed = view.managed_by
    return "" if managed is None else "something that could not be read" if isinstance(managed, Unknown) else managed


def _ending(case: Case, verdicts: tuple[Verdict, ...]) -> Ending:
    lead = next((verdict for verdict in verdicts if verdict.policy == case.policy), None)
    exempt = isinstance(lead, Spared) and lead.reason is Reason.EXEMPT
    return Ending.EXEMPT if exempt else Ending.NO_LONGER_MATCHES


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The lead first: the furthest rung that its mode allows, of those the latest date, then by name."""
    return tuple(sorted(findings, key=_reach))


def _reach(finding: Finding) -> tuple[int, float, str]:
    rungs = [rung for rung in finding.terms.after if rung.rank <= finding.mode.rank]
    furthest = max(rungs, key=lambda rung: rung.rank, default=Mode.OBSERVE)
    date = finding.terms.after[furthest].comparable.total_seconds() if rungs else 0.0
    return (-furthest.rank, -date, finding.policy)


def openings(sight: Sight, taken: frozenset[str], now: datetime) -> tuple[Case, ...]:
    """New cases: what matches and has no open case. `taken` are the key texts that have one."""
    cases = []
    for ref, judgement in sight.judgements.items():
        found = in_order(finding for finding in judgement.findings if not sight.rests_from(ref, finding.policy))
        if found and ref not in taken and sight.inventory.in_gap(judgement.view.resource.key) is None:
            cases.append(_open(judgement.view, found, sight, now))
    return tuple(cases)


def _open(view: View, found: tuple[Finding, ...], sight: Sight, now: datetime) -> Case:
    resource, owner = view.resource, view.owner.owner
    fingerprint = resource.fingerprint
    return Case(
        id=case_id(resource.key, now),
        key=resource.key,
        name=resource.name,
        opened=now,
        state=State.DETECTED,
        findings=found,
        team=view.owner.team,
        owner=owner if isinstance(owner, str) else "",
        environment=view.environment,
        commit=sight.context.policies.commit,
        monthly=resource.monthly_cost,
        managed_by=_managed(view),
        fingerprint=fingerprint if isinstance(fingerprint, str) else "",
        agreed=1,
        agreed_since=sight.inventory.as_of,
        agreed_as_of=sight.inventory.as_of,
    )
