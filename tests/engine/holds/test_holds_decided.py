"""What opens a hold: pure tables over what an inventory shows and what was learned before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.holds.hold import Cause, Hold, says
from engine.holds.look import HOLD_OFF, SCANS, Known, Learned, Opening, Rule, dropped, learn, usual
from engine.holds.regrets import too_many
from engine.holds.seen import Found, Seen

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
PAIR = "volumes", "111122223333"
KIND = "aws.ebs_volume", "111122223333"


def seen(found: Found | None = None, **more: Any) -> Seen:
    """An inventory in which the one policy was read to its end."""
    made = Seen(
        as_of=NOW,
        inventory="i",
        rules={"volumes": "d1"},
        found={PAIR: found} if found else {},
        whole=frozenset({PAIR}),
        sizes={},
        review=(500, Decimal(10_000)),
    )
    return replace(made, **more)


def known(history: Sequence[int] = (), **more: Any) -> Known:
    """The rule has been there for long."""
    return replace(Known(rules={PAIR: Rule(digest="d1")}, history={PAIR: history}), **more)


def causes(learned: Learned) -> list[Cause]:
    return [opening.cause for opening in learned.openings]


def opened(learned: Learned) -> Opening:
    (opening,) = learned.openings
    return opening


# --- surges ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "new", "surge"),
    [
        ([0] * 14, 10, False),
        ([0] * 14, 11, True),
        ([0] * 13, 300, False),
        ([3] * 14, 10, False),
        ([4] * 14, 12, False),
        ([4] * 14, 13, True),
        ([4] * 7 + [5] * 7, 13, False),
        ([4] * 7 + [5] * 7, 14, True),
        ([0] * 13 + [500], 11, True),
        ([500] * 8 + [0] * 6, 1500, False),
        ([500] * 14 + [0] * 14, 11, True),
    ],
)
def test_a_surge_is_more_than_ten_and_three_times_the_median(history: list[int], new: int, surge: bool) -> None:
    learned = learn(seen(Found(matches=new, new=new)), known(history), NOW)
    assert causes(learned) == ([Cause.SURGE] if surge else [])
    assert learned.new == {PAIR: new}


@given(st.lists(st.integers(0, 10_000), min_size=SCANS, max_size=SCANS), st.integers(0, 40_000))
def test_the_threshold_is_the_contracts_for_every_history(history: list[int], new: int) -> None:
    ordered = sorted(history)
    middle = Fraction(ordered[6] + ordered[7], 2)
    most = usual(history)
    assert most is not None
    assert (new > most) is (new > max(Fraction(10), 3 * middle))


def test_a_surge_holds_without_end_and_not_twice_for_one_inventory() -> None:
    learned = learn(seen(Found(matches=40, new=40)), known([0] * 14), NOW)
    opening = opened(learned)
    assert opening.until is None
    again = known([0] * 14, evidence={opening.place: opening.data["evidence"]}, counted={PAIR: 40})
    assert causes(learn(seen(Found(matches=40)), again, NOW)) == []


def test_looks_at_one_inventory_add_up() -> None:
    """An Organization that protects less finds more in the same inventory, and no rule has changed."""
    learned = learn(seen(Found(matches=12, new=6)), known([0] * 14, counted={PAIR: 6}), NOW)
    assert causes(learned) == [Cause.SURGE]
    assert learned.new == {PAIR: 12}


def test_half_an_inventory_may_surge_and_teaches_nothing() -> None:
    learned = learn(seen(Found(matches=40, new=40), whole=frozenset()), known([0] * 14), NOW)
    assert (causes(learned), learned.new) == ([Cause.SURGE], {})


def test_one_that_stands_is_enough() -> None:
    standing = frozenset({(Cause.SURGE, *PAIR)})
    assert causes(learn(seen(Found(matches=40, new=40)), known([0] * 14, standing=standing), NOW)) == []


# --- drops -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "deleted", "drop"),
    [
        (100, 80, 0, False),
        (100, 79, 0, True),
        (100, 79, 1, False),
        (9, 8, 0, False),
        (9, 7, 0, True),
        (1, 0, 0, False),
        (2, 0, 0, True),
        (3, 0, 2, False),
        (0, 0, 0, False),
        (10, 30, 0, False),
    ],
)
def test_a_drop_is_more_than_a_fifth_beside_our_own_deletes(before: int, now: int, deleted: int, drop: bool) -> None:
    assert dropped(before, now, deleted) is drop
    learned = learn(seen(sizes={KIND: now}), known(sizes={KIND: before}, deleted={KIND: deleted}), NOW)
    assert causes(learned) == ([Cause.DROP] if drop else [])


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_fifth_rounds_down_and_is_at_least_one(before: int, lost: int) -> None:
    allowed = max(1, int(Decimal(20) * before / 100))
    assert dropped(before, before - lost) is (lost > allowed)


def test_what_could_not_be_read_is_no_drop() -> None:
    assert causes(learn(seen(), known(sizes={KIND: 100}), NOW)) == []


def test_a_drop_holds_the_kind() -> None:
    opening = opened(learn(seen(sizes={KIND: 1}), known(sizes={KIND: 100}), NOW))
    assert (opening.subject, opening.account) == KIND


# --- new and widened policies ------------------------------------------------------------------------------------------


def test_a_new_policy_rests_for_72_hours() -> None:
    learned = learn(seen(Found(matches=3, new=3)), Known(), NOW)
    assert (opened(learned).cause, opened(learned).until) == (Cause.WIDENED, NOW + HOLD_OFF)
    assert learned.rules == {PAIR: Rule(digest="d1", until=NOW + HOLD_OFF)}
    assert learned.new == {PAIR: 0}, "what a change of the rule explains is no surge to be measured against"


def test_a_new_policy_that_matches_nothing_yet_rests_once_it_does() -> None:
    quiet = learn(seen(), Known(), NOW)
    assert quiet.openings == ()
    later = Known(rules=quiet.rules)
    assert opened(learn(seen(Found(matches=1, new=1)), later, NOW + timedelta(hours=71))).until == NOW + HOLD_OFF
    assert learn(seen(Found(matches=1, new=1)), later, NOW + HOLD_OFF).openings == ()


def test_a_changed_rule_that_matches_nothing_new_does_not_rest() -> None:
    learned = learn(seen(Found(matches=3), rules={"volumes": "d2"}), known(), NOW)
    assert learned.openings == ()
    assert learned.rules == {PAIR: Rule(digest="d2")}


def test_a_changed_rule_that_matches_more_rests() -> None:
    learned = learn(seen(Found(matches=4, new=1), rules={"volumes": "d2"}), known([0] * 14), NOW)
    assert (opened(learned).cause, opened(learned).until) == (Cause.WIDENED, NOW + HOLD_OFF)


def test_a_narrowing_after_a_widening_does_not_end_it() -> None:
    until = NOW + timedelta(hours=70)
    before = known(rules={PAIR: Rule(digest="d2", until=until)}, evidence={(Cause.WIDENED, *PAIR): until.isoformat()})
    learned = learn(seen(Found(matches=2), rules={"volumes": "d3"}), before, NOW)
    assert learned.rules == {PAIR: Rule(digest="d3", until=until)}
    assert learned.openings == (), "the hold that stands goes on"


def test_a_second_widening_rests_anew() -> None:
    until = NOW + timedelta(hours=10)
    place = Cause.WIDENED, *PAIR
    before = known(rules={PAIR: Rule(digest="d2", until=until)}, evidence={place: until.isoformat()}, standing=frozenset({place}))
    learned = learn(seen(Found(matches=9, new=2), rules={"volumes": "d3"}), before, NOW)
    assert opened(learned).until == NOW + HOLD_OFF


def test_a_released_widening_does_not_open_again() -> None:
    first = learn(seen(Found(matches=3, new=3)), Known(), NOW)
    after = Known(rules=first.rules, evidence={opened(first).place: opened(first).data["evidence"]})
    assert learn(seen(Found(matches=3)), after, NOW + timedelta(hours=1)).openings == ()


def test_a_ledger_from_before_holds_nothing_that_was_told() -> None:
    """After an upgrade no rule is known, but every match has its case."""
    learned = learn(seen(Found(matches=30)), Known(), NOW)
    assert (learned.openings, learned.rules) == ((), {PAIR: Rule(digest="d1")})


def test_in_a_gap_a_change_waits_for_a_whole_look_unless_it_shows() -> None:
    hidden = frozenset[tuple[str, str]]()
    quiet = learn(seen(Found(matches=3), rules={"volumes": "d2"}, whole=hidden), known(), NOW)
    assert (quiet.openings, quiet.rules) == ((), {})
    shown = learn(seen(Found(matches=3, new=1), rules={"volumes": "d2"}, whole=hidden), known(), NOW)
    assert causes(shown) == [Cause.WIDENED]


@pytest.mark.parametrize(
    ("found", "ends"),
    [
        (Found(matches=500, new=500, dollars=Decimal(10_000)), True),
        (Found(matches=501, new=501), False),
        (Found(matches=5, new=5, dollars=Decimal("10000.01")), False),
    ],
)
def test_what_platform_should_have_reviewed_does_not_end_by_itself(found: Found, ends: bool) -> None:
    opening = opened(learn(seen(found), Known(), NOW))
    assert (opening.until is not None) is ends


def test_review_counts_over_all_accounts() -> None:
    both = {("volumes", "1" * 12): Found(matches=300, new=300), ("volumes", "2" * 12): Found(matches=300, new=300)}
    learned = learn(replace(seen(), found=both, whole=frozenset(both)), Known(), NOW)
    assert [opening.until for opening in learned.openings] == [None, None]


# --- regrets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "of_last", "acts", "trips"),
    [(2, 2, 49, False), (3, 3, 3, True), (0, 2, 50, False), (0, 3, 50, True), (2, 3, 49, False), (0, 0, 0, False)],
)
def test_three_a_day_or_more_than_a_twentieth_of_fifty(today: int, of_last: int, acts: int, trips: bool) -> None:
    assert too_many(today, of_last, acts) is trips


# --- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        (Cause.SURGE, {"new": 300, "usual": 10}),
        (Cause.DROP, {"before": 100, "now": 3}),
        (Cause.WIDENED, {"new": 3, "matches": 5, "most": "500 resources"}),
        (Cause.REGRETS, {"regrets": [["c-1", "restore"]] * 9, "people": []}),
        (Cause.VERSION, {"was": "1", "now": "2", "why": "judges otherwise"}),
    ],
    ids=lambda data: str(data[0]),
)
def test_every_cause_has_its_sentence(data: tuple[Cause, dict[str, Any]]) -> None:
    hold = Hold(id="h-1", cause=data[0], subject="volumes", account="111122223333", at=NOW, data=data[1])
    assert "somebody of platform" in says(hold)
    assert "ends by itself on Mon 2 Nov 2026, 09:00 UTC" in says(replace(hold, until=NOW))
