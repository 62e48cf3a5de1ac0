"""A scan reads each list once, makes gaps of what it cannot read, reads evidence where it is needed, and writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from demo.gcp.local import LocalGCP
from engine.case import State
from engine.model import Inventory, Unknown
from makers.world import ACCOUNT, FILES, World
from reapers.clouds.cloud import Unreachable
from reapers.clouds.gcp import GCP
from reapers.kind import Kind

LISTS = ("DescribeVolumes", "DescribeInstances", "DescribeAddresses", "DescribeDBInstances", "ListBuckets")

SIX_POLICIES = {
    f"more-{number}.yaml": FILES["volumes.yaml"].replace("name: volumes", f"name: more-{number}") for number in range(6)
}


def inventory(world: World) -> Inventory:
    found = world.service.situation.inventory
    assert found
    return found


def read_again(world: World) -> Inventory:
    world.later(hours=6)
    world.tick()
    return inventory(world)


def test_each_list_is_read_once_however_many_policies_use_it(build: Callable[..., World]) -> None:
    world = build(SIX_POLICIES)
    world.volume()
    world.machine()
    world.aws.forget_calls()
    world.tick()
    assert len(world.service.situation.policies.reaps) == 9  # type: ignore[union-attr]  # loaded by the tick
    counted = Counter(call.action for call in world.aws.calls)
    assert {name: counted[name] for name in LISTS} == dict.fromkeys(LISTS, 1)


def test_every_page_is_read(world: World) -> None:
    ids = {world.volume(f"v{number}") for number in range(7)}
    with world.aws.pages_of(2):
        world.tick()
    assert {each.key.id for each in inventory(world).resources} == ids


def test_a_scan_writes_nothing(world: World) -> None:
    world.volume()
    world.machine()
    world.address()
    world.aws.forget_calls()
    world.tick()
    world.scan()
    assert world.called() == []


@pytest.mark.parametrize("code", ["UnauthorizedOperation", "RequestLimitExceeded", "InternalError"])
def test_what_cannot_be_read_is_a_gap_and_never_gone(world: World, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0
    )  # a scan retries; we do not wait
    volume, address = world.volume(), world.address()
    world.tick()
    world.aws.fail(code, action="DescribeVolumes")
    found = read_again(world)
    assert {each.key.id for each in found.resources} == {address}
    assert [gap.kind for gap in found.gaps] == ["aws.ebs_volume"]
    case = world.case(volume)
    assert (case.state, case.missing) == (State.GRACE, ("scan",))
    assert case.paused_at is not None
    world.aws.heal()
    read_again(world)
    back = world.case(volume)
    assert (back.state, back.paused_at) == (State.GRACE, None)
    assert back.due is not None
    assert case.due is not None
    assert back.due - case.due >= timedelta(hours=6), "its clock stood still in the gap"


def test_half_a_list_is_no_list(world: World) -> None:
    ids = {world.volume(f"v{number}") for number in range(4)}
    world.tick()
    seen: list[str] = []

    def second_page_breaks(call: Any, moment: str) -> None:
        if call.action == "DescribeVolumes" and moment == "before":
            seen.append(call.action)
            if len(seen) == 2:
                world.aws.fail("UnauthorizedOperation", action="DescribeVolumes", after=True)

    with world.aws.pages_of(2), world.aws.on_call(second_page_breaks):
        found = read_again(world)
    assert len(seen) == 2
    assert not [each for each in found.resources if each.key.kind == "aws.ebs_volume"]
    assert [gap.kind for gap in found.gaps] == ["aws.ebs_volume"]
    assert {world.state(id) for id in ids} == {State.GRACE}


def test_what_is_absent_from_a_whole_list_has_vanished(world: World) -> None:
    volume = world.volume()
    world.tick()
    world.ec2.delete_volume(VolumeId=volume)
    read_again(world)
    closed = world.case(volume).closed
    assert closed is not None
    assert closed.reason == "vanished"


def test_one_cloud_may_be_away_while_the_other_is_read(world: World) -> None:
    volume = world.volume()
    world.tick()
    with LocalGCP(["acme-dev"], world.clock) as gcp:
        url = gcp.url
        both = {**world.service.world.clouds, "gcp": GCP(["acme-dev"], url)}
        world.service.world = replace(world.service.world, clouds=both)
        assert {cell.kind.split(".")[0] for cell in read_again(world).cells} == {"aws", "gcp"}
    gone = {**world.service.world.clouds, "gcp": GCP(["acme-dev"], url)}
    world.service.world = replace(world.service.world, clouds=gone)
    found = read_again(world)
    assert {each.key.id for each in found.resources} == {volume}
    assert {gap.kind.split(".")[0] for gap in found.gaps} == {"gcp"}
    assert world.state(volume) is State.AWAITING_APPROVAL or world.state(volume) is State.GRACE


def test_nothing_to_be_had_at_all_is_said_and_changes_nothing(world: World) -> None:
    volume = world.volume()
    world.tick()
    before = world.case(volume)
    world.restart()
    world.aws.fail("InvalidClientTokenId", service="sts", status=403)
    world.later(hours=6)
    with pytest.raises(Unreachable, match=r"[a-z]"):
        world.tick()
    assert world.case(volume) == before


def broken(*_: object) -> Any:
    raise KeyError("a fault of ours")


def test_a_fault_in_one_kind_is_a_gap_and_the_others_are_read(world: World, caplog: pytest.LogCaptureFixture) -> None:
    volume, address = world.volume(), world.address()
    kinds: dict[str, Kind] = {**world.service.world.kinds}
    kinds["aws.ebs_volume"] = replace(kinds["aws.ebs_volume"], list=broken)
    world.service.world = replace(world.service.world, kinds=kinds)
    world.tick()
    assert {each.key.id for each in inventory(world).resources} == {address}
    assert [gap.why for gap in inventory(world).gaps] == ["a fault in Sexton (KeyError); see the log"]
    assert "a cell could not be read because of a fault in Sexton" in caplog.text
    assert volume in world.volumes()


def test_a_fault_in_evidence_is_a_gap_too(world: World) -> None:
    id, address = world.machine(), world.address()
    kinds: dict[str, Kind] = {**world.service.world.kinds}
    machine = kinds["aws.ec2_instance"]
    evidence = {name: replace(each, read=broken) for name, each in machine.evidence.items()}
    kinds["aws.ec2_instance"] = replace(machine, evidence=evidence)
    world.service.world = replace(world.service.world, kinds=kinds)
    world.tick()
    read = {each.key.id for each in inventory(world).resources}
    assert address in read
    assert id not in read
    assert [gap.kind for gap in inventory(world).gaps] == ["aws.ec2_instance"]


def test_an_account_whose_regions_cannot_be_read_is_a_gap_everywhere(world: World) -> None:
    volume = world.volume()
    world.tick()
    world.aws.fail("UnauthorizedOperation", action="DescribeRegions")
    found = read_again(world)
    assert found.resources == ()
    assert {gap.region for gap in found.gaps} == {"*"}
    assert world.case(volume).missing == ("scan",)


IDLE = """
kind: Reap
metadata: {name: idle, owner: platform}
spec:
  resource: aws.ec2_instance
  when: ["state == 'running' && has(tags.idle)", cpu_max_14d < 5.0]
  after: {notify: 0h, stop: 24h}
