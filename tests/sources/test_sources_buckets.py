"""Snapshots in object stores: boto3 against moto's S3, and Google's JSON API against a double of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.aws.local import LocalAWS
from engine.model import Inventory
from makers.storage import Storage, storage
from reapers.sources.bucket_shelf import BucketShelf
from reapers.sources.objects import objects
from reapers.sources.snapshots import SnapshotError, Store

MakeInventory = Callable[..., Inventory]
NOW = datetime(2026, 11, 24, 9, 30, 1, 234567, tzinfo=UTC)
Open = Callable[[str], Store]


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAWS]:
    with LocalAWS() as running:
        running.client("s3").create_bucket(Bucket="estate")
        yield running


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    with storage("estate") as running:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", running.url)
        yield running


@pytest.fixture(params=["s3", "gs"])
def opened(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    """`opened("host")`: the same place, seen from another host."""
    scheme, prefix = str(request.param), tmp_path.name
    if scheme == "s3":
        for name, value in request.getfixturevalue("aws").environment().items():
            monkeypatch.setenv(name, value)
    else:
        request.getfixturevalue("google")
    return lambda host: Store(BucketShelf(objects(f"{scheme}://estate/{prefix}/inventories"), tmp_path / host))


def test_what_one_host_writes_another_reads(opened: Open, inventory: MakeInventory) -> None:
    assert opened("one").newest() is None
    old = opened("one").write(inventory(NOW - timedelta(days=9)))
    new = opened("two").write(inventory())
    assert opened("three").newest() == new
    assert opened("three").read(old.id) == old
    assert [ident for _, ident in opened("four").daily()] == [old.id, new.id]
    assert opened("one").write(inventory()).id == new.id


def test_an_older_one_never_becomes_the_newest(opened: Open, inventory: MakeInventory) -> None:
    new = opened("one").write(inventory())
    opened("two").write(inventory(NOW - timedelta(hours=1)))
    assert opened("three").newest() == new


def test_what_history_does_not_need_is_gone_for_everybody(opened: Open, inventory: MakeInventory) -> None:
    old, new = opened("one").write(inventory(NOW - timedelta(days=9))), opened("one").write(inventory())
    assert opened("two").prune(5) == [old.id]
    assert opened("three").daily() == [(NOW.date(), new.id)]
    with pytest.raises(SnapshotError, match=r"is damaged: it has no manifest\.json"):
        opened("three").read(old.id)


def test_a_snapshot_without_its_manifest_is_none_yet(opened: Open, inventory: MakeInventory, tmp_path: Path) -> None:
    kept = opened("one").write(inventory())
    shelf = opened("one")._shelf
    assert isinstance(shelf, BucketShelf)
    shelf._objects.remove([f"{kept.id}/manifest.json", "newest"])
    assert opened("two").newest() is None
    assert opened("three").write(inventory()) == kept
    assert opened("four").newest() == kept


def test_content_that_somebody_changed_is_refused(opened: Open, inventory: MakeInventory, tmp_path: Path) -> None:
    kept = opened("one").write(inventory())
    forged = tmp_path / "forged"
    forged.write_bytes(b"rows of somebody else")
    shelf = opened("one")._shelf
    assert isinstance(shelf, BucketShelf)
    shelf._objects.send(f"{kept.id}/resources.parquet", forged)
    with pytest.raises(SnapshotError, match=r"resources\.parquet is not what was written"):
        opened("two").newest()
    assert not list((tmp_path / "two").glob(f"*/{kept.id}"))


def test_a_damaged_pointer_is_no_empty_store(opened: Open, tmp_path: Path) -> None:
    forged = tmp_path / "forged"
    forged.write_bytes(b"../../etc\n")
    shelf = opened("one")._shelf
    assert isinstance(shelf, BucketShelf)
    shelf._objects.send("newest", forged)
    with pytest.raises(SnapshotError, match="newest is damaged"):
        opened("two").newest()


def test_a_copy_is_asked_for_once_and_may_be_thrown_away(google: Storage, inventory: MakeInventory, tmp_path: Path) -> None:
    def store() -> Store:
        return Store(BucketShelf(objects("gs://estate"), tmp_path / "here"))

    kept = store().write(inventory())
    google.asked.clear()
    assert store().newest() == kept
    assert google.asked == ["GET b/estate/o/newest"]
    shutil.rmtree(tmp_path / "here")
    assert store().newest() == kept


def test_google_is_asked_again_when_it_is_busy(google: Storage, inventory: MakeInventory, tmp_path: Path) -> None:
    google.refuse += [503, 429]
    kept = Store(BucketShelf(objects("gs://estate"), tmp_path / "one")).write(inventory())
    google.refuse += [503]
    assert Store(BucketShelf(objects("gs://estate"), tmp_path / "two")).newest() == kept


def test_a_refusal_is_never_an_empty_store(google: Storage, aws: LocalAWS, monkeypatch: Any, tmp_path: Path) -> None:
    google.denied.add("GET")
    with pytest.raises(SnapshotError, match=r"gs://estate refuses storage\.objects\.get: grant it"):
        Store(BucketShelf(objects("gs://estate"), tmp_path)).newest()
    google.denied.clear()
    with pytest.raises(SnapshotError, match="gs://nowhere cannot be used: there is no such bucket"):
        Store(BucketShelf(objects("gs://nowhere"), tmp_path)).newest()
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SnapshotError, match="s3://nowhere cannot be used: there is no such bucket"):
        Store(BucketShelf(objects("s3://nowhere"), tmp_path)).newest()
    aws.fail("AccessDenied", service="s3", status=403)
    try:
        with pytest.raises(SnapshotError, match="s3://estate refuses s3:GetObject: add it"):
            Store(BucketShelf(objects("s3://estate"), tmp_path)).newest()
    finally:
        aws.heal()


@pytest.mark.parametrize("url", ["s3://", "s3:///prefix", "gs://a:b@bucket", "gs://bucket?x=1"])
def test_an_address_without_a_bucket(url: str) -> None:
    with pytest.raises(SnapshotError, match="names no bucket"):
        Store(url)


def test_credentials_are_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://storage.example")
    with pytest.raises(SnapshotError, match="credentials are not sent there"):
        Store("gs://estate")
