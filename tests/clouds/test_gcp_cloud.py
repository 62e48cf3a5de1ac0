"""The GCP cloud against the local double, with the real Google clients; tests/conftest.py sees that nothing leaves loopback."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from demo.gcp.calls import Call
from demo.gcp.faults import Dropped
from demo.gcp.local import ZONE, LocalGCP
from engine.model import EVERYWHERE, UNREAD, Account, Outcome, Role
from reapers.clouds.cloud import Unreachable
from reapers.clouds.gcp import GCP
from reapers.clouds.gcp_cell import GCPCell
from reapers.clouds.gcp_errors import Misplaced, NoAnswer, Refused, Where, permission
from reapers.clouds.gcp_session import local, principal
from reapers.clouds.gcp_writes import request_name

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
REQUEST = "11111111-1111-4111-8111-111111111111"

Make = Callable[..., GCP]


@pytest.fixture
def gcp() -> Iterator[LocalGCP]:
    """An organization: folder 1 with acme-dev and folder 2, which has acme-deep; acme-top beside them; acme-lone elsewhere."""
    with LocalGCP(("acme-lone",)) as double:
        double.folder("folders/1")
        double.folder("folders/2", "folders/1")
        double.project("acme-top", "organizations/1", displayName="Top", labels={"team": "platform"})
        double.project("acme-dev", "folders/1")
        double.project("acme-deep", "folders/2")
        double.project("acme-dying", "folders/1", state="DELETE_REQUESTED")
        yield double
        assert not double.violations


@pytest.fixture
def make(gcp: LocalGCP) -> Iterator[Make]:
    made: list[GCP] = []

    def cloud(*projects: str) -> GCP:
        made.append(GCP(projects or ["acme-dev"], gcp.url))
        return made[-1]

    yield cloud
    for each in made:
        each.close()


@pytest.fixture
def cell(make: Make) -> GCPCell:
    return make().cell("acme-dev", EVERYWHERE, Role.SCAN, NOW)


def refusal(cloud: GCP, ask: Callable[[], object]) -> tuple[Outcome, str]:
    """What the cloud says of the error of a call."""
    with pytest.raises((Refused, NoAnswer, Misplaced)) as raised:
        ask()
    told = cloud.outcome(raised.value)
    assert told
    return told


# --- projects ------------------------------------------------------------------------------------------------------------


def test_projects_by_id(make: Make) -> None:
    assert make("acme-top", "acme-deep", "acme-lone").accounts() == [
        Account("gcp", "acme-top", "Top", ("organizations/1",)),
        Account("gcp", "acme-deep", "acme-deep", ("folders/2", "folders/1", "organizations/1")),
        Account("gcp", "acme-lone", "acme-lone", ()),
    ]


def test_projects_below_a_folder_or_organization(make: Make, gcp: LocalGCP) -> None:
    deep = Account("gcp", "acme-deep", "acme-deep", ("folders/2", "folders/1", "organizations/1"))
    dev = Account("gcp", "acme-dev", "acme-dev", ("folders/1", "organizations/1"))
    assert make("folders/1").accounts() == [dev, deep]
    with gcp.pages_of(1):
        assert make("organizations/1").accounts() == [Account("gcp", "acme-top", "Top", ("organizations/1",)), dev, deep]
    assert make("folders/2", "acme-deep").accounts() == [deep], "named twice, there once"


def test_a_project_by_its_number(make: Make, gcp: LocalGCP) -> None:
    number = gcp.project("acme-dev", "folders/1")["name"].split("/")[1]
    assert [account.id for account in make(number).accounts()] == ["acme-dev"]


def test_a_folder_that_cannot_be_listed_stops_everything(make: Make, gcp: LocalGCP) -> None:
    gcp.fail(403, method="cloudresourcemanager.folders.list")
    with pytest.raises(Unreachable, match=r"folders/1 refuses resourcemanager.folders.list: grant it .*roles/browser"):
        make("folders/1").accounts()


def test_a_project_of_unknown_place_is_read_and_left_alone(make: Make, gcp: LocalGCP) -> None:
    gcp.fail(403, method="cloudresourcemanager.projects.get")
    cloud = make("acme-dev")
    assert cloud.accounts() == [Account("gcp", "acme-dev", parents=(UNREAD,))]
    assert list(cloud.cell("acme-dev", EVERYWHERE, Role.SCAN, NOW).pages("zones"))
    outcome, sentence = refusal(cloud, lambda: cloud.cell("acme-dev", ZONE, Role.DELETE, NOW))
    assert outcome is Outcome.DENIED
    assert "resourcemanager.projects.get" in sentence


def test_a_folder_that_cannot_be_read_might_lie_in_a_protected_one(make: Make, gcp: LocalGCP) -> None:
    gcp.fail(403, method="cloudresourcemanager.folders.get", resource="1")
    cloud = make("acme-deep")
    assert cloud.accounts() == [Account("gcp", "acme-deep", "acme-deep", ("folders/2", "folders/1", UNREAD))]
    with pytest.raises(Misplaced, match=r"nothing is done .* acme-deep: .* folders/1 refuses resourcemanager.folders.get"):
        cloud.cell("acme-deep", ZONE, Role.STOP, NOW)
    gcp.heal()
    cloud.accounts()
    assert cloud.cell("acme-deep", ZONE, Role.STOP, NOW).account == "acme-deep"


def test_acts_only_where_settings_say(make: Make) -> None:
    cloud = make("acme-dev")
    assert cloud.cell("acme-dev", ZONE, Role.DELETE, NOW).region == ZONE
    with pytest.raises(Misplaced, match="acme-top is not among"):
        cloud.cell("acme-top", ZONE, Role.DELETE, NOW)


def test_one_cell_reads_a_whole_project(make: Make) -> None:
    assert make().regions("acme-dev") == ["*"]


# --- reading -------------------------------------------------------------------------------------------------------------


def test_reads_every_page(cell: GCPCell, gcp: LocalGCP) -> None:
    with gcp.pages_of(4):
        names = [zone["name"] for page in cell.pages("zones") for zone in page["items"]]
    assert len(names) == len(set(names)) > 8
    assert cell.calls == len(gcp.calls) > 2


def test_finds_or_not(cell: GCPCell, gcp: LocalGCP) -> None:
    gcp.seed(f"acme-dev/{ZONE}", "disks", {"name": "d"})
    assert (cell.find(f"zones/{ZONE}/disks/d") or {})["name"] == "d"
    assert cell.find(f"zones/{ZONE}/disks/nobody") is None
    gcp.fail(403, method="compute.disks.get")
    with pytest.raises(Refused):
        cell.find(f"zones/{ZONE}/disks/d")


def test_an_empty_list_under_a_mask_is_an_answer(cell: GCPCell) -> None:
    assert cell.get("global/snapshots", fields="items(name)") == {}


def test_reads_again_when_google_is_busy(cell: GCPCell, gcp: LocalGCP) -> None:
    gcp.fail(503, method="compute.zones.list", times=1)
    gcp.fail(429, method="compute.zones.list", times=1)
    assert cell.get("zones")["items"]
    assert len(gcp.calls) == 3


@pytest.mark.parametrize(
    ("fault", "outcome", "said"),
    [
        ({"status": 403}, Outcome.DENIED, "acme-dev refuses compute.disks.list: grant it (roles/compute.viewer holds it)"),
        ({"status": 403, "reason": "rateLimitExceeded"}, Outcome.THROTTLED, "project acme-dev throttles compute.disks.list"),
        ({"status": 403, "reason": "accessNotConfigured"}, Outcome.DENIED, "`gcloud services enable compute.googleapis.com`"),
        ({"status": 404, "message": "No project."}, Outcome.ERROR, "acme-dev answers 404 to compute.disks.list: No project"),
        ({"status": 400, "message": ""}, Outcome.ERROR, "answers 400 to compute.disks.list"),
    ],
)
def test_says_what_is_missing(make: Make, gcp: LocalGCP, fault: dict[str, Any], outcome: Outcome, said: str) -> None:
    gcp.fail(**fault, method="compute.disks.*")
    cloud = make()
    found, sentence = refusal(cloud, lambda: cloud.cell("acme-dev", "*", Role.SCAN, NOW).get("aggregated/disks"))
    assert found is outcome
    assert said in sentence
    assert "\n" not in sentence


def test_understands_both_forms_of_errors() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]
    body = {"error": {"code": 403, "message": "It is disabled.", "status": "PERMISSION_DENIED", "details": details}}
    refused = Refused.of(403, body, Where("project x", "resourcemanager.projects.get"))
    assert "cloudresourcemanager.googleapis.com" in refused.sentence
    where = Where("project x", "compute.disks.create", "a@b.c")
    named = Refused(403, [], "Permission 'compute.images.useReadOnly' denied on x", where)
    assert named.sentence == "project x refuses compute.images.useReadOnly: grant it to a@b.c"
    expired = Refused.of(401, {}, where)
    assert expired.outcome is Outcome.DENIED
    assert "log in with `gcloud auth application-default login`" in expired.sentence
    assert Refused.of(502, {"error": "bad gateway"}, Where("project x", "p")).sentence.endswith("it gives no reason")


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("aggregated/disks", "compute.disks.list"),
        ("zones/us-central1-a/disks/x", "compute.disks.get"),
        ("regions/us-central1/addresses", "compute.addresses.list"),
        ("global/addresses/x", "compute.globalAddresses.get"),
        ("zones/us-central1-a/operations", "compute.zoneOperations.list"),
        ("regions/us-central1/operations/x", "compute.regionOperations.get"),
        ("global/operations/x", "compute.globalOperations.get"),
        ("v3/projects/x", "resourcemanager.projects.get"),
        ("zones", "compute.zones.list"),
    ],
)
def test_permissions_of_paths(path: str, needed: str) -> None:
    assert permission(path) == needed


# --- writing -------------------------------------------------------------------------------------------------------------


def order(cloud: GCP, disk: str = "d") -> str:
    asked = {"zone": ZONE, "disk": disk, "requestId": REQUEST}
    return cloud.cell("acme-dev", ZONE, Role.DELETE, NOW).send("Disks", "delete", asked)


def test_sends_an_order_and_polls_at_its_own_endpoint(make: Make, gcp: LocalGCP) -> None:
    gcp.seed(f"acme-dev/{ZONE}", "disks", {"name": "d"})
    cloud = make()
    operation = order(cloud)
    assert operation.startswith(f"zones/{ZONE}/operations/operation-")
    assert cloud.cell("acme-dev", ZONE, Role.SCAN, NOW).get(operation)["status"] == "DONE"
    assert gcp.look(f"acme-dev/{ZONE}", "disks", "d") is None
    assert order(cloud) == operation, "the same order again is the same order"


def test_a_scan_never_acts(cell: GCPCell, gcp: LocalGCP) -> None:
    with pytest.raises(Misplaced):
        cell.send("Disks", "delete", {"zone": ZONE, "disk": "d"})
    with pytest.raises(Misplaced):
        cell.compute("Disks")
    assert not [call for call in gcp.calls if call.mutating]


def test_clients_are_shared_within_a_role(make: Make) -> None:
    cloud = make()
    asked = (Role.DELETE, Role.DELETE, Role.CONDEMN)
    first, second, other = (cloud.cell("acme-dev", ZONE, role, NOW).compute("Disks") for role in asked)
    assert first is second
    assert first is not other, "who may delete is somebody else than who may condemn"


def test_each_role_has_an_identity_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from google.oauth2.credentials import Credentials

    from reapers.clouds import gcp_session

    monkeypatch.setattr(gcp_session.google.auth, "default", lambda scopes: (Credentials("t"), "acme-dev"))
    address = "sexton-{role}@acme-ops.iam.gserviceaccount.com"
    found = gcp_session.credentials(Role.DELETE, None, address)
    assert gcp_session.principal(found) == "sexton-delete@acme-ops.iam.gserviceaccount.com"


@pytest.mark.parametrize("status", [400, 403, 409, 412])
def test_a_no_to_an_order_is_the_last_word(make: Make, gcp: LocalGCP, status: int) -> None:
    gcp.fail(status, method="compute.disks.delete", message="It is in use.")
    cloud = make()
    outcome, sentence = refusal(cloud, lambda: order(cloud))
    assert outcome is Outcome.DENIED
    assert "compute.disks.delete" in sentence
    assert "http" not in sentence


def test_a_throttled_order_is_not_refused(make: Make, gcp: LocalGCP) -> None:
    gcp.fail(429, method="compute.disks.delete")
    cloud = make()
    assert refusal(cloud, lambda: order(cloud))[0] is Outcome.THROTTLED


@pytest.mark.parametrize("after", [False, True])
def test_an_order_of_unknown_outcome_is_not_sent_again(make: Make, gcp: LocalGCP, after: bool) -> None:
    gcp.seed(f"acme-dev/{ZONE}", "disks", {"name": "d"})
    gcp.fail(503, method="compute.disks.delete", after=after)
    cloud = make()
    with pytest.raises(NoAnswer):
        order(cloud)
    assert sum(call.mutating for call in gcp.calls) == 1
    assert (gcp.look(f"acme-dev/{ZONE}", "disks", "d") is None) is after


def test_a_dropped_connection_is_an_unknown_outcome(make: Make, gcp: LocalGCP) -> None:
    gcp.seed(f"acme-dev/{ZONE}", "disks", {"name": "d"})

    def cut(call: Call, when: str) -> None:
        if call.mutating and when == "after":
            raise Dropped

    cloud = make()
    with gcp.on_call(cut):
        outcome, sentence = refusal(cloud, lambda: order(cloud))
    assert outcome is Outcome.ERROR
    assert sentence.startswith("Google does not answer compute.disks.delete for project acme-dev (")
    assert sum(call.mutating for call in gcp.calls) == 1


@pytest.mark.parametrize(
    ("service", "method", "name"),
    [
        ("Disks", "create_snapshot", "CreateSnapshotDiskRequest"),
        ("RegionDisks", "insert", "InsertRegionDiskRequest"),
        ("GlobalAddresses", "delete", "DeleteGlobalAddressRequest"),
        ("Instances", "stop", "StopInstanceRequest"),
    ],
)
def test_names_of_requests(service: str, method: str, name: str) -> None:
    from google.cloud import compute_v1

    assert request_name(service, method) == name
    assert hasattr(compute_v1, name)


# --- credentials and endpoints -------------------------------------------------------------------------------------------


def test_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    cloud = GCP(["acme-dev"])
    with pytest.raises(Unreachable, match=r"no Google credentials were found .*gcloud auth application-default login"):
        cloud.accounts()


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    cloud = GCP(["acme-dev"], f"http://127.0.0.1:{port}")
    with pytest.raises(Unreachable, match=r"Google does not answer resourcemanager.projects.get .*refused\)"):
        cloud.accounts()
    cell = cloud.cell("acme-dev", "*", Role.SCAN, NOW)
    outcome, sentence = refusal(cloud, lambda: cell.get("zones"))
    assert outcome is Outcome.ERROR
    assert "0x" not in sentence
    with pytest.raises(Misplaced, match="nothing is done in project acme-dev"):
        cloud.cell("acme-dev", "*", Role.DELETE, NOW)
    cloud.close()


def test_credentials_are_not_sent_in_the_clear() -> None:
    with pytest.raises(Unreachable, match=r"http://compute.example is neither https nor on this machine"):
        GCP(["acme-dev"], "http://compute.example")
    assert GCP(["acme-dev"], "https://compute.example")


@pytest.mark.parametrize(
    ("endpoint", "here"),
    [
        (None, False),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:1", True),
        ("http://[::1]:1", True),
        ("https://127.0.0.1", False),
        ("http://127.0.0.1.example", False),
        ("http://10.0.0.1", False),
    ],
)
def test_what_is_on_this_machine(endpoint: str | None, here: bool) -> None:
    assert local(endpoint) is here


def test_names_who_needs_the_permission() -> None:
    from google.auth.credentials import AnonymousCredentials
    from google.oauth2.credentials import Credentials

    assert principal(AnonymousCredentials()) == "the account that Sexton runs as"
    assert principal(Credentials(token="t", account="ann@example.com")) == "ann@example.com"


def test_other_errors_are_not_ours() -> None:
    assert GCP([]).outcome(ValueError("a bug")) is None
