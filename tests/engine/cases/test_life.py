"""The life of a case, step by step: each test is a sentence of CONTRACTS sections 4 and 5."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine import case as of
from engine import events as on
from engine.case import Agreement, Case, Ending, Kept, State
from engine.events import Event
from engine.life import STEPS, advance
from engine.model import Mode, Unknown, Verb
from engine.policy import AccountRow, Approval, Organization, PolicySet
from engine.schedule import Rules, action_of
from makers.cases import NOW, context, days, in_grace, opened, policies, reap, resource, seen

DAY = timedelta(days=1)
STOPPING = {Mode.NOTIFY: days(0), Mode.STOP: days(3), Mode.DELETE: days(14)}


def step(case: Case, event: Event, after: timedelta = timedelta(0), under: PolicySet | None = None) -> Case:
    return advance(case, event, Rules(policies=under or policies()), NOW + after)


def yes(case: Case, who: str = "ann@x.example", role: str = "owner", needs: Approval = Approval.OWNER) -> on.Approved:
    action = action_of(case)
    assert action is not None
    return on.Approved(agreement=Agreement(role=role, who=who, at=NOW, action=action.hash), needs=needs)


def awaiting(under: PolicySet | None = None) -> Case:
    return step(in_grace(under), on.Ticked(), 20 * DAY, under)


def approved(under: PolicySet | None = None) -> Case:
    case = replace(awaiting(under), tell="")
    return step(case, yes(case), 20 * DAY, under)


def stopped() -> tuple[Case, PolicySet]:
    under = policies(reap("idle", "state == 'running'", kinds=("aws.ec2_instance",), after=STOPPING))
    machine = resource("aws.ec2_instance", "i-1", fields={"state": "running"})
    case = step(in_grace(under, machine), on.Ticked(), 3 * DAY, under)
    assert case.state is State.APPROVED
    begun = step(case, on.Began(verb=Verb.STOP), 3 * DAY, under)
    return step(begun, on.Settled(verb=Verb.STOP, memory={"sent": "now"}), 3 * DAY, under), under


def test_every_event_has_its_step() -> None:
    assert set(STEPS) == set(on.Event.__args__)


# --- from detected to told ----------------------------------------------------------------------------------------


def test_nobody_is_told_before_enough_scans_agreed_for_long_enough() -> None:
    under = policies()
    case = opened(under)
    for hours in (8, 16):
        case = step(case, seen(case, NOW + timedelta(hours=hours), under), timedelta(hours=hours))
        case = step(case, on.Ticked(), timedelta(hours=hours))
        assert case.state is State.DETECTED
    assert case.agreed == 3
    case = step(case, seen(case, NOW + DAY, under), DAY)
    assert step(case, on.Ticked(), DAY).state is State.NOTIFIED
    assert step(case, on.Ticked(), DAY).tell == "found"


def test_the_same_scan_counts_once() -> None:
    under = policies()
    case = opened(under)
    again = step(case, seen(case, NOW, under))
    assert again.agreed == 1


def test_in_mode_observe_nobody_is_ever_told() -> None:
    quiet = policies(organization=Organization(platform=("platform",), accounts=(AccountRow(match={"cloud": "aws"}),)))
    case = opened(quiet, agreed=9, agreed_since=NOW - 9 * DAY)
    assert case.lead.mode is Mode.OBSERVE
    assert step(case, on.Ticked(), DAY).state is State.DETECTED


def test_the_grace_starts_with_the_receipt_and_waits_for_nothing_else() -> None:
    waiting = replace(opened(), state=State.NOTIFIED, tell="found")
    assert step(waiting, on.Ticked(), 99 * DAY) is waiting
    told = in_grace()
    assert told.state is State.GRACE
    assert told.due == NOW + 14 * DAY


# --- undecided and gaps -------------------------------------------------------------------------------------------


def test_while_it_is_undecided_the_clock_stands_still() -> None:
    under = policies()
    case = in_grace(under)
    paused = step(case, seen(case, NOW + DAY, under, resource(tags=Unknown("denied"))), DAY)
    assert paused.missing == ("owner", "tags")
    assert step(paused, on.Ticked(), 30 * DAY) is paused
    going_on = step(paused, seen(case, NOW + 11 * DAY, under), 11 * DAY)
    assert going_on.paused_at is None
    assert case.due is not None
    assert going_on.due == case.due + 10 * DAY


def test_a_gap_is_not_a_disappearance() -> None:
    case = in_grace()
    paused = step(case, on.Judged(as_of=NOW, findings=(), missing=("scan",)))
    assert paused.state is State.GRACE
    assert paused.paused_at == NOW


# --- what closes it -----------------------------------------------------------------------------------------------


def test_what_no_longer_matches_closes() -> None:
    under = policies()
    case = in_grace(under)
    closed = step(case, seen(case, NOW + DAY, under, resource(fields={"state": "in-use"})), DAY)
    assert closed.closed is not None
    assert closed.closed.reason is Ending.NO_LONGER_MATCHES
    assert closed.tell == ""


def test_what_vanished_or_was_born_again_closes() -> None:
    for reborn, ending in ((False, Ending.VANISHED), (True, Ending.REBORN)):
        closed = step(in_grace(), on.Vanished(reborn=reborn))
        assert closed.closed is not None
        assert closed.closed.reason is ending


def test_while_an_act_is_under_way_only_its_outcome_counts() -> None:
    acting = step(approved(), on.Began(verb=Verb.DELETE))
    for event in (on.Vanished(), on.Judged(as_of=NOW, findings=()), on.Ticked(), on.Rejected(who="a"), keep("a")):
        assert step(acting, event, 99 * DAY) is acting


def test_rejecting_closes() -> None:
    assert step(awaiting(), on.Rejected(who="ann@x.example")).closed == of.Closed(reason=Ending.REJECTED, at=NOW)


# --- approval -----------------------------------------------------------------------------------------------------


def test_silence_never_deletes() -> None:
    case = awaiting()
    assert case.state is State.AWAITING_APPROVAL
    assert case.tell == "approval"
    assert step(case, on.Ticked(), 33 * DAY) is case
    late = step(case, on.Ticked(), 34 * DAY)
    assert (late.state, late.tell, late.escalated) == (State.AWAITING_APPROVAL, "escalated", True)
    assert step(late, on.Ticked(), 400 * DAY) is late


def test_an_approval_that_is_not_used_in_time_is_void() -> None:
    case = approved()
    assert case.state is State.APPROVED
    assert step(case, on.Ticked(), 26 * DAY).state is State.APPROVED
    void = step(case, on.Ticked(), 27 * DAY)
    assert void.state is State.AWAITING_APPROVAL
    assert void.agreements == ()


def test_it_does_not_run_out_while_only_hours_or_limits_hold_it_back() -> None:
    case = approved()
    held = step(case, on.Ticked(held=True), 21 * DAY)
    assert held.held_at == NOW + 21 * DAY
    assert step(held, on.Ticked(held=True), 60 * DAY) is held
    free = step(held, on.Ticked(), 60 * DAY)
    assert free.state is State.APPROVED
    assert case.execute_by is not None
    assert free.execute_by == case.execute_by + 39 * DAY


def test_two_roles_take_two_people() -> None:
    needs = Approval.OWNER_AND_PLATFORM
    case = replace(awaiting(), tell="")
    once = step(case, yes(case, "pia@x.example", "owner", needs))
    same = step(once, yes(case, "pia@x.example", "platform", needs))
    assert same.state is State.AWAITING_APPROVAL
    assert step(once, yes(case, "quinn@x.example", "platform", needs)).state is State.APPROVED


def test_agreeing_to_an_earlier_action_counts_nothing() -> None:
    case = replace(awaiting(), tell="")
    earlier = yes(replace(case, generation=7), "ann@x.example", "owner", Approval.OWNER_AND_PLATFORM)
    once = step(case, earlier)
    assert step(once, yes(case, "pia@x.example", "platform", Approval.OWNER_AND_PLATFORM)).state is State.AWAITING_APPROVAL


def test_a_click_that_comes_late_changes_nothing() -> None:
    case = approved()
    assert step(case, yes(case)) is case


# --- what was agreed must still be so -----------------------------------------------------------------------------


def test_other_terms_void_approvals_and_are_told_once() -> None:
    case = approved()
    under = policies(reap(after={Mode.NOTIFY: days(0), Mode.DELETE: days(30)}))
    again = step(case, seen(case, NOW + 21 * DAY, under), 21 * DAY, under)
    assert (again.state, again.tell, again.agreements) == (State.NOTIFIED, "changed", ())
    told = step(again, on.Delivered(channel="#p", receipt="2", mode=Mode.DELETE), 21 * DAY, under)
    assert told.due == NOW + 51 * DAY


def test_shorter_terms_never_make_a_date_earlier() -> None:
    case = in_grace()
    under = policies(reap(after={Mode.NOTIFY: days(0), Mode.DELETE: days(5)}))
    again = step(case, seen(case, NOW + DAY, under), DAY, under)
    told = step(again, on.Delivered(channel="#p", receipt="2", mode=Mode.DELETE), DAY, under)
    assert told.due == case.due


def test_a_changed_resource_voids_approvals() -> None:
    case = approved()
    again = step(case, seen(case, NOW + 21 * DAY, policies(), resource(fingerprint="f2")), 21 * DAY)
    assert (again.state, again.tell, again.agreements, again.fingerprint) == (State.NOTIFIED, "drifted", (), "f2")


def test_raising_the_mode_tells_anew_also_after_it_was_lowered() -> None:
    under = policies()
    case = in_grace(under)
    lower = context(under, Mode.NOTIFY)
    lowered = step(case, replace(seen(case, NOW + DAY, under), findings=_findings(lower)), DAY)
    assert lowered.state is State.GRACE
    raised = step(lowered, seen(case, NOW + 2 * DAY, under), 2 * DAY)
    assert (raised.state, raised.tell) == (State.NOTIFIED, "raised")


def _findings(under: object) -> tuple[of.Finding, ...]:
    from engine.judge import judge_one
    from engine.view import Context, view

    assert isinstance(under, Context)
    return judge_one(view(resource(), under, NOW), under, NOW).findings


def test_another_owner_is_told_anew() -> None:
    under = policies()
    case = in_grace(under)
    moved = step(case, seen(case, NOW + DAY, under, resource(tags={"owner": "platform"})), DAY)
    assert (moved.state, moved.team, moved.tell) == (State.NOTIFIED, "platform", "changed")


def test_not_mine_tells_somebody_else_with_the_whole_grace() -> None:
    moved = step(in_grace(), on.Disowned(who="ann@x.example", team="platform"), 10 * DAY)
    assert (moved.state, moved.team, moved.owner, moved.tell) == (State.NOTIFIED, "platform", "", "found")
    told = step(moved, on.Delivered(channel="#platform", receipt="2", mode=Mode.DELETE), 10 * DAY)
    assert told.due == NOW + 24 * DAY


# --- keep ---------------------------------------------------------------------------------------------------------


def keep(who: str, snooze: bool = False) -> on.Keeping:
    return on.Keeping(kept=Kept(until=NOW + 40 * DAY, who=who, reason="needed"), snooze=snooze)


@pytest.mark.parametrize("case", [opened(), in_grace(), awaiting(), approved(), stopped()[0]], ids=lambda case: str(case.state))
def test_keep_is_possible_until_an_act_begins(case: Case) -> None:
    kept = step(case, keep("ann@x.example", snooze=True))
    assert (kept.state, kept.snoozes, kept.agreements) == (State.KEPT, 1, ())
    assert step(kept, seen(case, NOW + DAY, policies()), DAY) is kept
    assert step(kept, on.Ticked(), 39 * DAY) is kept


def test_after_a_keep_everything_begins_anew() -> None:
    case = step(step(in_grace(), keep("ann@x.example")), on.Ticked(), 40 * DAY)
    assert (case.state, case.agreed, case.told, case.rung) == (State.DETECTED, 0, None, Mode.OBSERVE)


def test_after_a_keep_of_what_we_stopped_its_owner_is_told_again() -> None:
    case, under = stopped()
    kept = step(case, keep("ann@x.example"), 5 * DAY, under)
    over = step(kept, on.Ticked(), 40 * DAY, under)
    assert (over.state, over.rung, over.tell, over.due) == (State.STOPPED, Mode.STOP, "stopped", None)
    told = step(over, on.Delivered(channel="#p", receipt="3", mode=Mode.DELETE), 40 * DAY, under)
    assert told.due is not None
    assert told.due >= NOW + 43 * DAY
    closed = step(told, on.Judged(as_of=NOW + 41 * DAY, findings=()), 41 * DAY, under)
    assert closed.tell == "left_stopped"


# --- acts ---------------------------------------------------------------------------------------------------------


def test_a_stop_leads_to_its_own_grace_before_the_delete() -> None:
    case, under = stopped()
    assert (case.state, case.rung, case.tell) == (State.STOPPED, Mode.STOP, "stopped")
    assert case.due == NOW + 14 * DAY
    assert step(case, on.Ticked(), 30 * DAY, under) is case, "not before the owner knows that it was stopped"
    told = step(case, on.Delivered(channel="#p", receipt="2", mode=Mode.DELETE), 4 * DAY, under)
    assert step(told, on.Ticked(), 14 * DAY, under).state is State.AWAITING_APPROVAL


def test_what_we_stopped_stays_stopped_and_its_owner_is_told_how_to_start_it() -> None:
    case, under = stopped()
    closed = step(case, on.Judged(as_of=NOW + 5 * DAY, findings=()), 5 * DAY, under)
    assert (closed.state, closed.tell) == (State.CLOSED, "left_stopped")


def test_an_inventory_from_before_our_stop_says_nothing_of_what_we_stopped() -> None:
    case, under = stopped()
    assert step(case, on.Judged(as_of=NOW, findings=()), 5 * DAY, under) is case


def test_a_delete_can_be_undone_until_a_date_and_is_then_done() -> None:
    case = step(approved(), on.Began(verb=Verb.BACKUP), 20 * DAY)
    case = step(case, on.Noted(verb=Verb.BACKUP, memory={"snapshot": "snap-1"}), 20 * DAY)
    case = step(case, on.Settled(verb=Verb.BACKUP), 20 * DAY)
    assert case.backed_up
    case = step(step(case, on.Began(verb=Verb.DELETE), 20 * DAY), on.Settled(verb=Verb.DELETE), 20 * DAY)
    assert (case.state, case.undo_until, case.tell) == (State.DELETED, NOW + 50 * DAY, "deleted")
    told = step(case, on.Delivered(channel="#p", receipt="3"), 20 * DAY)
    assert step(told, on.Ticked(), 49 * DAY) is told
    done = step(told, on.Ticked(), 50 * DAY)
    assert done.closed is not None
    assert done.closed.reason is Ending.DONE
    restoring = step(told, on.RestoreAsked(who="ann@x.example"), 30 * DAY)
    assert restoring.state is State.RESTORING
    restored = step(restoring, on.Settled(verb=Verb.RESTORE, memory={"key": "k"}), 30 * DAY)
    assert restored.closed is not None
    assert (restored.closed.reason, restored.tell) == (Ending.RESTORED, "restored")


def test_without_a_backup_nothing_can_be_restored() -> None:
    deleted = step(step(approved(), on.Began(verb=Verb.DELETE)), on.Settled(verb=Verb.DELETE))
    assert deleted.undo_until is None
    assert step(deleted, on.RestoreAsked(who="a")) is deleted
    told = replace(deleted, tell="")
    assert step(told, on.Ticked()).state is State.CLOSED


def test_a_stopped_machine_that_is_wanted_back_is_started_and_kept() -> None:
    case, under = stopped()
    restoring = step(case, on.RestoreAsked(who="ann@x.example"), 5 * DAY, under)
    kept = step(restoring, on.Settled(verb=Verb.START), 5 * DAY, under)
    assert (kept.state, kept.tell) == (State.KEPT, "restored")
    assert kept.kept is not None
    assert kept.kept.who == "ann@x.example"


def test_a_call_without_effect_goes_through_every_guard_again() -> None:
    case = step(step(approved(), on.Began(verb=Verb.DELETE)), on.Voided(verb=Verb.DELETE))
    assert (case.state, case.generation, case.agreements) == (State.GRACE, 1, ())
    assert step(case, on.Ticked(), 30 * DAY).state is State.AWAITING_APPROVAL


def test_what_is_stuck_waits_for_a_person() -> None:
    stuck = step(step(approved(), on.Began(verb=Verb.DELETE)), on.Blocked(verb=Verb.DELETE, why="denied"))
    assert (stuck.state, stuck.stuck, stuck.tell) == (State.STUCK, "denied", "stuck")
    assert step(stuck, on.Ticked(), 99 * DAY) is stuck
    retried = step(stuck, on.Retried(who="pia@x.example"))
    assert (retried.state, retried.agreements, retried.generation) == (State.GRACE, (), 1)
    assert step(retried, on.Retried(who="pia@x.example")) is retried


def test_a_restore_that_failed_can_be_asked_for_again() -> None:
    ready = replace(approved(), memory={Verb.BACKUP: {"snapshot": "s"}}, backed_up=True)
    deleted = step(step(ready, on.Began(verb=Verb.DELETE)), on.Settled(verb=Verb.DELETE))
    restoring = step(deleted, on.RestoreAsked(who="a"))
    failed = step(step(restoring, on.Noted(verb=Verb.RESTORE, memory={"key": "x"})), on.Blocked(verb=Verb.RESTORE, why="quota"))
    back = step(failed, on.Retried(who="a"))
    assert back.state is State.DELETED
    assert back.backed_up
    assert Verb.RESTORE not in back.memory
    assert step(back, on.RestoreAsked(who="a")).state is State.RESTORING


def test_a_backup_made_before_a_change_is_not_used_after_it() -> None:
    case = step(step(approved(), on.Began(verb=Verb.BACKUP)), on.Noted(verb=Verb.BACKUP, memory={"snapshot": "s"}))
    drifted = step(replace(case, backed_up=True), on.Drifted(fingerprint="f2"))
    assert (drifted.backed_up, drifted.generation) == (False, 1)
    assert Verb.BACKUP not in drifted.memory
