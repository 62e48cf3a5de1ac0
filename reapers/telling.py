"""From cases that have something to tell to receipts: one message per team and day, through the outbox.

The message and what it promises are stored before it is sent; grace starts with the receipt, in one transaction with it.
"""

from __future__ import annotations

import itertools
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.audience import audience, recipient
from engine.because import because
from engine.calendar import Calendar, zone_of
from engine.case import Case, State
from engine.compound import companies
from engine.follow import Sight
from engine.life import advance
from engine.model import Mode
from engine.notice import Item, Notice, Particulars, compose, item
from engine.policy import Hours, Meta, PolicySet, Team
from engine.render.slack import listed
from engine.scanned import Scanned
from engine.schedule import Rules, promise
from reapers.clock import Clock
from reapers.notify import NotDelivered, Notifier, Receipt
from reapers.notify.notifier import delivered
from reapers.notify.payload import Unreadable, pack, unpack
from reapers.store import Change, Post, Stale
from reapers.store.ledger import Ledger

log = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(hours=4)
"""Each failure doubles the wait, up to this: where only the answer was lost, the message is read twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Writes messages into the outbox and carries them out of it."""

    ledger: Ledger
    notifier: Notifier
    clock: Clock
    link: str = ""
    """Where the console is, for the links in messages."""
    scanned: Scanned | None = None
    """The newest inventory: it says what goes together."""

    def tell(self, sight: Sight, now: datetime) -> list[str]:
        """Compose what is to be told today, send what waits; how each ended: `delivered`, `failed`, `withdrawn`."""
        self._compose(sight, now)
        return [self._send(post, sight, now) for post in self.ledger.take(now)]

    def next_times(self, sight: Sight, now: datetime) -> list[datetime]:
        """When each team that has something to be told may be told it."""
        policies = sight.context.policies
        times: list[datetime] = []
        for name, cases in _by_recipient(self._news(sight), policies).items():
            team = audience(name, cases[0].team, policies)
            days = (now + timedelta(days=ahead) for ahead in range(8))
            mornings = (max(now, _start(team, policies.organization.hours, day)) for day in days)
            free = (at for at in mornings if _is_time(team, policies.organization.hours, at) and not self._posted(team, at))
            times += itertools.islice(free, 1)
        return times

    def _posted(self, team: Team, at: datetime) -> bool:
        return self.ledger.posted_today(team.name, at.astimezone(zone_of(team.time_zone)).date())

    # --- into the outbox ----------------------------------------------------------------------------------------------

    def _compose(self, sight: Sight, now: datetime) -> None:
        policies = sight.context.policies
        for name, cases in _by_recipient(self._news(sight), policies).items():
            team = audience(name, cases[0].team, policies)
            if _is_time(team, policies.organization.hours, now) and not self._posted(team, now):
                notice = compose(team, [_item(case, sight, now, self._together(case, sight)) for case in cases], now, self.link)
                self.ledger.post(_post(notice), now)

    def _together(self, case: Case, sight: Sight) -> tuple[str, ...]:
        company = companies([case], self.ledger.open_case, self.scanned, sight.rests).of(case)
        return tuple(other.name or other.key.id for other in company.others(case)) if company else ()

    def _news(self, sight: Sight) -> Iterable[Case]:
        """The cases with something to tell. Without a way to tell people, what they would be told is printed all the same."""
        if self.notifier.counts:
            return self.ledger.to_tell()
        scans = sight.context.policies.organization.persistence_scans
        return [case for case in self.ledger.open_cases() if case.state is State.DETECTED and case.agreed >= scans]

    # --- out of the outbox --------------------------------------------------------------------------------------------

    def _send(self, post: Post, sight: Sight, now: datetime) -> str:
        if self._is_stale(post, sight, now):
            self.ledger.delivered(post, "", now)  # given up: what it would have said, today's message says
            return "withdrawn"
        try:
            receipt = self.notifier.deliver(unpack(post.payload), now)
        except NotDelivered as failure:
            log.warning("%s", failure.why)
            self.ledger.failed(post, failure.why, now + min(failure.retry_after * 2**post.attempts, LONGEST_WAIT))
            return "failed"
        except Unreadable as unreadable:
            log.warning("%s", unreadable)
            self.ledger.delivered(post, "", now)
            return "failed"
        self._record(post, receipt, sight, self.clock.now())  # grace starts when they have it, not when we began to tell
        return "delivered"

    def _is_stale(self, post: Post, sight: Sight, now: datetime) -> bool:
        """Whether the team's day that it was written for is over: its dates are old, and a new day brings a new message."""
        if not post.team:  # a page is of no team's day
            return False
        team = sight.context.policies.teams.get(post.team) or Team(meta=Meta(name=post.team))
        return post.day is not None and post.day < now.astimezone(zone_of(team.time_zone)).date()

    def _record(self, post: Post, receipt: Receipt, sight: Sight, now: datetime) -> None:
        """The receipt and what it allows, in one transaction; once more when a person changed one of the cases meanwhile."""
        for _ in range(3):
            steps = self._steps(post, receipt, sight, now) if self.notifier.counts else []
            try:
                self.ledger.delivered(post, receipt.receipt, now, steps)
            except Stale:
                continue
            return
        log.warning("the receipt of %s could not be recorded because its cases keep changing; it is sent again", post.id)

    def _steps(self, post: Post, receipt: Receipt, sight: Sight, now: datetime) -> list[Change]:
        rules = Rules(policies=sight.context.policies)
        steps = []
        for told in post.cases:
            case = self.ledger.case(str(told["case"]))
            if case is not None and _is_still_so(case, post, told, rules):
                after = advance(case, delivered(told, receipt), rules, now)
                steps.append(Change(case, after, "told", data={"channel": receipt.channel, "receipt": receipt.receipt}))
        return steps


