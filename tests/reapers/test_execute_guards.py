"""Guards that have the last word inside the intent's own transaction, and two workers on one case."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.case import Action, State
from engine.follow import Sight
from engine.load import load
from engine.model import Verb
from engine.standing import Standing
from makers.doors import StillClock
from makers.world import FILES, World, somebody
from reapers.execute import Report, Result
from reapers.execute.attempt import LEASE_SECONDS
from reapers.service import Service

Planned = tuple[Action, Standing, Sight]


def planned(world: World, *names: str) -> list[Planned]:
    """Volumes whose deletion is approved, as one worker has planned them: what changes now, it does not know."""
    ids = [world.volume(name) for name in names or ("scratch",)]
    world.to(ids[0], State.AWAITING_APPROVAL)
    world.go(lambda: all(world.state(id) is State.AWAITING_APPROVAL and not world.case(id).tell for id in ids))
    for id in ids:
        world.approve(id)
    plan, standing, sight = world.service.plan(), world.service.standing(), world.service.situation.sight()
    assert plan
    assert standing
    assert sight
    assert len(plan.actions) == len(ids)
    world.aws.forget_calls()
    return [(action, standing, sight) for action in plan.actions]


def act(world: World, one: Planned) -> Report:
    return world.service.doing().executor().act(*one)


def during(world: World, action: str, do: Callable[[], object]) -> Any:
    """Something happens after AWS has answered a call, once."""
    done: list[str] = []

    def hook(call: Any, moment: str) -> None:
        if call.action == action and moment == "after" and not done:
            done.append(action)
            do()

    return world.aws.on_call(hook)


def test_a_freeze_between_plan_and_act_holds_it(world: World) -> None:
    (one,) = planned(world)
    with during(world, "CreateSnapshot", lambda: world.desk.freeze(somebody("pia"), "incident")):
        report = act(world, one)
    assert (report.result, report.why) == (Result.BLOCKED, "freeze")
    assert world.deletes() == 0
    assert world.ledger.intents(one[0].case) == []
    case = world.ledger.case(one[0].case)
    assert case
    assert case.state is State.SNAPSHOTTING
    world.desk.unfreeze(somebody("pia"))
    world.tick()
    case = world.ledger.case(one[0].case)
    assert case
    assert case.state is State.DELETED


def test_limits_that_another_worker_has_used_up_hold_it(build: Callable[..., World]) -> None:
    world = build({"organization.yaml": FILES["organization.yaml"].replace("per_day: 100", "per_day: 1")})
    ids = [world.volume("a"), world.volume("b")]
    world.to(ids[0], State.AWAITING_APPROVAL)
    world.go(lambda: all(world.state(id) is State.AWAITING_APPROVAL and not world.case(id).tell for id in ids))
    for id in ids:
        world.approve(id)
    standing, sight, plan = world.service.standing(), world.service.situation.sight(), world.service.plan()
    assert standing
    assert sight
    assert plan
    assert (len(plan.actions), plan.skipped[0].blocked_by) == (1, ("caps",))
    other = next(case for case in world.ledger.open_cases() if case.id != plan.actions[0].case)
    stale = planned_alone(other, standing)
    assert act(world, (plan.actions[0], standing, sight)).result is Result.DONE
    report = act(world, (stale, standing, sight))
    assert (report.result, report.why) == (Result.BLOCKED, "caps")
    assert world.deletes() == 1
    world.later(days=1, minutes=1)
    world.go(lambda: world.deletes() == 2)


def planned_alone(case: Any, standing: Standing) -> Action:
    from engine.schedule import action_of

    found = action_of(case)
    assert found
    return found


def test_a_limit_reached_while_the_backup_was_made_holds_the_delete(build: Callable[..., World]) -> None:
    world = build({"organization.yaml": FILES["organization.yaml"].replace("per_hour: 100", "per_hour: 1")})
    ids = [world.volume("a"), world.volume("b")]
    world.to(ids[0], State.AWAITING_APPROVAL)
    world.go(lambda: all(world.state(id) is State.AWAITING_APPROVAL and not world.case(id).tell for id in ids))
    for id in ids:
        world.approve(id)
    standing, sight, plan = world.service.standing(), world.service.situation.sight(), world.service.plan()
    assert standing
    assert sight
    assert plan
    first = plan.actions[0]
    other = next(case for case in world.ledger.open_cases() if case.id != first.case)
    second = planned_alone(other, standing)
    with during(world, "CreateSnapshot", lambda: act(world, (second, standing, sight))):
        report = act(world, (first, standing, sight))
    assert (report.result, report.why) == (Result.BLOCKED, "caps")
    assert world.deletes() == 1


def test_a_word_said_while_it_is_being_prepared_is_heard(world: World) -> None:
    (one,) = planned(world)
    with during(world, "CreateSnapshot", lambda: world.desk.keep(one[0].case, somebody("ann"), None, "wait")):
        report = act(world, one)
    assert report.result is Result.BUSY
    assert world.deletes() == 0
    case = world.ledger.case(one[0].case)
    assert case
    assert case.state is State.KEPT


def test_what_has_moved_on_since_the_plan_is_left_alone(world: World) -> None:
    (one,) = planned(world)
    world.desk.keep(one[0].case, somebody("ann"), None, "wait")
    report = act(world, one)
    assert (report.result, report.why) == (Result.SPARED, "the case has moved on since the plan was made")
    assert world.called() == []


def test_terms_that_the_case_has_not_heard_of_yet_are_not_acted_under(world: World) -> None:
    """A commit that arrived between the plan and the last look: what we stopped must be told of anew before it goes."""
    machine = world.machine()
    world.to(machine, State.STOPPED)
    world.to(machine, State.APPROVED)
    plan, standing = world.service.plan(), world.service.standing()
    assert plan
    assert standing
    longer = {f"policies/{name}": f"apiVersion: sexton/v1\n{text.strip()}\n" for name, text in FILES.items()}
    longer["policies/machines.yaml"] = longer["policies/machines.yaml"].replace("delete: 48h", "delete: 96h")
    newer = load(longer, standing.policies.kinds, "c0ffee").policies
    assert newer
    sight = replace(world.service.situation, policies=newer).sight()
    assert sight
    world.aws.forget_calls()
    report = act(world, (plan.actions[0], standing, sight))
    assert (report.result, report.why) == (Result.SPARED, "changed")
    assert world.called() == []
    assert world.case(machine).agreements == ()


def test_looks_in_one_instant_write_once_at_most(world: World) -> None:
    (one,) = planned(world)
    world.service.world = replace(world.service.world, clock=StillClock(world.clock.now()))
    assert act(world, one).result is Result.DONE
    events = [entry.event for entry in world.ledger.history(one[0].case)]
    assert events.count("reread") <= 1


def test_only_platform_and_owner_together_release_an_address(world: World) -> None:
    address = world.address()
    world.to(address, State.AWAITING_APPROVAL)
    world.go(lambda: not world.case(address).tell)
    world.approve(address, "ann")
    world.tick(2)
    assert world.state(address) is State.AWAITING_APPROVAL
    assert world.deletes() == 0
    world.approve(address, "pia")
    world.tick()
    assert world.state(address) is State.DELETED
    assert [call.action for call in world.called("ReleaseAddress", "CreateSnapshot")] == ["ReleaseAddress"]
    assert world.case(address).undo_until is None


def test_outside_of_hours_nothing_begins(build: Callable[..., World]) -> None:
    hours = FILES["organization.yaml"].replace('from: "00:00", to: "23:59"', 'from: "10:00", to: "12:00"')
    world = build({"organization.yaml": hours})
    volume = world.volume()
    world.to(volume, State.APPROVED)
    while 10 <= world.clock.now().hour < 12:
        world.later(hours=1)
    at = world.clock.now()
    world.go(lambda: world.state(volume) is State.DELETED)
    assert world.clock.now() > at
    assert 10 <= world.clock.now().hour < 12


def test_the_servers_own_mode_holds_everything(build: Callable[..., World]) -> None:
    world = build()
    volume = world.volume()
    world.to(volume, State.APPROVED)
    world.restart()
    world.service.options = replace(world.service.options, mode=world.service.options.mode.__class__("observe"))
    world.tick(3)
    assert world.deletes() == 0
    assert volume in world.volumes()


# --- two workers --------------------------------------------------------------------------------------------------------


def another(world: World, name: str) -> Service:
    """A second reaper on the same ledger."""
    from api.wiring import the_service

    service = the_service(world.settings, world.ledger, world.clock)
    service.options = replace(service.options, worker=name, poll_every=timedelta(0))
    return service


def test_a_case_that_somebody_has_is_left_to_them(world: World) -> None:
    (one,) = planned(world)
    lease = world.ledger.claim(one[0].case, "somebody else", LEASE_SECONDS)
    assert lease
    assert act(world, one).result is Result.BUSY
    assert world.called() == []
    world.ledger.release(lease)
    assert act(world, one).result is Result.DONE


def test_one_whose_lease_ran_out_on_the_way_does_not_act(world: World) -> None:
    (one,) = planned(world)
    with during(world, "CreateSnapshot", world.pass_database_time):
        report = act(world, one)
    assert report.result is Result.BUSY
    assert world.deletes() == 0
    world.tick()
    case = world.ledger.case(one[0].case)
    assert case
    assert case.state is State.DELETED
    assert world.deletes() == 1


def test_one_whose_lease_ran_out_during_the_call_leaves_the_outcome_to_others(world: World) -> None:
    (one,) = planned(world)
    with during(world, "DeleteVolume", world.pass_database_time):
        report = act(world, one)
    assert report.result is Result.BUSY
    (intent,) = world.ledger.open_intents()
    standing = world.service.standing()
    assert standing
    assert world.service.doing().executor().settle(intent, standing).result is Result.DONE
    assert world.deletes() == 1


def test_an_intent_that_another_one_settled_is_not_settled_again(world: World) -> None:
    (one,) = planned(world)
    with during(world, "DeleteVolume", world.pass_database_time):
        act(world, one)
    (intent,) = world.ledger.open_intents()
    standing = world.service.standing()
    assert standing
    executor = world.service.doing().executor()
    assert executor.settle(intent, standing).result is Result.DONE
    before = world.ledger.case(intent.case)
    assert executor.settle(intent, standing).result is Result.BUSY
    assert world.ledger.case(intent.case) == before


def test_an_act_that_was_begun_in_this_generation_is_not_begun_again(world: World) -> None:
    """A restored old database would allow it; the unique intent does not."""
    (one,) = planned(world)
    case = world.ledger.case(one[0].case)
    assert case
    lease = world.ledger.claim(case.id, "earlier", 60)
    assert lease
    begun = world.ledger.begin(
        lease, replace(case, state=State.DELETING), one[0], 60, lambda usage, control: "", world.clock.now()
    )
    after = world.ledger.case(case.id)
    assert after
    world.ledger.settle(lease, begun, "void", replace(case, version=after.version), "voided", world.clock.now())
    world.ledger.release(lease)
    report = act(world, one)
    assert report.result is Result.BUSY
    assert "delete" in report.why
    assert world.deletes() == 0


@pytest.mark.parametrize("workers", [2, 4])
def test_many_workers_send_one_call_for_each(world: World, workers: int) -> None:
    plans = planned(world, *(f"v{number}" for number in range(4)))
    services = [another(world, f"worker-{number}") for number in range(workers)]
    reports: list[Report] = []

    def run(service: Service) -> None:
        reports.extend(service.doing().executor().act(*one) for one in plans)

    threads = [threading.Thread(target=run, args=(service,)) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.tick(2)
    assert world.deletes() == len(plans)
    for action, _, _ in plans:
        case = world.ledger.case(action.case)
        assert case
        assert case.state is State.DELETED
        assert [(intent.verb, intent.status) for intent in world.ledger.intents(case.id)] == [(Verb.DELETE, "done")]
    assert world.ledger.verify_audit().ok
    assert sum(report.result is Result.DONE for report in reports) <= len(plans)
