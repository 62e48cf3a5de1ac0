"""Found by a hostile reading: ways in which a case could go on, or tell, when it must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from engine import events as on
from engine.case import Agreement, Case, Kept, State
from engine.events import Event
from engine.follow import Sight, follow
from engine.judge import judge_one
from engine.life import advance
from engine.limits import Act, Population, Usage, hits
from engine.model import Mode, Resource, Unknown, Verb
from engine.policy import Approval, Organization, PolicySet
from engine.schedule import Rules, action_of
from engine.view import view
from makers.cases import NOW, context, days, in_grace, inventory, opened, policies, reap, resource, seen

DAY = timedelta(days=1)
STOPPING = {Mode.NOTIFY: days(0), Mode.STOP: days(3), Mode.DELETE: days(14)}


def step(case: Case, event: Event, after: timedelta, under: PolicySet) -> Case:
    return advance(case, event, Rules(policies=under), NOW + after)


def sight(thing: Resource, under: PolicySet, at: datetime) -> Sight:
    judged = judge_one(view(thing, context(under), at), context(under), at)
    return Sight.of(inventory(thing, as_of=at), [judged], context(under))


def approved(under: PolicySet) -> Case:
    case = replace(step(in_grace(under), on.Ticked(), 20 * DAY, under), tell="")
    action = action_of(case)
    assert action is not None
    agreement = Agreement(role="owner", who="ann@x.example", at=NOW, action=action.hash)
    return step(case, on.Approved(agreement=agreement, needs=Approval.OWNER), 20 * DAY, under)


def machines(**more: object) -> PolicySet:
    return policies(reap("idle", "state == 'running'", kinds=("aws.ec2_instance",), after=STOPPING, **more))


def stopped(under: PolicySet) -> Case:
    case = step(in_grace(under, resource("aws.ec2_instance", "i-1", fields={"state": "running"})), on.Ticked(), 3 * DAY, under)
    begun = step(case, on.Began(verb=Verb.STOP), 3 * DAY, under)
    done = step(begun, on.Settled(verb=Verb.STOP, memory={"sent": "now"}), 3 * DAY, under)
    return replace(done, tell="")


def left() -> Resource:
    return resource("aws.ec2_instance", "i-1", fields={"state": "stopped"})


# --- after our own stop -----------------------------------------------------------------------------------------------


def test_as_we_left_it_goes_on() -> None:
    under = machines()
    event = follow(stopped(under), sight(left(), under, NOW + 4 * DAY))
    assert isinstance(event, on.Judged)
    assert event.findings


def test_a_policy_that_no_longer_speaks_of_the_kind_leaves_alone_what_it_stopped() -> None:
    case = stopped(machines())
    narrowed = policies(reap("idle", kinds=("aws.ebs_volume",), after=STOPPING))
    event = follow(case, sight(left(), narrowed, NOW + 4 * DAY))
    closed = step(case, event, 4 * DAY, narrowed)
    assert closed.state is State.CLOSED


def test_a_teams_policy_leaves_alone_what_it_stopped_and_is_another_teams_now() -> None:
    under = machines(only_team="payments")
    case = stopped(under)
    handed_over = replace(left(), tags={"owner": "platform"})
    closed = step(case, follow(case, sight(handed_over, under, NOW + 4 * DAY)), 4 * DAY, under)
    assert closed.state is State.CLOSED


def test_what_somebody_started_again_is_in_use_and_nobody_is_told_that_it_stays_stopped() -> None:
    under = machines()
    case = stopped(under)
    started = replace(left(), fields={"state": "running"})
    kept = step(case, follow(case, sight(started, under, NOW + 4 * DAY)), 4 * DAY, under)
    assert kept.state is State.KEPT
    assert kept.due == NOW + 94 * DAY
    assert (kept.rung, kept.tell) == (Mode.OBSERVE, "")


def test_what_cannot_be_compared_with_what_we_left_goes_no_further() -> None:
    """`when` still holds after the stop, so that only the comparison stands between it and its end."""
    under = policies(reap("ownerless", "!has(tags.nobody)", kinds=("aws.ec2_instance",), after=STOPPING))
    for blurred in (replace(left(), fingerprint=Unknown("denied")), replace(left(), fields={"state": Unknown("denied")})):
        event = follow(stopped(under), sight(blurred, under, NOW + 4 * DAY))
        assert isinstance(event, on.Judged)
        assert event.missing == ("fingerprint",)
        assert step(stopped(under), event, 4 * DAY, under).paused_at is not None


# --- what cannot be compared ------------------------------------------------------------------------------------------


def test_an_approval_does_not_hold_for_what_cannot_be_compared() -> None:
    under = policies()
    case = approved(under)
    assert case.state is State.APPROVED
    blurred = replace(resource(), fingerprint=Unknown("the answer has no Size"))
    after = step(case, seen(case, NOW + 20 * DAY, under, blurred), 20 * DAY, under)
    assert after.paused_at is not None
    assert after.missing == ("fingerprint",)


def test_a_protection_that_could_not_be_read_once_is_no_change_of_plan() -> None:
    """One throttled call must not void approvals, nor tell owners that until now it was for information only."""
    under = policies()
    case = approved(under)
    blurred = resource(fields={"state": "available", "size_gb": 10, "deletion_protected": Unknown("throttled")})
    paused = step(case, seen(case, NOW + 20 * DAY, under, blurred), 20 * DAY, under)
    assert paused.paused_at is not None
    assert paused.missing == ("deletion_protected",)
    readable = step(paused, seen(paused, NOW + 21 * DAY, under), 21 * DAY, under)
    assert readable.tell == ""
    assert readable.agreements == case.agreements


# --- telling ----------------------------------------------------------------------------------------------------------


def test_not_mine_is_not_undone_by_the_next_scan() -> None:
    under = policies()
    case = step(in_grace(under), on.Disowned(who="ann@x.example", team="platform"), DAY, under)
    told = step(case, on.Delivered(channel="#platform", receipt="2.0", mode=Mode.DELETE), DAY, under)
    after = step(told, seen(told, NOW + 2 * DAY, under), 2 * DAY, under)
    assert after.team == "platform"
    assert after.owner == ""
    assert after.tell == ""


def test_once_somebody_else_is_named_as_owner_not_mine_has_done_its_work() -> None:
    under = policies()
    case = step(in_grace(under), on.Disowned(who="ann@x.example", team="platform"), DAY, under)
    after = step(case, seen(case, NOW + 2 * DAY, under, replace(resource(), tags={"owner": "platform"})), 2 * DAY, under)
    assert (after.team, after.owner) == ("platform", "platform")


def test_a_policy_that_has_matched_once_tells_nobody_whatever_matched_before() -> None:
    """Persistence is the verdict's: years under a policy that only observes do not count for one merged a minute ago."""
    watching = policies(reap("watched", mode=Mode.OBSERVE))
    case = opened(watching, agreed=99, agreed_since=NOW - 99 * DAY)
    merged = policies(reap("watched", mode=Mode.OBSERVE), reap("merged"))
    case = step(case, seen(case, NOW, merged), timedelta(0), merged)
    case = step(case, seen(case, NOW + timedelta(hours=1), merged), timedelta(hours=1), merged)
    assert case.policy == "merged"
    assert step(case, on.Ticked(), timedelta(hours=1), merged).state is State.DETECTED


