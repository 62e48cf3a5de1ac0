"""What owners are told: the words, the dates, the promises, the buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.case import Agreement, Case, State
from engine.model import Mode
from engine.money import Money
from engine.notice import Button, Item, Notice, compose, item
from engine.policy import Approval, Duration, Team
from engine.render.text import text
from engine.schedule import action_of
from engine.tells import SECTIONS, TELLS, Section, section_of, sentences
from engine.wording import Code, count, listed, moment, span

ItemOf = Callable[..., Item]
NoticeOf = Callable[..., Notice]


def said(item: Item, zone: str = "Europe/Berlin") -> str:
    """What an item says, as one text."""
    return " ".join("".join(part.text if isinstance(part, Code) else part for part in line) for line in sentences(item, zone))


def test_every_reason_to_tell_has_a_section_and_words() -> None:
    assert set(TELLS) == set(SECTIONS)


def test_a_new_finding_names_both_dates_in_the_team_s_zone_and_who_must_agree(item_of: ItemOf) -> None:
    words = said(item_of())
    assert "We stop it on Fri 13 Nov 2026, 10:00 CET at the earliest, unless somebody keeps it." in words
    assert "We delete it on Tue 24 Nov 2026, 10:00 CET at the earliest, and only if your team agrees." in words
    assert "A backup is taken first and can bring it back for 30 days." in words


def test_a_notice_promises_only_what_the_mode_allows(item_of: ItemOf) -> None:
    stop_only = item_of(mode=Mode.STOP)
    assert set(stop_only.promised) == {Mode.STOP}
    assert "delete" not in said(stop_only)
    telling = item_of(mode=Mode.NOTIFY)
    assert telling.promised == {}
    assert said(telling) == "Nothing will be done to it (held back by the mode of account 111122223333)."


def test_a_step_that_is_done_is_not_promised_again(item_of: ItemOf) -> None:
    assert set(item_of(state=State.STOPPED, rung=Mode.STOP, tell="stopped").promised) == {Mode.DELETE}


def test_silence_that_deletes_is_said(item_of: ItemOf, case_of: Callable[..., Case]) -> None:
    terms = replace(case_of().terms, approval={Mode.STOP: Approval.NONE, Mode.DELETE: Approval.NONE})
    assert "We delete it on Tue 24 Nov 2026, 10:00 CET at the earliest, unless somebody keeps it." in said(item_of(terms=terms))


def test_no_backup_is_said(item_of: ItemOf, case_of: Callable[..., Case]) -> None:
    terms = replace(case_of().terms, before_delete=())
    assert "There is no backup: what is deleted cannot be brought back." in said(item_of(terms=terms))


def test_managed_resources_are_a_proposal(item_of: ItemOf) -> None:
    item = item_of(mode=Mode.NOTIFY, managed_by="cloudformation:web-stack")
    assert section_of(item) is Section.PROPOSAL
    assert said(item) == "It is managed by cloudformation:web-stack. Please remove or change it there; we do nothing to it here."


@pytest.mark.parametrize(
    ("approval", "owner", "words"),
    [
        (Approval.OWNER, "payments", "only if your team agrees"),
        (Approval.OWNER, "", "only if the platform team agrees"),
        (Approval.OWNER_AND_PLATFORM, "payments", "only if your team and the platform team agree"),
        (Approval.OWNER_AND_PLATFORM, "", "only if two people of the platform team agree"),
    ],
)
def test_who_is_asked(item_of: ItemOf, case_of: Callable[..., Case], approval: Approval, owner: str, words: str) -> None:
    terms = replace(case_of().terms, approval={Mode.STOP: Approval.NONE, Mode.DELETE: approval})
    item = item_of(terms=terms, owner=owner, state=State.AWAITING_APPROVAL, rung=Mode.STOP, tell="approval")
    assert words in said(item)


def test_an_agreement_that_is_there_is_named_and_no_longer_asked_for(
    item_of: ItemOf, case_of: Callable[..., Case], now: datetime
) -> None:
    terms = replace(case_of().terms, approval={Mode.STOP: Approval.NONE, Mode.DELETE: Approval.OWNER_AND_PLATFORM})
    waiting = case_of(terms=terms, state=State.AWAITING_APPROVAL, rung=Mode.STOP, tell="approval")
    action = action_of(waiting)
    assert action is not None
    yes = Agreement(role="owner", who="ann@example.com", at=now, action=action.hash)
    item = item_of(terms=terms, state=State.AWAITING_APPROVAL, rung=Mode.STOP, tell="approval", agreements=(yes,))
    assert item.needs == ("platform",)
    assert "only if the platform team agrees (ann@example.com already did)." in said(item)
    stale = replace(yes, action="another")
    assert item_of(terms=terms, state=State.AWAITING_APPROVAL, rung=Mode.STOP, agreements=(stale,)).needs == ("owner", "platform")


def test_a_last_call_after_the_yes_says_who_agreed(item_of: ItemOf, case_of: Callable[..., Case], now: datetime) -> None:
    action = action_of(case_of(state=State.APPROVED, rung=Mode.STOP))
    assert action is not None
    yes = Agreement(role="owner", who="ann@example.com", at=now, action=action.hash)
    item = item_of(state=State.APPROVED, rung=Mode.STOP, tell="last_call", agreements=(yes,))
    assert "We delete it on Tue 24 Nov 2026, 10:00 CET at the earliest; ann@example.com agreed." in said(item)


def test_the_escalation_shows_no_date_that_has_passed(item_of: ItemOf, now: datetime) -> None:
    item = item_of(state=State.AWAITING_APPROVAL, rung=Mode.STOP, tell="escalated", approve_by=now - timedelta(days=1))
    assert "Please answer by" not in said(item)


def test_deleted_says_until_when_it_can_come_back_and_how(item_of: ItemOf, now: datetime) -> None:
    item = item_of(state=State.DELETED, rung=Mode.DELETE, tell="deleted", undo_until=now + timedelta(days=30))
    assert (
        said(item) == "We deleted it. Still needed? sexton restore c-0000000001 brings it back until Thu 10 Dec 2026, 10:00 CET."
    )


@pytest.mark.parametrize(
    ("state", "rung", "mode", "buttons"),
    [
        (State.NOTIFIED, Mode.OBSERVE, Mode.DELETE, {Button.KEEP, Button.SNOOZE, Button.NOT_MINE}),
        (State.AWAITING_APPROVAL, Mode.STOP, Mode.DELETE, set(Button) - {Button.RESTORE}),
        (State.NOTIFIED, Mode.OBSERVE, Mode.NOTIFY, {Button.KEEP, Button.NOT_MINE}),
        (State.STOPPING, Mode.NOTIFY, Mode.DELETE, set()),
        (State.DELETED, Mode.DELETE, Mode.DELETE, set()),
        (State.STUCK, Mode.NOTIFY, Mode.DELETE, set()),
        (State.CLOSED, Mode.STOP, Mode.DELETE, set()),
    ],
)
def test_only_answers_that_change_something_are_offered(
    item_of: ItemOf, state: State, rung: Mode, mode: Mode, buttons: set[Button]
) -> None:
    assert set(item_of(state=state, rung=rung, mode=mode).buttons) == buttons


def test_the_snooze_button_goes_when_it_is_used_up(item_of: ItemOf) -> None:
    assert Button.SNOOZE in item_of(snoozes=1).buttons
    assert Button.SNOOZE not in item_of(snoozes=2).buttons


def test_the_button_carries_the_hash_of_what_would_be_approved(item_of: ItemOf, case_of: Callable[..., Case]) -> None:
    waiting: dict[str, Any] = {"state": State.AWAITING_APPROVAL, "rung": Mode.STOP}
    action = action_of(case_of(**waiting))
    assert action is not None
    assert item_of(**waiting).action == action.hash[:16]


def test_one_notice_a_team_and_a_day_in_the_team_s_own_zone(item_of: ItemOf, payments: Team) -> None:
    evening = datetime(2026, 11, 10, 23, 30, tzinfo=UTC)
    notice = compose(payments, [item_of()], evening)
    assert notice.id == "payments-2026-11-11"
    assert compose(replace(payments, time_zone="UTC"), [item_of()], evening).id == "payments-2026-11-10"


def test_the_order_does_not_depend_on_the_order_of_the_cases(all_items: list[Item], notice_of: NoticeOf) -> None:
    assert notice_of(*all_items) == notice_of(*reversed(all_items))


def test_the_sum_leaves_out_what_is_gone(item_of: ItemOf, notice_of: NoticeOf) -> None:
    gone = item_of(5, tell="deleted", state=State.DELETED, rung=Mode.DELETE)
    assert notice_of(item_of(1), item_of(2), gone).total == Money.of(41 + 42)


def test_an_unpriced_resource_never_counts_as_nothing(item_of: ItemOf, notice_of: NoticeOf) -> None:
    shown = text(notice_of(item_of(1), item_of(2, monthly=Money.unknown("no list price"))))
    assert "Together: ≥ $41.00/mo (1 unpriced)." in shown


def test_the_outbox_keeps_what_was_promised_of_each_case(item_of: ItemOf, notice_of: NoticeOf) -> None:
    item = item_of()
    (told,) = notice_of(item).told()
    assert told == {
        "case": "c-0000000001",
        "tell": "found",
        "terms": item.terms,
        "promised": {"stop": "2026-11-13T09:00:00+00:00", "delete": "2026-11-24T09:00:00+00:00"},
        "mode": "delete",
    }


def test_without_a_console_the_words_name_commands(item_of: ItemOf, notice_of: NoticeOf) -> None:
    shown = text(notice_of(item_of(), link=""))
    assert "https://" not in shown
    assert "To answer: sexton cases keep|snooze|not-mine c-0000000001" in shown


def test_many_cases_of_one_policy_are_told_as_one(item_of: ItemOf, notice_of: NoticeOf, now: datetime) -> None:
    late = {Mode.STOP: now + timedelta(days=30), Mode.DELETE: now + timedelta(days=60)}
    shown = text(notice_of(*(item_of(number, promised=late) for number in range(2, 21)), item_of(1)))
    assert "20 EC2 instances · $1,010.00/mo · policy ec2-idle" in shown
    assert "We stop the first of them on Fri 13 Nov 2026, 10:00 CET at the earliest" in shown
    assert "- build-cache-20 · $60.00/mo" in shown
    assert "… and 15 more: https://sexton.example.com/cases?team=payments&policy=ec2-idle" in shown


def test_a_group_claims_no_way_back_that_one_of_them_lacks(item_of: ItemOf, notice_of: NoticeOf, now: datetime) -> None:
    gone = {"tell": "deleted", "state": State.DELETED, "rung": Mode.DELETE}
    back = [item_of(number, undo_until=now + timedelta(days=30), **gone) for number in range(20)]
    assert "brings one back, each until Thu 10 Dec 2026, 10:00 CET or later." in text(notice_of(*back))
    assert "Not all of them have a backup." in text(notice_of(*back[1:], item_of(0, **gone)))


def test_an_unknown_reason_is_still_told(item_of: ItemOf, notice_of: NoticeOf) -> None:
    assert "build-cache-1" in text(notice_of(item_of(tell="something new")))


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "Sun 25 Oct 2026, 01:30 UTC"),
        ("Europe/Berlin", "Sun 25 Oct 2026, 02:30 CET"),
        ("America/Sao_Paulo", "Sat 24 Oct 2026, 22:30 UTC-03"),
    ],
)
def test_moments_are_the_team_s_clock_s(zone: str, shown: str) -> None:
    assert moment(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), zone) == shown


def test_a_moment_with_seconds_shows_them() -> None:
    assert moment(datetime(2026, 11, 10, 9, 0, 59, 999, tzinfo=UTC), "UTC") == "Tue 10 Nov 2026, 09:00:59 UTC"


def test_spans_counts_and_lists() -> None:
    assert [span(Duration(hours=720)), span(Duration(hours=36)), span(Duration(working_days=1))] == [
        "30 days",
        "36 hours",
        "1 working day",
    ]
    assert [count(1, "case"), count(1200, "address")] == ["1 case", "1,200 addresses"]
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b and c"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tell": "approval", "state": State.AWAITING_APPROVAL, "rung": Mode.STOP}, "We delete them only if your team agrees."),
        ({"tell": "changed"}, "The plan has changed; what was agreed before no longer counts."),
        ({"mode": Mode.NOTIFY, "managed_by": "terraform:network"}, "They are managed by terraform:network. Please remove"),
        ({"mode": Mode.NOTIFY}, "Nothing will be done to them."),
        ({"tell": "stuck", "state": State.STUCK, "stuck": "refused"}, "Nothing more is done to them until somebody has looked."),
        ({"tell": "stopped", "state": State.STOPPED, "rung": Mode.STOP}, "sexton restore CASE starts one again and keeps it."),
        ({"tell": "left_stopped", "state": State.CLOSED, "rung": Mode.STOP}, "What we stopped stays stopped"),
        ({"tell": "restored", "state": State.KEPT}, "They are back, and we leave them alone for now."),
    ],
)
def test_a_group_says_what_holds_for_all(item_of: ItemOf, notice_of: NoticeOf, changes: dict[str, Any], words: str) -> None:
    shown = text(notice_of(*(item_of(number, **changes) for number in range(20))))
    assert words in shown
    assert "sexton cases" not in shown, "a group has no answers of its own"


def test_a_group_names_the_managers_of_its_proposals(item_of: ItemOf, notice_of: NoticeOf) -> None:
    of = [item_of(number, mode=Mode.NOTIFY, managed_by=f"CloudFormation stack s{number % 7}") for number in range(20)]
    shown = text(notice_of(*of))
    assert "They are managed by CloudFormation stack s0, CloudFormation stack s1, " in shown
    assert "CloudFormation stack s4 and 2 more. Please remove or change them there" in shown


def test_a_stop_may_wait_for_a_yes_too(item_of: ItemOf, case_of: Callable[..., Case]) -> None:
    terms = replace(case_of().terms, approval={Mode.STOP: Approval.OWNER, Mode.DELETE: Approval.OWNER})
    words = said(item_of(terms=terms, state=State.AWAITING_APPROVAL, rung=Mode.NOTIFY, tell="approval"))
    assert words == "We stop it only if your team agrees."


def test_a_second_yes_of_the_same_role_fills_nothing(item_of: ItemOf, case_of: Callable[..., Case], now: datetime) -> None:
    waiting: dict[str, Any] = {
        "terms": replace(case_of().terms, approval={Mode.STOP: Approval.NONE, Mode.DELETE: Approval.OWNER_AND_PLATFORM}),
        "state": State.AWAITING_APPROVAL,
        "rung": Mode.STOP,
    }
    action = action_of(case_of(**waiting))
    assert action is not None
    twice = tuple(Agreement(role="owner", who=who, at=now, action=action.hash) for who in ("ann@example.com", "bo@example.com"))
    assert item_of(**waiting, agreements=twice).needs == ("platform",)


def test_at_the_end_of_the_ladder_nothing_more_is_planned(item_of: ItemOf) -> None:
    assert said(item_of(state=State.STOPPED, rung=Mode.STOP, tell="stopped", mode=Mode.STOP)).endswith(
        "Nothing more is planned for it."
    )


def test_no_way_back_is_promised_where_none_is_known(case_of: Callable[..., Case], now: datetime) -> None:
    words = said(item(case_of(), {Mode.DELETE: now}, Mode.DELETE, {}))
    assert words.endswith("A backup is taken first.")


def test_an_empty_notice_says_so(notice_of: NoticeOf) -> None:
    assert text(notice_of()).startswith("Sexton for payments, Tue 10 Nov 2026\nNothing to tell today.\n")
