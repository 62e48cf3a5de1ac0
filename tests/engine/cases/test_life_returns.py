"""What comes back: resources that something makes anew, and databases that their provider starts by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine import events as on
from engine.case import Case, State
from engine.follow import STARTED_BY, follow
from engine.life import advance
from engine.life.entries import entry
from engine.life.scans import MOST_RESTARTS
from engine.model import Field, Key, Mode, Resource, Unknown, Verb
from engine.policy import PolicySet
from engine.recreated import Deletion, by_place, marked, why_recreated
from engine.schedule import Rules, action_of, promise
from makers.cases import KINDS, MACHINE, NOW, days, in_grace, inventory, opened, policies, reap, resource, seen
from makers.cases import context as context_of

DAY = timedelta(days=1)
LADDER = {Mode.NOTIFY: days(0), Mode.STOP: days(3), Mode.DELETE: days(14)}
DATABASE = replace(MACHINE, fields={**MACHINE.fields, STARTED_BY: Field(type="string", doc="", optional=True, price="call")})


def rules_of() -> PolicySet:
    made = policies(reap("idle", "state == 'running'", kinds=("aws.ec2_instance",), after=LADDER))
    return replace(made, kinds={**KINDS, DATABASE.name: DATABASE})


def machine(state: str = "running", **fields: object) -> Resource:
    return resource("aws.ec2_instance", "i-1", fields={"state": state, **fields})


def do(case: Case, event: on.Event, day: float) -> Case:
    return advance(case, event, Rules(policies=rules_of()), NOW + day * DAY)


def tell(case: Case, day: float) -> Case:
    dates = promise(case, Rules(policies=rules_of()), NOW + day * DAY)
    return do(case, on.Delivered(channel="#p", receipt="2", promised=dates, mode=case.lead.mode), day)


def stopped(case: Case, day: float) -> Case:
    return tell(do(do(case, on.Began(verb=Verb.STOP), day), on.Settled(verb=Verb.STOP), day), day)


def quarantined() -> Case:
    """Stopped by us on day three."""
    return stopped(do(in_grace(rules_of(), machine()), on.Ticked(), 3), 3)


def look(case: Case, thing: Resource, day: float) -> on.Event:
    from engine.follow import Sight
    from engine.judge import judge_one
    from engine.view import view

    at, context = NOW + day * DAY, context_of(rules_of())
    judged = judge_one(view(thing, context, at), context, at)
    return follow(case, Sight.of(inventory(thing, as_of=at), [judged], context))


# --- started again ------------------------------------------------------------------------------------------------


def test_what_the_provider_started_is_stopped_again_as_an_act_of_its_own() -> None:
    before = quarantined()
    event = look(before, machine(started_by="provider"), 10)
    case = do(before, event, 10)
    assert (case.state, case.tell, case.restarts, case.generation) == (State.NOTIFIED, "restarted", 1, before.generation + 1)
    assert entry(before, case, "judged") == "restarted"
    dates = promise(case, Rules(policies=rules_of()), NOW + 10 * DAY)
    assert dates[Mode.STOP] == NOW + 11 * DAY, "the grace of a stop, not the whole ladder once more"
    told = tell(case, 10)
    assert do(told, on.Ticked(), 10.9) is told
    ready = do(told, on.Ticked(), 11)
    assert ready.state is State.APPROVED
    action = action_of(ready)
    assert action
    assert (action.verb, action.generation) == (Verb.STOP, before.generation + 1)


def test_the_quarantine_counts_from_the_first_stop() -> None:
    case = do(quarantined(), look(quarantined(), machine(started_by="provider"), 10), 10)
    again = stopped(do(tell(case, 10), on.Ticked(), 11), 11)
    assert (again.state, again.rung_at, again.quarantined) == (State.STOPPED, NOW + 11 * DAY, NOW + 3 * DAY)
    assert again.due == NOW + 16 * DAY, "the fourteenth day is over, so it is the grace of a delete: three working days"


def test_an_approved_delete_does_not_outlive_the_start() -> None:
    case = do(quarantined(), on.Ticked(), 14)
    assert case.state is State.AWAITING_APPROVAL
    restarted = do(case, look(case, machine(started_by="provider"), 14.5), 14.5)
    assert (restarted.state, restarted.agreements, restarted.rung) == (State.NOTIFIED, (), Mode.NOTIFY)
    action = action_of(replace(restarted, state=State.GRACE))
    assert action is not None
    assert action.verb is Verb.STOP


def test_what_has_come_into_use_since_the_provider_started_it_is_spared() -> None:
    """It runs again, so the policy's own condition is asked again."""
    event = look(quarantined(), machine("busy", started_by="provider"), 10)
    closed = do(quarantined(), event, 10)
    assert (closed.state, closed.tell) == (State.CLOSED, "")


