"""Which rung comes next, when it is due, and whose agreement it needs: the arithmetic that engine/life.py stands on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.calendar import between, later
from engine.case import Action, Agreement, Case, State
from engine.model import Key, Mode, Verb
from engine.policy import Approval, Duration, PolicySet

LADDER = (Mode.NOTIFY, Mode.STOP, Mode.DELETE)
VERBS = {Mode.STOP: Verb.STOP, Mode.DELETE: Verb.DELETE}
RUNGS = {verb: rung for rung, verb in VERBS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The policies in force, as the life of a case asks them."""

    policies: PolicySet

    def zone(self, team: str) -> str:
        """A team's time zone; UTC for a team that no document knows."""
        known = self.policies.teams.get(team)
        return known.time_zone if known else "UTC"

    def approve_by(self, team: str, now: datetime) -> datetime:
        """Until when people are asked before the one escalation."""
        return later(now, self.policies.organization.approve_by, self.zone(team))

    def execute_by(self, team: str, now: datetime) -> datetime:
        """Until when an approval may be used."""
        return later(now, self.policies.organization.execute_by, self.zone(team))


def next_rung(case: Case) -> Mode | None:
    """The next rung of the ladder that is not done; None at the end of it, or where the mode does not reach it."""
    ahead = (rung for rung in LADDER if rung.rank > case.rung.rank and rung in case.terms.after)
    rung = next(ahead, None)
    return rung if rung is not None and rung.rank <= case.lead.mode.rank else None


def ends_stopped(case: Case) -> bool:
    """Whether our stop was the last rung of the ladder: such a case is done when the time to start it again here has passed."""
    return case.rung is Mode.STOP and Mode.DELETE not in case.terms.after


def due_after(case: Case, rules: Rules) -> datetime | None:
    """When the next act is due: as long after the rung before as the ladder says, never before the grace after the last
    telling, never before a date that the owner was told. None where no act comes."""
    rung = next_rung(case)
    if rung is None or rung not in VERBS or case.rung_at is None or case.told is None:
        return None
    floor = _grace(case, rung, case.told.at, rules)
    return max(_step(case, case.rung, rung, case.rung_at, rules), floor, case.told.promised.get(rung, floor))


def promise(case: Case, rules: Rules, now: datetime) -> Mapping[Mode, datetime]:
    """The earliest dates of the acts that today's mode allows, if the notice is received now."""
    dates: dict[Mode, datetime] = {}
    last: Mode = Mode.STOP if case.rung is Mode.STOP else Mode.NOTIFY
    done = case.rung_at if case.rung is Mode.STOP and case.rung_at else now
    for rung in (Mode.STOP, Mode.DELETE):
        if rung.rank <= last.rank or rung not in case.terms.after or rung.rank > case.lead.mode.rank:
            continue
        date = max(_step(case, last, rung, done, rules), _grace(case, rung, now, rules))
        told = case.told.promised.get(rung) if case.told else None
        dates[rung] = _whole_minute(max(date, told) if told else date)
        last, done = rung, dates[rung]
    return dates


def _whole_minute(at: datetime) -> datetime:
    """Rounded up: people are told minutes, and nothing happens before what they were told."""
    return at.replace(second=0, microsecond=0) + timedelta(minutes=at.second > 0 or at.microsecond > 0)


def _step(case: Case, done: Mode, rung: Mode, at: datetime, rules: Rules) -> datetime:
    after = case.terms.after
    return later(at, between(after.get(done, Duration()), after[rung]), rules.zone(case.team))


def _grace(case: Case, rung: Mode, told: datetime, rules: Rules) -> datetime:
    grace = rules.policies.organization.grace
    zone = rules.zone(case.team)
    least = later(told, grace.stop if rung is Mode.STOP else grace.delete, zone)
    return least if case.owner else later(least, grace.unowned, zone)


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
