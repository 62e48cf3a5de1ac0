"""The plan: what may be done now, and what holds back the rest. A value; reapers/execute does nothing that is not in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.case import READY, Action, Case, State
from engine.guards import Asked, blocked, met_limits
from engine.limits import Usage, act_of
from engine.model import Verb, canonical
from engine.rule import rule_of
from engine.schedule import action_of
from engine.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A case whose act is due and may not begin, with the guards that say so."""

    case: str
    blocked_by: tuple[str, ...]
    limits: tuple[str, ...] = ()
    """The limits that hold it back, where `caps` is one of the guards."""
    why: str = ""
    """A sentence, where what goes together with it holds it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What may be done at `as_of`, in this order; approving its hash approves each action."""

    as_of: datetime
    commit: str
    actions: tuple[Action, ...]
    skipped: tuple[Skipped, ...]

    @property
    def hash(self) -> str:
        """SHA-256 of the sorted action hashes."""
        return hash_of(self.actions)


def hash_of(actions: Iterable[Action]) -> str:
    """SHA-256 of the sorted action hashes: whoever approves it approves each of them."""
    return hashlib.sha256(canonical(sorted(action.hash for action in actions))).hexdigest()


def awaiting(cases: Iterable[Case], team: str = "") -> tuple[Action, ...]:
    """What waits for people's yes, of one team or of all, in order of its dates."""
    waiting = (case for case in cases if case.state is State.AWAITING_APPROVAL and team in ("", case.team))
    return tuple(action for case in sorted(waiting, key=_order) if (action := action_of(case)))


def plan(cases: Iterable[Case], standing: Standing, now: datetime) -> Plan:
    """Take the ready cases in order of their dates while the limits last; what goes together is taken whole or not at all."""
    actions: list[Action] = []
    skipped: list[Skipped] = []
    usage = standing.usage
    left = {case.id: case for case in sorted((case for case in cases if case.state in READY), key=_order)}
    while left:
        together = _together(next(iter(left.values())), standing, left)
        for case in together:
            del left[case.id]
        held = _held(together, standing, usage, now)
        skipped += held.values()
        for case in together if not held else ():
            if action := action_of(case):
                actions.append(action)
                usage = usage.with_act(act_of(case, action, now, rule_of(standing.policies, case.policy)))
    return Plan(as_of=now, commit=standing.policies.commit, actions=tuple(actions), skipped=tuple(skipped))


def hold_up(case: Case, standing: Standing, now: datetime) -> Skipped:
    """What holds one case back, ready or not, if nothing else is done before; without guards where it may begin."""
    company = standing.companies.of(case)
    ready = {each.id: each for each in (company.cases if company else ()) if each.state in READY} | {case.id: case}
    held = _held(_together(case, standing, ready), standing, standing.usage, now)
    return held.get(case.id, Skipped(case=case.id, blocked_by=()))


def _together(case: Case, standing: Standing, ready: Mapping[str, Case]) -> tuple[Case, ...]:
    """A case and what is to be deleted with it, in order. The guard `references` knows those that are not ready."""
    company = standing.companies.of(case)
    if company is None or not _deletes(case):
        return (case,)
    return tuple(ready[each.id] for each in company.cases if each.id in ready and _deletes(ready[each.id]))


def _deletes(case: Case) -> bool:
    action = action_of(case)
    return action is not None and action.verb is Verb.DELETE


def _held(together: Sequence[Case], standing: Standing, usage: Usage, now: datetime) -> Mapping[str, Skipped]:
    """Why none of these may begin, by case; empty when all may."""
    questions = tuple(_questions(together, standing, usage, now))
    blocks = {asked.case.id: blocked(asked) for asked in questions}
    if not any(blocks.values()):
        return {}
    limits = {asked.case.id: met_limits(asked) for asked in questions if "caps" in blocks[asked.case.id]}
    first = next(case for case in together if blocks[case.id])
    other = f"It goes together with {first.key.ref} (case {first.id}), which is held back: {', '.join(blocks[first.id])}."
    never = _never(together, standing, now) if limits and len(together) > 1 else ""
    return {
        case.id: Skipped(
            case=case.id,
            blocked_by=blocks[case.id] or ("references",),
            limits=limits.get(case.id, ()),
            why=never or (_waits(case, standing) if blocks[case.id] else other),
        )
        for case in together
    }


def _questions(together: Sequence[Case], standing: Standing, usage: Usage, now: datetime) -> Iterator[Asked]:
    """Each as it will stand when those before it are gone. A canary is no reason to keep a whole: the rest follows it later."""
    leaving: frozenset[str] = frozenset()
    for case in together:
        action = action_of(case)
        yield Asked(case=case, action=action, standing=standing, usage=usage, now=now, leaving=leaving)
        leaving |= {case.key.ref}
        if action:
            act = act_of(case, action, now, rule_of(standing.policies, case.policy))
            usage = replace(usage.with_act(act), canaries=usage.canaries)


def _waits(case: Case, standing: Standing) -> str:
    company = standing.companies.of(case)
    return company.waits(case) if company else ""


def _never(together: Sequence[Case], standing: Standing, now: datetime) -> str:
    """A sentence where these would not fit into the limits if nothing else were done all day."""
    limits = {limit for asked in _questions(together, standing, Usage(), now) for limit in met_limits(asked)}
    if not limits:
        return ""
    return f"{len(together)} resources go together, which never fit into {', '.join(sorted(limits))}: raise that, or keep one."


def _order(case: Case) -> tuple[datetime, str]:
    return (case.due or case.opened, case.id)
