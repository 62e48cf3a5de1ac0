"""The local GCP is held to Google's documents, and behaves as Google does where Sexton looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from google.api_core.exceptions import BadRequest, Conflict, NotFound, PreconditionFailed, ServiceUnavailable
from google.cloud import compute_v1

from demo.gcp.calls import Call
from demo.gcp.faults import Dropped
from demo.gcp.filters import parse
from demo.gcp.local import ZONE, LocalGCP
from demo.gcp.networks import use
from demo.gcp.refusals import Refusal

PLACE = f"acme-dev/{ZONE}"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DISK = {"name": "d", "sizeGb": "20"}
BOOT = {"boot": True, "autoDelete": True, "initializeParams": {"diskSizeGb": "10"}}
MACHINE = f"zones/{ZONE}/machineTypes/e2-medium"
INSTANCE = {"name": "i", "machineType": MACHINE, "disks": [BOOT], "networkInterfaces": [{}]}
REQUEST = "11111111-1111-4111-8111-111111111111"


class Calendar:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def gcp(calendar: Calendar) -> Iterator[LocalGCP]:
    with LocalGCP(("acme-dev",), calendar) as double:
        yield double


@pytest.fixture
def tidy(gcp: LocalGCP) -> Iterator[LocalGCP]:
    """For stories in which nobody does what Google's documents do not allow."""
    yield gcp
    assert not gcp.violations


def send(gcp: LocalGCP, http: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(http, f"{gcp.url}/compute/v1/projects/acme-dev/{path}", json=body, timeout=5)


# --- Google's documents --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("http", "path", "body", "status"),
    [
        ("GET", "zones/us-central1-a/dsiks", None, 404),
        ("PUT", "zones/us-central1-a/disks", None, 404),
        ("GET", "zones/us-central1-a/disks?maxResult=5", None, 400),
        ("GET", "zones/us-central1-a/disks?maxResults=many", None, 400),
        ("GET", "aggregated/disks?fields=items/*/disks(nmae)", None, 400),
        ("GET", "aggregated/disks?fields=items/*/disks(name", None, 400),
        ("POST", "zones/us-central1-a/disks", {"name": "d", "size_gb": "5"}, 400),
        ("POST", "zones/us-central1-a/disks", {"name": "Not Allowed"}, 400),
        ("POST", "zones/us-central1-a/disks", {"name": "d", "sizeGb": "five"}, 400),
        ("POST", "zones/us-central1-a/disks", {"name": "d", "sizeGb": "99999999999999999999"}, 400),
        ("POST", "zones/us-central1-a/disks", {"name": "d", "labels": ["a"]}, 400),
        ("POST", "zones/us-central1-a/disks", {"name": "d", "architecture": "Z80"}, 400),
        ("POST", "zones/us-central1-a/disks", {"sizeGb": "5"}, 400),
        ("POST", "zones/us-central1-a/instances/i/start", {"x": 1}, 400),
        ("GET", "zones/us-central1-a/instances/i/serialPort", None, 501),
    ],
)
def test_refuses_what_the_documents_do_not_allow(gcp: LocalGCP, http: str, path: str, body: Any, status: int) -> None:
    answer = send(gcp, http, path, body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["code"] == status
    assert len(gcp.violations) == 1


def test_checks_its_own_answers(gcp: LocalGCP) -> None:
    gcp.seed(PLACE, "disks", DISK)
    gcp.alter(("acme-dev", ZONE, "disks", "d"), colour="blue")
    answer = send(gcp, "GET", f"zones/{ZONE}/disks/d")
    assert answer.status_code == 500
    assert "colour" in gcp.violations[0]


def test_only_google_writes_some_fields(tidy: LocalGCP) -> None:
    send(tidy, "POST", f"zones/{ZONE}/disks", {"name": "d", "status": "FAILED", "id": "7"}).raise_for_status()
    disk = tidy.look(PLACE, "disks", "d")
    assert disk
    assert (disk["status"], disk["id"]) != ("FAILED", "7")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("acme-dev/zones/us-central9-a/disks", 400),
        ("acme-dev/zones/us-central1-z/disks", 400),
        ("nobody/zones/us-central1-a/disks", 404),
    ],
)
def test_knows_what_there_is(tidy: LocalGCP, path: str, status: int) -> None:
    assert requests.get(f"{tidy.url}/compute/v1/projects/{path}", timeout=5).status_code == status


