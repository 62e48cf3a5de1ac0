"""What a policy would have taken, when, and whether it was wanted afterwards: one short history for each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from engine.backtest import Outcome, PolicyHistory, Sign, Taken, at_full_reach, figures
from engine.model import Mode, Resource, Unknown
from engine.money import Money
from makers.days import DAY, FIRST, ORGANIZATION, Estate, attached, policies_of, tagged, volume

TOLD, GONE = 1, 6
"""The day after the first is when the owner would have been told (persistence), five days later it would be deleted."""
LAST = 12


def history(estate: Estate, policy: str = "volumes") -> PolicyHistory:
    return estate.played()[policy]


def the_one(found: PolicyHistory) -> Taken:
    assert len(found.taken) == 1, found
    return found.taken[0]


def afterwards(*days: tuple[int, Resource]) -> Estate:
    """A volume that is detached until day 8, and then is what `days` say: from that day on, this."""
    estate = Estate().from_to(0, days[0][0] - 1, volume())
    for (first, resource), (following, _) in zip(days, (*days[1:], (LAST + 1, volume())), strict=True):
        estate.from_to(first, following - 1, resource)
    return estate


# --- what and when ------------------------------------------------------------------------------------------------------


def test_it_is_taken_on_the_date_that_a_notice_would_have_promised() -> None:
    one = the_one(history(Estate().from_to(0, LAST, volume())))
    assert (one.opened, one.told, one.at) == (FIRST, FIRST + TOLD * DAY, FIRST + GONE * DAY)
    assert (one.rung, one.policy, one.team, one.monthly) == (Mode.DELETE, "volumes", "payments", Money.of(8))


def test_before_its_date_it_only_waits() -> None:
    found = history(Estate().from_to(0, GONE - 1, volume()))
    assert (found.matched, found.waiting, found.let_go, found.taken) == (1, 1, 0, ())


def test_what_is_used_before_its_date_is_let_go_and_may_begin_again() -> None:
    found = history(Estate().from_to(0, 4, volume()).from_to(5, 5, attached(volume())).from_to(6, 14, volume()))
    assert (found.matched, found.let_go) == (2, 1)
    assert the_one(found).at == FIRST + (6 + GONE) * DAY


def test_what_vanishes_before_its_date_is_let_go() -> None:
    found = history(Estate().from_to(0, 3, volume()).from_to(0, LAST, attached(volume("vol-2"))))
    assert (found.matched, found.let_go, found.waiting, found.taken) == (1, 1, 0, ())


def test_nobodys_resource_has_the_longer_grace() -> None:
    one = the_one(history(Estate().from_to(0, LAST, volume(tags={}))))
    assert one.at == FIRST + (TOLD + 2 + 7) * DAY


def test_each_policy_goes_its_own_way() -> None:
    later = {"slow.yaml": "kind: Reap\nmetadata: {name: slow, owner: platform}\nspec: {resource: aws.ebs_volume, "
             "when: [\"idle_days > 45\"], after: {notify: 0d, delete: 5d}}\n"}  # fmt: skip
    found = Estate().from_to(0, 14, volume()).played(policies_of(later))
    assert the_one(found["volumes"]).at == FIRST + GONE * DAY
    assert the_one(found["slow"]).at == FIRST + (6 + GONE) * DAY, "idle for 40 days on the first"


def test_a_mode_that_allows_no_act_takes_nothing_and_is_told() -> None:
    policies = policies_of({"organization.yaml": ORGANIZATION.replace("mode: delete", "mode: notify")})
    found = Estate().from_to(0, LAST, volume()).played(policies)["volumes"]
    assert (found.matched, found.waiting, found.taken) == (1, 0, ())
    assert dict(found.capped) == {"the mode of account 111122223333": 1}
    assert len(Estate().from_to(0, LAST, volume()).played(at_full_reach(policies))["volumes"].taken) == 1


def test_a_mode_that_is_raised_by_a_tag_tells_anew() -> None:
    managed = tagged(volume(), aws_cloudformation_stack_id="x")
    managed = replace(managed, tags={"owner": "payments", "aws:cloudformation:stack-id": "x"})
    one = the_one(history(Estate().from_to(0, 3, managed).from_to(4, LAST, volume())))
    assert one.at == FIRST + (4 + 5) * DAY


def test_another_owner_before_the_date_is_told_anew() -> None:
    found = history(Estate().from_to(0, 3, volume()).from_to(4, LAST, tagged(volume(), owner="search")))
    assert (the_one(found).team, the_one(found).at) == ("search", FIRST + (4 + 5) * DAY)


def test_another_life_of_the_same_name_is_another_resource() -> None:
    second = replace(volume(), key=replace(volume().key, born="again"))
    found = history(Estate().from_to(0, 8, volume()).from_to(9, 20, second))
    assert [(one.key.born, one.outcome) for one in found.taken] == [
        ("born-vol-1", Outcome.VANISHED),
        ("again", Outcome.UNUSED),
    ]


def test_of_a_ladder_with_a_stop_the_stop_is_taken_first() -> None:
    machine = """
