"""gcp.disk beyond the contract: since when a disk is detached, half lists, unknown outcomes, names taken by others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from demo.gcp.calls import Call
from demo.gcp.faults import Dropped
from demo.gcp.local import ZONE
from demo.gcp.specimens import PROJECT
from demo.gcp.world import GCPWorld
from engine.model import Gap, Gone, Key, Resource, Role, Verb
from engine.money import Money
from reapers.clouds.gcp_errors import Misplaced, NoAnswer, Refused
from reapers.kind import ROLE_OF, Order, Partial, Progress, Unusable
from reapers.kinds.gcp.disk import KIND, manifest
from reapers.kinds.gcp_labels import backup_labels, own, value
from reapers.kinds.gcp_places import at, is_zone, location, region_of, scope
from reapers.prices import book

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
HERE = f"{PROJECT}/{ZONE}"


@pytest.fixture
def google() -> Iterator[GCPWorld]:
    world = GCPWorld()
    yield world
    world.stop()


def parsed(**raw: Any) -> Resource:
    cell = SimpleNamespace(account="acme-dev", region="*", now=NOW)
    return KIND.parse(cell, {**KIND.example, **raw})


def seeded(google: GCPWorld, body: dict[str, Any] | None = None, place: str = HERE) -> Resource:
    with google.gcp.ago(days=20):
        google.gcp.seed(place, "disks", {"name": "d", "sizeGb": "20", "labels": {"owner": "payments"}, **(body or {})})
    return next(disk for disk in KIND.list(google.cell(KIND.name, Role.SCAN)) if disk.name == "d")


def order(resource: Resource) -> Order:
    until = datetime(2026, 12, 1, tzinfo=UTC)
    return Order(case="c-1", generation=0, key=resource.key, resource=resource, token="t", until=until)


def act(google: GCPWorld, verb: Verb, told: Order) -> dict[str, Any]:
    return dict(KIND.acts[verb].do(google.cell(KIND.name, ROLE_OF[verb]), told))


def check(google: GCPWorld, verb: Verb, told: Order) -> Progress:
    return KIND.acts[verb].check(google.cell(KIND.name, Role.SCAN), told)


def done(google: GCPWorld, verb: Verb, told: Order) -> dict[str, Any]:
    memory = act(google, verb, told)
    google.settle()
    assert check(google, verb, replace(told, memory=memory)) is Progress.DONE
    return memory


# --- reading -------------------------------------------------------------------------------------------------------------

ATTACHED, DETACHED = "2026-03-01T00:00:00.000-08:00", "2026-05-01T00:00:00.000-07:00"
USERS = ["https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a/instances/web"]


@pytest.mark.parametrize(
    ("raw", "since"),
    [
        ({"lastAttachTimestamp": ATTACHED, "lastDetachTimestamp": DETACHED}, datetime(2026, 5, 1, 7, tzinfo=UTC)),
        ({"lastAttachTimestamp": None, "lastDetachTimestamp": None}, datetime(2026, 2, 3, 12, 5, 6, 789000, tzinfo=UTC)),
        ({"lastAttachTimestamp": ATTACHED, "lastDetachTimestamp": None}, None),
        ({"lastAttachTimestamp": DETACHED, "lastDetachTimestamp": ATTACHED}, None),
        ({"lastAttachTimestamp": ATTACHED, "lastDetachTimestamp": DETACHED, "users": USERS}, None),
    ],
    ids=["detached", "never attached", "forgotten", "attached later", "in use"],
)
def test_since_when_it_is_detached(raw: dict[str, Any], since: datetime | None) -> None:
    whole = {name: text for name, text in {**KIND.example, **raw}.items() if text is not None}
    disk = KIND.parse(SimpleNamespace(account="acme-dev", region="*", now=NOW), whole)
    assert disk.since.get("detached") == since
    assert disk.fields["never_attached"] is ("lastAttachTimestamp" not in whole)
    assert KIND.facts["detached"](disk) is ("users" not in raw)


def test_links_to_its_instances() -> None:
    assert KIND.links(parsed(users=USERS)) == (Key("gcp.instance", "acme-dev", "us-central1-a", "web"),)
    assert KIND.links(parsed()) == ()


def test_says_whose_it_may_be() -> None:
    claim = '{"kubernetes.io/created-for/pv/name":"pvc-1","kubernetes.io/created-for/pvc/namespace":"shop"}'
    image = "projects/p/global/images/db"
    disk = parsed(description=claim, asyncPrimaryDisk={"disk": "x"}, resourcePolicies=["x/daily"], sourceImage=image)
    told = {name: disk.fields[name] for name in ("kubernetes", "replicates", "scheduled", "from_image")}
    assert told == {"kubernetes": True, "replicates": True, "scheduled": True, "from_image": "db"}
    assert disk.fields["created_by"] == "Kubernetes", "which caps every policy at notify"
    assert "created_by" not in parsed().fields


def test_a_silent_zone_is_a_gap(google: GCPWorld) -> None:
    seeded(google)
    google.gcp.seed(f"{PROJECT}/us-central1-b", "disks", {"name": "other"})
    google.gcp.silence("us-central1-b")
    listed = KIND.list(google.cell(KIND.name, Role.SCAN))
    assert next(listed).name == "d"
    with pytest.raises(Partial) as partial:
        next(listed)
    said = "project acme-dev: us-central1-b answers UNREACHABLE (The scope 'zones/us-central1-b' is unreachable)"
    assert partial.value.gaps == (Gap("gcp.disk", "acme-dev", "us-central1-b", said),)


def test_a_warning_about_the_whole_list_is_a_gap_everywhere() -> None:
    page = {"warning": {"code": "PARTIAL_SUCCESS"}, "unreachables": ["projects/p/zones/us-east1-b"]}
    cell = SimpleNamespace(account="acme-dev", region="*", now=NOW, pages=lambda *a, **k: iter([page]))
    with pytest.raises(Partial) as partial:
        list(KIND.list(cell))
    assert [(gap.region, gap.why) for gap in partial.value.gaps] == [
        ("*", "project acme-dev: the list answers PARTIAL_SUCCESS"),
        ("us-east1-b", "project acme-dev: us-east1-b is unreachable"),
    ]


@pytest.mark.parametrize(
    ("raw", "price"),
    [
        ({}, Money.of("34.00")),  # 200 GB of pd-ssd
        ({"type": "x/diskTypes/pd-standard"}, Money.of("8.00")),
        ({"zone": None, "region": "x/regions/us-central1", "type": "x/diskTypes/pd-balanced"}, Money.of("40.00")),
        ({"type": "x/diskTypes/hyperdisk-extreme"}, None),
        ({"zone": "x/zones/europe-west1-b"}, None),
    ],
)
def test_price(raw: dict[str, Any], price: Money | None) -> None:
    found = KIND.price(parsed(**raw), book())
    assert found == price if price else (found.unpriced == 1 and found.why)


# --- acting --------------------------------------------------------------------------------------------------------------


def test_a_backup_is_ours_until_a_date(google: GCPWorld) -> None:
    disk = seeded(google)
    done(google, Verb.BACKUP, order(disk))
    (snapshot,) = google.gcp.all(PROJECT, "snapshots")
    ours = {"sexton-case": "c-1", "sexton-generation": "0", "sexton-until": "1796083200"}
    assert snapshot["labels"] == {"owner": "payments", **ours}
    assert snapshot["sourceDiskId"] == disk.key.born


def test_a_backup_under_way_is_not_begun_again(google: GCPWorld) -> None:
    told = order(seeded(google))
    first = act(google, Verb.BACKUP, told)
    assert check(google, Verb.BACKUP, told) is Progress.PENDING
    google.forget()
    assert act(google, Verb.BACKUP, told)["snapshot"] == first["snapshot"]
    assert not google.written(), "it was found by its labels"


def test_a_snapshot_that_lost_its_labels_is_not_made_twice(google: GCPWorld) -> None:
    told = order(seeded(google))
    done(google, Verb.BACKUP, told)
    name = google.gcp.all(PROJECT, "snapshots")[0]["name"]
    google.gcp.alter((PROJECT, "global", "snapshots", name), labels={})
    again = replace(told, token="another")
    assert act(google, Verb.BACKUP, again)["snapshot"] == f"global/snapshots/{name}"
    assert len(google.gcp.all(PROJECT, "snapshots")) == 1
    assert check(google, Verb.BACKUP, again) is Progress.NO_EFFECT, "nobody could say whose it is"


@pytest.mark.parametrize("shown", [{"status": "FAILED"}, {"diskSizeGb": "0"}])
def test_a_bad_snapshot_is_no_backup(google: GCPWorld, shown: dict[str, str]) -> None:
    told = order(seeded(google))
    done(google, Verb.BACKUP, told)
    name = google.gcp.all(PROJECT, "snapshots")[0]["name"]
    google.gcp.alter((PROJECT, "global", "snapshots", name), **shown)
    with pytest.raises(Unusable, match=f"the snapshot {name} is .*: it is no backup"):
        check(google, Verb.BACKUP, told)


def test_a_snapshot_of_another_disk_is_no_backup(google: GCPWorld) -> None:
    told = order(seeded(google))
    done(google, Verb.BACKUP, told)
    name = google.gcp.all(PROJECT, "snapshots")[0]["name"]
    google.gcp.alter((PROJECT, "global", "snapshots", name), sourceDiskId="1")
    assert check(google, Verb.BACKUP, told) is Progress.FAILED


def test_another_life_is_neither_backed_up_nor_deleted(google: GCPWorld) -> None:
    disk = seeded(google)
    google.gcp.ask("DELETE", f"{PROJECT}/zones/{ZONE}/disks/d")
    google.settle()
    google.gcp.seed(HERE, "disks", {"name": "d"})
    google.forget()
    with pytest.raises(Misplaced, match="not the one that was approved"):
        act(google, Verb.BACKUP, order(disk))
    assert act(google, Verb.DELETE, order(disk))["gone"]
    assert not google.written()
    assert check(google, Verb.DELETE, order(disk)) is Progress.DONE, "the life that was approved is over"
    assert google.gcp.look(HERE, "disks", "d")


def test_a_disk_in_use_is_refused(google: GCPWorld) -> None:
    disk = seeded(google)
    boot = {"boot": True, "initializeParams": {"diskSizeGb": "10"}}
    disks = [boot, {"source": f"zones/{ZONE}/disks/d"}]
    google.gcp.seed(HERE, "instances", {"name": "i", "machineType": f"zones/{ZONE}/machineTypes/e2-medium", "disks": disks})
    with pytest.raises(Refused, match="already being used"):
        act(google, Verb.DELETE, order(disk))


def test_a_delete_without_an_answer_is_settled_by_reading(google: GCPWorld) -> None:
    told = order(seeded(google))

    def cut(call: Call, when: str) -> None:
        if call.mutating and when == "after":
            raise Dropped

    with google.gcp.on_call(cut), pytest.raises(NoAnswer):
        act(google, Verb.DELETE, told)
    assert check(google, Verb.DELETE, told) is Progress.PENDING, "its operation is found by the disk's number"
    google.settle()
    assert check(google, Verb.DELETE, told) is Progress.DONE


def test_a_delete_that_never_arrived_had_no_effect(google: GCPWorld) -> None:
    told = order(seeded(google))
    google.gcp.fail(503, method="compute.disks.delete")
    with pytest.raises(NoAnswer):
        act(google, Verb.DELETE, told)
    assert check(google, Verb.DELETE, told) is Progress.NO_EFFECT


def test_a_delete_that_failed_later_had_no_effect(google: GCPWorld) -> None:
    disk = seeded(google)
    told = replace(order(disk), memory={"sent": google.now().isoformat(), "operation": "zones/x/operations/y"})
    assert check(google, Verb.DELETE, told) is Progress.PENDING, "reads may lag behind"
    google.clock.sleep(timedelta(minutes=3).total_seconds())
    assert check(google, Verb.DELETE, told) is Progress.NO_EFFECT


def test_a_regional_disk_goes_and_comes_back(google: GCPWorld) -> None:
    zones = [f"projects/{PROJECT}/zones/us-central1-{letter}" for letter in "ab"]
    disk = seeded(google, {"replicaZones": zones, "type": "regions/us-central1/diskTypes/pd-ssd"}, f"{PROJECT}/us-central1")
    assert (disk.key.region, disk.fields["regional"]) == ("us-central1", True)
    told = order(disk)
    backup = done(google, Verb.BACKUP, told)
    done(google, Verb.DELETE, told)
    assert isinstance(KIND.get(google.cell(KIND.name, Role.SCAN), disk.key), Gone)
    done(google, Verb.RESTORE, replace(told, memory=backup))
    back = google.gcp.look(f"{PROJECT}/us-central1", "disks", "d")
    assert back
    assert (back["replicaZones"], back["sizeGb"], back["labels"]) == (zones, "20", {"owner": "payments", "sexton-case": "c-1"})


def test_a_name_taken_by_somebody_else_is_not_touched(google: GCPWorld) -> None:
    told = order(seeded(google))
    backup = done(google, Verb.BACKUP, told)
    done(google, Verb.DELETE, told)
    google.gcp.seed(HERE, "disks", {"name": "d", "sizeGb": "7"})
    back = replace(told, memory={**backup, "key": told.key.ref})
    with pytest.raises(Misplaced, match="another disk has its name"):
        act(google, Verb.RESTORE, back)
    assert check(google, Verb.RESTORE, back) is Progress.FAILED


def test_what_is_remembered_of_a_disk() -> None:
    raw = {
        **KIND.example,
        "diskEncryptionKey": {"kmsKeyName": "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/3"},
        "provisionedIops": "5000",
    }
    kept = manifest(raw)
    assert kept["diskEncryptionKey"] == {"kmsKeyName": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}
    assert kept["type"] == "zones/us-central1-a/diskTypes/pd-ssd"
    assert kept["provisionedIops"] == "5000"
    assert not {"id", "status", "selfLink", "labelFingerprint", "lastDetachTimestamp"} & set(kept)


# --- words ---------------------------------------------------------------------------------------------------------------


def test_labels() -> None:
    told = Order(case="C-7.x", generation=2, key=Key("gcp.disk", "p", "z", "d"))
    labels = {"owner": "ann", "sexton-case": "old", "sexton-keep": "yes", "goog-gke-volume": ""}
    assert own(labels) == {"owner": "ann", "sexton-keep": "yes"}
    assert backup_labels(told, labels) == {"owner": "ann", "sexton-keep": "yes", "sexton-case": "c-7-x", "sexton-generation": "2"}
    assert len(value("x" * 99)) == 63


@pytest.mark.parametrize(
    ("place", "zone", "region", "path", "asked"),
    [
        ("us-central1-a", True, "us-central1", "zones/us-central1-a", {"zone": "us-central1-a"}),
        ("europe-west10-c", True, "europe-west10", "zones/europe-west10-c", {"zone": "europe-west10-c"}),
        ("us-south1-ai1b", True, "us-south1", "zones/us-south1-ai1b", {"zone": "us-south1-ai1b"}),
        ("me-west1", False, "me-west1", "regions/me-west1", {"region": "me-west1"}),
        ("global", False, "global", "global", {}),
    ],
)
def test_places(place: str, zone: bool, region: str, path: str, asked: dict[str, str]) -> None:
    assert (is_zone(place), region_of(place), scope(place), at(place)) == (zone, region, path, asked)
    assert location({"region": f"x/regions/{place}"} if place != "global" else {}) == place
