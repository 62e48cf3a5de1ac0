"""The one loader of validate, plan, test, run and serve: the texts of a commit to a PolicySet, or to all of their problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TypeVar

from engine.documents import BUILDERS, Draft, Value, World
from engine.documents.files import documents_of, root_of
from engine.documents.known import Known
from engine.documents.names import check_unique, environments_of, policies_of, teams_of
from engine.documents.selection import select
from engine.model import KindTable
from engine.policy import (
    TTL,
    Budget,
    Exemption,
    Organization,
    Ownership,
    PolicySet,
    PolicyTest,
    Reap,
    SharedCost,
    Sizing,
    Team,
)
from engine.problem import Problem, Severity

__all__ = ["Known", "Loaded", "Problem", "Severity", "load"]

NO_ORGANIZATION = "there is no Organization here, so owners, teams and other references were not checked"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What files say: the policies, None when any problem is an error, and every problem, by file and line."""

    policies: PolicySet | None
    problems: tuple[Problem, ...]
    documents: int = 0
    """How many documents there were, good or bad."""


def load(
    files: Mapping[str, str],
    kinds: Mapping[str, KindTable],
    commit: str = "",
    *,
    today: date | None = None,
    known: Known | None = None,
) -> Loaded:
    """Load every document of `files` (path -> text; paths with / from the root of the policies).

    `kinds` are the field tables of the resources, `commit` is recorded in the set. `today` (UTC) measures how far off the ends of
    exemptions are; without it that is not checked. `known` keeps what the same texts said when they were loaded before.
    """
    problems: list[Problem] = []
    known = Known() if known is None else known
    drafts = documents_of(files, problems, known)
    check_unique(drafts)
    values = _build(drafts, _world(drafts, files, kinds, today), known)
    if drafts and not _organizations(drafts):
        problems.append(Problem("", 1, 1, Severity.WARNING, "organization", NO_ORGANIZATION, "add it to the paths"))
    failed = any(problem.severity is Severity.ERROR for problem in problems)
    policies = None if failed else _policy_set(values, kinds, commit)
    return Loaded(policies, tuple(sorted(set(problems))), len(drafts) + _unread(problems, drafts))


def _unread(problems: Sequence[Problem], drafts: Sequence[Draft]) -> int:
    """Files that hold a document which could not even be read."""
    return len({problem.file for problem in problems if problem.code == "yaml"} - {draft.file for draft in drafts})


def _organizations(drafts: Sequence[Draft]) -> list[Draft]:
    return [draft for draft in drafts if draft.kind == "Organization"]


def _world(drafts: Sequence[Draft], files: Mapping[str, str], kinds: Mapping[str, KindTable], today: date | None) -> World:
    """What documents are checked against. The Organization is built first: it holds the ceilings."""
    world = World(
        kinds=kinds,
        files=files,
        root=root_of(files),
        complete=bool(_organizations(drafts)),
        organization=Organization(),
        teams=teams_of(drafts),
        policies=policies_of(drafts),
        environments=environments_of(drafts),
        today=today,
    )
    for draft in _organizations(drafts)[:1]:
        quiet = replace(draft, problems=[])
        built = _value(quiet, world)
        world = replace(world, organization=built if isinstance(built, Organization) else None)
    return world


def _build(drafts: Sequence[Draft], world: World, known: Known) -> list[Value]:
    """The value of each document that has the shape of its kind."""
    known.under(world)
    found = []
    for draft in drafts:
        if draft.owner:
            draft.team(draft.owner, ("metadata", "owner"), world)
        value = known.value(draft, partial(_value, draft, world))
        if value is not None:
            found.append(value)
    return found


def _value(draft: Draft, world: World) -> Value | None:
    """A document's value; where parts are missing, at least its condition is checked."""
    if draft.shapely:
        return BUILDERS[draft.kind](draft, world)
    if "resource" in draft.spec and "when" in draft.spec:
        select(draft, world)
    return None


T = TypeVar("T", bound=Value)


def _of(sort: type[T], values: Sequence[Value]) -> tuple[T, ...]:
    return tuple(value for value in values if isinstance(value, sort))


def _policy_set(values: Sequence[Value], kinds: Mapping[str, KindTable], commit: str) -> PolicySet:
    """Everything together; the checks have seen to it that the singular kinds are there once."""
    return PolicySet(
        organization=next(iter(_of(Organization, values)), Organization()),
        teams={team.name: team for team in _of(Team, values)},
        ownership=next(iter(_of(Ownership, values)), None),
        ttl=next(iter(_of(TTL, values)), None),
        reaps={reap.meta.name: reap for reap in _of(Reap, values)},
        exemptions=_of(Exemption, values),
        sizings=_of(Sizing, values),
        budgets=_of(Budget, values),
        shared_costs=_of(SharedCost, values),
        tests=_of(PolicyTest, values),
        kinds=kinds,
        commit=commit,
    )
