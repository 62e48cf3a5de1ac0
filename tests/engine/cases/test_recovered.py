"""What a recovery of the ledger means for a case: told again, the whole grace, no agreements; and what is gone is not booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.case import Agreement, Case, Ending, State
from engine.events import Delivered, Recovered
from engine.life import advance
from engine.life.recovered import PASSED_OVER
from engine.model import Mode, Verb
from engine.schedule import Rules, action_of, promise
from makers.cases import NOW, in_grace, policies

RULES = Rules(policies=policies())
LATER = NOW + timedelta(days=20)


def approved() -> Case:
    case = replace(in_grace(), state=State.APPROVED, due=NOW + timedelta(days=14), backed_up=True)
    action = action_of(case)
    assert action
    yes = Agreement(role="owner", who="ann@x.example", at=NOW, action=action.hash)
    return replace(case, agreements=(yes,), execute_by=LATER, memory={Verb.BACKUP: {"snapshot": "snap-1"}})


@pytest.mark.parametrize("state", [State.GRACE, State.AWAITING_APPROVAL, State.APPROVED, State.SNAPSHOTTING])
def test_the_owner_is_told_again_and_has_the_whole_grace(state: State) -> None:
    before = replace(approved(), state=state)
    after = advance(before, Recovered(), RULES, LATER)
    assert (after.state, after.tell, after.agreements, after.backed_up) == (State.NOTIFIED, "recovered", (), False)
    assert after.generation >= before.generation + PASSED_OVER, "no backup of the lost hours passes for one of now"
    told = Delivered(channel="#payments", receipt="2.0", promised=promise(after, RULES, LATER), mode=after.lead.mode)
    again = advance(after, told, RULES, LATER)
    assert again.state is State.GRACE
    assert again.due
    assert again.due >= LATER + timedelta(days=14)


def test_what_we_stopped_stays_stopped_and_is_told() -> None:
    before = replace(approved(), state=State.STOPPED, rung=Mode.STOP)
    after = advance(before, Recovered(), RULES, LATER)
    assert (after.state, after.tell, after.rung) == (State.STOPPED, "recovered", Mode.STOP)


@pytest.mark.parametrize("state", [State.DETECTED, State.KEPT, State.STUCK, State.STOPPING, State.DELETING, State.CLOSED])
def test_where_nobody_agreed_to_anything_nothing_changes(state: State) -> None:
    case = replace(approved(), state=state)
    assert advance(case, Recovered(), RULES, LATER) is case


@pytest.mark.parametrize("state", [State.DELETED, State.RESTORING, State.STUCK])
def test_what_we_deleted_before_is_no_loss(state: State) -> None:
    case = replace(approved(), state=state, rung=Mode.DELETE)
    assert advance(case, Recovered(gone=True), RULES, LATER) is case


def test_twice_is_once() -> None:
    once = advance(approved(), Recovered(), RULES, LATER)
    assert advance(once, Recovered(), RULES, LATER) is once


@pytest.mark.parametrize("ours", [True, False])
def test_what_is_gone_is_closed_as_lost_and_never_as_vanished(ours: bool) -> None:
    after = advance(approved(), Recovered(gone=True, ours=ours), RULES, LATER)
    assert after.closed
    assert (after.closed.reason, after.tell) == (Ending.LOST, "lost")
    assert after.memory[Verb.DELETE]["ours"] is ours