def test_a_raised_mode_does_not_begin_the_counting_anew() -> None:
    watching = policies(reap("watched", mode=Mode.OBSERVE))
    case = opened(watching, agreed=99, agreed_since=NOW - 99 * DAY)
    raised = policies(reap("watched"))
    case = step(case, seen(case, NOW + timedelta(hours=1), raised), timedelta(hours=1), raised)
    assert step(case, on.Ticked(), timedelta(hours=1), raised).state is State.NOTIFIED


# --- kept -------------------------------------------------------------------------------------------------------------


def test_one_list_that_leaves_it_out_does_not_end_a_keep() -> None:
    under = policies()
    kept = Kept(until=NOW + 90 * DAY, who="ann@x.example", reason="needed")
    case = step(in_grace(under), on.Keeping(kept=kept), DAY, under)
    case = step(case, on.Vanished(), 2 * DAY, under)
    assert case.state is State.KEPT
    assert case.kept == kept
    reborn = step(case, on.Vanished(reborn=True), 2 * DAY, under)
    assert reborn.state is State.CLOSED, "another life was never kept"


# --- clocks and limits --------------------------------------------------------------------------------------------------


def test_an_approval_is_not_prolonged_twice_for_the_same_days() -> None:
    under = policies()
    case = approved(under)
    assert case.execute_by is not None
    held = step(case, on.Ticked(held=True), 20 * DAY, under)
    paused = step(held, seen(held, NOW + 21 * DAY, under, resource(tags=Unknown("denied"))), 21 * DAY, under)
    going_on = step(paused, seen(paused, NOW + 26 * DAY, under), 26 * DAY, under)
    free = step(going_on, on.Ticked(), 26 * DAY, under)
    assert free.execute_by == case.execute_by + 6 * DAY


def act(hours: float, dollars: Decimal | None) -> Act:
    at = NOW + timedelta(hours=hours)
    return Act(at=at, account="a", kind="aws.ebs_volume", policy="unattached", team="payments", verb=Verb.DELETE, dollars=dollars)


def test_platforms_word_on_one_act_is_not_its_word_on_those_before() -> None:
    under = policies(organization=Organization(platform=("platform",)))
    population = Population(by_kind={"aws.ebs_volume": 10_000})
    spent = Usage(acts=(act(-3, None),))
    found = hits(act(0, Decimal(4000)), spent, population, under, priced_by_platform=True)
    assert "dollars_per_day" in {hit.limit for hit in found}


def test_platforms_word_still_lets_one_of_unknown_price_go() -> None:
    under = policies(organization=Organization(platform=("platform",)))
    spent = Usage(acts=(act(-3, Decimal(100)),))
    found = hits(act(0, None), spent, Population(), under, priced_by_platform=True)
    assert "dollars_per_day" not in {hit.limit for hit in found}
