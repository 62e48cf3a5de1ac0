"""Exemption: what is spared from which policies, until when, and why."""

from __future__ import annotations

from datetime import date

from engine.documents.draft import Draft, World, day
from engine.documents.reach import only_team
from engine.documents.selection import select
from engine.policy import Exemption
from engine.suggest import did_you_mean

ALL = "*"
UNTIL = ("spec", "until")


def build(draft: Draft, world: World) -> Exemption:
    """The value of an Exemption document."""
    of = tuple(draft.spec["of"])
    for index, name in enumerate(of):
        if world.complete and name != ALL and name not in world.policies:
            hint = did_you_mean(name, world.policies) or 'name a Reap or Sizing document, or write ["*"]'
            draft.error("reference", ("spec", "of", index), f"there is no policy {name!r}", hint)
    return Exemption(
        meta=draft.meta(),
        of=of,
        selects=select(draft, world),
        until=_until(draft, world),
        reason=draft.spec["reason"],
        only_team=only_team(draft, world),
    )


def _until(draft: Draft, world: World) -> date:
    """The last day; not further off than the Organization allows."""
    until = day(draft, UNTIL, draft.spec["until"])
    if until is None or world.today is None or world.organization is None:
        return until or date.min
    longest = world.organization.longest_exemption
    if until - world.today > longest.comparable:
        furthest = world.today + longest.comparable
        message = f"an exemption may last {longest} at most, and {until} is further off"
        draft.error("ceiling", UNTIL, message, f"write {furthest} or earlier and renew it in time")
    if until < world.today:
        draft.warning("exemption", UNTIL, f"this exemption ended on {until}", "remove it, or renew it with a new reason")
    return until