kind: Reap
metadata: {name: machines, owner: platform}
spec: {resource: aws.ec2_instance, when: [cpu_max_14d < 3], after: {notify: 0d, stop: 3d, delete: 20d}}
"""
    idle = replace(volume(), key=replace(volume().key, kind="aws.ec2_instance", id="i-1"), since={"seen": FIRST - 90 * DAY})
    idle = replace(idle, fields={"state": "running", "cpu_max_14d": 1.0})
    busy = replace(idle, fields={"state": "running", "cpu_max_14d": 80.0})
    policies = policies_of({"machines.yaml": machine})
    estate = Estate().from_to(0, 9, idle).from_to(10, 12, busy)
    one = the_one(estate.played(policies)["machines"])
    assert (one.rung, one.at, one.outcome) == (Mode.STOP, FIRST + 4 * DAY, Outcome.REGRETTED)
    assert one.regret
    assert (one.regret.sign, one.regret.why) == (Sign.IN_USE, "cpu_max_14d is 80.0")
    still = the_one(Estate().from_to(0, 25, idle).played(policies)["machines"])
    assert (still.rung, still.at, still.outcome) == (Mode.DELETE, FIRST + 21 * DAY, Outcome.UNUSED)


# --- afterwards ----------------------------------------------------------------------------------------------------------

STACK = {"owner": "payments", "aws:cloudformation:stack-name": "billing"}


@pytest.mark.parametrize(
    ("then", "sign", "why"),
    [
        (attached(volume()), Sign.IN_USE, "not detached any more"),
        (tagged(volume(), do_not_delete="yes"), Sign.KEPT, "tagged do-not-delete"),
        (tagged(volume(), Do_Not_Delete=""), Sign.KEPT, "tagged Do-Not-Delete"),
        (replace(volume(), tags=STACK), Sign.KEPT, "managed by"),
        (tagged(volume(), owner="search"), Sign.REOWNED, "owner payments became search"),
        (tagged(volume(), ttl="never"), Sign.EXTENDED, "lifetime (none) became never"),
        (tagged(volume(), ttl="2026-12-31"), Sign.EXTENDED, "lifetime (none) became 2026-12-31"),
        (replace(volume(), fields={"state": "error", "size_gb": 10}), Sign.IN_USE, "state is error"),
        (replace(volume(), since={**volume().since, "detached": FIRST + 8 * DAY}), Sign.IN_USE, "for a while until 2026-09-09"),
    ],
)
def test_what_is_wanted_afterwards_is_regretted(then: Resource, sign: Sign, why: str) -> None:
    one = the_one(history(afterwards((9, then))))
    assert one.outcome is Outcome.REGRETTED
    assert one.regret
    assert (one.regret.sign, one.regret.at) == (sign, FIRST + 9 * DAY)
    assert why in one.regret.why
    assert one.at == FIRST + GONE * DAY


def test_once_is_enough_and_it_is_not_taken_a_second_time() -> None:
    found = history(afterwards((9, attached(volume())), (10, volume())))
    assert the_one(found).outcome is Outcome.REGRETTED
    assert found.matched == 1


@pytest.mark.parametrize(
    "then",
    [
        tagged(volume(), note="old"),
        tagged(volume(), ttl="1d"),
        tagged(volume(), **{"sexton:case": "c-1"}),
        replace(volume(), monthly_cost=Money.of(9)),
        replace(volume(), name="renamed"),
    ],
)
def test_what_says_nothing_of_a_wish_is_no_regret(then: Resource) -> None:
    assert the_one(history(afterwards((9, then)))).outcome is Outcome.UNUSED


def test_an_owner_who_is_taken_away_is_no_regret() -> None:
    assert the_one(history(afterwards((9, volume(tags={}))))).outcome is Outcome.UNUSED


def test_what_is_used_on_the_very_day_is_not_after_it() -> None:
    found = history(Estate().from_to(0, GONE - 1, volume()).from_to(GONE, LAST, attached(volume())))
    assert (found.let_go, found.taken) == (1, ())


def test_what_vanishes_afterwards_is_no_regret() -> None:
    estate = Estate().from_to(0, 8, volume()).from_to(0, LAST, attached(volume("vol-2")))
    assert the_one(history(estate)).outcome is Outcome.VANISHED


def test_a_lifetime_that_is_moved_later_is_an_extension_and_an_earlier_one_is_not() -> None:
    expired = """
