"""Who may do what, as tables: no ledger, no clock of the machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine import people
from engine.case import ACTING, Agreement, Case, State
from engine.model import Mode, Verb
from engine.pairs import lifting
from engine.people import Refusal
from engine.policy import Approval, PolicySet, Team
from engine.schedule import action_of
from engine.teams import Access, Person, approves_for, in_team
from makers.doors import NOW, case_of, person_of

BOTH = Approval.OWNER_AND_PLATFORM
DAY = timedelta(days=1)


def role(who: Person, case: Case, policies: PolicySet) -> str:
    """The role that a yes fills, or the refusal's sentence."""
    found = people.approval(who, case, action_of(case), policies)
    return found.sentence if isinstance(found, Refusal) else found


def agreed(case: Case, name: str, as_role: str) -> Case:
    action = action_of(case)
    assert action
    yes = Agreement(role=as_role, who=f"{name}@acme.example", at=NOW, action=action.hash)
    return replace(case, agreements=(*case.agreements, yes))


@pytest.mark.parametrize(
    ("name", "needs", "expected"),
    [
        ("ann", Approval.OWNER, "owner"),
        ("ann", BOTH, "owner"),
        ("pia", BOTH, "platform"),
        ("bo", Approval.OWNER, "may not approve"),  # in the team, but it names its approvers
        ("pia", Approval.OWNER, "may not approve"),
        ("dee", BOTH, "may not approve"),
        ("zoe", BOTH, "may not approve"),
    ],
)
def test_which_role_a_person_fills(name: str, needs: Approval, expected: str, policies: PolicySet) -> None:
    assert expected in role(person_of(name), case_of(needs=needs), policies)


def test_without_an_owner_the_platform_speaks_for_it(policies: PolicySet) -> None:
    nobodys = case_of(owner="")
    assert role(person_of("pia"), nobodys, policies) == "platform"
    assert "may not approve" in role(person_of("ann"), nobodys, policies)


def test_without_an_owner_both_roles_take_two_people_of_platform(policies: PolicySet) -> None:
    nobodys = agreed(case_of(owner="", needs=BOTH), "pia", "platform")
    assert role(person_of("qi"), nobodys, policies) == "platform"
    assert "already agreed" in role(person_of("pia"), nobodys, policies)


def test_an_owner_that_no_document_names_agrees_to_nothing(policies: PolicySet) -> None:
    unknown = case_of(owner="skunkworks", team="payments")
    assert "may not approve" in role(person_of("ann"), unknown, policies)
    assert role(person_of("pia"), unknown, policies) == "owner"


def test_one_person_fills_one_role(policies: PolicySet) -> None:
    two_hats = replace(
        policies, teams={**policies.teams, "platform": replace(policies.teams["platform"], people=("ann@acme.example",))}
    )
    case = case_of(needs=BOTH)
    assert role(person_of("ann"), case, two_hats) == "owner"
    assert "already agreed" in role(person_of("ann"), agreed(case, "ann", "owner"), two_hats)


def test_a_filled_role_is_not_filled_again(policies: PolicySet) -> None:
    case = agreed(case_of(needs=BOTH), "ann", "owner")
    everyone = replace(policies, teams={**policies.teams, "payments": replace(policies.teams["payments"], approvers=())})
    assert "may not approve" in role(person_of("bo"), case, everyone)
    assert role(person_of("pia"), case, everyone) == "platform"


def test_a_yes_to_another_action_does_not_count(policies: PolicySet) -> None:
    case = replace(agreed(case_of(), "ann", "owner"), fingerprint="f2")
    assert role(person_of("ann"), case, policies) == "owner"


def test_nobody_approves_what_they_asked_for(policies: PolicySet) -> None:
    assert "asked for this" in role(person_of("ann"), case_of(asked_by="ann@acme.example"), policies)


def test_a_viewer_approves_nothing(policies: PolicySet) -> None:
    assert "viewer token" in role(person_of("ann", Access.VIEWER), case_of(), policies)


@pytest.mark.parametrize("state", sorted(set(State) - {State.AWAITING_APPROVAL}))
def test_only_what_awaits_approval_is_approved(state: State, policies: PolicySet) -> None:
    assert "only a case that awaits approval" in role(person_of("ann"), case_of(state=state), policies)


def test_what_needs_nobody_has_no_role_to_fill(policies: PolicySet) -> None:
    assert "waits for nobody" in role(person_of("ann"), case_of(needs=Approval.NONE), policies)
    assert people.approval_of(case_of(), Verb.START) is Approval.NONE


def test_a_hash_is_named_whole_or_by_enough_of_its_beginning() -> None:
    action = action_of(case_of())
    assert action
    assert people.names(action.hash, action)
    assert people.names(action.hash[:16].upper(), action)
    assert not people.names(action.hash[:15], action)
    assert not people.names("0" * 64, action)


@pytest.mark.parametrize(("name", "may"), [("ann", True), ("bo", False), ("pia", True), ("dee", False)])
def test_who_rejects(name: str, may: bool, policies: PolicySet) -> None:
    assert (people.rejecting(person_of(name), case_of(), policies) is None) is may


def test_rejecting_takes_an_approver_and_an_open_case(policies: PolicySet) -> None:
    assert people.rejecting(person_of("ann", Access.VIEWER), case_of(), policies)
    assert people.rejecting(person_of("ann"), case_of(state=State.CLOSED), policies)