# --- lists ---------------------------------------------------------------------------------------------------------------


def test_pages(tidy: LocalGCP) -> None:
    for number in range(5):
        tidy.seed(f"acme-dev/{['us-central1-a', 'us-central1-b'][number % 2]}", "disks", {"name": f"d{number}"})
    client = tidy.client("Disks")
    request = compute_v1.AggregatedListDisksRequest(project="acme-dev", max_results=2)
    found = [disk.name for _, part in client.aggregated_list(request=request) for disk in part.disks]
    assert sorted(found) == ["d0", "d1", "d2", "d3", "d4"]
    assert len(tidy.calls) == 3
    with tidy.pages_of(1):
        assert len(list(client.list(project="acme-dev", zone=ZONE))) == 3


def test_a_page_token_belongs_to_its_request(tidy: LocalGCP) -> None:
    for number in range(3):
        tidy.seed(PLACE, "disks", {"name": f"d{number}"})
    token = send(tidy, "GET", f"zones/{ZONE}/disks?maxResults=1").json()["nextPageToken"]
    assert send(tidy, "GET", f"zones/{ZONE}/disks?maxResults=1&pageToken={token}").json()["items"][0]["name"] == "d1"
    assert send(tidy, "GET", f"zones/{ZONE}/disks?filter=name=d1&pageToken={token}").status_code == 400
    assert send(tidy, "GET", f"zones/{ZONE}/disks?pageToken=bm9uc2Vuc2U=").status_code == 400
    assert send(tidy, "GET", f"zones/{ZONE}/disks?maxResults=501").status_code == 400


def test_a_silent_zone_says_so(tidy: LocalGCP) -> None:
    tidy.seed(PLACE, "disks", DISK)
    tidy.seed("acme-dev/us-central1-b", "disks", DISK)
    tidy.silence(ZONE)
    items = send(tidy, "GET", "aggregated/disks").json()["items"]
    assert items[f"zones/{ZONE}"]["warning"]["code"] == "UNREACHABLE"
    assert "disks" not in items[f"zones/{ZONE}"]
    assert [disk["name"] for disk in items["zones/us-central1-b"]["disks"]] == ["d"]
    assert items["zones/us-central1-c"]["warning"]["code"] == "NO_RESULTS_ON_PAGE"
    assert send(tidy, "GET", f"zones/{ZONE}/disks").status_code == 503
    assert send(tidy, "GET", f"zones/{ZONE}/disks/d").status_code == 503
    tidy.heal()
    assert send(tidy, "GET", f"zones/{ZONE}/disks/d").status_code == 200


def test_masks_cut(tidy: LocalGCP) -> None:
    tidy.seed(PLACE, "disks", {**DISK, "labels": {"owner": "payments"}})
    answer = send(tidy, "GET", "aggregated/disks?fields=items/*/disks(name,labels),nextPageToken").json()
    assert answer["items"][f"zones/{ZONE}"] == {"disks": [{"name": "d", "labels": {"owner": "payments"}}]}


THING = {
    "name": "d-1",
    "labels": {"owner": "ann"},
    "sizeGb": "20",
    "status": "READY",
    "users": ["u"],
    "on": True,
    "at": "2026-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ("name=d-1", True),
        ('name = "d-*"', True),
        ("name!=d-1", False),
        ("labels.owner:*", True),
        ("labels.team:*", False),
        ("labels.team!=x", True),
        ("-labels.owner=ann", False),
        ("NOT labels.owner=bo", True),
        ("(labels.owner = ann) (status = READY)", True),
        ("labels.owner=ann AND status=FAILED", False),
        ("labels.owner=bo OR status=READY", True),
        ("(labels.owner=bo OR status=READY) AND sizeGb > 10", True),
        ("sizeGb < 3", False),
        ("missing < 3", False),
        ("at < 2026-06-01T00:00:00Z", True),
        ("name < zzz", True),
        ("users:u", True),
        ("labels:owner", True),
        ("labels:ann", False),
        ("on = true", True),
        ("name eq d-[12]", True),
        ("name ne d-.*", False),
    ],
)
def test_filters(text: str, holds: bool) -> None:
    assert parse(text)(THING) is holds


