"""The desk: a person's word ends in the ledger under their name, or nowhere."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from api.http.house import House
from engine.case import Agreement, Case, Ending, State
from engine.model import Mode
from engine.policy import Approval
from engine.schedule import action_of
from engine.teams import Access
from makers.doors import NOW, StillClock, case_of, person_of
from reapers.desk import Desk, NoSuchCase, Refused
from reapers.situation import HeadState, Situation
from reapers.store import Change, Stale
from reapers.store.ledger import Ledger
from reapers.watch import LAST_GOOD

ANN, BO, DEE, PIA, QI = (person_of(name) for name in ("ann", "bo", "dee", "pia", "qi"))


def hash_of(case: Case) -> str:
    action = action_of(case)
    assert action
    return action.hash


@pytest.fixture
def desk(house: House) -> Desk:
    return house.desk


def test_an_approval_is_recorded_with_role_and_hash(desk: Desk, ledger: Ledger, waiting: Case) -> None:
    after = desk.approve(waiting.id, ANN, hash_of(waiting), "unused since May")
    assert after.state is State.APPROVED
    assert after.agreements == (
        Agreement(role="owner", who=ANN.email, at=NOW, action=hash_of(waiting), reason="unused since May"),
    )
    last = ledger.history(waiting.id)[-1]
    assert (last.event, last.who, last.data["action"]) == ("approved", ANN.email, hash_of(waiting))
    assert ledger.verify_audit().ok


def test_both_roles_take_two_people(desk: Desk, ledger: Ledger) -> None:
    case = ledger.open(case_of(needs=Approval.OWNER_AND_PLATFORM), NOW)
    assert desk.approve(case.id, ANN, hash_of(case)).state is State.AWAITING_APPROVAL
    with pytest.raises(Refused, match="already agreed"):
        desk.approve(case.id, ANN, hash_of(case))
    assert desk.approve(case.id, PIA, hash_of(case)).state is State.APPROVED


def test_a_stale_hash_is_refused_and_changes_nothing(desk: Desk, ledger: Ledger, waiting: Case) -> None:
    seen = hash_of(waiting)
    changed = ledger.save(waiting, case_of(fingerprint="f2", version=waiting.version), "drifted", NOW)
    with pytest.raises(Refused, match="no longer what you saw"):
        desk.approve(waiting.id, ANN, seen)
    assert ledger.case(waiting.id) == changed


def test_an_approver_who_left_the_team_before_the_click_is_refused(house: House, waiting: Case) -> None:
    situation = house.service.situation
    assert situation.policies
    teams = {name: team for name, team in situation.policies.teams.items() if name != "payments"}
    house.service.situation = replace(situation, policies=replace(situation.policies, teams=teams))
    with pytest.raises(Refused):
        house.desk.approve(waiting.id, ANN, hash_of(waiting))


def test_reject_closes_and_shields_that_policy_for_thirty_days(desk: Desk, ledger: Ledger, waiting: Case) -> None:
    after = desk.reject(waiting.id, ANN, "still billed to us")
    assert after.closed
    assert after.closed.reason is Ending.REJECTED
    (shield,) = ledger.shields(NOW)[waiting.key.ref]
    assert (shield.policy, shield.until, shield.who) == ("ebs-unattached", NOW + timedelta(days=30), ANN.email)


def test_a_refused_rejection_leaves_no_shield(desk: Desk, ledger: Ledger, waiting: Case) -> None:
    with pytest.raises(Refused):
        desk.reject(waiting.id, BO)
    assert ledger.shields(NOW) == {}
    assert ledger.case(waiting.id) == waiting


def test_keep_needs_a_reason_and_holds_as_long_as_allowed(desk: Desk, waiting: Case) -> None:
    with pytest.raises(Refused, match="Say why"):
        desk.keep(waiting.id, BO, None, " ")
    kept = desk.keep(waiting.id, BO, None, "rollback copy").kept
    assert kept
    assert kept.until == NOW + timedelta(days=90)


def test_snooze_by_anybody_twice(desk: Desk, ledger: Ledger, waiting: Case) -> None:
    viewer = person_of("zoe", Access.VIEWER)
    assert desk.snooze(waiting.id, viewer).snoozes == 1
    assert desk.snooze(waiting.id, viewer).snoozes == 2
    with pytest.raises(Refused, match="that is the limit"):
        desk.snooze(waiting.id, viewer)


def test_not_mine_tells_another_team_by_name_or_alias_or_the_platform(desk: Desk, ledger: Ledger) -> None:
    for number, (team, expected) in enumerate([("search", "search"), ("find", "search"), ("", "platform")]):
        case = ledger.open(case_of(number), NOW)
        after = desk.not_mine(case.id, BO, team)
        assert (after.team, after.owner, after.state) == (expected, "", State.NOTIFIED)


def test_retry_sends_a_stuck_case_back(desk: Desk, ledger: Ledger) -> None:
    case = ledger.open(case_of(state=State.STUCK, stuck="denied", stuck_from=State.GRACE), NOW)
    assert desk.retry(case.id, ANN).state is State.GRACE


def test_restore_asks_for_it_back_under_a_name(desk: Desk, ledger: Ledger) -> None:
    gone = case_of(state=State.DELETED, rung=Mode.DELETE, backed_up=True, undo_until=NOW + timedelta(days=1))
    case = ledger.open(gone, NOW)
    after = desk.restore(case.id, BO)
    assert (after.state, after.asked_by) == (State.RESTORING, BO.email)


def test_keep_beats_approve_when_it_comes_first(desk: Desk, waiting: Case) -> None:
    desk.keep(waiting.id, BO, None, "needed")
    with pytest.raises(Refused, match="only a case that awaits approval"):
        desk.approve(waiting.id, ANN, hash_of(waiting))


def test_keep_beats_approve_when_it_comes_second(desk: Desk, waiting: Case) -> None:
    desk.approve(waiting.id, ANN, hash_of(waiting))
    assert desk.keep(waiting.id, BO, None, "needed").state is State.KEPT


def test_keep_wins_whenever_both_race(house: House, ledger: Ledger) -> None:
    """However the two interleave, nothing stays approved: whoever loses the compare-and-set decides anew."""
    for number in range(10):
        case = ledger.open(case_of(number), NOW)
        start = threading.Barrier(2)

        def keep(case: Case = case, start: threading.Barrier = start) -> None:
            start.wait()
            house.desk.keep(case.id, BO, None, "needed")

        def approve(case: Case = case, start: threading.Barrier = start) -> None:
            start.wait()
            with contextlib.suppress(Refused):
                house.desk.approve(case.id, ANN, hash_of(case))

        threads = [threading.Thread(target=word) for word in (keep, approve)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = ledger.case(case.id)
        assert after
        assert (after.state, after.agreements) == (State.KEPT, ())


class Contested(Ledger):
    """A ledger in which somebody else is always a moment earlier, so many times."""

    losing = 0

    def save_all(self, changes: list[Change], at: object) -> list[Case]:  # type: ignore[override]  # a test's own narrowing
        if self.losing:
            self.losing -= 1
            raise Stale(changes[0].after.id)
        return super().save_all(changes, NOW)


@pytest.mark.parametrize(("losing", "saved"), [(1, True), (2, False)])
def test_a_lost_race_is_decided_once_more_and_then_refused(
    ledger: Ledger, waiting: Case, house: House, losing: int, saved: bool
) -> None:
    contested = Contested(ledger.database)
    contested.losing = losing
    desk = Desk(contested, StillClock(), lambda: house.service.situation)
    if saved:
        assert desk.snooze(waiting.id, ANN).state is State.KEPT
    else:
        with pytest.raises(Refused, match="by somebody else at this moment"):
            desk.snooze(waiting.id, ANN)


def test_a_case_is_meant_by_id_beginning_key_resource_or_name(desk: Desk, ledger: Ledger, waiting: Case) -> None:
    ledger.open(case_of(2), NOW)
    for text in (waiting.id, waiting.key.ref, "vol-1", "DATA-1"):
        assert desk.case(text).id == waiting.id
    with pytest.raises(Refused, match="may mean several"):
        desk.case("c-00")
    with pytest.raises(NoSuchCase, match="There is no case"):
        desk.case("nonsense")


def test_an_open_case_is_meant_before_closed_ones(desk: Desk, ledger: Ledger, waiting: Case) -> None:
    desk.reject(waiting.id, ANN)
    second = ledger.open(case_of(7, key=waiting.key), NOW)
    assert desk.case("vol-1").id == second.id


def test_several_approvals_at_once_stand_alone(desk: Desk, ledger: Ledger) -> None:
    cases = [ledger.open(case_of(number, team=team, owner=team), NOW) for number, team in enumerate(("payments", "search"))]
    outcomes = desk.approve_all([hash_of(cases[0]), hash_of(cases[1]), "f" * 64], ANN)
    assert [bool(one.refused) for one in outcomes] == [False, True, True]
    assert [case.state for case in map(ledger.case, (cases[0].id, cases[1].id)) if case] == [
        State.APPROVED,
        State.AWAITING_APPROVAL,
    ]


def test_freeze_and_unfreeze(desk: Desk, ledger: Ledger) -> None:
    with pytest.raises(Refused, match="Say why"):
        desk.freeze(ANN, "")
    with pytest.raises(Refused, match="viewer token"):
        desk.freeze(person_of("zoe", Access.VIEWER), "why not")
    desk.freeze(ANN, "incident 7")
    frozen = ledger.frozen()
    assert frozen
    assert (frozen.who, frozen.reason) == (ANN.email, "incident 7")
    with pytest.raises(Refused, match="operator or more"):
        desk.unfreeze(ANN)
    desk.unfreeze(person_of("pia", Access.OPERATOR))
    assert ledger.frozen() is None
    with pytest.raises(Refused, match="Nothing is frozen"):
        desk.unfreeze(person_of("pia", Access.OPERATOR))


@pytest.mark.parametrize(("froze", "accepted"), [("sexton", True), ("ann@acme.example", False)])
def test_unfreezing_accepts_a_rewritten_branch_only_where_that_is_why_it_froze(
    ledger: Ledger, froze: str, accepted: bool
) -> None:
    rewound = Situation(head=HeadState(sha="b" * 40, moved="rewound"))
    ledger.set(LAST_GOOD, "a" * 40)
    ledger.freeze(froze, "because", NOW)
    desk = Desk(ledger, StillClock(), lambda: rewound)
    assert desk.unfreeze(person_of("pia", Access.OPERATOR)), "before policies were loaded nobody knows that it takes only one"
    assert desk.unfreeze(person_of("qi", Access.OPERATOR)) is None
    assert (ledger.get(LAST_GOOD) == "") is accepted


def test_before_policies_nobody_is_anybody(ledger: Ledger, waiting: Case) -> None:
    desk = Desk(ledger, StillClock(), Situation)
    with pytest.raises(Refused, match="No policies have been loaded"):
        desk.approve(waiting.id, ANN, hash_of(waiting))


def test_the_service_hears_of_it(ledger: Ledger, house: House, waiting: Case) -> None:
    heard: list[bool] = []
    Desk(ledger, StillClock(), lambda: house.service.situation, lambda: heard.append(True)).snooze(waiting.id, ANN)
    assert heard == [True]


def test_a_reason_is_a_sentence(desk: Desk, waiting: Case) -> None:
    with pytest.raises(Refused, match="longer than 500"):
        desk.snooze(waiting.id, ANN, reason="x" * 501)
