"""Holds and the canary as people meet them: the real service, a policy branch, AWS and Slack on one clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.case import State
from engine.holds.hold import Cause, Hold
from engine.holds.look import HOLD_OFF, Opening
from makers.world import ACCOUNT, FILES, World, somebody
from reapers.execute import Result
from reapers.refused import Refused
from reapers.releasing import Releasing

Build = Callable[..., World]

NARROW = FILES["volumes.yaml"].replace("when: [state == 'available']", "when: [state == 'available', has(tags.old)]")
MANY = 12


def holds(world: World) -> tuple[Hold, ...]:
    return world.ledger.holds.standing(world.clock.now())


def the_hold(world: World) -> Hold:
    (hold,) = holds(world)
    return hold


def release(world: World, who: str = "pia") -> None:
    desk = Releasing(ledger=world.ledger, clock=world.clock, policies=world.service.situation.policies)
    for hold in holds(world):
        desk.release(hold, somebody(who), "looked")


def blocked(world: World, id: str) -> tuple[str, ...]:
    plan = world.service.plan()
    assert plan
    return next((skipped.blocked_by for skipped in plan.skipped if skipped.case == world.case(id).id), ())


def pages(world: World) -> list[Any]:
    return [message for message in world.messages("#platform") if "nothing begins there" in message.text]


def all_approved(world: World, ids: list[str]) -> None:
    world.go(lambda: all(world.state(id) is State.AWAITING_APPROVAL and not world.case(id).tell for id in ids))
    for id in ids:
        world.approve(id)


# --- new and widened policies ------------------------------------------------------------------------------------------


def test_a_new_policy_tells_platform_once_and_nobody_else_for_72_hours(build: Build) -> None:
    world = build(seasoned=False)
    volume, began = world.volume(), world.clock.now()
    world.tick(3)
    assert (the_hold(world).cause, the_hold(world).subject) == (Cause.WIDENED, "volumes")
    assert world.state(volume) is State.DETECTED
    assert (len(pages(world)), world.messages()) == (1, ())
    world.go(lambda: world.state(volume) is State.GRACE)
    assert world.clock.now() - began >= HOLD_OFF
    assert len(pages(world)) == 1
    assert [row.event for row in world.ledger.audit_rows() if row.event.startswith("hold")] == ["hold opened", "hold ended"]


def test_platform_lets_a_new_policy_go_on_at_once(build: Build) -> None:
    world = build(seasoned=False)
    volume = world.volume()
    world.tick()
    with pytest.raises(Refused, match="may not release"):
        release(world, "ann")
    release(world)
    world.tick(2)
    assert world.state(volume) is State.GRACE
    world.volume("another")
    world.later(hours=7)
    world.tick()
    assert holds(world) == (), "what was released does not open again within its 72 hours"


def test_a_widened_policy_rests_where_it_matches_more(build: Build) -> None:
    world = build({"volumes.yaml": NARROW})
    old, young = world.volume("old", old="yes"), world.volume("young")
    world.to(old, State.APPROVED)
    assert world.state(young) is None
    world.commit({"volumes.yaml": FILES["volumes.yaml"]})
    world.tick(2)
    assert (the_hold(world).cause, the_hold(world).data["new"], the_hold(world).data["matches"]) == (Cause.WIDENED, 1, 2)
    assert blocked(world, old) == ("widening",)
    assert (world.state(old), world.state(young)) == (State.APPROVED, State.DETECTED)
    assert world.deletes() == 0
    release(world)
    world.tick(2)
    assert (world.state(old), world.state(young)) == (State.DELETED, State.NOTIFIED), "told with tomorrow's message"


def test_a_narrowed_policy_goes_on(build: Build) -> None:
    world = build()
    old, young = world.volume("old", old="yes"), world.volume("young")
    world.to(old, State.APPROVED)
    world.commit({"volumes.yaml": NARROW})
    world.tick(2)
    assert holds(world) == ()
    assert (world.state(old), world.state(young)) == (State.DELETED, State.CLOSED)


def test_comments_and_layout_are_no_change(world: World) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    laid_out = "when:\n    - state=='available'  # detached"
    world.commit({"volumes.yaml": FILES["volumes.yaml"].replace("when: [state == 'available']", laid_out)})
    world.tick(2)
    assert (holds(world), world.state(volume)) == ((), State.DELETED)


# --- surges and drops --------------------------------------------------------------------------------------------------


def scans(world: World, count: int) -> None:
    for _ in range(count):
        world.later(minutes=10)
        world.scan()


def test_a_surge_tells_platform_and_not_the_owners(world: World) -> None:
    scans_before = 15
    world.tick()
    scans(world, scans_before)
    ids = [world.volume(f"v{number}") for number in range(MANY)]
    scans(world, 1)
    world.tick(2)
    assert (the_hold(world).cause, the_hold(world).data["new"]) == (Cause.SURGE, MANY)
    assert ({world.state(id) for id in ids}, world.messages()) == ({State.DETECTED}, ())
    assert len(pages(world)) == 1
    world.later(days=5)
    world.tick(2)
    assert (holds(world)[0].cause, len(pages(world)), world.messages()) == (Cause.SURGE, 1, ()), "it never ends by itself"
    release(world)
    world.tick(2)
    assert {world.state(id) for id in ids} == {State.GRACE}
    scans(world, 1)
    assert holds(world) == ()


def test_what_vanishes_holds_every_policy_of_its_kind(world: World) -> None:
    ids = [world.volume(f"v{number}") for number in range(5)]
    all_approved(world, ids[:1])
    for id in ids[3:]:
        world.ec2.delete_volume(VolumeId=id)
    world.aws.forget_calls()
    world.scan()
    assert (the_hold(world).cause, the_hold(world).subject) == (Cause.DROP, "aws.ebs_volume")
    assert blocked(world, ids[0]) == ("surge",)
    world.tick(2)
    assert world.deletes() == 0
    release(world)
    world.tick()
    assert world.deletes() == 1


def test_what_we_delete_is_no_drop(world: World) -> None:
    ids = [world.volume(f"v{number}") for number in range(4)]
    all_approved(world, ids)
    world.tick(2)
    assert world.deletes() == len(ids)
    world.scan()
    assert holds(world) == ()


# --- regrets -----------------------------------------------------------------------------------------------------------


def test_three_keeps_after_a_stop_hold_the_policy(world: World) -> None:
    ids = [world.machine(f"m{number}") for number in range(4)]
    world.go(lambda: all(world.state(id) is State.STOPPED for id in ids))
    for id in ids[:2]:
        world.desk.keep(world.case(id).id, somebody("ann"), None, "needed")
    assert holds(world) == ()
    world.desk.keep(world.case(ids[2]).id, somebody("bo"), None, "needed")
    hold = the_hold(world)
    assert (hold.cause, hold.subject, hold.account) == (Cause.REGRETS, "machines", ACCOUNT)
    assert hold.caused_by == {"ann@acme.example", "bo@acme.example"}
    world.to(ids[3], State.APPROVED)
    world.tick(2)
    assert blocked(world, ids[3]) == ("breaker",)
    assert (world.state(ids[3]), len(pages(world))) == (State.APPROVED, 1)
    release(world)
    world.tick(2)
    assert world.state(ids[3]) is State.DELETED


# --- the last word -----------------------------------------------------------------------------------------------------


def test_a_hold_that_opens_between_plan_and_intent_blocks(world: World) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    opening = Opening(cause=Cause.REGRETS, subject="volumes", account=ACCOUNT, until=None, data={"evidence": "e", "regrets": []})
    done: list[Any] = []

    def hook(call: Any, moment: str) -> None:
        if call.action == "CreateSnapshot" and moment == "after" and not done:
            done.append(world.ledger.holds.open(opening, world.clock.now()))

    with world.aws.on_call(hook):
        world.tick()
    assert [(report.result, report.why) for report in world.reports[-1:]] == [(Result.BLOCKED, "breaker")]
    assert (world.deletes(), world.intents(volume)) == (0, [])


# --- the canary --------------------------------------------------------------------------------------------------------


def test_under_a_changed_rule_one_goes_then_five_then_the_rest(world: World) -> None:
    ids = [world.volume(f"v{number}") for number in range(MANY)]
    all_approved(world, ids)
    world.commit({"volumes.yaml": FILES["volumes.yaml"].rstrip() + "\n  limits: {per_day: 50}\n"})
    world.tick(2)
    assert world.deletes() == 1
    waiting = next(id for id in ids if world.state(id) is State.APPROVED)
    assert blocked(world, waiting) == ("canary",)
    assert world.case(waiting).held_at, "an approval does not run out meanwhile"
    world.later(minutes=59)
    world.tick()
    assert world.deletes() == 1
    world.later(minutes=1)
    world.tick(2)
    assert world.deletes() == 6
    world.later(hours=1)
    world.tick()
    assert world.deletes() == MANY


def test_two_that_were_planned_at_once_are_still_one(build: Build) -> None:
    """Two reapers plan the first delete of a rule; the second is stopped where its intent would be written."""
    world = build(seasoned=False)
    world.tick()
    ids = [world.volume("a"), world.volume("b")]
    world.later(hours=73)
    all_approved(world, ids)
    from engine.schedule import action_of

    standing, sight = world.service.standing(), world.service.situation.sight()
    assert standing
    assert sight
    actions = [action_of(world.case(id)) for id in ids]
    reports = [world.service.doing().executor().act(action, standing, sight) for action in actions if action]
    assert [(report.result, report.why) for report in reports] == [(Result.DONE, ""), (Result.BLOCKED, "canary")]
    assert world.deletes() == 1
    world.later(hours=1)
    world.tick()
    assert world.deletes() == 2