@pytest.mark.parametrize("text", ["name", "name=", "(name=d", "name=d)", "NOT", "OR name=d", "name=d OR"])
def test_bad_filters(text: str) -> None:
    with pytest.raises(Refusal):
        parse(text)


# --- acts ----------------------------------------------------------------------------------------------------------------


def test_labels_are_changed_by_who_knows_them(tidy: LocalGCP) -> None:
    tidy.seed(PLACE, "disks", DISK)
    client = tidy.client("Disks")
    labels = compute_v1.ZoneSetLabelsRequest(labels={"owner": "ann"}, label_fingerprint="c3RhbGU=")
    with pytest.raises(PreconditionFailed):
        client.set_labels_unary(project="acme-dev", zone=ZONE, resource="d", zone_set_labels_request_resource=labels)
    labels.label_fingerprint = client.get(project="acme-dev", zone=ZONE, disk="d").label_fingerprint
    client.set_labels_unary(project="acme-dev", zone=ZONE, resource="d", zone_set_labels_request_resource=labels)
    assert client.get(project="acme-dev", zone=ZONE, disk="d").labels == {"owner": "ann"}
    labels = compute_v1.ZoneSetLabelsRequest(
        labels={"sexton:case": "x"}, label_fingerprint=client.get(project="acme-dev", zone=ZONE, disk="d").label_fingerprint
    )
    with pytest.raises(BadRequest):
        client.set_labels_unary(project="acme-dev", zone=ZONE, resource="d", zone_set_labels_request_resource=labels)


def test_what_is_used_or_protected_stays(tidy: LocalGCP) -> None:
    tidy.seed(PLACE, "instances", {**INSTANCE, "deletionProtection": True})
    tidy.seed("acme-dev/us-central1", "addresses", {"name": "a"})
    use(tidy.door.estate.find(("acme-dev", "us-central1", "addresses", "a")), "forwardingRules/web")
    with pytest.raises(BadRequest, match="already being used"):
        tidy.client("Disks").delete_unary(project="acme-dev", zone=ZONE, disk="i")
    with pytest.raises(BadRequest, match="protected"):
        tidy.client("Instances").delete_unary(project="acme-dev", zone=ZONE, instance="i")
    with pytest.raises(BadRequest, match="already being used"):
        tidy.client("Addresses").delete_unary(project="acme-dev", region="us-central1", address="a")
    with pytest.raises(NotFound):
        tidy.client("Disks").delete_unary(project="acme-dev", zone=ZONE, disk="nobody")
    with pytest.raises(Conflict):
        tidy.client("Disks").insert_unary(project="acme-dev", zone=ZONE, disk_resource=compute_v1.Disk(name="i"))
    assert len(tidy.all("acme-dev", "disks")) == 1


def test_operations_take_time_by_the_clock(tidy: LocalGCP, calendar: Calendar) -> None:
    tidy.seed(PLACE, "instances", INSTANCE)
    tidy.operation_seconds = 30
    instances = tidy.client("Instances")
    began = instances.stop_unary(project="acme-dev", zone=ZONE, instance="i")
    assert instances.get(project="acme-dev", zone=ZONE, instance="i").status == "STOPPING"
    with pytest.raises(BadRequest, match="not ready"):
        instances.start_unary(project="acme-dev", zone=ZONE, instance="i")
    calendar.sleep(29)
    operations = tidy.client("ZoneOperations")
    assert operations.get(project="acme-dev", zone=ZONE, operation=began.name).status == compute_v1.Operation.Status.RUNNING
    calendar.sleep(1)
    assert operations.get(project="acme-dev", zone=ZONE, operation=began.name).status == compute_v1.Operation.Status.DONE
    stopped = instances.get(project="acme-dev", zone=ZONE, instance="i")
    assert stopped.status == "TERMINATED"
    assert datetime.fromisoformat(stopped.last_stop_timestamp) == calendar.at