kind: Reap
metadata: {name: expired, owner: platform}
spec: {resource: aws.ebs_volume, when: [ttl_days_left < 0], after: {notify: 0d, delete: 5d}}
"""
    policies = policies_of({"volumes.yaml": None, "expired.yaml": expired})
    short, longer, shorter = (tagged(volume(), ttl=text) for text in ("30d", "40d", "20d"))
    for then, outcome in {"40d": Outcome.REGRETTED, "20d": Outcome.UNUSED, "30d": Outcome.UNUSED}.items():
        estate = Estate().from_to(0, 8, short).from_to(9, LAST, {"40d": longer, "20d": shorter, "30d": short}[then])
        assert the_one(estate.played(policies)["expired"]).outcome is outcome, then


def test_an_exemption_that_begins_to_hold_is_a_keep_and_one_that_ends_is_waited_for() -> None:
    exemption = """
kind: Exemption
metadata: {name: atlas, owner: platform}
spec: {of: [volumes], resource: aws.ebs_volume, when: ["tags.project == 'atlas'"], until: 2026-09-05, reason: OPS-1}
"""
    long = exemption.replace("2026-09-05", "2026-12-31")
    atlas = tagged(volume(), project="atlas")
    one = the_one(Estate().from_to(0, 8, volume()).from_to(9, LAST, atlas).played(policies_of({"x.yaml": long}))["volumes"])
    assert one.regret
    assert (one.regret.sign, one.regret.why) == (Sign.KEPT, "exempt")
    found = Estate().from_to(0, 14, atlas).played(policies_of({"x.yaml": exemption}))["volumes"]
    assert the_one(found).opened == FIRST + 5 * DAY, "the day after its end"


# --- what was not read -------------------------------------------------------------------------------------------------


UNREAD = replace(volume(), tags=Unknown("denied"))


def test_a_day_whose_evidence_was_not_read_counts_as_undecided_and_never_as_unused() -> None:
    one = the_one(history(afterwards((9, UNREAD), (10, volume()))))
    assert (one.outcome, one.days_read, one.days_unread) == (Outcome.UNDECIDED, 5, 1)


def test_what_one_day_hides_another_may_show() -> None:
    one = the_one(history(afterwards((9, UNREAD), (10, attached(volume())))))
    assert (one.outcome, one.days_unread) == (Outcome.REGRETTED, 1)


def test_use_is_seen_although_tags_are_not() -> None:
    assert the_one(history(afterwards((9, replace(attached(volume()), tags=Unknown("denied")))))).outcome is Outcome.REGRETTED


def test_a_gap_afterwards_is_not_a_vanishing() -> None:
    estate = Estate(denied={9: "AccessDenied", 10: "AccessDenied"}).from_to(0, 8, volume()).from_to(11, LAST, volume())
    one = the_one(history(estate))
    assert (one.outcome, one.days_read, one.days_unread) == (Outcome.UNDECIDED, 4, 2)


def test_a_watch_that_began_anew_says_nothing_of_the_time_before() -> None:
    anew = replace(volume(), since={"seen": FIRST + 9 * DAY, "detached": FIRST + 9 * DAY})
    assert the_one(history(afterwards((9, anew)))).outcome is Outcome.UNDECIDED


def test_without_a_day_afterwards_nothing_is_known() -> None:
    assert the_one(history(Estate().from_to(0, GONE, volume()))).outcome is Outcome.UNDECIDED


def test_of_what_runs_on_nothing_says_whether_it_was_used() -> None:
    unowned = """
