"""Who a person is to a team: one of its people, one of its approvers, of the platform. Pure look-ups in the policies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.case import Case
from engine.policy import PolicySet, Team


class Access(StrEnum):
    """What a token opens, least first: read and keep; agree and freeze; restore, retry and unfreeze; tokens."""

    VIEWER = "viewer"
    APPROVER = "approver"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, asked: Access) -> bool:
        """Whether whoever has this may use what asks for `asked`."""
        ladder = list(Access)
        return ladder.index(self) >= ladder.index(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who signed in: an e-mail address in lower case, what their token opens, their groups of the identity provider."""

    email: str
    access: Access
    groups: frozenset[str] = frozenset()
    subject: str = ""
    """Who they are where they signed in: `token:ID`, `slack:TEAM/USER`, or the identity provider's own name for them."""


def same(person: Person, who: str, subject: str) -> bool:
    """Whether it is the person with that address, however many tokens they have, or known so where they sign in."""
    return person.email.casefold() == who.casefold() or (bool(subject) and person.subject == subject)


def in_team(person: Person, team: Team | None) -> bool:
    """Whether somebody is one of a team's people, by its list or by its group."""
    return team is not None and (person.email in team.people or (bool(team.group) and team.group in person.groups))


def approves_for(person: Person, team: Team | None) -> bool:
    """Whether somebody may agree in a team's name: one of its approvers, or of its people where it names none."""
    return team is not None and (person.email in team.approvers if team.approvers else in_team(person, team))


def of_platform(person: Person, policies: PolicySet) -> bool:
    """Whether somebody may agree for the platform."""
    return any(approves_for(person, policies.teams.get(name)) for name in policies.organization.platform)


def in_owning_team(person: Person, case: Case, policies: PolicySet) -> bool:
    """Whether somebody is in the case's team, or in a platform team where nobody owns the resource."""
    if in_team(person, policies.teams.get(case.team)):
        return True
    return not has_owner(case, policies) and any(
        in_team(person, policies.teams.get(name)) for name in policies.organization.platform
    )


def has_owner(case: Case, policies: PolicySet) -> bool:
    """Whether a team that the policies know owns the resource. An owner that no document names can agree to nothing."""
    return case.owner in policies.teams
