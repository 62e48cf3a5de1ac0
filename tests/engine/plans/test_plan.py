"""What may be done now, and which guard holds back the rest. Each guard has a test that only it can pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine import events as on
from engine.case import Agreement, Case, State
from engine.guards import Asked, blocked
from engine.life import advance
from engine.limits import Usage, act_of
from engine.model import Mode
from engine.money import Money
from engine.plan import plan
from engine.policy import Approval, Hours, Limits, PolicySet
from engine.schedule import Rules, action_of, complete, due_after, next_rung, promise
from engine.standing import Standing
from makers.cases import NOW, context, days, in_grace, opened, policies, reap, resource, scanned, seen

DUE = NOW + timedelta(days=21)
"""A Monday at ten in Berlin, three weeks after the owner was told."""


def ready(id: str = "vol-1") -> Case:
    under = policies()
    case = advance(in_grace(under, resource(id=id)), on.Ticked(), Rules(policies=under), DUE)
    case = replace(case, tell="", called=(DUE - timedelta(days=2),))
    action = action_of(case)
    assert action is not None
    agreement = Agreement(role="owner", who="ann@x.example", at=DUE, action=action.hash)
    return advance(case, on.Approved(agreement=agreement, needs=Approval.OWNER), Rules(policies=under), DUE)


def standing(**more: object) -> Standing:
    of = more.pop("policies", None) or policies()
    assert isinstance(of, PolicySet)
    seen = scanned(of, resource(), as_of=DUE - timedelta(minutes=30))
    made = Standing(policies=of, server=Mode.DELETE, frozen=False, head_current=True, scanned=seen, proven=True)
    return replace(made, **more)  # type: ignore[arg-type]  # fields of Standing


def blocks(case: Case | None = None, now: datetime = DUE, **more: object) -> tuple[str, ...]:
    case = case or ready()
    now_standing = standing(**more)
    return blocked(Asked(case=case, action=action_of(case), standing=now_standing, usage=now_standing.usage, now=now))


def test_a_ready_case_may_be_done() -> None:
    assert blocks() == ()
    made = plan([ready()], standing(), DUE)
    assert [action.verb for action in made.actions] == ["delete"]
    assert made.skipped == ()
    assert len(made.hash) == 64
    assert made.hash == plan([ready()], standing(), DUE).hash


@pytest.mark.parametrize(
    ("guard", "more"),
    [
        ("freeze", {"frozen": True}),
        ("git", {"head_current": False}),
        ("mode", {"server": Mode.STOP}),
    ],
)
def test_a_switch_blocks(guard: str, more: dict[str, object]) -> None:
    assert blocks(**more) == (guard,)


def test_outside_the_hours_nothing_is_done() -> None:
    night = DUE + timedelta(hours=8)
    assert blocks(now=night, scanned=scanned(policies(), resource(), as_of=night)) == ("window",)


def test_not_before_the_date_that_was_told_nor_while_something_must_be_told() -> None:
    assert blocks(replace(ready(), due=DUE + timedelta(minutes=1))) == ("notice",)
    assert blocks(replace(ready(), due=None)) == ("notice",)


@pytest.mark.parametrize(
    ("before", "is_one"),
    [({"hours": 23}, False), ({"hours": 24}, True), ({"days": 7}, True), ({"days": 7, "minutes": 1}, False)],
)
def test_a_last_call_is_at_least_a_day_and_at_most_a_week_old(before: dict[str, int], is_one: bool) -> None:
    call = DUE - timedelta(**before)
    assert blocks(replace(ready(), called=(call,))) == (() if is_one else ("notice",))
    assert blocks(replace(ready(), called=())) == ("notice",), "that somebody was told weeks ago is not enough"
    assert blocks(replace(ready(), told=None)) == ("notice",)
    assert blocks(replace(ready(), tell="changed")) == ("notice",)


def test_an_approval_is_of_exactly_this_action() -> None:
    assert blocks(replace(ready(), agreements=())) == ("approval",)
    assert blocks(replace(ready(), generation=1)) == ("approval",)
    assert blocks(replace(ready(), fingerprint="f2")) == ("approval",)
    assert blocks(replace(ready(), state=State.AWAITING_APPROVAL)) == ("approval",)


def test_undecided_and_without_a_fingerprint_nothing_is_done() -> None:
    assert blocks(replace(ready(), paused_at=NOW)) == ("evidence",)
    assert "fingerprint" in blocks(replace(ready(), fingerprint=""))


def test_a_lowered_mode_blocks_at_once() -> None:
    under = policies()
    lower = context(under, Mode.NOTIFY)
    from engine.judge import judge_one
    from engine.view import view

    findings = judge_one(view(resource(), lower, NOW), lower, NOW).findings
    assert "mode" in blocks(replace(ready(), findings=findings))


def test_limits_hold_back_the_later_ones() -> None:
    one = replace(policies().organization, limits=Limits(per_day=1), hours=Hours())
    made = plan([ready("vol-1"), ready("vol-2")], standing(policies=policies(organization=one)), DUE)
    assert len(made.actions) == 1
    assert [skipped.blocked_by for skipped in made.skipped] == [("caps", "canary")]
    done = act_of(ready(), made.actions[0], DUE - timedelta(hours=1))
    assert plan([ready()], standing(policies=policies(organization=one), usage=Usage(acts=(done,))), DUE).actions == ()


def test_cases_that_are_not_ready_are_no_part_of_a_plan() -> None:
    made = plan([in_grace(), opened()], standing(), DUE)
    assert (made.actions, made.skipped) == ((), ())


# --- the arithmetic under it --------------------------------------------------------------------------------------


def test_the_grace_is_never_shorter_than_the_organizations() -> None:
    soon = policies(reap(after={Mode.NOTIFY: days(0), Mode.DELETE: days(1)}))
    assert in_grace(soon).due == NOW + timedelta(days=3)  # 3 working days from Monday
    unowned = in_grace(soon, resource(tags={}))
    assert unowned.due == NOW + timedelta(days=10)  # and 7 days more where nobody owns it


def test_a_promise_names_every_act_that_the_mode_allows() -> None:
    ladder = {Mode.NOTIFY: days(0), Mode.STOP: days(3), Mode.DELETE: days(14)}
    under = policies(reap("idle", "state == 'running'", kinds=("aws.ec2_instance",), after=ladder))
    case = opened(under, resource("aws.ec2_instance", "i-1", fields={"state": "running"}))
    rules = Rules(policies=under)
    assert promise(case, rules, NOW) == {Mode.STOP: NOW + timedelta(days=3), Mode.DELETE: NOW + timedelta(days=14)}
    assert next_rung(case) is Mode.NOTIFY
    assert due_after(case, rules) is None


def test_a_date_once_told_never_comes_earlier() -> None:
    under = policies()
    case = in_grace(under)
    assert case.told is not None
    later = replace(case, told=replace(case.told, promised={Mode.DELETE: NOW + timedelta(days=40)}))
    assert due_after(later, Rules(policies=under)) == NOW + timedelta(days=40)
    assert promise(later, Rules(policies=under), NOW)[Mode.DELETE] == NOW + timedelta(days=40)


def test_without_an_owner_platform_speaks_for_them_and_two_roles_are_two_people() -> None:
    def yes(role: str, who: str) -> Agreement:
        return Agreement(role=role, who=who, at=NOW, action="a")

    assert complete(Approval.NONE, (), "payments")
    assert complete(Approval.OWNER, (yes("platform", "pia"),), "")
    assert not complete(Approval.OWNER, (yes("platform", "pia"),), "payments")
    assert not complete(Approval.OWNER_AND_PLATFORM, (yes("platform", "pia"),), "")
    assert complete(Approval.OWNER_AND_PLATFORM, (yes("platform", "pia"), yes("platform", "quinn")), "")
    assert complete(Approval.OWNER_AND_PLATFORM, (yes("owner", "ann"), yes("platform", "pia")), "payments")


def test_the_hash_covers_what_is_done_and_not_what_it_costs() -> None:
    case = ready()
    action = action_of(case)
    assert action is not None
    dearer = action_of(replace(case, monthly=Money.of(99), commit="other"))
    assert dearer is not None
    assert dearer.hash == action.hash
    for change in ({"fingerprint": "f2"}, {"generation": 3}, {"id": "c-other"}):
        changed = action_of(replace(case, **change))  # type: ignore[arg-type]  # fields of Case
        assert changed is not None
        assert changed.hash != action.hash


def test_after_the_last_rung_there_is_nothing_to_do() -> None:
    assert action_of(replace(ready(), rung=Mode.DELETE)) is None
    assert action_of(opened()) is None
    assert seen(opened(), NOW, policies()).findings
