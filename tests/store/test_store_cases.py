"""Cases: one open per resource, compare-and-set on the version, history, lists and look-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import StatementError

from engine.case import Case, Closed, Ending, State
from engine.model import Key
from reapers.store import AlreadyOpen, Change, Entry, Ledger, Shield, Stale, open_ledger

NewCase = Callable[..., Case]


def closed(case: Case, at: datetime) -> Case:
    return replace(case, state=State.CLOSED, closed=Closed(reason=Ending.DONE, at=at))


def test_an_opened_case_can_be_read_again(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    case = ledger.open(new_case(), noon, {"inventory": "i-1"})
    assert case == replace(new_case(), version=1)
    assert ledger.case("c-1") == case
    assert ledger.open_case(case.key.ref) == case
    assert ledger.open_cases() == [case]
    assert ledger.history("c-1") == [Entry(noon, "opened", "", {"inventory": "i-1"})]


def test_what_is_not_there_is_none(ledger: Ledger) -> None:
    assert ledger.case("nobody") is None
    assert ledger.open_case("aws.ebs_volume/1/us-east-1/vol-0") is None
    assert ledger.history("nobody") == []


def test_it_outlives_the_program(ledger: Ledger, url: str, new_case: NewCase, noon: datetime) -> None:
    case = ledger.open(new_case(), noon)
    ledger.close()
    with open_ledger(url) as again:
        assert again.case("c-1") == case


def test_a_resource_has_one_open_case(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    first = ledger.open(new_case("c-1"), noon)
    reborn = new_case("c-2", key=replace(first.key, born="2026-02-02T00:00:00Z"))
    with pytest.raises(AlreadyOpen) as refused:
        ledger.open(reborn, noon)
    assert refused.value.case == "c-1"
    ledger.save(first, closed(first, noon), "closed", noon)
    assert ledger.open(reborn, noon).id == "c-2"
    assert ledger.open_case(first.key.ref) == ledger.case("c-2")


def test_an_id_is_used_once(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    first = ledger.open(new_case("c-1"), noon)
    ledger.save(first, closed(first, noon), "closed", noon)
    with pytest.raises(AlreadyOpen):
        ledger.open(new_case("c-1"), noon)


def test_saving_needs_the_newest_version(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    first = ledger.open(new_case(), noon)
    second = ledger.save(first, replace(first, state=State.NOTIFIED), "told", noon + timedelta(hours=1))
    assert second.version == 2
    with pytest.raises(Stale):
        ledger.save(first, replace(first, state=State.KEPT), "kept", noon, who="ada@example.com")
    assert ledger.case("c-1") == second
    assert [entry.event for entry in ledger.history("c-1")] == ["opened", "told"]


def test_history_says_who_and_what(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    case = ledger.open(new_case(), noon)
    ledger.save(case, replace(case, snoozes=1), "snoozed", noon, who="ada@example.com", data={"until": noon, "mode": State.KEPT})
    assert ledger.history("c-1")[1] == Entry(
        noon, "snoozed", "ada@example.com", {"until": "2026-03-02T12:00:00.123456Z", "mode": "kept"}
    )


def test_several_changes_are_all_or_none(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    one, two = ledger.save_all([Change(None, new_case(id), "opened") for id in ("c-1", "c-2")], noon)
    ledger.save(two, replace(two, snoozes=1), "snoozed", noon)
    with pytest.raises(Stale):
        ledger.save_all([Change(case, replace(case, state=State.NOTIFIED), "told") for case in (one, two)], noon)
    assert ledger.case("c-1") == one
    assert len(ledger.history("c-1")) == 1
    assert ledger.save_all([], noon) == []


def test_a_change_brings_its_shields_or_nothing(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    case = ledger.open(new_case(), noon)
    shield = Shield(case.key.ref, case.policy, noon + timedelta(days=30), "ada@example.com", "rejected")
    with pytest.raises(Stale):
        ledger.save_all([Change(replace(case, version=9), closed(case, noon), "rejected", shields=[shield])], noon)
    assert ledger.shields(noon) == {}
    ledger.save_all([Change(case, closed(case, noon), "rejected", "ada@example.com", shields=[shield])], noon)
    assert ledger.shields(noon) == {case.key.ref: [shield]}


def test_lists_by_state_team_and_due(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    ledger.open(new_case("c-1", due=noon), noon)
    ledger.open(new_case("c-2", state=State.GRACE, due=noon + timedelta(days=3)), noon)
    over = ledger.open(new_case("c-3", team="search", due=noon), noon)
    ledger.save(over, closed(over, noon), "closed", noon)

    def listed(found: tuple[list[Case], str | None]) -> list[str]:
        return [case.id for case in found[0]]

    assert listed(ledger.cases()) == ["c-1", "c-2", "c-3"]
    assert listed(ledger.cases(state=State.GRACE)) == ["c-2"]
    assert listed(ledger.cases(team="search")) == ["c-3"]
    assert listed(ledger.cases(team="search", state=State.GRACE)) == []
    assert listed(ledger.cases(due=noon)) == ["c-1"]
    assert listed(ledger.cases(due=noon + timedelta(days=3))) == ["c-1", "c-2"]


def test_pages_do_not_move_while_cases_change(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    for number in range(7):
        # Two of each moment: the id decides between them.
        ledger.open(new_case(f"c-{number}", opened=noon + timedelta(seconds=number // 2)), noon)
    first, cursor = ledger.cases(limit=3)
    assert cursor is not None
    for case in ledger.open_cases()[:4]:
        ledger.save(case, closed(case, noon), "closed", noon)
    ledger.open(new_case("c-9", opened=noon + timedelta(days=1)), noon)
    second, cursor = ledger.cases(limit=3, cursor=cursor)
    third, end = ledger.cases(limit=3, cursor=cursor)
    assert [case.id for case in (*first, *second, *third)] == [f"c-{number}" for number in (0, 1, 2, 3, 4, 5, 6, 9)]
    assert end is None


@pytest.mark.parametrize("cursor", ["", "x", "ä", "e30=", "WzEsIDJd", "WyIyMDI2LTAxLTAxIiwgImMiXQ=="])
def test_a_bad_cursor_is_refused(ledger: Ledger, cursor: str) -> None:
    with pytest.raises(ValueError, match="is no cursor"):
        ledger.cases(cursor=cursor)


def test_find_takes_what_a_person_has_at_hand(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    ledger.open(new_case("case-100", name="Billing DB"), noon)
    ledger.open(new_case("case-101", key=Key("gcp.disk", "shop", "us-central1", "4711", "")), noon)

    def found(text: str) -> list[str]:
        return [case.id for case in ledger.find(text)]

    assert found("case-100") == ["case-100"]
    assert found("case-10") == ["case-100", "case-101"]
    assert found("gcp.disk/shop/us-central1/4711") == ["case-101"]
    assert found("4711") == ["case-101"]
    assert found("billing db") == ["case-100"]
    assert found("%") == []
    assert found("case_10") == []
    assert found(" ") == []


def test_find_shows_open_cases_first(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    old = ledger.open(new_case("c-1"), noon)
    ledger.save(old, closed(old, noon), "closed", noon)
    ledger.open(new_case("c-2", key=old.key), noon)
    assert [case.id for case in ledger.find(old.key.ref)] == ["c-2", "c-1"]


def test_naive_times_are_refused(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    with pytest.raises(StatementError, match="no time zone"):
        ledger.open(new_case(), noon.replace(tzinfo=None))
    assert ledger.open_cases() == []


def test_what_is_to_be_told_also_of_closed_cases(ledger: Ledger, new_case: NewCase, noon: datetime) -> None:
    silent = ledger.open(new_case("c-1"), noon)
    over = ledger.open(new_case("c-2", opened=noon + timedelta(seconds=1)), noon)
    assert ledger.to_tell() == []
    over = ledger.save(over, replace(closed(over, noon), tell="restored"), "restored", noon)
    news = ledger.save(silent, replace(silent, tell="found"), "judged", noon)
    assert ledger.to_tell() == [news, over]
    ledger.save(over, replace(over, tell=""), "told", noon)
    assert ledger.to_tell() == [news]
