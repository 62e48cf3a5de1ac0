"""Cases and actions survive being stored, whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from engine.case import Action, Agreement, Case, Closed, Ending, Kept, State, Told
from engine.model import Key, Mode, Verb
from engine.money import FREE, Money
from engine.policy import Duration
from reapers.store import codec

LATER = datetime(2026, 4, 1, 8, 30, tzinfo=UTC)

FULL: dict[str, Any] = {
    "owner": "ada@example.com",
    "environment": "prod",
    "monthly": Money(known=Decimal("0.10"), unpriced=1, why="no list price"),
    "managed_by": "terraform",
    "fingerprint": "f00d",
    "due": LATER,
    "agreed": 3,
    "agreed_since": LATER,
    "agreed_as_of": LATER + timedelta(microseconds=1),
    "paused_at": LATER,
    "missing": ("tags", "scan"),
    "rung": Mode.STOP,
    "rung_at": LATER,
    "told": Told(at=LATER, channel="#payments", receipt="C1:17", promised={Mode.DELETE: LATER}, mode=Mode.DELETE),
    "tell": "drifted",
    "generation": 2,
    "agreements": (Agreement(role="owner", who="ada@example.com", at=LATER, action="aa", reason="fine — ünïcode \x00"),),
    "approve_by": LATER,
    "execute_by": LATER,
    "escalated": True,
    "kept": Kept(until=LATER, who="ada@example.com", reason="needed"),
    "snoozes": 1,
    "memory": {Verb.BACKUP: {"snapshot": "snap-1", "tags": {"a": None}, "sizes": [1, 2.5, True]}},
    "backed_up": True,
    "undo_until": LATER,
    "asked_by": "bob@example.com",
    "stuck": "volume is in use",
    "stuck_from": State.SNAPSHOTTING,
    "closed": Closed(reason=Ending.RESTORED, at=LATER),
    "version": 7,
}


def test_a_full_case_comes_back_equal(new_case: Callable[..., Case]) -> None:
    case = new_case(**FULL)
    assert codec.case_from(codec.case_text(case)) == case


def test_a_bare_case_comes_back_equal(new_case: Callable[..., Case]) -> None:
    case = new_case()
    again = codec.case_from(codec.case_text(case))
    assert again == case
    assert isinstance(again.findings, tuple)
    assert isinstance(again.lead.terms.after[Mode.STOP], Duration)


def test_every_field_is_stored(new_case: Callable[..., Case]) -> None:
    assert set(codec.parsed(codec.case_text(new_case()))) == {field.name for field in fields(Case)}


@pytest.mark.parametrize("monthly", [FREE, Money.unknown("not priced"), Money.of("1234567.891"), Money.of("1E+3")])
def test_money_is_exact(new_case: Callable[..., Case], monthly: Money) -> None:
    again = codec.case_from(codec.case_text(new_case(monthly=monthly))).monthly
    assert again == monthly
    assert str(again.known) == str(monthly.known)


def test_a_case_written_before_a_field_existed_gets_its_default(new_case: Callable[..., Case]) -> None:
    old = codec.parsed(codec.case_text(new_case()))
    del old["snoozes"]
    assert codec.case_from(codec.text(old)) == new_case()


def test_a_case_without_what_matters_is_refused(new_case: Callable[..., Case]) -> None:
    torn = codec.parsed(codec.case_text(new_case()))
    del torn["state"]
    with pytest.raises(ValueError, match="state"):
        codec.case_from(codec.text(torn))


def test_an_action_keeps_its_hash(new_case: Callable[..., Case], action_of: Callable[..., Action]) -> None:
    action = action_of(new_case(key=Key("gcp.disk", "p", "us-central1", "1", "2025"), monthly=FREE))
    again = codec.action_from(codec.action_text(action))
    assert again == action
    assert again.hash == action.hash


def test_times_of_other_zones_are_the_same_moment(new_case: Callable[..., Case]) -> None:
    case = new_case(due=LATER.astimezone(timezone(timedelta(hours=5, minutes=30))))
    assert codec.case_from(codec.case_text(case)).due == LATER


def test_what_json_has_not_comes_back_as_text_or_is_refused(new_case: Callable[..., Case]) -> None:
    case = new_case(memory={Verb.BACKUP: {"at": LATER, "pair": (1, 2)}})
    assert codec.case_from(codec.case_text(case)).memory == {Verb.BACKUP: {"at": "2026-04-01T08:30:00Z", "pair": [1, 2]}}
    with pytest.raises(ValueError, match="object"):
        codec.case_text(replace(case, memory={Verb.BACKUP: {"client": object()}}))
