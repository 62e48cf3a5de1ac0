"""What does not verify, or was not written whole, is a sentence and never an inventory."""

from __future__ import annotations

import hashlib
import json
import os
import resource as process
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from engine.model import Inventory, Resource
from reapers.sources.snapshots import SnapshotError, Store, open_snapshot

if TYPE_CHECKING:
    MakeVolume = Callable[..., Resource]
    MakeInventory = Callable[..., Inventory]

NOW = datetime(2026, 11, 24, 9, 30, 1, 234567, tzinfo=UTC)


def test_what_a_crash_left_is_no_snapshot_and_is_tidied_away(store: Store, tmp_path: Path, inventory: MakeInventory) -> None:
    kept = store.write(inventory())
    half = tmp_path / "inventory" / ".writing-abc"
    shutil.copytree(tmp_path / "inventory" / kept.id, half)
    (half / "manifest.json").unlink()
    fresh = tmp_path / "inventory" / ".writing-def"
    fresh.mkdir()
    os.utime(half, (0, 0))
    assert store.newest() == kept
    assert [ident for _, ident in store.daily()] == [kept.id]
    store.prune(400)
    assert not half.exists()
    assert fresh.exists()


def test_a_day_whose_manifest_is_damaged_keeps_its_place_in_the_history(
    store: Store, tmp_path: Path, inventory: MakeInventory
) -> None:
    kept, lost, undated = (store.write(inventory(NOW - timedelta(days=ago))) for ago in (2, 1, 0))
    manifest = tmp_path / "inventory" / lost.id / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    (tmp_path / "inventory" / undated.id / "manifest.json").write_bytes(b"{}")
    read = Store(tmp_path / "inventory")
    assert [ident for _, ident in read.daily()] == [kept.id, lost.id]
    with pytest.raises(SnapshotError, match="damaged"):
        read.read(lost.id)


def test_a_damaged_snapshot_does_not_hide_another_of_its_day(store: Store, tmp_path: Path, inventory: MakeInventory) -> None:
    kept, lost = (store.write(inventory(NOW - timedelta(hours=ago))) for ago in (2, 1))
    manifest = tmp_path / "inventory" / lost.id / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    assert Store(tmp_path / "inventory").daily() == [(NOW.date(), kept.id)]


@pytest.mark.parametrize("table", ["resources", "cells", "gaps", "accounts"])
@pytest.mark.parametrize("harm", ["missing", "cut", "flipped", "empty", "another's"])
def test_a_damaged_table_is_a_sentence_and_never_an_inventory(
    store: Store, tmp_path: Path, table: str, harm: str, inventory: MakeInventory, volume: MakeVolume
) -> None:
    kept, other = store.write(inventory()), store.write(inventory(NOW - timedelta(days=1), volume(name="other")))
    file = tmp_path / "inventory" / kept.id / f"{table}.parquet"
    _harm(file, harm, tmp_path / "inventory" / other.id / "manifest.json")
    for read in (store.newest, lambda: store.read(kept.id), lambda: open_snapshot(tmp_path / "inventory")):
        with pytest.raises(
            SnapshotError, match=rf"{kept.id[:12]} in .* is damaged \({table}\.parquet.*nothing of it is used"
        ) as told:
            read()
        assert "\n" not in str(told.value)
    assert store.read(other.id) == other


@pytest.mark.parametrize("harm", ["missing", "cut", "flipped", "empty", "another's"])
def test_a_damaged_manifest_is_a_sentence(store: Store, tmp_path: Path, harm: str, inventory: MakeInventory) -> None:
    kept, other = store.write(inventory()), store.write(inventory(NOW - timedelta(days=1)))
    _harm(tmp_path / "inventory" / kept.id / "manifest.json", harm, tmp_path / "inventory" / other.id / "manifest.json")
    again = Store(tmp_path / "inventory")
    for read in (again.newest, lambda again=again: again.read(kept.id)):
        with pytest.raises(SnapshotError, match=rf"{kept.id[:12]}.* is damaged"):
            read()


