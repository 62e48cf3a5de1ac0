"""Intents: the guards, the intent, the step and the trail are one transaction; usage counts what may have happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from engine.case import Action, Case, State
from engine.limits import Act, Usage
from engine.model import Verb
from engine.money import FREE, Money
from reapers.store import AlreadyBegun, Blocked, Control, Fenced, Freeze, Intent, Lease, Ledger, Shield, Stale

Make = Callable[..., Case]
Actions = Callable[..., Action]


def yes(usage: Usage, control: Control) -> str:
    return ""


def claimed(ledger: Ledger, case: Case) -> Lease:
    lease = ledger.claim(case.id, "worker", 60)
    assert lease is not None
    return lease


def begun(ledger: Ledger, case: Case, action: Action, at: datetime) -> tuple[Lease, Intent]:
    lease = claimed(ledger, case)
    state = State.STOPPING if action.verb is Verb.STOP else State.DELETING
    return lease, ledger.begin(lease, replace(case, state=state), action, 30, yes, at)


def current(ledger: Ledger, id: str = "c-1") -> Case:
    case = ledger.case(id)
    assert case is not None
    return case


def test_the_intent_and_the_step_are_written_together(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    case = acting()
    action = action_of(case)
    lease, intent = begun(ledger, case, action, noon)
    assert (intent.action, intent.at, intent.status, intent.fence) == (action, noon, "open", lease.fence)
    assert 0 < intent.left <= 30
    assert timedelta(0) < intent.not_after - ledger.database_time() <= timedelta(seconds=30)
    assert current(ledger) == replace(case, state=State.DELETING, version=intent.version)
    last = ledger.history("c-1")[-1]
    assert last.event == "began"
    assert last.data == {"verb": "delete", "generation": 0, "action": action.hash, "worker": "worker"}
    assert [found.action for found in ledger.open_intents()] == [action]


def test_the_check_sees_usage_and_control_of_this_moment(
    ledger: Ledger, acting: Make, action_of: Actions, noon: datetime
) -> None:
    other = acting("c-2")
    begun(ledger, other, action_of(other), noon)
    ledger.freeze("ada@example.com", "audit", noon)
    ledger.set("last_good_commit", "abc")
    case = acting("c-1")
    shields = [Shield(case.key.ref, "", noon + timedelta(days=1)), Shield(case.key.ref, "p", noon - timedelta(days=1))]
    for shield in (*shields, Shield(other.key.ref, "", noon + timedelta(days=1))):
        ledger.shield(shield, noon)
    seen: list[tuple[Usage, Control]] = []

    def check(usage: Usage, control: Control) -> str:
        seen.append((usage, control))
        return "freeze" if control.frozen else ""

    with pytest.raises(Blocked) as blocked:
        ledger.begin(claimed(ledger, case), replace(case, state=State.DELETING), action_of(case), 30, check, noon)
    assert blocked.value.guard == "freeze"
    [(usage, control)] = seen
    assert [act.at for act in usage.acts] == [noon]
    freeze = Freeze("ada@example.com", "audit", noon)
    assert control == Control(at=control.at, frozen=freeze, facts={"last_good_commit": "abc"}, shields=(shields[0],))


def test_a_guard_that_blocks_leaves_nothing(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    case = acting()
    rows = len(list(ledger.audit_rows()))
    with pytest.raises(Blocked):
        ledger.begin(claimed(ledger, case), replace(case, state=State.DELETING), action_of(case), 30, lambda *_: "caps", noon)
    assert current(ledger) == case
    assert ledger.open_intents() == []
    assert ledger.usage(noon).acts == ()
    assert len(list(ledger.audit_rows())) == rows


def test_a_check_that_fails_leaves_nothing(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    case = acting()

    def broken(usage: Usage, control: Control) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger.begin(claimed(ledger, case), replace(case, state=State.DELETING), action_of(case), 30, broken, noon)
    assert (current(ledger), ledger.open_intents()) == (case, [])


def test_a_keep_that_came_first_wins(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    case = acting()
    lease = claimed(ledger, case)
    kept = ledger.save(case, replace(case, state=State.KEPT), "kept", noon, who="ada@example.com")
    with pytest.raises(Stale):
        ledger.begin(lease, replace(case, state=State.DELETING), action_of(case), 30, yes, noon)
    assert (current(ledger), ledger.open_intents()) == (kept, [])


def test_without_the_lease_nothing_begins(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    case = acting()
    lease = claimed(ledger, case)
    ledger.release(lease)
    with pytest.raises(Fenced):
        ledger.begin(lease, replace(case, state=State.DELETING), action_of(case), 30, yes, noon)
    assert (current(ledger), ledger.open_intents()) == (case, [])


def test_one_act_of_a_verb_in_a_generation(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    case = acting()
    lease, intent = begun(ledger, case, action_of(case), noon)
    again = ledger.settle(lease, intent, "void", replace(current(ledger), state=State.APPROVED), "voided", noon)
    with pytest.raises(AlreadyBegun):
        ledger.begin(lease, replace(again, state=State.DELETING), action_of(again), 30, yes, noon)
    assert current(ledger) == again
    next_one = replace(again, state=State.DELETING, generation=1)
    assert ledger.begin(lease, next_one, action_of(next_one), 30, yes, noon).generation == 1
    assert [(old.generation, old.status) for old in ledger.intents("c-1")] == [(0, "void"), (1, "open")]


def test_settling_ends_the_intent_with_the_step(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    case = acting()
    lease, intent = begun(ledger, case, action_of(case), noon)
    after = replace(current(ledger), state=State.DELETED, undo_until=noon + timedelta(days=30))
    settled = ledger.settle(lease, intent, "done", after, "deleted", noon + timedelta(minutes=1), {"gone": True})
    assert current(ledger) == settled == replace(after, version=intent.version + 1)
    assert ledger.open_intents() == []
    assert ledger.history("c-1")[-1].data == {"gone": True}
    with pytest.raises(Stale):
        ledger.settle(lease, intent, "void", replace(settled, state=State.APPROVED), "voided", noon)
    assert current(ledger) == settled


def test_settling_needs_the_lease_and_the_newest_version(
    ledger: Ledger, acting: Make, action_of: Actions, noon: datetime
) -> None:
    case = acting()
    lease, intent = begun(ledger, case, action_of(case), noon)
    with pytest.raises(Stale):
        ledger.settle(lease, intent, "done", replace(case, state=State.DELETED), "deleted", noon)
    ledger.release(lease)
    with pytest.raises(Fenced):
        ledger.settle(lease, intent, "done", replace(current(ledger), state=State.DELETED), "deleted", noon)
    assert [found.status for found in ledger.open_intents()] == ["open"]
    assert current(ledger).state is State.DELETING


def test_an_open_intent_and_an_acting_state_go_together(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    case = acting()
    lease = claimed(ledger, case)
    with pytest.raises(ValueError, match="stopping or deleting"):
        ledger.begin(lease, case, action_of(case), 30, yes, noon)
    with pytest.raises(ValueError, match="not of case"):
        ledger.begin(lease, replace(case, state=State.DELETING), action_of(replace(case, id="c-2")), 30, yes, noon)
    intent = ledger.begin(lease, replace(case, state=State.DELETING), action_of(case), 30, yes, noon)
    with pytest.raises(ValueError, match="without an open intent"):
        ledger.settle(lease, intent, "void", current(ledger), "voided", noon)


def test_usage_has_everything_that_limits_ask_for(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    case = acting(monthly=Money.of("12.345"))
    begun(ledger, case, action_of(case, Verb.STOP), noon)
    [act] = ledger.usage(noon).acts
    assert act == Act(
        at=noon,
        account="111111111111",
        kind="aws.ebs_volume",
        policy="ebs-unattached",
        team="payments",
        verb=Verb.STOP,
        dollars=Decimal("12.345"),
    )


@pytest.mark.parametrize(("monthly", "dollars"), [(Money.unknown("not priced"), None), (FREE, Decimal(0))])
def test_an_unknown_price_is_not_zero(
    ledger: Ledger, acting: Make, action_of: Actions, noon: datetime, monthly: Money, dollars: Decimal | None
) -> None:
    case = acting(monthly=monthly)
    begun(ledger, case, action_of(case), noon)
    assert [act.dollars for act in ledger.usage(noon).acts] == [dollars]


def test_only_acts_without_effect_do_not_count(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    for id, status in (("c-0", None), ("c-1", "done"), ("c-2", "void"), ("c-3", "denied")):
        case = acting(id, team=id)
        lease, intent = begun(ledger, case, action_of(case), noon)
        if status == "done":
            ledger.settle(lease, intent, "done", replace(current(ledger, id), state=State.DELETED), "deleted", noon)
        elif status == "void":
            ledger.settle(lease, intent, "void", replace(current(ledger, id), state=State.APPROVED), "voided", noon)
        elif status == "denied":
            ledger.settle(lease, intent, "denied", replace(current(ledger, id), state=State.STUCK), "denied", noon)
    assert sorted(act.team for act in ledger.usage(noon).acts) == ["c-0", "c-1", "c-3"]


def test_usage_is_of_the_last_day(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    hours = (0, 1, 23, 24, 30)
    for ago in hours:
        case = acting(f"c-{ago}", team=str(ago))
        begun(ledger, case, action_of(case), noon - timedelta(hours=ago))
    assert [act.team for act in ledger.usage(noon).acts] == ["23", "1", "0"]


def test_the_limit_of_one_day_falls_under_many_acts(ledger: Ledger, acting: Make, action_of: Actions, noon: datetime) -> None:
    outcomes = []
    for number in range(4):
        case = acting(f"c-{number}")
        try:
            ledger.begin(
                claimed(ledger, case),
                replace(case, state=State.DELETING),
                action_of(case),
                30,
                lambda usage, control: "caps" if len(usage.acts) >= 2 else "",
                noon,
            )
            outcomes.append("begun")
        except Blocked as blocked:
            outcomes.append(blocked.guard)
    assert outcomes == ["begun", "begun", "caps", "caps"]
