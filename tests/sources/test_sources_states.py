"""Terraform's state files: what they hold, what is refused, and that what cannot be read leaves nothing "in none of them"."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from demo.aws.local import LocalAWS
from engine.managed import NOWHERE, STATE
from engine.model import Key, Source, Unknown
from makers.cases import resource
from makers.storage import storage
from reapers.kind import kinds
from reapers.sources.objects import objects
from reapers.sources.state_file import LARGEST, StateError, addresses
from reapers.sources.states import NAMES, StateFiles, States

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ACCOUNT, REGION = "111122223333", "eu-west-1"
SECRET = "hunter2-the-password"


def managed(type: str, name: str, module: str = "", **attributes: Any) -> dict[str, Any]:
    """A resource as Terraform writes it."""
    shape = {"mode": "managed", "type": type, "name": name, "provider": "p", "instances": [{"attributes": attributes}]}
    return shape | ({"module": module} if module else {})


def state(*resources: Any, **more: Any) -> bytes:
    """A state file."""
    whole = {"version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "l", "outputs": {}, "resources": list(resources)}
    return json.dumps({**whole, **more}).encode()


VOLUME = managed("aws_ebs_volume", "data", "module.shop", id="vol-1", arn=f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1")
DATABASE = managed(
    "aws_db_instance", "db", id="db-ABC", arn=f"arn:aws-cn:rds:{REGION}:{ACCOUNT}:db:shop", password=SECRET, identifier="shop"
)
LINK = "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/europe-west1-b/disks/data"
DISK = managed("google_compute_disk", "data", id="projects/acme-dev/zones/europe-west1-b/disks/data", self_link=LINK)


def key(kind: str, id: str, region: str = REGION, account: str = ACCOUNT) -> Key:
    return Key(kind, account, region, id)


@pytest.mark.parametrize(
    ("held", "of", "address"),
    [
        (VOLUME, key("aws.ebs_volume", "vol-1"), "module.shop.aws_ebs_volume.data"),
        (DATABASE, key("aws.rds_instance", "shop"), "aws_db_instance.db"),
        (DATABASE, replace(key("aws.rds_instance", "renamed"), born="db-ABC"), "aws_db_instance.db"),
        (DATABASE, key("aws.rds_instance", "shop", account="444455556666"), NOWHERE),
        (DATABASE, key("aws.rds_snapshot", "shop"), NOWHERE),
        (DISK, key("gcp.disk", "data", "europe-west1-b", "acme-dev"), "google_compute_disk.data"),
        (DISK, key("gcp.disk", "data", "europe-west1-c", "acme-dev"), NOWHERE),
        (DISK, key("gcp.instance", "data", "europe-west1-b", "acme-dev"), NOWHERE),
        (managed("google_compute_address", "ip", self_link="https://x/projects/p/regions/r/addresses/a"),
         key("gcp.address", "a", "r", "p"), "google_compute_address.ip"),
        (managed("google_project", "one", id="projects/acme-dev"), key("gcp.project", "acme-dev", "global", "acme-dev"),
         "google_project.one"),
        (managed("aws_db_snapshot", "s", id="s", db_snapshot_arn=f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:s"),
         key("aws.rds_snapshot", "s"), "aws_db_snapshot.s"),
        (managed("aws_instance", "web", id="i-1", root_block_device=[{"volume_id": "vol-2"}]),
         key("aws.ebs_volume", "vol-2"), "aws_instance.web"),
        (managed("google_compute_instance", "web", id="x", boot_disk=[{"source": LINK}]),
         key("gcp.disk", "data", "europe-west1-b", "acme-dev"), "google_compute_instance.web"),
        (managed("awscc_ec2_volume", "v", id="vol-3"), key("aws.ebs_volume", "vol-3"), "awscc_ec2_volume.v"),
        ({**VOLUME, "mode": "data"}, key("aws.ebs_volume", "vol-1"), NOWHERE),
        ({**VOLUME, "instances": [{"index_key": 'a"b', "attributes": {"id": "vol-1"}}]},
         key("aws.ebs_volume", "vol-1"), 'module.shop.aws_ebs_volume.data["a\\"b"]'),
        ({**VOLUME, "instances": [{"index_key": 2, "attributes_flat": {"id": "vol-1"}}]},
         key("aws.ebs_volume", "vol-1"), "module.shop.aws_ebs_volume.data[2]"),
    ],
)  # fmt: skip
def test_where_a_resource_is_held(tmp_path: Path, held: dict[str, Any], of: Key, address: str) -> None:
    file = tmp_path / "prod.tfstate"
    file.write_bytes(state(held))
    said = StateFiles((str(file),)).read(NOW).of(of)
    assert said == (NOWHERE if address == NOWHERE else f"{address} in {file}")


def test_a_bucket_is_at_its_own_address_and_not_at_its_policys() -> None:
    policy, bucket = managed("aws_s3_bucket_policy", "p", id="shop"), managed("aws_s3_bucket", "b", id="shop")
    for order in ([policy, bucket], [bucket, policy]):
        assert str(addresses(state(*order), "x")["shop"]) == "aws_s3_bucket.b in x"


def test_every_kind_has_its_names_in_a_state() -> None:
    assert set(NAMES) == set(kinds())


def test_nothing_but_addresses_and_ids_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.tfstate"
    file.write_bytes(state(DATABASE, outputs={"password": {"value": SECRET}}))
    assert SECRET not in repr(StateFiles((str(file),)).read(NOW))
    file.write_bytes(state(DATABASE)[:-1] + SECRET.encode())
    (unread,) = StateFiles((str(file),)).read(NOW).unread
    assert SECRET not in unread


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"{",
    "no UTF-8": b'{"version": 4, "resources": ["\xff"]}',
    "too deep": b"[" * 100_000,
    "a list": b"[]",
    "version 3": state(version=3),
    "version true": state(version=True),
    "encrypted": json.dumps({"meta": {}, "encrypted_data": "x", "encryption_version": "v0"}).encode(),
    "resources are null": state(resources=None),
    "resources are a mapping": state(resources={}),
    "a resource is a text": state("x"),
    "an unknown mode": state({**VOLUME, "mode": "other"}),
    "no type": state({**VOLUME, "type": None}),
    "a type that is a command": state({**VOLUME, "type": "a\x1b[2J"}),
    "instances are null": state({**VOLUME, "instances": None}),
    "an instance is a list": state({**VOLUME, "instances": [[]]}),
    "no attributes": state({**VOLUME, "instances": [{}]}),
    "no id": state(managed("aws_ebs_volume", "x", size=3)),
    "an id that is a number": state(managed("aws_ebs_volume", "x", id=3)),
    "a module that is a list": state({**VOLUME, "module": ["m"]}),
    "an index that is a mapping": state({**VOLUME, "instances": [{"index_key": {}, "attributes": {"id": "vol-1"}}]}),
    "an address without end": state({**VOLUME, "module": "m" * 2000}),
    "an address that turns around": state({**VOLUME, "module": "module.\u202ex"}),
    "too large": b" " * (LARGEST + 1),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_state_hides_everything(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tfstate").write_bytes(content)
    (tmp_path / "b.tfstate").write_bytes(state(VOLUME))
    said = StateFiles((str(tmp_path),)).read(NOW)
    (unread,) = said.unread
    assert unread.startswith(f"The Terraform state {tmp_path / 'a.tfstate'} ")
    assert unread.endswith(".")
    assert "\n" not in unread
    assert said.of(key("aws.ebs_volume", "vol-1")) == f"module.shop.aws_ebs_volume.data in {tmp_path / 'b.tfstate'}"
    assert said.of(key("aws.ebs_volume", "vol-9")) == Unknown(unread)


def test_inner_shapes_that_are_wrong_name_nothing() -> None:
    for block in (None, "x", [None], [{"volume_id": 3}]):
        assert set(addresses(state(managed("aws_instance", "w", id="i-1", root_block_device=block)), "x")) == {"i-1"}
    with pytest.raises(StateError):
        addresses(state(managed("aws_instance", "w", root_block_device=[{"volume_id": "vol-1"}])), "x")


def test_places(tmp_path: Path) -> None:
    for name in ("prod/a.tfstate", "prod/deep/b.tfstate", "prod/.terraform/terraform.tfstate", "prod/a.tfstate.backup"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"no state" if name.endswith(("backup", "terraform.tfstate")) else state(VOLUME))
    for place in ("prod", "prod/*.tfstate", "prod/**/*.tfstate", "pr?d/a.tfstate", "prod/a.tfstate"):
        said = StateFiles((str(tmp_path / place),)).read(NOW)
        assert (said.given, said.unread, said.of(key("aws.ebs_volume", "vol-9"))) == (True, (), NOWHERE), place


@pytest.mark.parametrize("place", ["nothing.tfstate", "empty", "*.tfstate", "pipe.tfstate", "https://x.example/a.tfstate"])
def test_a_place_without_a_state_is_no_empty_state(tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.tfstate")
    said = StateFiles((str(tmp_path / place) if "://" not in place else place,)).read(NOW)
    assert len(said.unread) == 1
    assert isinstance(said.of(key("aws.ebs_volume", "vol-1")), Unknown)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("place", ["", "*/*.tfstate"])
def test_a_folder_that_cannot_be_read_hides_everything(tmp_path: Path, place: str) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "a.tfstate").write_bytes(state(VOLUME))
    (tmp_path / "shut").mkdir(mode=0)
    assert StateFiles((str(tmp_path / place),)).read(NOW).unread


def test_the_evidence_has_its_source_and_time(tmp_path: Path) -> None:
    (tmp_path / "a.tfstate").write_bytes(state(VOLUME))
    told = StateFiles((str(tmp_path),)).read(NOW).told(resource())
    assert told.fields[STATE] == f"module.shop.aws_ebs_volume.data in {tmp_path / 'a.tfstate'}"
    assert told.sources[STATE] == Source("Terraform state files", NOW)


def test_without_state_files_nothing_is_said() -> None:
    assert StateFiles().read(NOW).told(resource()) == resource()


def test_a_kind_whose_names_are_not_known_is_not_in_none_of_them() -> None:
    assert isinstance(States(given=True, at=NOW).of(key("aws.new_kind", "x")), Unknown)


@pytest.fixture(scope="module")
def s3() -> Iterator[Callable[[str, bytes], None]]:
    with LocalAWS() as running, pytest.MonkeyPatch.context() as patch:
        client = running.client("s3")
        client.create_bucket(Bucket="states")
        for name, value in running.environment().items():
            patch.setenv(name, value)
        yield lambda name, content: client.put_object(Bucket="states", Key=name, Body=content) and None


def test_states_in_s3(s3: Callable[[str, bytes], None]) -> None:
    s3("env/prod.tfstate", state(VOLUME))
    s3("env/notes.txt", b"no state")
    for place, name in (("s3://states/env/", "s3://states/env/prod.tfstate"), ("s3://states/env/prod.tfstate",) * 2):
        said = StateFiles((place,)).read(NOW)
        assert said.of(key("aws.ebs_volume", "vol-1")) == f"module.shop.aws_ebs_volume.data in {name}"
        assert said.of(key("aws.ebs_volume", "vol-9")) == NOWHERE
    for place in ("s3://states/other/", "s3://states/env/dev.tfstate", "s3://nobody/a.tfstate", "s3:///x"):
        assert StateFiles((place,)).read(NOW).unread, place


def test_states_in_google_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with storage("states") as running:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", running.url)
        (tmp_path / "state").write_bytes(state(DISK))
        objects("gs://states").send("env/default.tfstate", tmp_path / "state")
        said = StateFiles(("gs://states/env/",)).read(NOW)
        assert said.of(key("gcp.disk", "data", "europe-west1-b", "acme-dev")) == (
            "google_compute_disk.data in gs://states/env/default.tfstate"
        )
        assert StateFiles(("gs://states/none/",)).read(NOW).unread
