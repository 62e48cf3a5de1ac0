"""Drills through the real executor: on the AWS double a volume, on the GCP double a disk, deleted and back as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.case import Ending, State
from engine.model import Verb
from engine.returned import differences
from makers.two_clouds import gcp_disk, two_clouds
from makers.world import FILES, World, somebody
from reapers.drills import COMPARED, Drills, Record, records
from reapers.refused import Refused

EXEMPT = {
    "canaries.yaml": """
kind: Exemption
metadata: {name: canaries, owner: platform}
spec:
  of: [volumes]
  resource: aws.ebs_volume
  when: ["'sexton:drill' in tags"]
  until: 2027-10-01
  reason: kept for drills
"""
}
CANARY = {"sexton:drill": "weekly", "cost_center": "42"}
PRODUCTION = FILES["organization.yaml"].replace("environment: sandbox", "environment: prod")


def begin(world: World, text: str, who: str = "pia") -> Record:
    return Drills(world.service.world, world.service.situation).begin(text, somebody(who), "typed")


def last(world: World) -> Record:
    (record,) = records(world.service.world)
    return record


def drilled(world: World, rounds: int = 4) -> Record:
    for _ in range(rounds):
        world.tick()
        world.later(minutes=1)
    return last(world)


def canary(world: World) -> str:
    volume: str = world.volume("canary", age=0, **CANARY)
    world.tick()
    return volume


def test_a_volume_goes_and_comes_back_the_same(build: Callable[..., World]) -> None:
    world = build(EXEMPT)
    volume = canary(world)
    begin(world, volume)
    record = drilled(world)
    assert record.is_good, record
    assert record.differences == ()
    (back,) = world.volumes()
    assert back != volume
    assert record.restored_as.endswith(f"/{back}")
    assert len(world.called("DeleteVolume")) == 1
    assert record.before["tags.cost-center"] == "42"
    case = world.case(volume)
    assert (case.closed and case.closed.reason, case.memory[Verb.BACKUP]["snapshot"] != "") == (Ending.RESTORED, True)
    (intent,) = world.intents(volume, Verb.DELETE)
    assert intent.action.terms.before_delete == ("backup",)
    told = [(entry.event, entry.who) for entry in world.ledger.history(case.id)]
    assert told[0] == ("drill began", "pia@acme.example")
    assert {"condemn began", "condemn done", "backup done", "delete done", "restore done"} <= {event for event, _ in told}
    assert world.ledger.verify_audit().ok
    assert not world.ledger.holds.standing(world.clock.now()), "that it came back is no regret"


def test_what_came_back_is_the_canary_of_the_next_drill(build: Callable[..., World]) -> None:
    world = build(EXEMPT)
    canary(world)
    for _ in range(4):  # three regrets would trip the breaker
        world.later(days=1)
        world.tick()
        (volume,) = world.volumes()
        begin(world, volume)
        assert drilled(world).is_good


def test_a_tag_that_does_not_come_back_is_told(build: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    world = build(EXEMPT)
    canary(world)
    begin(world, *world.volumes())
    drop(monkeypatch, "cost-center")
    record = drilled(world)
    assert not record.is_good
    assert record.differences == ({"field": "tags.cost-center", "before": "42", "after": "nothing"},)
    assert record.good == ""
    begin(world, scanned(world))
    assert drilled(world).is_good, "the next drill takes the place of the record, and of nothing in the trail"
    first, second = compared(world)
    assert first == {
        "case": record.case,
        "ref": record.ref,
        "who": "pia@acme.example",
        "began": record.began,
        "deleted": record.deleted,
        "restored_as": record.restored_as,
        "failed": "",
        "differences": [{"field": "tags.cost-center", "before": "42", "after": "nothing"}],
    }
    assert (second["differences"], second["failed"]) == ([], "")
    assert world.ledger.verify_audit().ok


def scanned(world: World) -> str:
    """The only volume, once the inventory knows it."""
    world.later(days=1)
    world.tick()
    (volume,) = world.volumes()
    return volume


def compared(world: World) -> list[dict[str, object]]:
    """What the trail says of how drills ended."""
    return [dict(row.data) for row in world.ledger.audit_rows() if row.event == COMPARED]


def drop(monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    """From now on AWS loses this tag of whatever it makes."""
    from moto.backends import get_backend

    backend = get_backend("ec2")["111122223333"]["us-east-1"]
    written = backend.create_tags

    def create_tags(resources: list[str], tags: dict[str, str]) -> bool:
        return written(resources, {key: value for key, value in tags.items() if key != tag})

    monkeypatch.setattr(backend, "create_tags", create_tags)


def test_frozen_refuses_before_and_under_way(build: Callable[..., World]) -> None:
    world = build(EXEMPT)
    volume = canary(world)
    begin(world, volume)
    world.ledger.freeze("bo", "an incident", world.clock.now())
    assert drilled(world).waits == "freeze"
    assert world.volumes() == {volume}
    world.ledger.unfreeze("bo", world.clock.now())
    assert drilled(world).is_good
    world.ledger.freeze("bo", "another", world.clock.now())
    world.later(hours=7)
    world.tick()
    with pytest.raises(Refused, match="Somebody has frozen everything"):
        begin(world, *world.volumes())


def test_the_hours_for_acts_hold(build: Callable[..., World]) -> None:
    organization = FILES["organization.yaml"].replace('days: mon-sun, from: "00:00", to: "23:59"', "days: tue-thu")
    world = build({**EXEMPT, "organization.yaml": organization})
    with pytest.raises(Refused, match="outside the hours"):
        begin(world, canary(world))


@pytest.mark.parametrize(
    ("organization", "tags", "why"),
    [
        (FILES["organization.yaml"], {}, "does not carry the tag sexton:drill"),
        (FILES["organization.yaml"], {**CANARY, "do_not_delete": "yes"}, "is protected"),
        (PRODUCTION.replace("{sandbox: {silent_delete: true}}", "{}"), CANARY, "production"),
        (FILES["organization.yaml"].replace("mode: delete", "mode: stop"), CANARY, "allows stop"),
    ],
)
def test_what_is_refused(build: Callable[..., World], organization: str, tags: dict[str, str], why: str) -> None:
    world = build({**EXEMPT, "organization.yaml": organization})
    volume = world.volume("thing", 0, **tags)
    world.tick()
    with pytest.raises(Refused, match=why):
        begin(world, volume)
    assert records(world.service.world) == ()


def test_one_that_a_policy_is_after_is_refused(world: World) -> None:
    volume = world.volume("canary", 40, **CANARY)
    world.tick()
    with pytest.raises(Refused, match="exempt canaries"):
        begin(world, volume)


def test_an_attached_one_is_refused_and_one_attached_meanwhile_is_spared(build: Callable[..., World]) -> None:
    world = build(EXEMPT)
    volume = canary(world)
    begin(world, volume)
    world.attach(volume)
    record = drilled(world)
    assert "was not deleted" in record.failed, record
    assert [told["failed"] for told in compared(world)] == [record.failed]
    assert volume in world.volumes()
    assert world.state(volume) is State.CLOSED


def test_removing_the_tag_of_a_drill_under_way_ends_it(build: Callable[..., World]) -> None:
    world = build(EXEMPT)
    volume = canary(world)
    begin(world, volume)
    world.ec2.delete_tags(Resources=[volume], Tags=[{"Key": "sexton:drill"}])
    assert drilled(world).failed
    assert world.volumes() == {volume}


def test_a_disk_goes_and_comes_back_the_same(tmp_path: Path) -> None:
    with two_clouds(tmp_path / "world") as (world, gcp):
        world.commit({"gcp-disks.yaml": None})
        gcp_disk(gcp, "canary", **{"sexton-drill": "weekly"})
        world.tick()
        offers = Drills(world.service.world, world.service.situation).offers()
        assert [(offer.kind, offer.name, offer.refused) for offer in offers] == [("gcp.disk", "canary", "")]
        begin(world, offers[0].ref)
        record = drilled(world, 8)
        assert record.is_good, record
        assert world.case("canary").closed


def test_what_could_not_be_read_is_equal_to_nothing() -> None:
    same = {"size_gb": "could not be read"}
    assert [each.field for each in differences(same, same)] == ["size_gb"]