kind: Reap
metadata: {name: unowned, owner: platform}
spec: {resource: aws.ec2_instance, when: ["!has(owner)"], after: {notify: 0d, stop: 3d}}
"""
    machine = replace(volume(), key=replace(volume().key, kind="aws.ec2_instance", id="i-1"), tags={})
    machine = replace(machine, fields={"state": "running"}, since={"seen": FIRST - 90 * DAY})
    policies = policies_of({"volumes.yaml": None, "unowned.yaml": unowned})
    estate = Estate().from_to(0, 20, machine)
    assert the_one(estate.played(policies)["unowned"]).outcome is Outcome.UNDECIDED
    claimed = Estate().from_to(0, 14, machine).from_to(15, 20, replace(machine, tags={"owner": "search"}))
    one = the_one(claimed.played(policies)["unowned"])
    assert one.regret
    assert (one.regret.sign, one.regret.why) == (Sign.REOWNED, "owner (nobody) became search")


@pytest.mark.parametrize(
    "estate",
    [
        Estate().from_to(0, 2, volume()).from_to(3, 4, UNREAD).from_to(5, 16, volume()),
        Estate(denied={3: "denied", 4: "denied"}).from_to(0, 2, volume()).from_to(5, 16, volume()),
        Estate().from_to(0, 2, volume()).from_to(5, 16, volume()),
    ],
    ids=["undecided", "gap", "no inventory"],
)
def test_the_clock_stands_still_while_nothing_is_known(estate: Estate) -> None:
    assert the_one(history(estate)).at == FIRST + (GONE + 2) * DAY


def test_what_is_never_known_is_never_taken_and_counted() -> None:
    found = history(Estate().from_to(0, LAST, UNREAD))
    assert (found.matched, found.undecided, found.taken) == (0, 1, ())


def test_days_without_an_inventory_are_no_evidence_against_anybody() -> None:
    one = the_one(history(Estate().from_to(0, 7, volume()).from_to(10, LAST, volume())))
    assert (one.outcome, one.days_read, one.days_unread) == (Outcome.UNUSED, 4, 0)


# --- numbers --------------------------------------------------------------------------------------------------------------


def test_the_rate_is_of_what_is_decided() -> None:
    estate = Estate()
    for number, then in enumerate([volume(), attached(volume()), UNREAD, None]):
        ident = f"vol-{number}"
        own = {"key": volume(ident).key, "name": ident, "monthly_cost": Money.of(number + 1)}
        estate.from_to(0, 8, replace(volume(ident), **own))
        if then is not None:
            estate.from_to(9, LAST, replace(then, **own))
    found = figures(history(estate).taken)
    assert dict(found.outcomes) == {
        Outcome.REGRETTED: 1, Outcome.UNUSED: 1, Outcome.VANISHED: 1, Outcome.UNDECIDED: 1,
    }  # fmt: skip
    assert (found.taken, found.decided, found.rate, found.at_most) == (4, 3, pytest.approx(1 / 3), 0.5)
    assert (found.monthly_taken.known, found.monthly_regretted.known) == (Decimal(10), Decimal(2))
    assert found.signs[Sign.IN_USE] == 1
    nothing = figures(())
    assert (nothing.rate, nothing.at_most, nothing.monthly_taken.known) == (None, None, 0)


def test_an_unknown_price_is_never_nothing() -> None:
    found = figures(history(Estate().from_to(0, LAST, volume(monthly_cost=Money.unknown("no price")))).taken)
    assert (found.monthly_taken.unpriced, found.monthly_taken.is_known) == (1, False)


def test_history_goes_in_day_by_day_and_is_not_kept() -> None:
    import gc
    import weakref

    from engine.backtest import Fold

    fold = Fold(policies_of())
    kept: list[weakref.ref[object]] = []
    for inventory in Estate().from_to(0, 5, attached(volume())).inventories():
        fold.day(inventory)
        kept.append(weakref.ref(inventory)) if hasattr(inventory, "__weakref__") else None
    gc.collect()
    assert fold.histories()["volumes"].matched == 0
    assert timedelta(days=1) == DAY
