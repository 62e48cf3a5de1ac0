"""What holds for every case, whatever happens to it in whatever order: played with events at random, months long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import events as on
from engine.case import ACTING, Agreement, Case, Ending, Kept, Starter, State
from engine.follow import STARTED_BY
from engine.guards.agreed import AGREED
from engine.guards.guard import Asked
from engine.last_call import LEAST, MOST
from engine.life import advance
from engine.life.acts import UNDER_WAY
from engine.model import Mode, Verb
from engine.policy import Approval, PolicySet
from engine.schedule import RUNGS, Rules, action_of, complete, promise
from engine.standing import Standing
from engine.verdict import Finding, Terms
from makers.cases import NOW, PAYMENTS, PLATFORM, days, opened, policies

HOUR = timedelta(hours=1)
LONGEST = 24 * 20
"""Hours that pass at most between two events."""


def rules() -> PolicySet:
    teams = {"payments": replace(PAYMENTS, holidays="DE-BE", when_silent=("lead@x.example", "platform")), "platform": PLATFORM}
    return replace(policies(), teams=teams)


RULES = Rules(policies=rules())
STANDING = Standing(policies=RULES.policies, server=Mode.DELETE, frozen=False, head_current=True)
GUARDS = [guard for guard in AGREED if guard.name in ("evidence", "notice", "approval", "fingerprint")]


def terms(stop: int, delete: int, approval: Approval) -> Terms:
    after = {Mode.NOTIFY: days(0)} | ({Mode.STOP: days(stop)} if stop else {}) | ({Mode.DELETE: days(delete)} if delete else {})
    return Terms(
        policy="p", after=after, before_delete=(), approval={Mode.STOP: Approval.NONE, Mode.DELETE: approval} if after else {}
    )


LADDERS = st.builds(terms, st.sampled_from([0, 3, 9]), st.sampled_from([0, 14, 40]), st.sampled_from(Approval))
FINDINGS = st.builds(Finding, terms=LADDERS, mode=st.sampled_from([Mode.NOTIFY, Mode.STOP, Mode.DELETE, Mode.DELETE]))


@dataclass
class Play:
    """A case, and what its owner has heard."""

    case: Case
    now: datetime = NOW
    scan: datetime = NOW
    told: dict[Mode, datetime] = field(default_factory=dict)
    """The dates that its owner was told last."""
    heard: list[tuple[datetime, str]] = field(default_factory=list)
    graces: list[datetime] = field(default_factory=list)
    acts: list[Verb] = field(default_factory=list)

    def hear(self, event: on.Event) -> None:
        before = self.case
        self.case = advance(before, event, RULES, self.now)
        if self.case.state in ACTING and before.state not in ACTING:
            assert isinstance(event, on.Began)

    def deliver(self) -> None:
        tell = self.case.tell
        if not tell:
            return
        dates = promise(self.case, RULES, self.now) if self.case.is_open and self.case.state not in PLANLESS else {}
        begun = self.case.grace_from
        self.hear(on.Delivered(channel="#p", receipt="1", promised=dates, mode=self.case.lead.mode))
        assert self.case.tell == "", "what was told is not told again"
        self.told |= dates
        self.heard.append((self.now, tell))
        if self.case.grace_from != begun:
            self.graces.append(self.now)

    def act(self) -> None:
        """As the executor does it: only where no guard about the case itself blocks."""
        case, action = self.case, action_of(self.case)
        asked = Asked(case=case, action=action, standing=STANDING, usage=STANDING.usage, now=self.now)
        blocks = [guard.name for guard in GUARDS if guard.blocks(asked)]
        if case.state not in (State.APPROVED, State.SNAPSHOTTING) or action is None or blocks:
            self.hear(on.Ticked(uncalled=blocks == ["notice"]))
            return
        self.check_lawful(action.verb)
        self.hear(on.Began(verb=action.verb))
        assert self.case.state is UNDER_WAY[action.verb]
        self.acts.append(action.verb)

    def check_lawful(self, verb: Verb) -> None:
        """Told, agreed, called, and never before the date that was told."""
        rung, case = RUNGS[verb], self.case
        assert self.told[rung] <= self.now
        assert case.told is not None
        assert complete(case.terms.approval[rung], case.agreements, case.owner)
        assert any(LEAST <= self.now - at <= MOST for at, _ in self.heard)
        assert self.now >= self.graces[-1] + LEAST, "a new plan has its own grace"


PLANLESS = {State.KEPT, State.STUCK, State.DELETED, State.RESTORING, State.CLOSED}


@dataclass(frozen=True)
class Happens:
    """Something that happens to a case, after so many hours."""

    what: str
    hours: int
    finding: Finding
    pick: int

    def to(self, play: Play) -> None:
        play.now += self.hours * HOUR
        case = play.case
        match self.what:
            case "deliver":
                play.deliver()
            case "act":
                play.act()
            case "routine":
                self.routine(play)
            case "held":
                play.hear(on.Ticked(held=True))
            case "agree":
                self.agree(play)
            case "settle":
                for event in outcomes(case, self.pick):
                    play.hear(event)
            case _:
                play.hear(self.event(case, play))

    def routine(self, play: Play) -> None:
        """A day on which everybody does their part."""
        play.deliver()
        self.agree(play)
        play.act()
        for event in outcomes(play.case, 0):
            play.hear(event)

    def agree(self, play: Play) -> None:
        action = action_of(play.case)
        if action is None or play.case.state is not State.AWAITING_APPROVAL:
            return
        needs = play.case.terms.approval[RUNGS[action.verb]]
        for role, who in (("owner", "ann"), ("platform", "pia"), ("platform", "quinn")):
            yes = Agreement(role=role, who=who, at=play.now, action=action.hash)
            play.hear(on.Approved(agreement=yes, needs=needs))

    def event(self, case: Case, play: Play) -> on.Event:
        kept = Kept(until=play.now + 30 * 24 * HOUR, who="ann", reason="needed")
        judged = on.Judged(as_of=play.now, findings=case.findings, team=case.team, owner="payments", fingerprint=case.fingerprint)
        events: dict[str, on.Event] = {
            "same": judged,
            "other": replace(judged, findings=(self.finding,)),
            "changed": replace(judged, fingerprint=f"f{self.pick}"),
            "undecided": replace(judged, findings=(), missing=("tags",)),
            "restarted": replace(judged, started=Starter.PROVIDER if case.rung is Mode.STOP else None),
            "used": replace(judged, started=Starter.SOMEBODY if case.rung is Mode.STOP else None),
            "keep": on.Keeping(kept=kept),
            "disown": on.Disowned(who="ann", team="platform"),
            "retry": on.Retried(who="pia"),
            "want": on.RestoreAsked(who="ann"),
        }
        return events[self.what]


def outcomes(case: Case, pick: int) -> Iterator[on.Event]:
    """What may become of an act that is under way."""
    verb = next((verb for verb, state in UNDER_WAY.items() if state is case.state and case.state is not State.APPROVED), None)
    if verb is not None:
        yield (on.Settled(verb=verb), on.Voided(verb=verb), on.Blocked(verb=verb, why="denied"))[pick % 3]


USUAL = ["routine", "same"]
RARE = [
    "deliver",
    "act",
    "agree",
    "settle",
    "held",
    "other",
    "changed",
    "undecided",
    "restarted",
    "used",
    "keep",
    "disown",
    "retry",
    "want",
]
HAPPENS = st.builds(
    Happens,
    what=st.sampled_from(USUAL * 60 + RARE),
    hours=st.sampled_from([1, 9, 24, 25, 48, 60] * 5 + [0, 200, LONGEST]),
    finding=FINDINGS,
    pick=st.integers(0, 3),
)


def played(finding: Finding, happens: list[Happens]) -> Play:
    ready = {"agreed": 9, "agreed_since": NOW - 200 * HOUR}
    play = Play(case=replace(opened(RULES.policies, **ready), findings=(finding,)))
    for each in happens:
        each.to(play)
    return play


@settings(max_examples=120, deadline=None)
@given(FINDINGS, st.lists(HAPPENS, min_size=20, max_size=60))
def test_nothing_is_stopped_or_deleted_but_told_and_agreed_and_never_before_the_date(
    finding: Finding, happens: list[Happens]
) -> None:
    """`Play.act` and `Play.hear` check it at every step."""
    played(finding, happens)


@settings(max_examples=60, deadline=None)
@given(FINDINGS, st.lists(HAPPENS, min_size=20, max_size=60))
def test_each_grace_has_one_reminder_and_last_calls_are_days_apart(finding: Finding, happens: list[Happens]) -> None:
    play = played(finding, happens)
    starts = [*play.graces, play.now + HOUR]
    for begin, end in pairwise(starts):
        inside = [(at, tell) for at, tell in play.heard if begin <= at < end]
        assert sum(tell == "reminder" for _, tell in inside) <= 1
        calls = [at for at, tell in inside if tell == "last_call"]
        assert all(later - earlier >= 4 * 24 * HOUR for earlier, later in pairwise(calls))


@settings(max_examples=60, deadline=None)
@given(FINDINGS, st.lists(HAPPENS, max_size=40), st.integers(0, LONGEST))
def test_while_it_is_undecided_its_clock_stands_still(finding: Finding, happens: list[Happens], hours: int) -> None:
    case, now = (play := played(finding, happens)).case, play.now
    same = on.Judged(as_of=now, findings=case.findings, team=case.team, owner="payments", fingerprint=case.fingerprint)
    paused = advance(case, replace(same, findings=(), missing=(STARTED_BY,)), RULES, now)
    if paused.paused_at is None:
        return
    later = now + hours * HOUR
    assert advance(paused, on.Ticked(), RULES, later) is paused
    going_on = advance(paused, replace(same, as_of=later), RULES, later)
    stood = later - paused.paused_at
    for date in ("due", "approve_by", "execute_by", "escalate_at", "grace_from"):
        was, is_now = getattr(paused, date), getattr(going_on, date)
        assert is_now is None or was is None or is_now == was + stood


@settings(max_examples=60, deadline=None)
@given(FINDINGS, st.lists(HAPPENS, max_size=50))
def test_every_case_can_end(finding: Finding, happens: list[Happens]) -> None:
    play = played(finding, happens)
    for _ in range(8):
        play.now += 200 * 24 * HOUR
        for event in ending(play.case, play.now):
            play.hear(event)
    assert play.case.state is State.CLOSED


def ending(case: Case, now: datetime) -> Iterator[on.Event]:
    """The shortest way out of each state."""
    for verb, state in UNDER_WAY.items():
        if case.state is state:
            yield on.Settled(verb=verb)
    yield on.Judged(as_of=now, findings=(), ending=Ending.NO_LONGER_MATCHES)
    yield from (on.Retried(who="pia"), on.Rejected(who="ann"), on.Delivered(channel="#p", receipt="1"), on.Ticked())


@pytest.mark.parametrize("approval", [Approval.OWNER, Approval.OWNER_AND_PLATFORM])
def test_silence_deletes_nothing_however_long_it_lasts(approval: Approval) -> None:
    deletes = Finding(terms=terms(0, 14, approval), mode=Mode.DELETE)
    play = Play(case=replace(opened(agreed=9, agreed_since=NOW - 99 * HOUR), findings=(deletes,)))
    for _ in range(2000):
        play.now += 12 * HOUR
        play.act()
        play.deliver()
    assert play.case.state is State.AWAITING_APPROVAL
    assert play.acts == []
    assert [tell for _, tell in play.heard] == ["found", "reminder", "approval", "escalated", "further", "further"]


def test_silence_stops_after_one_reminder_and_one_last_call() -> None:
    stops = Finding(terms=terms(40, 0, Approval.OWNER), mode=Mode.STOP)
    play = Play(case=replace(opened(agreed=9, agreed_since=NOW - 99 * HOUR), findings=(stops,)))
    for _ in range(100):
        play.now += 12 * HOUR
        play.act()
        play.deliver()
    assert play.acts == [Verb.STOP]
    assert [tell for _, tell in play.heard] == ["found", "reminder", "last_call"]