def _harm(file: Path, harm: str, other: Path) -> None:
    content = file.read_bytes()
    if harm == "missing":
        file.unlink()
    elif harm == "another's":
        file.write_bytes(other.read_bytes())
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        file.write_bytes({"cut": content[:middle], "flipped": flipped, "empty": b""}[harm])


def test_a_folder_under_another_name_is_not_believed(store: Store, tmp_path: Path, inventory: MakeInventory) -> None:
    kept = store.write(inventory())
    false = "0" * 64
    (tmp_path / "inventory" / kept.id).rename(tmp_path / "inventory" / false)
    with pytest.raises(SnapshotError, match=r"is damaged \(manifest\.json is not what was written\)"):
        store.read(false)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"schema": "sexton/inventory@2"}, "which this Sexton does not know"),
        ({"schema": "sexton/inventory@1"}, "lacks what it must say"),
        (["x"], "lacks what it must say"),
    ],
)
def test_a_whole_snapshot_of_another_make_is_a_sentence(store: Store, tmp_path: Path, said: Any, words: str) -> None:
    content = json.dumps(said).encode()
    ident = hashlib.sha256(content).hexdigest()
    (tmp_path / "inventory" / ident).mkdir(parents=True)
    (tmp_path / "inventory" / ident / "manifest.json").write_bytes(content)
    with pytest.raises(SnapshotError, match=words):
        store.read(ident)


def test_a_forged_table_with_right_digests_is_a_sentence(store: Store, tmp_path: Path, inventory: MakeInventory) -> None:
    kept = store.write(inventory())
    folder = tmp_path / "inventory" / kept.id
    duckdb.connect().execute(f"COPY (SELECT 1 AS nothing) TO '{folder / 'resources.parquet'}' (FORMAT parquet)")
    said = json.loads((folder / "manifest.json").read_bytes())
    said["files"]["resources.parquet"] = hashlib.sha256((folder / "resources.parquet").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(said))
    ident = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    folder.rename(folder.parent / ident)
    with pytest.raises(SnapshotError, match=r"its tables do not hold an inventory") as told:
        store.read(ident)
    assert "\n" not in str(told.value)


def test_a_pointer_that_leads_nowhere_is_a_sentence_until_the_next_scan(
    store: Store, tmp_path: Path, inventory: MakeInventory
) -> None:
    kept = store.write(inventory())
    pointer = tmp_path / "inventory" / "newest"
    for text, words in {"garbage": "is damaged: remove it", "0" * 64: "is missing"}.items():
        pointer.write_text(text)
        with pytest.raises(SnapshotError, match=words):
            store.newest()
        assert store.write(inventory()).id == kept.id
        assert store.newest() == kept


@pytest.mark.parametrize("ident", ["", "abc", "../newest", "G" * 64, "/etc"])
def test_a_name_that_is_none_is_refused(store: Store, ident: str) -> None:
    with pytest.raises(SnapshotError, match="is not the name of an inventory"):
        store.read(ident)


@contextmanager
def _no_room(limit: int) -> Iterator[None]:
    """Files may have so many bytes and no more: the write itself fails, as on a full disk."""
    before = process.getrlimit(process.RLIMIT_FSIZE)
    process.setrlimit(process.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        process.setrlimit(process.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("limit", [0, 300, 4096])
def test_a_full_disk_is_a_sentence_and_costs_nothing(
    store: Store, tmp_path: Path, limit: int, inventory: MakeInventory, volume: MakeVolume
) -> None:
    kept = store.write(inventory(NOW - timedelta(hours=1)))
    many = [volume(f"vol-{os.urandom(20).hex()}") for number in range(500)]
    with _no_room(limit), pytest.raises(SnapshotError, match=r"^The inventory could not be written to .*untouched\.$") as told:
        store.write(inventory(NOW, *many))
    assert "\n" not in str(told.value)
    assert {path.name for path in (tmp_path / "inventory").iterdir()} == {kept.id, "newest"}
    assert store.newest() == kept


def test_a_place_that_is_no_folder_is_a_sentence(tmp_path: Path, inventory: MakeInventory) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SnapshotError, match=r"could not be written to|cannot be read"):
            Store(place).write(inventory())
        with pytest.raises(SnapshotError, match=r"cannot be read: Not a directory"):
            Store(place).newest()
