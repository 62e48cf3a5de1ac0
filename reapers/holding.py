"""Holds, as a round meets them: what a judged inventory opens, which cases wait because of them, and the platform's page."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from engine.calendar import zone_of
from engine.case import Case, State
from engine.follow import Sight
from engine.holds.hold import Cause, Hold, says
from engine.holds.seen import see
from engine.model import Mode
from engine.money import NOTHING
from engine.notice import Notice
from engine.policy import PolicySet, Team
from reapers.notify.payload import pack
from reapers.situation import Situation
from reapers.store import Post
from reapers.store.ledger import Ledger

log = logging.getLogger(__name__)


def look(ledger: Ledger, situation: Situation, now: datetime) -> None:
    """Opens what the newest judged inventory gives reason for. Before the cases hear of it: nobody new may be told meanwhile."""
    sight = situation.sight()
    if sight is None:
        return
    for hold in ledger.holds.look(see(sight, ledger.open_cases()), now):
        log.warning("%s opened: %s", hold.id, says(hold))


def waits(case: Case, holds: Iterable[Hold]) -> bool:
    """Whether nobody is told of a case yet, because its policy rests."""
    return case.state is State.DETECTED and any(hold.speaks_of(case) for hold in holds)


def page(ledger: Ledger, situation: Situation, now: datetime) -> None:
    """One message to the platform team for the holds that it has not been told of, at any hour. In observe nobody is told."""
    sight = situation.sight()
    if sight is None or not (untold := ledger.holds.untold(now)):
        return
    team, told = _team(sight.context.policies), [hold for hold in untold if _matters(hold, sight)]
    if team is None or not told:
        return
    notice = _notice(team, told, now)
    ledger.holds.tell(told, Post(notice.id, f"hold/{notice.id}", "", notice.channel, payload=pack(notice)), now)


def _team(policies: PolicySet) -> Team | None:
    """The first platform team that can be reached, else the first."""
    teams = [policies.teams[name] for name in policies.organization.platform if name in policies.teams]
    return next((team for team in teams if team.slack or team.email), next(iter(teams), None))


def _matters(hold: Hold, sight: Sight) -> bool:
    """Whether what it holds would go beyond observe: else there is nothing to hold yet."""
    return hold.cause is Cause.VERSION or any(
        finding.mode is not Mode.OBSERVE and hold.subject in (finding.policy, hold.cause is Cause.DROP and view.resource.key.kind)
        for view, findings in ((judgement.view, judgement.findings) for judgement in sight.judgements.values())
        if view.resource.key.account == hold.account
        for finding in findings
    )


def _notice(team: Team, told: Iterable[Hold], now: datetime) -> Notice:
    told = list(told)
    return Notice(
        id=told[0].id,
        team=team.name,
        channel=team.slack or team.email,
        day=now.astimezone(zone_of(team.time_zone)).date(),
        zone=team.time_zone,
        items=(),
        total=NOTHING,
        page=tuple((hold.id, says(hold)) for hold in told),
    )
