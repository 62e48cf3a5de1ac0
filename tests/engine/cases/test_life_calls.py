"""Reminders, last calls, and those who are asked when a team is silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine import case as of
from engine import events as on
from engine.audience import audience, recipient
from engine.case import Agreement, Case, State
from engine.last_call import earliest, is_called
from engine.life import advance
from engine.life.time import wakes
from engine.model import Mode, Verb
from engine.policy import Approval, PolicySet
from engine.schedule import Rules, action_of, promise
from makers.cases import NOW, PAYMENTS, PLATFORM, days, in_grace, policies, reap, resource

DAY = timedelta(days=1)
SILENT = ("lead@x.example", "platform")


def under(delete: int = 30, approval: Approval = Approval.OWNER) -> PolicySet:
    ladder = {Mode.NOTIFY: days(0), Mode.DELETE: days(delete)}
    made = policies(reap(after=ladder, approval={Mode.DELETE: approval}))
    return replace(made, teams={"payments": replace(PAYMENTS, when_silent=SILENT), "platform": PLATFORM})


def silently(case: Case) -> Case:
    """The case under terms that ask nobody."""
    terms = replace(case.terms, approval={Mode.STOP: Approval.NONE, Mode.DELETE: Approval.NONE})
    return replace(case, findings=(replace(case.lead, terms=terms),))


def tick(case: Case, day: float, rules: PolicySet, **more: bool) -> Case:
    return advance(case, on.Ticked(**more), Rules(policies=rules), NOW + day * DAY)


def tell(case: Case, day: float, rules: PolicySet) -> Case:
    """What it has to tell is received on that day, as it was composed then."""
    now = NOW + day * DAY
    dates = promise(case, Rules(policies=rules), now)
    return advance(case, on.Delivered(channel="#p", receipt="2", promised=dates, mode=case.lead.mode), Rules(policies=rules), now)


# --- the reminder -------------------------------------------------------------------------------------------------


def test_half_way_through_a_long_grace_there_is_one_reminder_and_it_moves_no_date() -> None:
    rules = under()
    case = in_grace(rules)
    assert tick(case, 14.9, rules) is case
    reminded = tick(case, 15, rules)
    assert (reminded.state, reminded.tell) == (State.GRACE, "reminder")
    assert promise(reminded, Rules(policies=rules), NOW + 15 * DAY) == {Mode.DELETE: NOW + 30 * DAY}
    told = tell(reminded, 15, rules)
    assert (told.due, told.tell) == (NOW + 30 * DAY, "")
    assert tick(told, 29, rules) is told, "one of them"


def test_a_short_grace_has_none() -> None:
    rules = under(delete=6)
    case = in_grace(rules)
    assert all(tick(case, day, rules) is case for day in (3, 4, 5, 5.9))


def test_the_quarantine_has_its_own_reminder() -> None:
    ladder = {Mode.NOTIFY: days(0), Mode.STOP: days(3), Mode.DELETE: days(17)}
    rules = policies(reap("idle", "state == 'running'", kinds=("aws.ec2_instance",), after=ladder))
    case = tick(in_grace(rules, resource("aws.ec2_instance", "i-1", fields={"state": "running"})), 3, rules)
    for event in (on.Began(verb=Verb.STOP), on.Settled(verb=Verb.STOP)):
        case = advance(case, event, Rules(policies=rules), NOW + 3 * DAY)
    case = tell(case, 3, rules)
    assert tick(case, 10, rules).tell == "reminder"


# --- the last call ------------------------------------------------------------------------------------------------


def test_what_silence_will_do_is_called_three_days_ahead() -> None:
    rules = under()
    case = silently(tell(tick(in_grace(rules), 15, rules), 15, rules))
    assert tick(case, 26.9, rules) is case
    called = tick(case, 27, rules)
    assert called.tell == "last_call"
    told = tell(called, 27.2, rules)
    assert told.due == NOW + 30 * DAY, "the date stands"
    ready = tick(told, 30, rules)
    assert ready.state is State.APPROVED
    assert is_called(ready, NOW + 30 * DAY)


def test_a_reminder_or_first_notice_that_is_late_enough_is_a_last_call() -> None:
    rules = under(delete=14)
    reminded = silently(tell(tick(in_grace(rules), 7, rules), 7.5, rules))
    assert tick(reminded, 13, rules) is reminded
    assert is_called(tick(reminded, 14, rules), NOW + 14 * DAY)
    first = silently(in_grace(under(delete=5)))
    assert tick(first, 4, rules) is first
    assert is_called(first, NOW + 5 * DAY)


def test_a_last_call_that_came_late_holds_the_act_for_a_day() -> None:
    rules = under()
    called = tick(silently(replace(in_grace(rules), reminded=True)), 29.5, rules)
    assert called.tell == "last_call"
    assert promise(called, Rules(policies=rules), NOW + 29.5 * DAY) == {Mode.DELETE: NOW + 30.5 * DAY}
    told = tell(called, 29.5, rules)
    assert told.due == NOW + 30.5 * DAY
    assert tick(told, 30.4, rules) is told
    later = advance(
        called,
        on.Delivered(channel="#p", receipt="2", promised={Mode.DELETE: NOW + 30.5 * DAY}, mode=Mode.DELETE),
        Rules(policies=rules),
        NOW + 31 * DAY,
    )
    assert later.due == NOW + 32 * DAY, "Slack was down: a day from when they had it, not from when it was written"


def approved(rules: PolicySet, agreed: float) -> Case:
    """Asked on day 30, agreed to on a later one."""
    case = tell(tick(replace(in_grace(rules), reminded=True), 30, rules), 30, rules)
    action = action_of(case)
    assert action
    yes = Agreement(role="owner", who="ann@x.example", at=NOW, action=action.hash)
    return advance(case, on.Approved(agreement=yes, needs=Approval.OWNER), Rules(policies=rules), NOW + agreed * DAY)


def test_a_request_for_approval_names_the_act_a_day_before_it_at_least() -> None:
    case = approved(under(), 30.1)
    assert (case.state, case.due) == (State.APPROVED, NOW + 31 * DAY)
    assert not is_called(case, NOW + 30.9 * DAY)
    assert is_called(case, NOW + 31 * DAY)


def test_an_approval_that_comes_late_is_followed_by_a_last_call() -> None:
    rules = under()
    case = approved(rules, 40)
    assert not is_called(case, NOW + 40 * DAY)
    assert tick(case, 40, rules) is case, "something else holds it back as well: nothing is about to happen"
    called = tick(case, 40, rules, uncalled=True)
    assert (called.state, called.tell, called.agreements) == (State.APPROVED, "last_call", case.agreements)
    assert called.execute_by == case.execute_by, "it runs on: only limits, hours and the canary stop it"
    told = tell(called, 40.2, rules)
    assert told.due == NOW + 41.2 * DAY
    assert action_of(told) == action_of(case), "what was agreed to is the same"
    assert tick(told, 41.2, rules, uncalled=True) is told


def test_a_backup_that_took_long_is_followed_by_a_last_call() -> None:
    rules = under()
    case = advance(approved(rules, 30.1), on.Began(verb=Verb.BACKUP), Rules(policies=rules), NOW + 31 * DAY)
    assert tick(case, 39, rules, uncalled=True).tell == "last_call"


@pytest.mark.parametrize(
    ("calls", "at", "first"),
    [
        ((), 10, 10),
        ((0,), 1, 1),
        ((0,), 0.5, 1),
        ((0,), 7, 7),
        ((0,), 8, 8),  # too old for ever
        ((0, 8), 8, 9),
        ((0, 6.5), 7, 7),
        ((0, 6.5), 7.1, 7.5),
    ],
)
def test_the_first_moment_at_which_a_delivery_counts(calls: tuple[float, ...], at: float, first: float) -> None:
    assert earliest([NOW + call * DAY for call in calls], NOW + at * DAY) == NOW + first * DAY


def test_every_date_that_time_waits_for_is_known_ahead() -> None:
    rules = under()
    case = silently(in_grace(rules))
    assert {NOW + 15 * DAY, NOW + 27 * DAY, NOW + 30 * DAY} <= set(wakes(case))


# --- a silent team ------------------------------------------------------------------------------------------------


def test_a_silent_team_is_asked_once_more_and_then_each_of_those_it_names_once() -> None:
    rules = under()
    case = tell(tick(replace(in_grace(rules), reminded=True), 30, rules), 30, rules)
    asked = tick(case, 44, rules)
    assert (asked.tell, recipient(asked, rules)) == ("escalated", "payments")
    case = tell(asked, 44, rules)  # a Wednesday
    assert case.escalate_at == NOW + 49 * DAY, "three working days later, over the weekend"
    assert tick(case, 48.9, rules) is case
    for day, name in ((49, "lead@x.example"), (52, "platform")):
        further = tick(case, day, rules)
        assert (further.tell, recipient(further, rules)) == ("further", name)
        assert tick(further, day + 30, rules) is further, "not the next one before this one was told"
        case = tell(further, day, rules)
    assert (case.further, case.escalate_at) == (2, None)
    assert tick(case, 400, rules) is case, "then it only waits"
    assert case.state is State.AWAITING_APPROVAL


def test_an_answer_ends_it() -> None:
    rules = under()
    case = tell(tick(tell(tick(replace(in_grace(rules), reminded=True), 30, rules), 30, rules), 44, rules), 44, rules)
    action = action_of(case)
    assert action
    yes = on.Approved(agreement=Agreement(role="owner", who="a", at=NOW, action=action.hash), needs=Approval.OWNER)
    agreed = advance(case, yes, Rules(policies=rules), NOW + 45 * DAY)
    assert (agreed.state, agreed.escalate_at) == (State.APPROVED, None)
    kept = advance(case, on.Keeping(kept=of.Kept(until=NOW + 99 * DAY, who="a")), Rules(policies=rules), NOW + 45 * DAY)
    assert (kept.escalated, kept.further, kept.escalate_at) == (False, 0, None)


def test_a_person_is_told_alone_on_the_teams_calendar() -> None:
    rules = under()
    person = audience("lead@x.example", "payments", rules)
    assert (person.name, person.email, person.time_zone, person.slack) == (
        "lead@x.example",
        "lead@x.example",
        "Europe/Berlin",
        "",
    )
    assert audience("platform", "payments", rules) is PLATFORM
    assert audience("nobody-knows", "payments", rules).name == "nobody-knows"
