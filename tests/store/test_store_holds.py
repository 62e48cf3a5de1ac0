"""Holds in the ledger: opened once, told once, released by a person or ended by time, each in the trail; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.case import Action, Agreement, Case, Kept, State
from engine.holds.hold import Cause, Hold
from engine.holds.look import HOLD_OFF, Opening
from engine.holds.seen import Found, Seen
from engine.limits import Usage
from engine.model import Mode, Verb
from reapers.store import Blocked, Control, Ledger, Post

Make = Callable[..., Case]
Actions = Callable[..., Action]

ACCOUNT = "111111111111"
PAIR = "ebs-unattached", ACCOUNT
HOUR = timedelta(hours=1)


def seen(at: datetime, new: int = 0, matches: int = 0, sizes: dict[tuple[str, str], int] | None = None, rule: str = "d1") -> Seen:
    return Seen(
        as_of=at,
        inventory=at.isoformat(),
        rules={"ebs-unattached": rule},
        found={PAIR: Found(matches=max(new, matches), new=new)} if new or matches else {},
        whole=frozenset({PAIR}),
        sizes=sizes or {},
        review=(500, Decimal(10_000)),
    )


def an_opening(cause: Cause = Cause.SURGE, evidence: str = "e", **more: Any) -> Opening:
    data = {"evidence": evidence, "new": 40, "usual": 10}
    return replace(Opening(cause=cause, subject=PAIR[0], account=ACCOUNT, until=None, data=data), **more)


def opened(ledger: Ledger, at: datetime, **more: Any) -> Hold:
    hold = ledger.holds.open(an_opening(**more), at)
    assert hold
    return hold


def events(ledger: Ledger) -> list[str]:
    return [row.event for row in ledger.audit_rows() if row.event.startswith("hold")]


def test_a_hold_is_what_was_opened_and_stands_in_the_trail(ledger: Ledger, noon: datetime) -> None:
    hold = opened(ledger, noon, until=noon + HOUR)
    assert ledger.holds.standing(noon) == (hold,)
    assert ledger.holds.get(hold.id) == hold
    assert ledger.holds.get("h-none") is None
    assert ledger.holds.standing(noon + HOUR) == ()
    (row,) = [row for row in ledger.audit_rows() if row.event == "hold opened"]
    assert row.data["hold"] == hold.id
    assert ledger.verify_audit().ok


def test_one_stands_for_each_cause_policy_and_account(ledger: Ledger, noon: datetime) -> None:
    first = opened(ledger, noon)
    assert ledger.holds.open(an_opening(evidence="another"), noon + HOUR) is None
    others = [opened(ledger, noon, cause=Cause.REGRETS), opened(ledger, noon, account="2"), opened(ledger, noon, subject="q")]
    assert set(ledger.holds.standing(noon)) == {first, *others}


def test_a_person_releases_and_the_same_evidence_does_not_open_it_again(ledger: Ledger, noon: datetime) -> None:
    hold = opened(ledger, noon)
    released = ledger.holds.release(hold.id, "pia@x.example", "looked", noon + HOUR)
    assert released
    assert (released.released, released.released_by, released.why) == (noon + HOUR, "pia@x.example", "looked")
    assert ledger.holds.release(hold.id, "quinn@x.example", "too", noon + HOUR) is None
    assert ledger.holds.open(an_opening(), noon + 2 * HOUR) is None
    assert ledger.holds.open(an_opening(evidence="new"), noon + 2 * HOUR)
    assert events(ledger) == ["hold opened", "hold released", "hold opened"]
    assert [each.id for each in ledger.holds.all()][1] == hold.id


def test_a_look_learns_opens_and_ends(ledger: Ledger, noon: datetime) -> None:
    (new,) = ledger.holds.look(seen(noon, new=3), noon)
    assert (new.cause, new.until) == (Cause.WIDENED, noon + HOLD_OFF)
    assert ledger.holds.look(seen(noon, matches=3), noon) == (), "the same look again"
    after = noon + HOLD_OFF
    assert ledger.holds.look(seen(after, matches=3), after) == ()
    assert ledger.holds.standing(after) == ()
    assert events(ledger) == ["hold opened", "hold ended"]
    (wider,) = ledger.holds.look(seen(after + HOUR, new=1, matches=4, rule="d2"), after + HOUR)
    assert wider.until == after + HOUR + HOLD_OFF


def test_fourteen_scans_make_a_surge(ledger: Ledger, noon: datetime) -> None:
    for scan in range(14):
        at = noon + scan * HOUR
        holds = ledger.holds.look(seen(at, matches=3), at)
        assert holds == ()
    at = noon + 14 * HOUR
    (surge,) = ledger.holds.look(seen(at, new=11), at)
    assert (surge.cause, surge.data["new"], surge.data["usual"], surge.until) == (Cause.SURGE, 11, 10, None)
    assert ledger.holds.look(seen(at + HOUR, new=40), at + HOUR) == (), "one stands"


def test_thirteen_are_not_enough(ledger: Ledger, noon: datetime) -> None:
    for scan in range(13):
        ledger.holds.look(seen(noon + scan * HOUR, matches=3), noon + scan * HOUR)
    at = noon + 13 * HOUR
    assert ledger.holds.look(seen(at, new=300), at) == ()


def test_only_what_is_measured_against_is_kept(ledger: Ledger, noon: datetime) -> None:
    from sqlalchemy import func, select

    from reapers.store.tables import counts, digests

    for scan in range(40):
        at = noon + scan * HOUR
        ledger.holds.look(seen(at, matches=1, sizes={("aws.ebs_volume", ACCOUNT): 100}), at)
    with ledger.database.reading() as connection:
        kept = {row[0]: row[1] for row in connection.execute(select(counts.c.what, func.count()).group_by(counts.c.what))}
        assert kept == {"new": 15, "size": 2}
        assert connection.execute(select(func.min(counts.c.at)).where(counts.c.what == "new")).scalar() == noon + 25 * HOUR
    gone = replace(seen(noon + 41 * HOUR), rules={}, whole=frozenset())
    ledger.holds.look(gone, noon + 41 * HOUR)
    with ledger.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(digests)).scalar() == 0


def test_a_kind_that_shrinks_between_complete_scans_is_held(ledger: Ledger, noon: datetime) -> None:
    kind = "aws.ebs_volume", ACCOUNT
    ledger.holds.look(seen(noon, sizes={kind: 100}), noon)
    ledger.holds.look(seen(noon + HOUR), noon + HOUR)  # a gap
    (drop,) = ledger.holds.look(seen(noon + 2 * HOUR, sizes={kind: 79}), noon + 2 * HOUR)
    assert (drop.cause, drop.subject, drop.data["before"], drop.data["now"]) == (Cause.DROP, kind[0], 100, 79)


@pytest.mark.parametrize(("hours", "drop"), [(-25, True), (-23, False), (100, False)])
def test_what_we_deleted_since_the_last_count_is_no_drop(
    ledger: Ledger, acting: Make, action_of: Actions, noon: datetime, hours: int, drop: bool
) -> None:
    kind = "aws.ebs_volume", ACCOUNT
    ledger.holds.look(seen(noon, sizes={kind: 5}), noon)
    for number in range(3):
        case = acting(f"c-{number}")
        deleted(ledger, case, action_of(case), noon + hours * HOUR, "done")
    later = noon + timedelta(days=5)
    assert bool(ledger.holds.look(seen(later, sizes={kind: 2}), later)) is drop


def test_each_is_told_of_once(ledger: Ledger, noon: datetime) -> None:
    holds = [opened(ledger, noon), opened(ledger, noon, account="2")]
    told = ledger.holds.untold(noon)
    assert set(told) == set(holds)
    ledger.holds.tell(told, Post("p-1", "hold/p-1", "", "#platform", payload={}), noon)
    assert ledger.holds.untold(noon) == ()
    ledger.holds.tell(told, Post("p-2", "hold/p-2", "", "#platform", payload={}), noon)
    assert [post.id for post in ledger.pending(noon)] == ["p-1"]


# --- inside the intent's transaction ------------------------------------------------------------------------------------


def test_a_hold_is_seen_by_the_transaction_that_would_begin_an_act(
    ledger: Ledger, acting: Make, action_of: Actions, noon: datetime
) -> None:
    case = acting()
    lease = ledger.claim(case.id, "worker", 60)
    assert lease
    hold = opened(ledger, noon)

    def check(usage: Usage, control: Control) -> str:
        assert control.holds == (hold,)
        return "surge" if any(each.speaks_of(case) for each in control.holds) else ""

    with pytest.raises(Blocked) as blocked:
        ledger.begin(lease, replace(case, state=State.DELETING), action_of(case), 30, check, noon)
    assert blocked.value.guard == "surge"
    assert ledger.open_intents() == []


def deleted(ledger: Ledger, case: Case, action: Action, at: datetime, status: Any, rule: str | None = "r1") -> None:
    lease = ledger.claim(case.id, "worker", 60)
    assert lease
    begun = ledger.begin(lease, replace(case, state=State.DELETING), action, 30, lambda *_: "", at, rule=rule)
    now = ledger.case(case.id)
    assert now
    if status:
        ended = {"done": State.DELETED, "void": State.GRACE, "denied": State.STUCK}[status]
        ledger.settle(lease, begun, status, replace(now, state=ended), status, at)


def test_the_canary_counts_deletes_of_a_rule_for_ever(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    long_ago = noon - timedelta(days=300)
    for number, status in enumerate(["denied", "void", "done", "open"]):
        case = acting(f"c-{number}")
        deleted(ledger, case, action_of(case), long_ago + number * HOUR, None if status == "open" else status)
    for number, (verb, rule) in enumerate([(Verb.STOP, "r1"), (Verb.DELETE, None), (Verb.DELETE, "r2")]):
        case = acting(f"c-1{number}")
        lease = ledger.claim(case.id, "worker", 60)
        assert lease
        state = State.STOPPING if verb is Verb.STOP else State.DELETING
        ledger.begin(lease, replace(case, state=state), action_of(case, verb), 30, lambda *_: "", long_ago, rule=rule)
    usage = ledger.usage(noon)
    assert set(usage.canaries) == {("r1", "aws.ebs_volume"), ("r2", "aws.ebs_volume")}
    canary = usage.canaries["r1", "aws.ebs_volume"]
    assert (canary.begun, canary.proven) == ((long_ago + 2 * HOUR, long_ago + 3 * HOUR), True)
    assert not usage.canaries["r2", "aws.ebs_volume"].proven
    assert usage.acts == ()


# --- regrets -----------------------------------------------------------------------------------------------------------


def keep(ledger: Ledger, id: str, at: datetime, who: str = "ann@x.example", **opened: Any) -> None:
    """Somebody keeps what we stopped."""
    case = ledger.case(id)
    assert case
    kept = replace(case, state=State.KEPT, kept=Kept(until=at + timedelta(days=9), who=who, reason="mine"))
    ledger.save(case, kept, "kept", at, who=who)


@pytest.fixture
def stopped(ledger: Ledger, new_case: Make, noon: datetime) -> Callable[..., Case]:
    """Opens a case of something that we stopped."""

    def make(id: str, **changes: Any) -> Case:
        return ledger.open(new_case(id, **{"state": State.STOPPED, "rung": Mode.STOP, "fingerprint": "f1", **changes}), noon)

    return make


def test_three_keeps_after_a_stop_hold_the_policy_in_that_transaction(ledger: Ledger, stopped: Make, noon: datetime) -> None:
    for number in range(3):
        assert ledger.holds.standing(noon) == ()
        stopped(f"c-{number}")
        keep(ledger, f"c-{number}", noon + number * HOUR, who=f"p{number}@x.example")
    (hold,) = ledger.holds.standing(noon)
    assert (hold.cause, hold.subject, hold.account, hold.until) == (Cause.REGRETS, *PAIR, None)
    assert hold.caused_by == {"p0@x.example", "p1@x.example", "p2@x.example"}
    assert hold.data["regrets"] == [[f"c-{number}", "keep after stop"] for number in range(3)]


def test_regrets_of_different_days_policies_or_accounts_do_not_add_up(
    ledger: Ledger, stopped: Make, new_case: Make, noon: datetime
) -> None:
    elsewhere = replace(new_case().key, account="2", id="other")
    for number, (hours, changes) in enumerate([(0, {}), (25, {}), (26, {"key": elsewhere}), (27, {})]):
        stopped(f"c-{number}", **changes)
        keep(ledger, f"c-{number}", noon + hours * HOUR)
    assert ledger.holds.standing(noon + 28 * HOUR) == ()


def test_restores_and_drift_after_approval_are_regrets_and_snoozes_are_not(ledger: Ledger, stopped: Make, noon: datetime) -> None:
    snoozed = stopped("c-0")
    ledger.save(snoozed, replace(snoozed, state=State.KEPT, snoozes=1), "snoozed", noon, who="ann@x.example")
    restored = stopped("c-1")
    ledger.save(restored, replace(restored, state=State.RESTORING), "restore_asked", noon, who="bo@x.example")
    agreed = (Agreement(role="owner", who="ann@x.example", at=noon, action="a"),)
    for id, changes in (("c-2", {"state": State.APPROVED}), ("c-3", {"state": State.AWAITING_APPROVAL, "agreements": agreed})):
        ready = stopped(id, **changes)
        drifted = replace(ready, state=State.STOPPED, tell="drifted", fingerprint="f2", agreements=())
        ledger.save(ready, drifted, "judged", noon)
    (hold,) = ledger.holds.standing(noon)
    assert [what for _, what in hold.data["regrets"]] == ["restore", "change after approval", "change after approval"]
    assert hold.caused_by == {"bo@x.example"}


def test_regrets_that_a_release_has_answered_count_no_more(ledger: Ledger, stopped: Make, noon: datetime) -> None:
    for number in range(3):
        stopped(f"c-{number}")
        keep(ledger, f"c-{number}", noon)
    (hold,) = ledger.holds.standing(noon)
    ledger.holds.release(hold.id, "pia@x.example", "one team, one mistake", noon + HOUR)
    for number in range(3, 6):
        assert ledger.holds.standing(noon + 2 * HOUR) == ()
        stopped(f"c-{number}")
        keep(ledger, f"c-{number}", noon + 2 * HOUR)
    assert len(ledger.holds.standing(noon + 2 * HOUR)) == 1


def test_more_than_a_twentieth_of_the_last_fifty_acts(
    ledger: Ledger, stopped: Make, acting: Make, action_of: Actions, noon: datetime
) -> None:
    for number in range(50):
        case = acting(f"c-{number}")
        deleted(ledger, case, action_of(case), noon + number * HOUR, "done")
    for number, day in enumerate((3, 5, 7)):
        at = noon + timedelta(days=day)
        assert ledger.holds.standing(at) == ()
        stopped(f"k-{number}")
        keep(ledger, f"k-{number}", at)
    (hold,) = ledger.holds.standing(at)
    assert len(hold.data["regrets"]) == 3


def test_a_second_widening_in_the_same_instant_takes_over(ledger: Ledger, noon: datetime) -> None:
    first = opened(ledger, noon, cause=Cause.WIDENED, until=noon + HOUR)
    ledger.holds.release(first.id, "pia@x.example", "looked", noon)
    second = opened(ledger, noon, cause=Cause.WIDENED, until=noon + 2 * HOUR, evidence="another")
    assert ledger.holds.standing(noon) == (second,)
    assert first.id != second.id
