"""To whom a case is told: its team, or, where that is silent, the next of those whom its document names."""

from __future__ import annotations

from engine.case import Case
from engine.policy import Meta, PolicySet, Team


def recipient(case: Case, policies: PolicySet) -> str:
    """The name of the team, or the e-mail address of the person, who is told what the case has to tell."""
    known = policies.teams.get(case.team)
    if case.tell != "further" or known is None or case.further >= len(known.when_silent):
        return case.team
    return known.when_silent[case.further]


def audience(name: str, of: str, policies: PolicySet) -> Team:
    """A recipient as the team that a message is written to. A person is told alone, on the calendar of the team `of`."""
    known = policies.team(name)
    if known is not None:
        return known
    team = policies.teams.get(of)
    if "@" not in name or team is None:
        return Team(meta=Meta(name=name))
    return Team(meta=Meta(name=name), email=name, time_zone=team.time_zone, holidays=team.holidays)