def test_a_request_id_is_looked_up_first(tidy: LocalGCP) -> None:
    tidy.seed(PLACE, "disks", DISK)
    tidy.seed(PLACE, "disks", {"name": "other"})
    disks = tidy.client("Disks")
    request = compute_v1.DeleteDiskRequest(project="acme-dev", zone=ZONE, disk="d", request_id=REQUEST)
    first = disks.delete_unary(request=request)
    assert tidy.look(PLACE, "disks", "d") is None
    assert disks.delete_unary(request=request).name == first.name, "though the disk is gone"
    request.disk = "other"
    with pytest.raises(BadRequest, match="another request"):
        disks.delete_unary(request=request)


def test_attaching_is_remembered(tidy: LocalGCP, calendar: Calendar) -> None:
    tidy.seed(PLACE, "instances", INSTANCE)
    tidy.seed(PLACE, "disks", DISK)
    data = {"source": f"zones/{ZONE}/disks/d", "deviceName": "data"}
    tidy.ask("POST", f"acme-dev/zones/{ZONE}/instances/i/attachDisk", data)
    used = tidy.look(PLACE, "disks", "d")
    assert used
    assert used["users"][0].endswith("instances/i")
    assert datetime.fromisoformat(used["lastAttachTimestamp"]) == NOON
    with pytest.raises(RuntimeError, match="already being used"):
        tidy.ask("DELETE", f"acme-dev/zones/{ZONE}/disks/d")
    calendar.sleep(60)
    tidy.ask("POST", f"acme-dev/zones/{ZONE}/instances/i/detachDisk", deviceName="data")
    free = tidy.look(PLACE, "disks", "d")
    assert free
    assert "users" not in free
    assert datetime.fromisoformat(free["lastDetachTimestamp"]) == NOON + timedelta(seconds=60)
    with pytest.raises(RuntimeError, match="No attached disk"):
        tidy.ask("POST", f"acme-dev/zones/{ZONE}/instances/i/detachDisk", deviceName="data")


def test_an_instance_takes_its_own_disks_along(tidy: LocalGCP) -> None:
    tidy.seed(PLACE, "disks", {"name": "data"})
    tidy.seed(PLACE, "instances", {**INSTANCE, "disks": [BOOT, {"source": f"zones/{ZONE}/disks/data"}]})
    assert [disk["name"] for disk in tidy.all("acme-dev", "disks")] == ["data", "i"]
    tidy.ask("DELETE", f"acme-dev/zones/{ZONE}/instances/i")
    left = tidy.all("acme-dev", "disks")
    assert [disk["name"] for disk in left] == ["data"]
    assert "users" not in left[0]


def test_an_instance_is_made_whole_or_not_at_all(tidy: LocalGCP) -> None:
    body = {**INSTANCE, "disks": [BOOT, {"source": f"zones/{ZONE}/disks/nobody"}]}
    assert send(tidy, "POST", f"zones/{ZONE}/instances", body).status_code == 404
    assert tidy.all("acme-dev", "disks") == []
    assert tidy.all("acme-dev", "instances") == []
    assert send(tidy, "POST", f"zones/{ZONE}/instances", {**INSTANCE, "disks": []}).status_code == 400
    assert send(tidy, "POST", f"zones/{ZONE}/instances", {"name": "i", "disks": [BOOT]}).status_code == 400


def test_snapshots_outlive_their_disk(tidy: LocalGCP) -> None:
    tidy.seed(PLACE, "disks", DISK)
    tidy.ask("POST", f"acme-dev/zones/{ZONE}/disks/d/createSnapshot", {"name": "s", "labels": {"a": "b"}})
    tidy.ask("DELETE", f"acme-dev/zones/{ZONE}/disks/d")
    assert send(tidy, "GET", "global/snapshots?filter=labels.a=b").json()["items"][0]["status"] == "READY"
    made = {"name": "d", "sourceSnapshot": "global/snapshots/s"}
    assert send(tidy, "POST", f"zones/{ZONE}/disks", {**made, "sizeGb": "19"}).status_code == 400
    tidy.ask("POST", f"acme-dev/zones/{ZONE}/disks", made)
    disk = tidy.look(PLACE, "disks", "d")
    assert disk
    assert disk["sizeGb"] == "20"
    tidy.ask("DELETE", "acme-dev/global/snapshots/s")
    assert tidy.all("acme-dev", "snapshots") == []