def _is_still_so(case: Case, post: Post, told: Mapping[str, object], rules: Rules) -> bool:
    """Whether the message spoke of the case as it is now: to these people, for this reason, on these terms. Else it is told
    anew."""
    same = (case.tell, case.terms.digest) == (told["tell"], told["terms"])
    return same and recipient(case, rules.policies) == post.team


def _by_recipient(cases: Iterable[Case], policies: PolicySet) -> Mapping[str, list[Case]]:
    found: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        found[recipient(case, policies)].append(case)
    return found


def _start(team: Team, hours: Hours, at: datetime) -> datetime:
    """When work begins for the team on the day of `at`."""
    local = at.astimezone(zone_of(team.time_zone))
    return local.replace(hour=hours.start // 60, minute=hours.start % 60, second=0, microsecond=0).astimezone(UTC)


def _is_time(team: Team, hours: Hours, now: datetime) -> bool:
    """While people work: not before it begins nor after it ends, on no holiday, and on no weekend unless the organization works
    then."""
    calendar = Calendar(team.time_zone, team.holidays)
    local = calendar.local(now)
    works = calendar.works(local.date()) or (local.isoweekday() in hours.days and not calendar.is_holiday(local.date()))
    return works and hours.start <= local.hour * 60 + local.minute < hours.end


def _post(notice: Notice) -> Post:
    named = listed(notice)
    cases = [told for told in notice.told() if told["case"] in named]
    payload = pack(notice)
    return Post(notice.id, notice.id, notice.team, notice.channel, payload=payload, cases=cases, day=notice.day)


def _item(case: Case, sight: Sight, now: datetime, together: tuple[str, ...]) -> Item:
    """A case as a line of the message. What was stopped or deleted by then promises nothing new."""
    policies = sight.context.policies
    titles = {name: kind.title for name, kind in policies.kinds.items()}
    organization = policies.organization
    rules = Rules(policies=policies)
    silent = rules.when_silent(case.team)[case.further :]
    more = Particulars(
        why=_why(case, sight), undo=organization.undo, snoozes=organization.snoozes, silent=silent, together=together
    )
    mode = case.lead.mode
    promised = promise(case, rules, now) if mode.rank > Mode.NOTIFY.rank and case.is_open else {}
    return item(case, promised, mode, titles, more)


def _why(case: Case, sight: Sight) -> str:
    """What the policy saw, in words; empty where the resource is not in the inventory any more or the policy is gone."""
    judgement = sight.judgements.get(case.key.ref)
    reap = sight.context.policies.reaps.get(case.policy)
    if judgement is None or reap is None or reap.selects.when is None:
        return ""
    kind = sight.context.policies.kinds.get(case.key.kind)
    values = {name: value for test in reap.selects.when.explain(judgement.view.row) for name, value in test.values.items()}
    return because(values, kind.main_fact if kind else "")
