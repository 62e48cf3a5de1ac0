"""Which rung comes next, when it is due, and whose agreement it needs: the arithmetic that engine/life.py stands on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.calendar import Calendar, between, later
from engine.case import Action, Agreement, Case, State
from engine.last_call import LEAST, earliest, is_called
from engine.model import Key, Mode, Verb
from engine.policy import Approval, Duration, Organization, PolicySet

LADDER = (Mode.NOTIFY, Mode.STOP, Mode.DELETE)
VERBS = {Mode.STOP: Verb.STOP, Mode.DELETE: Verb.DELETE}
RUNGS = {verb: rung for rung, verb in VERBS.items()}

FURTHER = Duration(working_days=3)
"""Between two of those who are asked where a team is silent."""

REPEATS = frozenset({"reminder", "last_call", "approval", "escalated", "further"})
"""Tells that say again what the owner knows: they start no new grace and move no date that stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The policies in force, as the life of a case asks them."""

    policies: PolicySet

    def calendar(self, team: str) -> Calendar:
        """A team's time zone and holidays; UTC and none for a team that no document knows."""
        known = self.policies.teams.get(team)
        return Calendar(known.time_zone, known.holidays) if known else Calendar()

    def when_silent(self, team: str) -> tuple[str, ...]:
        """The people and teams that are asked, one after the other, where a team does not answer."""
        known = self.policies.teams.get(team)
        return known.when_silent if known else ()

    def ask_further_at(self, team: str, now: datetime) -> datetime:
        """When the next of them is asked, if nobody answers what was asked `now`."""
        return later(now, FURTHER, self.calendar(team))

    def approve_by(self, team: str, now: datetime) -> datetime:
        """Until when people are asked before the one escalation."""
        return later(now, self.policies.organization.approve_by, self.calendar(team))

    def keep_until(self, team: str, now: datetime) -> datetime:
        """Until when what somebody wanted back is left alone by itself."""
        return later(now, self.policies.organization.keep, self.calendar(team))

    def execute_by(self, team: str, now: datetime) -> datetime:
        """Until when an approval may be used."""
        return later(now, self.policies.organization.execute_by, self.calendar(team))


def next_rung(case: Case) -> Mode | None:
    """The next rung of the ladder that is not done; None at the end of it, or where the mode does not reach it."""
    ahead = (rung for rung in LADDER if rung.rank > case.rung.rank and rung in case.terms.after)
    rung = next(ahead, None)
    return rung if rung is not None and rung.rank <= case.lead.mode.rank else None


def ends_stopped(case: Case) -> bool:
    """Whether our stop was the last rung of the ladder: such a case is done when the time to start it again here has passed."""
    return case.rung is Mode.STOP and Mode.DELETE not in case.terms.after


def repeats(case: Case) -> bool:
    """Whether what is to be told repeats what stands."""
    return case.tell in REPEATS and case.told is not None and case.due is not None


def due_after(case: Case, rules: Rules) -> datetime | None:
    """When the next act is due: as long after the rung before as the ladder says, never before the grace after the last
    telling, never before a date that the owner was told. None where no act comes."""
    rung = next_rung(case)
    if rung is None or rung not in VERBS or case.rung_at is None or case.told is None:
        return None
    floor = _floor(case, rung, case.told.at, rules)
    done = case.quarantined if case.rung is Mode.STOP and case.quarantined else case.rung_at
    return max(_step(case, rung, done, rules), floor, case.told.promised.get(rung, floor))


def promise(case: Case, rules: Rules, now: datetime) -> Mapping[Mode, datetime]:
    """The earliest dates of the acts that today's mode allows, if the notice is received now. A repeated date is the same."""
    dates: dict[Mode, datetime] = {}
    for rung in (Mode.STOP, Mode.DELETE):
        if rung.rank <= case.rung.rank or rung not in case.terms.after or rung.rank > case.lead.mode.rank:
            continue
        if not dates and repeats(case):
            dates[rung] = _again(case, now)
            continue
        step = _step(case, rung, _done(case, dates, now), rules, Mode.STOP in dates)
        date = max(step, _floor(case, rung, now, rules), *dates.values())
        told = case.told.promised.get(rung) if case.told else None
        dates[rung] = _whole_minute(max(date, told) if told else date)
    return dates


