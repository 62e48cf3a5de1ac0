"""How many acts may happen, per account, policy, team and for the whole organization. A broken limit means zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.canary import Canary
from engine.model import Verb
from engine.money import Money
from engine.policy import Limits, Organization, PolicySet

if TYPE_CHECKING:
    from engine.case import Action, Case
    from engine.judge import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One stop or delete that was done or is under way. Voided intents are none. `dollars` is None where the price is unknown."""

    at: datetime
    account: str
    kind: str
    policy: str
    team: str
    verb: Verb
    dollars: Decimal | None
    rule: str = ""
    """The digest of the rule that it was done under; empty where nobody wrote it down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The acts of the last 24 hours, and how far each rule has come with each kind since it is in force."""

    acts: tuple[Act, ...] = ()
    canaries: Mapping[tuple[str, str], Canary] = field(default_factory=dict)
    """(rule digest, kind) -> its first deletes."""

    def with_act(self, act: Act) -> Usage:
        """This usage and one act more."""
        return Usage(acts=(*self.acts, act), canaries={**self.canaries, **self._proved(act)})

    def _proved(self, act: Act) -> Mapping[tuple[str, str], Canary]:
        if act.verb is not Verb.DELETE or not act.rule:
            return {}
        return {(act.rule, act.kind): self.canaries.get((act.rule, act.kind), Canary()).with_one(act.at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """How many resources there are: the whole that `percent_per_day` is a part of."""

    by_kind: Mapping[str, int] = field(default_factory=dict)
    by_account: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(kind, account) -> resources."""
    by_team: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(kind, team) -> resources."""


def population(verdicts: Iterable[Judgement]) -> Population:
    """How many resources of each kind there are in all, in each account and for each team."""
    kinds: Counter[str] = Counter()
    accounts: Counter[tuple[str, str]] = Counter()
    teams: Counter[tuple[str, str]] = Counter()
    for judgement in verdicts:
        key = judgement.view.resource.key
        kinds[key.kind] += 1
        accounts[key.kind, key.account] += 1
        teams[key.kind, judgement.view.owner.team] += 1
    return Population(by_kind=kinds, by_account=accounts, by_team=teams)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A limit that an act would break: its name, whose it is, what would be used and what is allowed."""

    limit: str
    scope: str
    would: Decimal
    allowed: Decimal

    def __str__(self) -> str:
        return f"{self.limit} of {self.scope}: {self.would} of {self.allowed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Who a limit counts for, the acts that count, and the size of the kind there."""

    name: str
    limits: tuple[Limits, ...]
    acts: tuple[Act, ...]
    population: int


def price_of(monthly: Money) -> Decimal | None:
    """The dollars that an act counts for, None where they are not known."""
    return monthly.known if monthly.is_known else None


def hits(
    act: Act, usage: Usage, population: Population, policies: PolicySet, *, priced_by_platform: bool = False
) -> tuple[Hit, ...]:
    """Every limit that `act` would break on top of `usage`, as of `act.at`.

    An unknown price uses up the whole of `dollars_per_day`, unless a person of platform has agreed to the act.
    """
    return tuple(hit for scope in _scopes(act, usage, population, policies) for hit in _hits(act, scope, priced_by_platform))


def _scopes(act: Act, usage: Usage, population: Population, policies: PolicySet) -> Iterable[Scope]:
    organization: Organization = policies.organization
    reap = policies.reaps.get(act.policy)
    own = (organization.limits, reap.limits) if reap else (organization.limits,)
    everyone = usage.acts
    yield Scope(
        name=f"account {act.account}",
        limits=(organization.limits,),
        acts=tuple(a for a in everyone if a.account == act.account),
        population=population.by_account.get((act.kind, act.account), 0),
    )
    yield Scope(
        name=f"policy {act.policy}",
        limits=own,
        acts=tuple(a for a in everyone if a.policy == act.policy),
        population=population.by_kind.get(act.kind, 0),
    )
    yield Scope(
        name=f"team {act.team}",
        limits=(organization.limits,),
        acts=tuple(a for a in everyone if a.team == act.team),
        population=population.by_team.get((act.kind, act.team), 0),
    )
    yield Scope(
        name="the organization", limits=(organization.total,), acts=everyone, population=population.by_kind.get(act.kind, 0)
    )


def _hits(act: Act, scope: Scope, priced_by_platform: bool) -> Iterable[Hit]:
    hour = [a for a in scope.acts if a.at > act.at - timedelta(hours=1)]
    day = [a for a in scope.acts if a.at > act.at - timedelta(days=1)]
    same_kind = [a for a in day if a.kind == act.kind]
    for limits in scope.limits:
        counted = {
            "per_hour": (len(hour) + 1, limits.per_hour),
            "per_day": (len(day) + 1, limits.per_day),
            "percent_per_day": (len(same_kind) + 1, share(limits.percent_per_day, scope.population)),
        }
        for name, (would, allowed) in counted.items():
            if allowed is not None and would > allowed:
                yield Hit(limit=name, scope=scope.name, would=Decimal(would), allowed=Decimal(allowed))
        if limits.dollars_per_day is not None:
            spent = _dollars([*day, act], limits.dollars_per_day)
            if spent > limits.dollars_per_day and not (priced_by_platform and act.dollars is None):
                yield Hit(limit="dollars_per_day", scope=scope.name, would=spent, allowed=limits.dollars_per_day)


def share(percent: Decimal | None, population: int) -> int | None:
    """A percentage of the kind in this scope, rounded down, at least 1."""
    return None if percent is None else max(1, int(percent * population / 100))


def _dollars(acts: list[Act], whole_day: Decimal) -> Decimal:
    """What acts cost in the day's dollars. One of unknown price uses up the day: alone it may go, beside others it may not."""
    return sum((act.dollars if act.dollars is not None else whole_day for act in acts), Decimal(0))


def act_of(case: Case, action: Action, now: datetime, rule: str = "") -> Act:
    """An action as limits and canaries count it."""
    return Act(
        at=now,
        account=case.key.account,
        kind=case.key.kind,
        policy=case.policy,
        team=case.team,
        verb=action.verb,
        dollars=price_of(action.monthly),
        rule=rule,
    )
