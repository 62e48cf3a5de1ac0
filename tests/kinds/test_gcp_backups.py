"""Backups on Google Cloud: none is done that cannot be restored from, and what comes back is what was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from demo.gcp.local import ZONE
from demo.gcp.specimens import PROJECT
from demo.gcp.world import GCPWorld
from engine.model import Resource, Role, Unknown, Verb
from engine.money import Money
from reapers.clouds.gcp_errors import Refused
from reapers.kind import ROLE_OF, Kind, Order, Partial, Progress, Unusable, kinds
from reapers.kinds.own_backups import fields
from reapers.prices import book

HERE = f"{PROJECT}/{ZONE}"
KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/disks/cryptoKeys/payments"
DISK, MACHINE, SNAPSHOT = (kinds()[f"gcp.{name}"] for name in ("disk", "instance", "snapshot"))
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def google() -> Iterator[GCPWorld]:
    world = GCPWorld()
    yield world
    world.stop()


def seeded(google: GCPWorld, sort: Kind = DISK) -> Order:
    """A disk with the customer's own key, or an instance that has it as its boot disk."""
    google.gcp.key(KEY)
    disk = {"name": "d", "sizeGb": "20", "type": f"zones/{ZONE}/diskTypes/pd-ssd", "labels": {"owner": "payments"}}
    with google.gcp.ago(days=20):
        google.gcp.seed(HERE, "disks", {**disk, "diskEncryptionKey": {"kmsKeyName": KEY}, "provisionedIops": "4000"})
        if sort is MACHINE:
            boot = {"boot": True, "autoDelete": True, "source": f"zones/{ZONE}/disks/d"}
            machine = {"name": "m", "machineType": f"zones/{ZONE}/machineTypes/e2-medium", "disks": [boot]}
            google.gcp.seed(HERE, "instances", machine)
    (found,) = sort.list(google.cell(sort.name, Role.SCAN))
    until = datetime(2026, 12, 1, tzinfo=UTC)
    return Order(case="c-1", generation=0, key=found.key, resource=found, token="t", until=until)


def sent(google: GCPWorld, sort: Kind, verb: Verb, told: Order) -> Order:
    memory = sort.acts[verb].do(google.cell(sort.name, ROLE_OF[verb]), told)
    google.settle()
    return replace(told, memory={**told.memory, **memory})


def check(google: GCPWorld, sort: Kind, verb: Verb, told: Order) -> Progress:
    return sort.acts[verb].check(google.cell(sort.name, ROLE_OF[verb]), told)


@pytest.mark.parametrize("sort", [DISK, MACHINE], ids=lambda sort: sort.name)
def test_a_backup_with_an_enabled_key_is_done(google: GCPWorld, sort: Kind) -> None:
    assert check(google, sort, Verb.BACKUP, sent(google, sort, Verb.BACKUP, seeded(google, sort))) is Progress.DONE
    assert "cloudkms.cryptoKeyVersions.get" in google.seen()


@pytest.mark.parametrize("sort", [DISK, MACHINE], ids=lambda sort: sort.name)
@pytest.mark.parametrize("state", ["DISABLED", "DESTROY_SCHEDULED"])
def test_a_backup_whose_key_is_not_enabled_is_no_backup(google: GCPWorld, sort: Kind, state: str) -> None:
    told = sent(google, sort, Verb.BACKUP, seeded(google, sort))
    google.gcp.key(KEY, state)
    with pytest.raises(Unusable, match=f"is encrypted with {KEY}/cryptoKeyVersions/1, which is {state}: enable the key"):
        check(google, sort, Verb.BACKUP, told)


def test_a_key_that_nobody_may_read_leaves_it_open(google: GCPWorld) -> None:
    told = sent(google, DISK, Verb.BACKUP, seeded(google))
    google.gcp.fail(403, method="cloudkms.*")
    with pytest.raises(Refused) as refused:
        check(google, DISK, Verb.BACKUP, told)
    assert "refuses cloudkms.cryptoKeyVersions.get: grant it (roles/cloudkms.viewer holds it)" in refused.value.sentence


def test_a_key_without_a_version_is_asked_for_its_primary(google: GCPWorld) -> None:
    told = sent(google, DISK, Verb.BACKUP, seeded(google))
    (snapshot,) = google.gcp.all(PROJECT, "snapshots")
    google.gcp.alter((PROJECT, "global", "snapshots", snapshot["name"]), snapshotEncryptionKey={"kmsKeyName": KEY})
    assert check(google, DISK, Verb.BACKUP, told) is Progress.DONE
    google.gcp.key(KEY, "DISABLED")
    with pytest.raises(Unusable, match="which is DISABLED"):
        check(google, DISK, Verb.BACKUP, told)