def _again(case: Case, now: datetime) -> datetime:
    """The date that stands; where no delivery would count by then, a day after this one."""
    assert case.due is not None  # it repeats a date
    at = max(case.due, now)
    return case.due if is_called(case, at) else _whole_minute(earliest((*case.called, now), at))


def _done(case: Case, dates: Mapping[Mode, datetime], now: datetime) -> datetime:
    """When the rung before is done: what is promised before counts as done on its date, and a quarantine from its beginning."""
    if Mode.STOP in dates:
        return case.quarantined or dates[Mode.STOP]
    return (case.quarantined or case.rung_at or now) if case.rung is Mode.STOP else now


def _whole_minute(at: datetime) -> datetime:
    """Rounded up: people are told minutes, and nothing happens before what they were told."""
    return at.replace(second=0, microsecond=0) + timedelta(minutes=at.second > 0 or at.microsecond > 0)


def _step(case: Case, rung: Mode, done: datetime, rules: Rules, stopped: bool = False) -> datetime:
    """The date of a rung by the ladder. What the provider has started by itself had its wait before we first stopped it."""
    if rung is Mode.STOP and case.restarts:
        return done
    before = Mode.STOP if stopped or case.rung is Mode.STOP else Mode.NOTIFY
    after = case.terms.after
    return later(done, between(after.get(before, Duration()), after[rung]), rules.calendar(case.team))


def _floor(case: Case, rung: Mode, told: datetime, rules: Rules) -> datetime:
    """Never before the grace after a telling, nor sooner after it than a last call."""
    grace = rules.policies.organization.grace
    calendar = rules.calendar(case.team)
    least = later(told, grace.stop if rung is Mode.STOP else grace.delete, calendar)
    return max(least if case.owner else later(least, grace.unowned, calendar), told + LEAST)


def persisted(case: Case, organization: Organization) -> bool:
    """Whether enough complete scans agreed, over enough time."""
    if case.agreed_since is None or case.agreed_as_of is None or case.agreed < organization.persistence_scans:
        return False
    return case.agreed_as_of - case.agreed_since >= organization.persistence_over.comparable


def complete(needs: Approval, agreements: Iterable[Agreement], owner: str) -> bool:
    """Whether the roles an act needs are filled, each by another person. Without an owner, `owner` reads `platform`."""
    if needs is Approval.NONE:
        return True
    given = tuple(agreements)
    owners = {agreement.who for agreement in given if agreement.role == ("owner" if owner else "platform")}
    if needs is Approval.OWNER:
        return bool(owners)
    platform = {agreement.who for agreement in given if agreement.role == "platform"}
    return any(one != other for one in owners for other in platform)


ASKING = frozenset(
    {State.GRACE, State.STOPPED, State.AWAITING_APPROVAL, State.APPROVED, State.SNAPSHOTTING, State.STOPPING, State.DELETING}
)


def action_of(case: Case) -> Action | None:
    """What will be done next to the resource; None where nothing will. Its hash is what people approve."""
    rung = next_rung(case)
    if case.state not in ASKING or rung is None or rung not in VERBS:
        return None
    verb = VERBS[rung]
    backs_up = verb is Verb.DELETE and "backup" in case.terms.before_delete
    restore = {"from": "backup"} if backs_up else {"by": "start"} if verb is Verb.STOP else {}
    return Action(
        case=case.id,
        generation=case.generation,
        key=case.key,
        fingerprint=case.fingerprint,
        verb=verb,
        restore=restore,
        terms=case.terms,
        monthly=case.monthly,
    )


def case_id(key: Key, opened: datetime) -> str:
    """A short name for a case: c- and ten hex digits of its key, its life and its day of opening."""
    text = f"{key.ref}\n{key.born}\n{opened.isoformat()}"
    return f"c-{hashlib.sha256(text.encode()).hexdigest()[:10]}"
