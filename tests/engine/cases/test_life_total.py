"""Every event in every state: nothing moves what is closed, and an act's outcome moves only the case whose act it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine import events as on
from engine.case import Case, Closed, Ending, Kept, State
from engine.life import advance
from engine.model import Mode, Verb
from engine.schedule import Rules
from makers.cases import NOW, in_grace, policies

UNDER_WAY = {
    Verb.STOP: State.STOPPING,
    Verb.BACKUP: State.SNAPSHOTTING,
    Verb.CONDEMN: State.APPROVED,
    Verb.DELETE: State.DELETING,
    Verb.START: State.RESTORING,
    Verb.RESTORE: State.RESTORING,
}
BEGINS = {Verb.STOP: {"approved"}, Verb.BACKUP: {"approved"}, Verb.DELETE: {"approved", "snapshotting"}}


def case_in(state: State, **changes: object) -> Case:
    closed = Closed(reason=Ending.DONE, at=NOW) if state is State.CLOSED else None
    return replace(in_grace(), state=state, closed=closed, **changes)  # type: ignore[arg-type]  # fields of Case by name


def after(case: Case, event: on.Event) -> Case:
    return advance(case, event, Rules(policies=policies()), NOW + timedelta(days=99))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_an_outcome_means_something_only_while_its_act_is_under_way(state: State, verb: Verb) -> None:
    case = case_in(state)
    outcomes = [on.Settled(verb=verb), on.Noted(verb=verb, memory={"a": 1}), on.Blocked(verb=verb, why="denied")]
    for event in outcomes:
        moved = after(case, event) is not case
        assert moved == (state is UNDER_WAY.get(verb)), event


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_an_act_begins_only_where_it_was_agreed_to(state: State, verb: Verb) -> None:
    assert (after(case_in(state), on.Began(verb=verb)).state is not state) == (state in BEGINS.get(verb, set()))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_only_a_stop_or_delete_that_is_under_way_is_voided(state: State, verb: Verb) -> None:
    case = case_in(state)
    voided = (verb, state) in ((Verb.STOP, State.STOPPING), (Verb.DELETE, State.DELETING))
    assert (after(case, on.Voided(verb=verb)) is not case) == voided


@pytest.mark.parametrize("rung", Mode)
def test_nothing_opens_a_closed_case(rung: Mode) -> None:
    case = case_in(State.CLOSED, rung=rung, backed_up=True, stuck_from=State.GRACE)
    kept = Kept(until=NOW, who="a")
    events: list[on.Event] = [on.Began(verb=verb) for verb in Verb] + [on.Voided(verb=verb) for verb in Verb]
    events += [on.Drifted(fingerprint="f2"), on.Ticked(), on.Vanished(reborn=True), on.Retried(who="a"), on.RestoreAsked(who="a")]
    events += [on.Judged(as_of=NOW, findings=case.findings, team="search"), on.Rejected(who="a"), on.Keeping(kept=kept)]
    events += [on.Disowned(who="a", team="search")]
    assert all(after(case, event) is case for event in events)
    assert after(case, on.Delivered(channel="#p", receipt="1")).state is State.CLOSED


@pytest.mark.parametrize(
    "event",
    [on.Vanished(), on.Vanished(reborn=True), on.Rejected(who="a"), on.Keeping(kept=Kept(until=NOW, who="a"))],
    ids=lambda event: type(event).__name__,
)
def test_what_we_deleted_and_could_not_bring_back_stays_restorable(event: on.Event) -> None:
    """The next scan does not find it, of course: that must not close the case and take the way back with it."""
    failed = case_in(State.STUCK, rung=Mode.DELETE, stuck="quota", stuck_from=State.DELETED, backed_up=True)
    assert after(failed, event) is failed
    back = after(failed, on.Retried(who="a"))
    assert after(back, on.RestoreAsked(who="a")).state is State.RESTORING