"""


def test_evidence_is_read_only_where_it_decides_and_the_cheaper_first(build: Callable[..., World]) -> None:
    world = build({"machines.yaml": IDLE})
    idle = world.machine("idle")
    for number in range(3):
        world.machine(f"busy-{number}", idle="")
    world.aws.forget_calls()
    world.tick()
    (metrics,) = world.called("GetMetricData")
    assert metrics.account == ACCOUNT
    assert len(world.called("DescribeInstanceAttribute")) == 0, "no policy matches yet, so no protection matters"
    by_id = {each.key.id: each for each in inventory(world).resources if each.key.kind == "aws.ec2_instance"}
    others = {each.fields["cpu_max_14d"] for id, each in by_id.items() if id != idle}
    assert others == {Unknown("not read")}
    assert by_id[idle].fields["cpu_max_14d"] == Unknown("CloudWatch has data of 0 of 14 days")
    assert world.cases() == []


def test_without_policies_only_free_evidence_is_read(world: World) -> None:
    world.commit({"broken.yaml": "kind: Reap\nmetadata: {name: x}"})
    world.machine()
    world.aws.forget_calls()
    world.tick()
    assert world.service.situation.policies is None
    assert world.called("GetMetricData", "DescribeInstanceAttribute") == []
    assert {each.key.kind for each in inventory(world).resources} == {"aws.ec2_instance", "aws.ebs_volume"}


def test_protections_are_read_once_a_policy_matches(world: World) -> None:
    machine = world.machine()
    world.machine("other", idle="")
    world.aws.forget_calls()
    world.tick()
    assert len(world.called("DescribeInstanceAttribute")) == 2, "two attributes of the one that matches"
    assert world.case(machine).lead.mode == "delete"


def test_since_when_it_is_idle_is_carried_from_scan_to_scan_but_not_over_a_gap(world: World) -> None:
    volume = world.volume()
    world.tick()
    (first,) = inventory(world).resources
    (second,) = read_again(world).resources
    assert second.since == first.since
    assert second.since["detached"] == first.seen_at
    world.aws.fail("UnauthorizedOperation", action="DescribeVolumes")
    read_again(world)
    world.aws.heal()
    (after,) = read_again(world).resources
    assert after.since["detached"] == after.seen_at
    assert after.key.id == volume