def test_a_snapshot_whose_size_is_not_known_is_not_done(google: GCPWorld) -> None:
    told = sent(google, DISK, Verb.BACKUP, seeded(google))
    (snapshot,) = google.gcp.all(PROJECT, "snapshots")
    google.gcp.alter((PROJECT, "global", "snapshots", snapshot["name"]), storageBytes=None)
    assert check(google, DISK, Verb.BACKUP, told) is Progress.PENDING


@pytest.mark.parametrize("sort", [DISK, MACHINE], ids=lambda sort: sort.name)
def test_the_disk_comes_back_with_its_key_type_and_performance(google: GCPWorld, sort: Kind) -> None:
    told = seeded(google, sort)
    before = google.gcp.look(HERE, "disks", "d")
    assert before
    told = sent(google, sort, Verb.BACKUP, told)
    assert check(google, sort, Verb.BACKUP, told) is Progress.DONE
    sent(google, sort, Verb.DELETE, told)
    assert google.gcp.look(HERE, "disks", "d") is None
    back = sent(google, sort, Verb.RESTORE, told)
    assert check(google, sort, Verb.RESTORE, back) is Progress.DONE
    after = google.gcp.look(HERE, "disks", "d")
    assert after
    for name in ("name", "sizeGb", "type", "diskEncryptionKey", "zone"):
        assert after[name] == before[name], name
    assert after["labels"]["owner"] == "payments"


# --- snapshots ----------------------------------------------------------------------------------------------------------


def test_a_list_that_says_it_is_not_whole_is_a_gap(google: GCPWorld) -> None:
    sent(google, DISK, Verb.BACKUP, seeded(google))
    cell = google.cell(SNAPSHOT.name, Role.SCAN)
    pages = [{"items": [], "warning": {"code": "UNREACHABLE", "message": "Not now."}}]
    listed: Any = type("Cell", (), {"account": PROJECT, "now": cell.now, "pages": lambda *_, **__: iter(pages)})()
    with pytest.raises(Partial, match="the list answers UNREACHABLE"):
        list(SNAPSHOT.list(listed))


def test_a_schedule_s_snapshot_is_the_schedule_s(google: GCPWorld) -> None:
    sent(google, DISK, Verb.BACKUP, seeded(google))
    (snapshot,) = google.gcp.all(PROJECT, "snapshots")
    google.gcp.alter((PROJECT, "global", "snapshots", snapshot["name"]), autoCreated=True)
    (found,) = SNAPSHOT.list(google.cell(SNAPSHOT.name, Role.SCAN))
    assert found.fields["created_by"] == "a snapshot schedule"


def test_what_is_stored_is_what_costs() -> None:
    def priced(**raw: Any) -> Money:
        cell: Any = type("Cell", (), {"account": PROJECT, "region": "*", "now": NOW})()
        found: Resource = SNAPSHOT.parse(cell, {**SNAPSHOT.example, **raw})
        return SNAPSHOT.price(found, book())

    whole = {name: value for name, value in SNAPSHOT.example.items() if name != "storageBytes"}
    cell: Any = type("Cell", (), {"account": PROJECT, "region": "*", "now": NOW})()
    assert SNAPSHOT.price(SNAPSHOT.parse(cell, whole), book()).why == "Google has not said yet how much it stores"
    assert priced().why == "no list price for snapshot/gb-month in us", "no source of ours has one: never 0"


# --- whose it is, by its tags ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "left"),
    [
        ({"sexton:case": "c-1", "sexton:until": "2026-11-12T12:00:00Z"}, 10.0),
        ({"sexton-case": "c-1", "sexton-until": "1793534400"}, -1.0),
        ({"sexton:case": "c-1"}, None),
        ({"sexton:until": "2026-11-12T12:00:00Z"}, None),
        ({}, None),
    ],
)
def test_days_left(tags: dict[str, str], left: float | None) -> None:
    assert fields(tags, NOW)["backup_days_left"] == left
    assert fields(tags, NOW)["backup_of"] == ("c-1" if left is not None else None)


@pytest.mark.parametrize("until", ["soon", "2026-11-12", "2026-11-12T12:00:00", "99999999999999999999"])
def test_an_end_that_cannot_be_read_is_unknown(until: str) -> None:
    found = fields({"sexton:case": "c-1", "sexton:until": until}, NOW)
    assert isinstance(found["backup_days_left"], Unknown)
    assert found["backup_of"] == "c-1"
