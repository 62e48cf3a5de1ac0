"""gcp.instance beyond the contract: what comes back with it, what it costs, what Google refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from demo.gcp.local import ZONE
from demo.gcp.specimens import PROJECT
from demo.gcp.world import GCPWorld
from engine.model import Key, Resource, Role, Verb
from engine.money import FREE, HOURS_PER_MONTH
from reapers.clouds.gcp_errors import Misplaced, Refused
from reapers.kind import ROLE_OF, Order, Progress, Unusable
from reapers.kinds.gcp.instance import KIND
from reapers.prices import book

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
HERE = f"{PROJECT}/{ZONE}"
NEW = {"diskSizeGb": "10", "labels": {"role": "boot"}}
BOOT = {"boot": True, "autoDelete": True, "deviceName": "boot", "initializeParams": NEW}
MICRO = f"zones/{ZONE}/machineTypes/e2-micro"
SCRATCH = {"type": "SCRATCH", "interface": "NVME", "initializeParams": {"diskType": f"zones/{ZONE}/diskTypes/local-ssd"}}


@pytest.fixture
def google() -> Iterator[GCPWorld]:
    world = GCPWorld()
    yield world
    world.stop()


def parsed(**raw: Any) -> Resource:
    cell = SimpleNamespace(account="acme-dev", region="*", now=NOW)
    return KIND.parse(cell, {**KIND.example, **raw})


def seeded(google: GCPWorld, **body: Any) -> Order:
    """An instance with a boot disk that goes along and a data disk that stays, and an order for it."""
    google.gcp.seed(HERE, "disks", {"name": "data", "sizeGb": "50"})
    whole = {
        "name": "web",
        "machineType": f"zones/{ZONE}/machineTypes/e2-medium",
        "disks": [BOOT, {"source": f"zones/{ZONE}/disks/data", "deviceName": "data"}],
        "networkInterfaces": [{"network": "global/networks/default", "accessConfigs": [{}]}],
        "labels": {"owner": "payments"},
        "metadata": {"items": [{"key": "startup-script", "value": "echo hello"}]},
        "tags": {"items": ["http-server"]},
        **body,
    }
    google.gcp.seed(HERE, "instances", whole)
    (found,) = KIND.list(google.cell(KIND.name, Role.SCAN))
    return Order(case="c-1", generation=0, key=found.key, resource=found, token="t")


def act(google: GCPWorld, verb: Verb, told: Order) -> dict[str, Any]:
    return dict(KIND.acts[verb].do(google.cell(KIND.name, ROLE_OF[verb]), told))


def check(google: GCPWorld, verb: Verb, told: Order) -> Progress:
    return KIND.acts[verb].check(google.cell(KIND.name, Role.SCAN), told)


def done(google: GCPWorld, verb: Verb, told: Order) -> dict[str, Any]:
    memory = act(google, verb, told)
    google.settle()
    assert check(google, verb, replace(told, memory=memory)) is Progress.DONE
    return memory


def gone(google: GCPWorld, told: Order) -> Order:
    """Backed up and deleted: the order for bringing it back."""
    backup = done(google, Verb.BACKUP, told)
    done(google, Verb.DELETE, told)
    return replace(told, memory=backup)


def look(google: GCPWorld, collection: str, name: str) -> dict[str, Any]:
    found = google.gcp.look(HERE, collection, name)
    assert found
    return found


# --- there and back ------------------------------------------------------------------------------------------------------


def test_comes_back_as_it_was(google: GCPWorld) -> None:
    account = {"email": "web@acme-dev.iam", "scopes": ["s"]}
    told = seeded(google, scheduling={"automaticRestart": False}, serviceAccounts=[account])
    before, data = look(google, "instances", "web"), look(google, "disks", "data")
    done(google, Verb.RESTORE, gone(google, told))
    after = look(google, "instances", "web")
    assert after["id"] != before["id"]
    assert after["status"] == "RUNNING"
    assert after["labels"] == {"owner": "payments", "sexton-case": "c-1"}
    for name in ("machineType", "metadata", "tags", "scheduling", "serviceAccounts"):
        assert after[name] == before[name], name
    assert look(google, "disks", "data")["id"] == data["id"], "the data disk was left, and is used again"
    boot = look(google, "disks", "web")
    assert (boot["sizeGb"], boot["labels"]) == ("10", {"role": "boot"})
    assert "/projects/acme-dev/global/snapshots/sexton-c-1-0-" in boot["sourceSnapshot"]
    for was, now in zip(before["disks"], after["disks"], strict=True):
        assert {name: was[name] for name in ("deviceName", "autoDelete", "source", "mode")}.items() <= now.items()
        assert now.get("boot") == was.get("boot")


def test_a_data_disk_that_went_too_comes_from_its_snapshot(google: GCPWorld) -> None:
    back = gone(google, seeded(google))
    google.gcp.ask("DELETE", f"{PROJECT}/zones/{ZONE}/disks/data")
    google.settle()
    done(google, Verb.RESTORE, back)
    assert look(google, "disks", "data")["sizeGb"] == "50"


@pytest.mark.parametrize("reborn", [False, True])
def test_a_data_disk_of_others_is_not_taken(google: GCPWorld, reborn: bool) -> None:
    back = gone(google, seeded(google))
    if reborn:
        google.gcp.ask("DELETE", f"{PROJECT}/zones/{ZONE}/disks/data")
        google.settle()
        google.gcp.seed(HERE, "disks", {"name": "data"})
    else:
        disks = [BOOT, {"source": f"zones/{ZONE}/disks/data"}]
        google.gcp.seed(HERE, "instances", {"name": "other", "machineType": MICRO, "disks": disks})
    with pytest.raises(Misplaced, match="the disk data in us-central1-a is in use, or another one has its name"):
        act(google, Verb.RESTORE, back)
    assert google.gcp.look(HERE, "instances", "web") is None


def test_its_name_taken_by_others(google: GCPWorld) -> None:
    back = gone(google, seeded(google))
    google.gcp.seed(HERE, "instances", {"name": "web", "machineType": MICRO, "disks": [BOOT]})
    with pytest.raises(Misplaced, match="another instance has its name"):
        act(google, Verb.RESTORE, back)
    assert check(google, Verb.RESTORE, back) is Progress.FAILED


@pytest.mark.parametrize("reserved", [True, False])
def test_keeps_a_reserved_address(google: GCPWorld, reserved: bool) -> None:
    if reserved:
        google.gcp.seed(f"{PROJECT}/us-central1", "addresses", {"name": "web", "address": "203.0.113.9"})
    access = [{"natIP": "203.0.113.9"}] if reserved else [{}]
    told = seeded(google, networkInterfaces=[{"network": "global/networks/default", "accessConfigs": access}])
    before = look(google, "instances", "web")["networkInterfaces"][0]
    done(google, Verb.RESTORE, gone(google, told))
    after = look(google, "instances", "web")["networkInterfaces"][0]
    assert after["networkIP"] == before["networkIP"]
    assert (after["accessConfigs"][0]["natIP"] == "203.0.113.9") is reserved
    if reserved:
        address = google.gcp.look(f"{PROJECT}/us-central1", "addresses", "web")
        assert address
        assert address["status"] == "IN_USE"


def test_local_ssds_come_back_empty(google: GCPWorld) -> None:
    told = seeded(google, disks=[BOOT, SCRATCH])
    assert told.resource
    assert told.resource.fields["local_ssds"] == 1
    with pytest.raises(Refused, match="local SSDs"):
        act(google, Verb.STOP, told)
    done(google, Verb.RESTORE, gone(google, told))
    assert len(google.gcp.all(PROJECT, "snapshots")) == 1
    assert look(google, "instances", "web")["disks"][1]["type"] == "SCRATCH"


def test_a_backup_needs_every_disk(google: GCPWorld) -> None:
    told = seeded(google)
    google.gcp.fail(403, method="compute.disks.createSnapshot", resource="data")
    with pytest.raises(Refused):
        act(google, Verb.BACKUP, told)
    google.settle()
    assert len(google.gcp.all(PROJECT, "snapshots")) == 1
    assert check(google, Verb.BACKUP, told) is Progress.NO_EFFECT
    google.gcp.heal()
    done(google, Verb.BACKUP, told)
    names = [snapshot["name"] for snapshot in google.gcp.all(PROJECT, "snapshots")]
    assert len(names) == 2
    google.gcp.alter((PROJECT, "global", "snapshots", names[0]), status="FAILED")
    with pytest.raises(Unusable, match=f"the snapshot {names[0]} is FAILED"):
        check(google, Verb.BACKUP, told)


# --- stop, start, delete -------------------------------------------------------------------------------------------------


def test_is_stopping_then_stopped(google: GCPWorld) -> None:
    told = seeded(google)
    act(google, Verb.STOP, told)
    assert check(google, Verb.STOP, told) is Progress.PENDING
    google.settle()
    assert check(google, Verb.STOP, told) is Progress.DONE
    (stopped,) = KIND.list(google.cell(KIND.name, Role.SCAN))
    assert stopped.since["stopped"] == datetime.fromisoformat(look(google, "instances", "web")["lastStopTimestamp"])
    assert act(google, Verb.START, told)["operation"]
    assert check(google, Verb.START, told) is Progress.PENDING


def test_another_life_is_not_stopped(google: GCPWorld) -> None:
    told = replace(seeded(google))
    other = replace(told, key=replace(told.key, born="1"))
    google.forget()
    assert act(google, Verb.STOP, other)["gone"]
    assert not google.written()
    assert check(google, Verb.STOP, other) is Progress.FAILED
    missing = replace(told, key=replace(told.key, id="nobody"))
    assert check(google, Verb.STOP, missing) is Progress.FAILED


def test_deletion_protection_is_the_last_word(google: GCPWorld) -> None:
    told = seeded(google, deletionProtection=True)
    assert told.resource
    assert told.resource.fields["deletion_protection"] is True
    with pytest.raises(Refused, match="protected against deletion") as refused:
        act(google, Verb.DELETE, told)
    assert "compute.instances.delete" in refused.value.sentence


# --- reading -------------------------------------------------------------------------------------------------------------


def test_says_who_made_it() -> None:
    group = "projects/1/zones/us-central1-a/instanceGroupManagers/web"
    instance = parsed(metadata={"items": [{"key": "created-by", "value": group}, {"key": "flag"}]})
    assert instance.fields["created_by"] == group
    assert "created_by" not in parsed().fields


@pytest.mark.parametrize(
    ("raw", "since"),
    [
        ({"status": "TERMINATED", "lastStopTimestamp": "2026-05-01T00:00:00.000-07:00"}, datetime(2026, 5, 1, 7, tzinfo=UTC)),
        ({"status": "TERMINATED"}, None),
        ({"status": "RUNNING", "lastStopTimestamp": "2026-05-01T00:00:00.000-07:00"}, None),
    ],
)
def test_since_when_it_is_stopped(raw: dict[str, Any], since: datetime | None) -> None:
    instance = parsed(**raw)
    assert instance.since.get("stopped") == since
    assert KIND.facts["stopped"](instance) is (raw["status"] == "TERMINATED")


def test_links_to_its_disks() -> None:
    assert KIND.links(parsed()) == (Key("gcp.disk", "acme-dev", "us-central1-a", "load-test-3"),)
    assert KIND.links(parsed(disks=[])) == ()


def kind_of(name: str) -> dict[str, str]:
    return {"machineType": f"zones/us-central1-a/machineTypes/{name}"}


@pytest.mark.parametrize(
    ("raw", "hourly"),
    [
        ({}, "0.13402"),
        (kind_of("e2-micro"), "0.00838"),
        (kind_of("n1-standard-1"), "0.0475"),
        (kind_of("n2-custom-4-8192"), str(4 * Decimal("0.033174") + 8 * Decimal("0.004446"))),
        (kind_of("custom-2-4096"), str(2 * Decimal("0.033174") + 4 * Decimal("0.004446"))),
        ({"status": "STOPPING"}, "0.13402"),
    ],
)
def test_price(raw: dict[str, Any], hourly: str) -> None:
    assert KIND.price(parsed(**raw), book()).known == pytest.approx(Decimal(hourly) * HOURS_PER_MONTH)


def test_local_ssds_have_a_price() -> None:
    with_ssd = KIND.price(parsed(disks=[{"type": "SCRATCH"}, {"type": "SCRATCH"}]), book())
    assert with_ssd.known - KIND.price(parsed(), book()).known == 2 * 375 * Decimal("0.08")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ({"scheduling": {"provisioningModel": "SPOT"}}, "spot"),
        ({"scheduling": {"preemptible": True}}, "spot"),
        ({"guestAccelerators": [{"acceleratorCount": 1}]}, "GPU"),
        ({"status": "SUSPENDED"}, "suspended"),
        (kind_of("n2-custom-4-65536-ext"), "no list price"),
        (kind_of("x9-standard-2"), "no list price"),
        ({"zone": "x/zones/asia-east1-a"}, "no list price"),
    ],
)
def test_unknown_prices(raw: dict[str, Any], why: str) -> None:
    price = KIND.price(parsed(**raw), book())
    assert price.unpriced == 1
    assert why in price.why


@pytest.mark.parametrize("state", ["TERMINATED", "STOPPED"])
def test_a_stopped_one_is_free(state: str) -> None:
    assert KIND.price(parsed(status=state), book()) == FREE
