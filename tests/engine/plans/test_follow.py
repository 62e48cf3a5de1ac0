"""What an inventory means for open cases and for those to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.case import Ending
from engine.events import Judged, Vanished
from engine.follow import Sight, as_left, follow, in_order, openings
from engine.judge import judge_all
from engine.model import CellRead, Gap, Key, Mode, Outcome, Resource, Unknown
from engine.policy import PolicySet
from engine.view import view
from makers.cases import NOW, context, days, in_grace, inventory, opened, policies, reap, resource

READ = CellRead("aws.ebs_volume", "111122223333", "us-east-1", Outcome.OK)


def sight(
    *resources: Resource, under: PolicySet | None = None, rests: dict[str, frozenset[str]] | None = None, **more: object
) -> Sight:
    under = under or policies()
    seen = inventory(*resources, **more)  # type: ignore[arg-type]  # fields of Inventory
    return Sight.of(seen, judge_all(seen, context(under)), context(under), rests)


def test_absence_is_evidence_only_where_the_list_was_read_to_its_end() -> None:
    case = in_grace()
    assert follow(case, sight(cells=(READ,))) == Vanished()
    for cells, gaps in (
        ((), ()),
        ((replace(READ, outcome=Outcome.DENIED),), ()),
        ((READ,), (Gap("aws.ebs_volume", "111122223333", "us-east-1", "throttled"),)),
        ((replace(READ, region="eu-west-1"),), ()),
    ):
        event = follow(case, sight(cells=cells, gaps=gaps))
        assert isinstance(event, Judged)
        assert event.missing == ("scan",)


def test_another_life_under_the_same_name_is_another_resource() -> None:
    reborn = resource()
    reborn = replace(reborn, key=replace(reborn.key, born="later"))
    assert follow(in_grace(), sight(reborn)) == Vanished(reborn=True)


def test_a_match_carries_what_is_known_today() -> None:
    event = follow(in_grace(), sight(resource(monthly_cost=resource().monthly_cost, name="new name")))
    assert isinstance(event, Judged)
    assert (event.team, event.owner, event.environment) == ("payments", "payments", "dev")
    assert (event.commit, event.name) == ("c0ffee", "new name")


def test_while_the_lead_cannot_say_it_stands_still_whatever_others_say() -> None:
    under = policies(reap(), reap("big", "size_gb > 5", after={Mode.NOTIFY: days(0)}))
    case = opened(under)
    assert case.policy == "unattached"
    event = follow(case, sight(resource(fields={"state": Unknown("denied"), "size_gb": 10}), under=under))
    assert isinstance(event, Judged)
    assert event.missing == ("state",)


def test_an_exemption_is_told_apart_from_a_change() -> None:
    from datetime import date

    from engine.policy import Exemption, Meta
    from makers.cases import selection

    spared = Exemption(meta=Meta(name="e"), of=("*",), selects=selection(), until=date(2026, 12, 31), reason="OPS-1")
    event = follow(in_grace(), sight(resource(), under=policies(exemptions=(spared,))))
    assert isinstance(event, Judged)
    assert (event.findings, event.ending) == ((), Ending.EXEMPT)
    used = follow(in_grace(), sight(resource(fields={"state": "in-use"})))
    assert isinstance(used, Judged)
    assert used.ending is Ending.NO_LONGER_MATCHES


def test_the_lead_reaches_furthest_then_latest_then_first_by_name() -> None:
    under = policies(
        reap("b", after={Mode.NOTIFY: days(0), Mode.DELETE: days(20)}),
        reap("a", after={Mode.NOTIFY: days(0), Mode.DELETE: days(20)}),
        reap("short", after={Mode.NOTIFY: days(0), Mode.DELETE: days(5)}),
        reap("tells", after={Mode.NOTIFY: days(90)}),
        reap("held", mode=Mode.OBSERVE, after={Mode.NOTIFY: days(0), Mode.DELETE: days(99)}),
    )
    (judged,) = judge_all(inventory(resource()), context(under))
    assert [finding.policy for finding in in_order(judged.findings)] == ["a", "b", "short", "tells", "held"]


# --- after our own stop -------------------------------------------------------------------------------------------

LADDER = {Mode.NOTIFY: days(0), Mode.STOP: days(3), Mode.DELETE: days(14)}
IDLE = policies(reap("idle", "state == 'running'", kinds=("aws.ec2_instance",), after=LADDER))


def machine(state: object = "stopped", **more: object) -> Resource:
    return resource("aws.ec2_instance", "i-1", fields={"state": state}, **more)  # type: ignore[arg-type]


def test_after_our_stop_it_must_be_as_we_left_it() -> None:
    case = replace(opened(IDLE, machine("running")), rung=Mode.STOP)
    for thing, expected in (
        (machine(), True),
        (machine("running"), False),
        (machine(fingerprint="f2"), False),
        (machine(Unknown("denied")), None),
        (machine(fingerprint=Unknown("denied")), None),
    ):
        assert as_left(case, view(thing, context(IDLE), NOW), context(IDLE)) is expected
        event = follow(case, sight(thing, under=IDLE))
        assert isinstance(event, Judged)
        assert bool(event.findings) is (expected is True)
    nobody = replace(IDLE, kinds={})
    assert as_left(case, view(machine(), context(IDLE), NOW), context(nobody)) is None


def test_a_protection_counts_after_our_stop_as_before() -> None:
    case = replace(opened(IDLE, machine("running")), rung=Mode.STOP)
    event = follow(case, sight(machine(tags={"owner": "payments", "sexton:keep": ""}), under=IDLE))
    assert isinstance(event, Judged)
    assert event.findings == ()


def test_a_policy_that_is_gone_no_longer_matches_what_it_stopped() -> None:
    case = replace(opened(IDLE, machine("running")), rung=Mode.STOP)
    event = follow(case, sight(machine(), under=policies()))
    assert isinstance(event, Judged)
    assert event.findings == ()


# --- new cases ----------------------------------------------------------------------------------------------------


def test_what_matches_gets_one_case() -> None:
    (case,) = openings(sight(resource(), resource(id="vol-2", fields={"state": "in-use"})), frozenset(), NOW)
    assert (case.key.id, case.policy, case.team, case.owner) == ("vol-1", "unattached", "payments", "payments")
    assert case.fingerprint == "f1"
    assert openings(sight(resource()), frozenset({case.key.ref}), NOW) == ()
    later = openings(sight(resource()), frozenset(), NOW + timedelta(days=1))
    assert later[0].id != case.id


def test_an_undecided_one_gets_none() -> None:
    assert openings(sight(resource(tags=Unknown("denied"))), frozenset(), NOW) == ()


def test_after_a_rejection_that_policy_and_after_a_restore_all_leave_it_alone() -> None:
    ref = resource().key.ref
    under = policies(reap(), reap("big", "size_gb > 5"))
    one = openings(sight(resource(), under=under, rests={ref: frozenset({"unattached"})}), frozenset(), NOW)
    assert [finding.policy for finding in one[0].findings] == ["big"]
    assert openings(sight(resource(), under=under, rests={ref: frozenset({""})}), frozenset(), NOW) == ()


def test_unknown_managers_and_fingerprints_are_carried_as_such() -> None:
    (case,) = openings(sight(resource(fingerprint=Unknown("denied"))), frozenset(), NOW)
    assert case.fingerprint == ""
    managed = resource(tags={"owner": "payments", "aws:cloudformation:stack-name": "shop"})
    assert openings(sight(managed), frozenset(), NOW)[0].managed_by


def test_the_key_of_a_bucket_is_read_by_its_global_cell() -> None:
    key = Key("aws.s3_bucket", "111122223333", "global", "logs")
    everywhere = sight(cells=(CellRead("aws.s3_bucket", "111122223333", "global", Outcome.EMPTY),))
    assert everywhere.answered(key)