def test_what_somebody_started_is_in_use_and_left_alone() -> None:
    for by in ({"started_by": "somebody"}, {}):
        before = quarantined()
        kept = do(before, look(before, machine(**by), 10), 10)
        assert (kept.state, kept.rung, kept.tell) == (State.KEPT, Mode.OBSERVE, "")
        assert kept.kept is not None
        assert kept.kept.until == NOW + 100 * DAY
        assert entry(before, kept, "judged") == "in_use"
        assert do(kept, on.Ticked(), 100).state is State.DETECTED, "judged from the beginning"


def test_who_started_it_is_not_known() -> None:
    event = look(quarantined(), machine(started_by=Unknown("AWS denied rds:DescribeEvents")), 10)
    paused = do(quarantined(), event, 10)
    assert (paused.state, paused.missing, paused.paused_at) == (State.STOPPED, (STARTED_BY,), NOW + 10 * DAY)
    assert do(paused, on.Ticked(), 99) is paused


def test_it_is_not_stopped_for_ever() -> None:
    case = replace(quarantined(), restarts=MOST_RESTARTS)
    stuck = do(case, look(case, machine(started_by="provider"), 10), 10)
    assert (stuck.state, stuck.tell) == (State.STUCK, "stuck")
    assert "6 times" in stuck.stuck
    retried = do(stuck, on.Retried(who="pia@x.example"), 11)
    assert (retried.state, retried.tell, retried.restarts) == (State.NOTIFIED, "restarted", 0)


# --- made anew ----------------------------------------------------------------------------------------------------

KEY = Key("aws.ebs_volume", "111122223333", "us-east-1", "vol-0", "born-vol-0")
GONE = Deletion(key=KEY, name="scratch", at=NOW - 20 * DAY)


def made(after: timedelta, id: str = "vol-1", name: str = "scratch", region: str = "us-east-1") -> Resource:
    return resource(id=id, key=replace(KEY, id=id, region=region, born=f"born-{id}-again"), name=name, created=GONE.at + after)


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=12), "12 minutes"),
        (timedelta(hours=5), "5 hours"),
        (7 * DAY, "7 days"),
    ],
)
def test_what_is_made_anew_under_the_same_name_says_so(after: timedelta, says: str) -> None:
    why = why_recreated(made(after), by_place([GONE]))
    assert why == f"it was re-created {says} after we deleted it: something manages it"


@pytest.mark.parametrize(
    "other",
    [
        made(7 * DAY + timedelta(minutes=1)),
        made(-timedelta(minutes=1)),
        made(timedelta(minutes=12), name="other"),
        made(timedelta(minutes=12), region="eu-west-1"),
        replace(made(timedelta(minutes=12), id="vol-0"), key=KEY),
    ],
    ids=["a week later", "before", "another name", "elsewhere", "the same life, whose deletion was wrong"],
)
def test_what_is_something_else_does_not(other: Resource) -> None:
    assert why_recreated(other, by_place([GONE])) == ""


def test_the_same_id_is_enough_and_what_we_brought_back_ourselves_is_not_meant() -> None:
    again = made(timedelta(minutes=12), id="vol-0", name="")
    assert why_recreated(again, by_place([GONE]))
    assert why_recreated(again, by_place([replace(GONE, restored=again.key.ref)])) == ""


def test_what_comes_back_is_proposed_and_never_deleted_again() -> None:
    under = policies()
    thing = made(timedelta(minutes=12))
    case = marked(opened(under, thing), thing, by_place([GONE]))
    assert "12 minutes" in case.recreated
    assert case.lead.mode is Mode.NOTIFY
    for scan in range(1, 5):
        at = NOW + scan * DAY
        case = advance(case, seen(case, at, under, thing), Rules(policies=under), at)
        case = advance(case, on.Ticked(), Rules(policies=under), at)
        assert case.lead.mode is Mode.NOTIFY, "every scan finds it in mode delete, and none raises it"
    assert case.state is State.NOTIFIED
    told = advance(case, on.Delivered(channel="#p", receipt="1", mode=case.lead.mode), Rules(policies=under), NOW + 5 * DAY)
    assert (told.state, told.due) == (State.GRACE, None)
    assert advance(told, on.Ticked(), Rules(policies=under), NOW + 999 * DAY) is told
