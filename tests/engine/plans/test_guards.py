"""What the guards that a plan or an act asks of place, look, clock and version say, one at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.case import Case, State
from engine.clocks import Clocks, skew
from engine.guards import Asked, blocked
from engine.looked import Look
from engine.model import Account, CellRead, Gap, Key, Mode, Outcome, Resource, Unknown
from engine.policy import AccountRow, Duration, Organization, PolicySet, Protect
from engine.rule import rule_of
from engine.scanned import Scanned
from engine.schedule import action_of
from engine.standing import Standing
from makers.cases import KINDS, MACHINE, NOW, VOLUME, in_grace, inventory, policies, resource, scanned, seen

LATER = NOW + timedelta(days=20)
OTHERS = ("approval", "canary", "condemn", "notice", "window")
"""Guards that have tests of their own, and of which this case knows nothing."""


def asked(of: PolicySet | None = None, thing: Resource | None = None, **more: Any) -> Asked:
    """A volume about to go, looked at a minute ago."""
    of, thing = of or policies(), thing or resource()
    case: Case = replace(in_grace(), state=State.SNAPSHOTTING, backed_up=True)
    look = Look(resource=thing, event=seen(case, LATER, of, thing), at=LATER - timedelta(minutes=1), skew=timedelta(0))
    standing = Standing(
        policies=of,
        server=Mode.DELETE,
        frozen=False,
        head_current=True,
        scanned=scanned(of, thing, as_of=LATER - timedelta(hours=1)),
        clocks=Clocks(machine=LATER, database=LATER),
        proven=True,
    )
    made = Asked(case=case, action=action_of(case), standing=standing, usage=standing.usage, now=LATER, look=look, last=True)
    return replace(made, **more)


def says(question: Asked) -> list[str]:
    return [name for name in blocked(question) if name not in OTHERS]


def test_a_look_that_bears_everything_out_holds_nothing() -> None:
    assert says(asked()) == []
    assert rule_of(policies(), "unattached")


def standing_with(question: Asked, **more: Any) -> Asked:
    return replace(question, standing=replace(question.standing, **more))


def looked(question: Asked, **more: Any) -> Asked:
    assert question.look
    return replace(question, look=replace(question.look, **more))


def organization(**more: Any) -> PolicySet:
    return policies(organization=replace(policies().organization, **more))


# --- place --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "organization",
    [
        Organization(),
        Organization(accounts=(AccountRow(match={"id": "9*"}, mode=Mode.DELETE),)),
        Organization(accounts=(AccountRow(match={"cloud": "aws"}, mode=Mode.STOP),)),
        Organization(
            accounts=(AccountRow(match={"cloud": "aws"}, mode=Mode.DELETE),), protect=Protect(accounts=("111122223333",))
        ),
    ],
)
def test_only_a_row_that_says_delete_lets_anything_be_deleted(organization: Organization) -> None:
    question = asked()
    of = replace(question.standing.policies, organization=organization)
    assert "allowlist" in says(standing_with(question, policies=of))


def test_an_account_that_the_inventory_does_not_name_is_refused() -> None:
    question = asked()
    assert question.standing.scanned
    assert says(standing_with(question, scanned=replace(question.standing.scanned, accounts={}))) == ["allowlist"]


def with_cells(*cells: CellRead, gaps: tuple[Gap, ...] = (), of: PolicySet | None = None) -> Scanned:
    return Scanned.of(inventory(resource(), as_of=LATER, cells=cells, gaps=gaps), of or policies(), timedelta(hours=1))


def cell(kind: str, outcome: Outcome = Outcome.OK, region: str = "us-east-1") -> CellRead:
    return CellRead(kind, "111122223333", region, outcome)


GAP = Gap("aws.ebs_volume", "111122223333", "*", "denied")


@pytest.mark.parametrize(
    "scan",
    [
        None,
        with_cells(),
        with_cells(cell("aws.ebs_volume", Outcome.DENIED)),
        with_cells(cell("aws.ebs_volume", region="eu-west-1")),
        with_cells(cell("aws.ebs_volume"), gaps=(GAP,)),
    ],
)
def test_its_own_list_must_have_been_read_to_its_end(scan: Scanned | None) -> None:
    assert "scan" in says(standing_with(asked(), scanned=scan))


def test_so_must_the_lists_that_its_evidence_needs() -> None:
    of = replace(policies(), kinds={**KINDS, "aws.ebs_volume": replace(VOLUME, reads=("aws.ec2_instance",))})
    alone, both = with_cells(cell("aws.ebs_volume")), with_cells(cell("aws.ebs_volume"), cell("aws.ec2_instance", region="*"))
    assert says(standing_with(asked(), policies=of, scanned=alone)) == ["scan"]
    assert says(standing_with(asked(), policies=of, scanned=both)) == []


@pytest.mark.parametrize(
    ("as_of", "holds"), [(timedelta(hours=-3), []), (timedelta(hours=-4), ["scan"]), (timedelta(1), ["scan"])]
)
def test_an_inventory_counts_for_three_scans(as_of: timedelta, holds: list[str]) -> None:
    assert says(standing_with(asked(), scanned=scanned(policies(), resource(), as_of=LATER + as_of))) == holds


def test_what_something_needs_stays_unless_that_goes_too() -> None:
    to_volume = (Key("aws.ebs_volume", "111122223333", "us-east-1", "vol-1"),)
    needing = replace(MACHINE, links=lambda machine: to_volume)
    of = replace(policies(), kinds={**KINDS, "aws.ec2_instance": needing})
    user = resource("aws.ec2_instance", "i-1", fields={"state": "stopped"})
    question = standing_with(asked(), policies=of, scanned=scanned(of, resource(), user, as_of=LATER))
    assert says(question) == ["references"]
    assert says(replace(question, leaving=frozenset({user.key.ref}))) == []
    hanging = replace(of, kinds={**KINDS, "aws.ec2_instance": replace(needing, hangs_on=frozenset({"aws.ebs_volume"}))})
    assert says(standing_with(question, policies=hanging, scanned=scanned(hanging, resource(), user, as_of=LATER))) == []


def test_what_it_hangs_on_now_holds_it_too() -> None:
    of = replace(policies(), kinds={**KINDS, "aws.ebs_volume": replace(VOLUME, hangs_on=frozenset({"aws.ec2_instance"}))})
    assert "references" in says(standing_with(asked(), policies=of)), "its link goes to a machine"


# --- the look -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "thing",
    [
        resource(tags={"owner": "payments", "Do-Not-Delete": ""}),
        resource(fields={"state": "available", "size_gb": 10, "deletion_protected": True}),
        resource(fields={"state": "available", "size_gb": 10, "deletion_protected": Unknown("denied")}),
    ],
)
def test_what_protects_it_now_holds_it(thing: Resource) -> None:
    assert says(looked(asked(), resource=thing)) == ["protected"]


def test_what_cannot_be_read_may_protect_it() -> None:
    assert "protected" in says(looked(asked(), resource=resource(tags=Unknown("denied"))))


def test_what_cannot_be_decided_now_holds_it() -> None:
    fields = {"state": Unknown("denied"), "size_gb": 10}
    assert says(looked(asked(), resource=resource(fields=fields))) == ["evidence"]


def test_too_young_by_the_policies_in_force() -> None:
    assert says(standing_with(asked(), policies=organization(min_age=Duration(hours=24 * 200)))) == ["min_age"]


@pytest.mark.parametrize("at", [LATER - timedelta(minutes=3), LATER + timedelta(minutes=1)])
def test_a_look_is_young_and_not_from_the_future(at: datetime) -> None:
    assert says(looked(asked(), at=at)) == ["reread"]


def test_without_a_look_only_a_plan_goes_on() -> None:
    assert says(replace(asked(), look=None)) == ["reread"]
    assert says(replace(asked(), look=None, last=False)) == []


def test_a_look_at_another_commit_bears_nothing_out() -> None:
    assert says(standing_with(asked(), policies=replace(policies(), commit="other"))) == ["reread"]


def test_what_was_read_is_what_people_agreed_to() -> None:
    assert says(looked(asked(), resource=resource(fingerprint="other"))) == ["fingerprint"]
    assert says(looked(asked(), resource=resource(fingerprint=Unknown("denied")))) == ["fingerprint"]


# --- before, and by whom ------------------------------------------------------------------------------------------------


def changed(**more: Any) -> Asked:
    question = asked()
    return replace(question, case=replace(question.case, **more))


@pytest.mark.parametrize("more", [{"agreed": 2}, {"agreed_since": NOW - timedelta(hours=23)}, {"agreed_since": None}])
def test_scans_must_have_agreed_for_long_enough(more: dict[str, Any]) -> None:
    assert says(changed(**more)) == ["persistence"]


def test_a_plan_may_hold_a_delete_whose_backup_is_still_to_be_made() -> None:
    assert says(changed(backed_up=False)) == ["backup"]
    assert says(replace(changed(backed_up=False), last=False)) == []


@pytest.mark.parametrize(("apart", "holds"), [(5, []), (6, ["clock"]), (-6, ["clock"])])
def test_machine_and_database_are_at_most_five_seconds_apart(apart: int, holds: list[str]) -> None:
    assert says(standing_with(asked(), clocks=Clocks(machine=LATER + timedelta(seconds=apart), database=LATER))) == holds


@pytest.mark.parametrize(("apart", "holds"), [(60, []), (61, ["clock"]), (None, ["clock"])])
def test_calendar_and_cloud_are_at_most_a_minute_apart(apart: int | None, holds: list[str]) -> None:
    assert says(looked(asked(), skew=None if apart is None else timedelta(seconds=apart))) == holds


def test_the_skew_is_what_no_delay_explains() -> None:
    asked_at, had = NOW, NOW + timedelta(seconds=3)
    told = [skew(asked_at, NOW + timedelta(seconds=seconds), had) for seconds in (-2, 0, 2, 5)]
    assert told == [timedelta(seconds=seconds) for seconds in (2, 0, 0, 2)]
    assert skew(asked_at, None, had) is None


def test_a_version_that_was_not_measured_does_nothing() -> None:
    assert says(standing_with(asked(), proven=False)) == ["version"]


def test_an_account_is_known_by_the_inventory() -> None:
    assert scanned(policies()).accounts == {"111122223333": Account("aws", "111122223333")}