@pytest.mark.parametrize(("name", "may"), [("ann", True), ("bo", True), ("pia", False), ("dee", False)])
def test_who_keeps(name: str, may: bool, policies: PolicySet) -> None:
    refusal = people.keeping(person_of(name, Access.VIEWER), case_of(), NOW + DAY, NOW, policies)
    assert (refusal is None) is may
    assert refusal is None or refusal.forbidden


def test_the_platform_keeps_what_nobody_owns(policies: PolicySet) -> None:
    assert people.keeping(person_of("pia"), case_of(owner=""), NOW + DAY, NOW, policies) is None


@pytest.mark.parametrize(("days", "may"), [(-1, False), (0, False), (1, True), (90, True), (90.1, False)])
def test_how_long_something_is_kept(days: float, may: bool, policies: PolicySet) -> None:
    assert (people.keeping(person_of("ann"), case_of(), NOW + days * DAY, NOW, policies) is None) is may


@pytest.mark.parametrize(("days", "may"), [(0, False), (14, True), (14.1, False)])
def test_how_long_something_is_snoozed(days: float, may: bool, policies: PolicySet) -> None:
    assert (people.snoozing(case_of(), NOW + days * DAY, NOW, policies) is None) is may


@pytest.mark.parametrize(("snoozes", "may"), [(0, True), (1, True), (2, False)])
def test_how_often_something_is_snoozed(snoozes: int, may: bool, policies: PolicySet) -> None:
    assert (people.snoozing(case_of(snoozes=snoozes), NOW + DAY, NOW, policies) is None) is may


@pytest.mark.parametrize("state", sorted({State.CLOSED, State.DELETED, State.RESTORING} | ACTING))
def test_what_has_left_is_not_kept_snoozed_or_rejected(state: State, policies: PolicySet) -> None:
    case = case_of(state=state)
    assert people.keeping(person_of("ann"), case, NOW + DAY, NOW, policies)
    assert people.snoozing(case, NOW + DAY, NOW, policies)
    assert people.rejecting(person_of("ann"), case, policies)
    assert people.disowning(person_of("ann"), case, "search", policies)


@pytest.mark.parametrize(
    ("name", "team", "state", "expected"),
    [
        ("ann", "search", State.GRACE, ""),
        ("dee", "platform", State.GRACE, "Only people of team payments"),
        ("ann", "nowhere", State.GRACE, "There is no team"),
        ("ann", "payments", State.GRACE, "name another"),
        ("ann", "search", State.DETECTED, "nobody is being told"),
        ("ann", "search", State.KEPT, "nobody is being told"),
        ("ann", "search", State.STUCK, "nobody is being told"),
    ],
)
def test_not_mine(name: str, team: str, state: State, expected: str, policies: PolicySet) -> None:
    refusal = people.disowning(person_of(name), case_of(state=state), team, policies)
    assert expected in refusal.sentence if refusal else not expected


@pytest.mark.parametrize(
    ("name", "access", "may"),
    [("zoe", Access.OPERATOR, True), ("ann", Access.VIEWER, True), ("zoe", Access.APPROVER, False)],
)
def test_who_retries_and_restores(name: str, access: Access, may: bool, policies: PolicySet) -> None:
    who = person_of(name, access)
    assert (people.retrying(who, case_of(state=State.STUCK), policies) is None) is may
    assert (people.restoring(who, case_of(state=State.STOPPED, rung=Mode.STOP), NOW, policies) is None) is may


def test_only_what_is_stuck_is_retried(policies: PolicySet) -> None:
    assert people.retrying(person_of("ann"), case_of(), policies)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"state": State.DELETED, "backed_up": True, "undo_until": NOW + DAY}, ""),
        ({"state": State.DELETED, "backed_up": True, "undo_until": NOW}, "no longer kept"),
        ({"state": State.DELETED, "backed_up": False, "undo_until": NOW + DAY}, "without a backup"),
        ({"state": State.STOPPED, "rung": Mode.STOP}, ""),
        ({"state": State.AWAITING_APPROVAL, "rung": Mode.STOP}, ""),
        ({"state": State.STOPPING, "rung": Mode.STOP}, "nothing to restore"),
        ({"state": State.GRACE}, "nothing to restore"),
        ({"state": State.CLOSED, "rung": Mode.STOP}, "nothing to restore"),
    ],
)
def test_what_can_be_restored(changes: dict[str, Any], expected: str, policies: PolicySet) -> None:
    refusal = people.restoring(person_of("ann"), case_of(**changes), NOW, policies)
    assert expected in refusal.sentence if refusal else not expected


def test_freezing_is_wide_and_unfreezing_is_narrow() -> None:
    freezes = {access for access in Access if people.freezing(person_of("zoe", access)) is None}
    unfreezes = {access for access in Access if lifting(person_of("zoe", access), "unfreeze", None) is None}
    assert freezes == {Access.APPROVER, Access.OPERATOR, Access.ADMIN}
    assert unfreezes == {Access.OPERATOR, Access.ADMIN}


def test_a_group_of_the_identity_provider_counts_as_people(policies: PolicySet) -> None:
    grouped: Team = replace(policies.teams["search"], people=(), group="idp-search")
    member = replace(person_of("new"), groups=frozenset({"idp-search"}))
    assert in_team(member, grouped)
    assert approves_for(member, grouped)
    assert not in_team(person_of("new"), grouped)
    assert not in_team(member, replace(grouped, group=""))
    assert not in_team(member, None)
