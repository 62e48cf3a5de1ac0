"""How a resource looks under a commit: its raw fields and everything derived from them when judging."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.managed import NOWHERE, STATE, managed_by
from engine.model import Account, Fields, KindTable, Mode, Resource, Unknown, Value
from engine.owner import Owner, account_row, resolve
from engine.policy import Environment, PolicySet
from engine.ttl import Lifetime, Subject, lifetime

Cell = Value | Unknown | Mapping[str, str]
"""What a condition can read from a row."""

DAY = timedelta(days=1)

MANAGERS = ("operator", "service_managed", "created_by", "cluster")
"""Fields in which a cloud names what manages a resource: a service, an instance group, a database cluster."""

NAMING = (STATE, *MANAGERS)
"""Every field from which `manager_of` may take a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What judging needs besides the resource: the policies, the accounts, and the server's own ceiling."""

    policies: PolicySet
    accounts: Mapping[str, Account]
    server: Mode = Mode.DELETE
    carriers: frozenset[str] = frozenset()
    """Key texts of what something protected is attached to (engine/attached.py)."""
    parts: frozenset[str] = frozenset()
    """Key texts of the parts whose wholes are all on their way to a delete (engine/compound.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A resource under a commit. `row` has every field that a condition may name; what is missing there is absent."""

    resource: Resource
    row: Mapping[str, Cell]
    owner: Owner
    environment: str
    account_mode: Mode
    ttl: Lifetime
    managed_by: str | Unknown | None
    age_days: float


def view(resource: Resource, context: Context, as_of: datetime) -> View:
    """Everything that a commit and a snapshot say of a resource."""
    policies = context.policies
    account = context.accounts.get(resource.key.account, Account(cloud=resource.key.cloud, id=resource.key.account))
    row = account_row(account, policies)
    owner = resolve(resource, row, policies)
    team = policies.teams.get(owner.team)
    subject = Subject(
        environment=row.environment, kind=resource.key.kind, team=owner.team, zone=team.time_zone if team else "UTC"
    )  # fmt: skip
    ttl = lifetime(resource, policies.ttl, subject, as_of)
    managed = manager_of(resource.tags, resource.fields)
    age = (as_of - (resource.created or resource.since.get("seen", as_of))) / DAY
    derived: dict[str, Cell | None] = {
        "environment": row.environment or None,
        "team": owner.team,
        "owner": owner.owner,
        "owner_source": owner.source or None,
        "ttl_days_left": ttl.days_left,
        "ttl_source": ttl.source or None,
        "ttl_invalid": ttl.invalid,
        "age_days": age,
        "idle_days": _idle(resource, policies.kinds.get(resource.key.kind), as_of),
        "monthly_dollars": _dollars(resource),
        "managed_by": managed,
    }
    return View(
        resource=resource,
        row=_row(resource, derived),
        owner=owner,
        environment=row.environment,
        account_mode=row.mode,
        ttl=ttl,
        managed_by=managed,
        age_days=age,
    )


def manager_of(tags: Mapping[str, str] | Unknown, fields: Fields) -> str | Unknown | None:
    """The manager that a state file, its tags, or the cloud in a field of its own names; Unknown where one could not be read."""
    state = fields.get(STATE)
    if isinstance(state, str) and state != NOWHERE:
        return f"terraform: {state}"
    by_tag = managed_by(tags, state)
    if isinstance(by_tag, str):
        return by_tag
    said = [(name, fields.get(name)) for name in MANAGERS]
    named = (f"{name} {value}" for name, value in said if isinstance(value, str))
    hidden = (value for value in (*(value for _, value in said), state) if isinstance(value, Unknown))
    return next(named, next(hidden, by_tag))


def is_left_over(seen: View) -> bool:
    """Whether its tags speak of Terraform while it is in none of the state files, and nothing else manages it."""
    return seen.managed_by is None and managed_by(seen.resource.tags) is not None


def _row(resource: Resource, derived: Mapping[str, Cell | None]) -> Mapping[str, Cell]:
    key = resource.key
    common: dict[str, Cell] = {
        "id": key.id,
        "name": resource.name,
        "kind": key.kind,
        "account": key.account,
        "region": key.region,
        "tags": resource.tags,
    }
    return {**resource.fields, **common, **{name: value for name, value in derived.items() if value is not None}}


def _idle(resource: Resource, kind: KindTable | None, as_of: datetime) -> float | Unknown | None:
    """Days since the kind's main fact began; absent while the fact does not hold; Unknown where the scan could not tell."""
    if kind is None or not kind.main_fact:
        return None
    since = resource.since.get(kind.main_fact)
    if since is not None:
        return (as_of - since) / DAY
    told = resource.fields.get("idle_days")
    return told if isinstance(told, Unknown) else None


def _dollars(resource: Resource) -> float | Unknown:
    cost = resource.monthly_cost
    return float(cost.known) if cost.is_known else Unknown(cost.why or "no price")


def floor_of(view: View, policies: PolicySet) -> Environment:
    """What the resource's environment demands at least."""
    return policies.organization.environments.get(view.environment, Environment())