def test_local_ssds_forbid_a_stop(tidy: LocalGCP) -> None:
    scratch = {"type": "SCRATCH", "initializeParams": {"diskType": f"zones/{ZONE}/diskTypes/local-ssd"}}
    tidy.seed(PLACE, "instances", {**INSTANCE, "disks": [BOOT, scratch]})
    assert send(tidy, "POST", f"zones/{ZONE}/instances/i/stop").status_code == 400
    assert send(tidy, "POST", f"zones/{ZONE}/instances/i/stop?discardLocalSsd=true").status_code == 200


def test_resources_are_found_by_number(tidy: LocalGCP) -> None:
    disk = tidy.seed(PLACE, "disks", DISK)
    assert send(tidy, "GET", f"zones/{ZONE}/disks/{disk['id']}").json()["name"] == "d"


# --- the double itself ---------------------------------------------------------------------------------------------------


def test_an_old_estate(tidy: LocalGCP) -> None:
    with tidy.ago(days=40):
        disk = tidy.seed(PLACE, "disks", DISK, lastDetachTimestamp=NOON - timedelta(days=3))
    assert datetime.fromisoformat(disk["creationTimestamp"]) == NOON - timedelta(days=40)
    assert disk["lastDetachTimestamp"] == "2026-10-30T04:00:00.000-08:00"
    with pytest.raises(Refusal):
        tidy.seed(PLACE, "disks", {"name": "UPPER"})


def test_the_same_calls_give_the_same_ids() -> None:
    with LocalGCP() as first, LocalGCP() as second:
        assert first.seed(PLACE, "disks", DISK)["id"] == second.seed(PLACE, "disks", DISK)["id"]


def test_is_dated_by_its_clock(tidy: LocalGCP) -> None:
    assert send(tidy, "GET", "zones").headers["Date"] == "Mon, 02 Nov 2026 12:00:00 GMT"


def test_faults(tidy: LocalGCP) -> None:
    tidy.seed(PLACE, "disks", DISK)
    fault = tidy.fail(403, method="compute.disks.*", times=2)
    refused = send(tidy, "GET", "aggregated/disks")
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "Required 'compute.disks.list' permission for 'projects/acme-dev'"
    assert send(tidy, "GET", f"zones/{ZONE}/disks/d").status_code == 403
    assert send(tidy, "GET", f"zones/{ZONE}/disks/d").status_code == 200
    assert fault.used == 2
    tidy.fail(503, method="compute.disks.delete", after=True)
    with pytest.raises(ServiceUnavailable):
        tidy.client("Disks").delete_unary(project="acme-dev", zone=ZONE, disk="d", retry=None)
    assert tidy.look(PLACE, "disks", "d") is None


def test_hooks_and_the_list_of_calls(tidy: LocalGCP) -> None:
    tidy.seed(PLACE, "disks", DISK)
    seen: list[tuple[str, str]] = []

    def hook(call: Call, when: str) -> None:
        seen.append((call.method, when))
        if when == "after" and call.mutating:
            raise Dropped

    with tidy.on_call(hook):
        send(tidy, "GET", f"zones/{ZONE}/disks/d").raise_for_status()
        with pytest.raises(requests.ConnectionError):
            send(tidy, "DELETE", f"zones/{ZONE}/disks/d")
    assert seen == [(f"compute.disks.{verb}", when) for verb in ("get", "delete") for when in ("before", "after")]
    assert [(str(call), call.iam, call.mutating) for call in tidy.calls] == [
        (f"compute.disks.get {ZONE}/d of acme-dev", "compute.disks.get", False),
        (f"compute.disks.delete {ZONE}/d of acme-dev", "compute.disks.delete", True),
    ]
    assert tidy.look(PLACE, "disks", "d") is None
    tidy.forget_calls()
    assert tidy.calls == ()
