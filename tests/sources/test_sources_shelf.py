"""Where snapshots lie: folders of any name, what a person names, and another kind of shelf."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.model import Inventory, Resource
from engine.money import FREE, Money
from reapers.sources.snapshots import SnapshotError, Store, open_snapshot

if TYPE_CHECKING:
    MakeVolume = Callable[..., Resource]
    MakeInventory = Callable[..., Inventory]

NOW = datetime(2026, 11, 24, 9, 30, 1, 234567, tzinfo=UTC)


@pytest.mark.parametrize("url", ["s3://bucket/inventories", "gs://bucket"])
def test_object_stores_are_told_to_wait(url: str) -> None:
    with pytest.raises(SnapshotError, match=r"cannot be kept in (s3|gs):// yet: set inventory\.store to a folder"):
        Store(url)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(SnapshotError, match=r"cannot be kept in ftp://"):
        Store("ftp://x")


def test_a_person_names_a_snapshot_by_a_path(store: Store, tmp_path: Path, inventory: MakeInventory) -> None:
    kept = store.write(inventory())
    folder = tmp_path / "inventory" / kept.id
    for path in (folder, folder / "resources.parquet", tmp_path / "inventory", str(folder)):
        assert open_snapshot(path) == kept
    with pytest.raises(SnapshotError, match=r"There is no inventory in .*: `sexton scan` makes one"):
        open_snapshot(tmp_path)


def test_a_store_lies_in_a_folder_of_any_name(tmp_path: Path, inventory: MakeInventory) -> None:
    store = Store(tmp_path / "it's [a] *?{b} ü")
    kept = store.write(inventory())
    assert store.newest() == kept


def test_what_others_put_beside_a_snapshot_does_not_matter(store: Store, tmp_path: Path, inventory: MakeInventory) -> None:
    kept = store.write(inventory())
    (tmp_path / "inventory" / kept.id / "codes.bin").write_bytes(b"derived columns")
    (tmp_path / "inventory" / "README").write_text("ours")
    assert store.newest() == kept


def test_money_is_kept_to_the_last_digit(store: Store, inventory: MakeInventory, volume: MakeVolume) -> None:
    exact = Money(known=Decimal("0.000123456789012345678901"), unpriced=2, why="two", free=False)
    kept = store.write(inventory(NOW, volume(monthly_cost=exact), volume("vol-2", monthly_cost=FREE)))
    read = store.read(kept.id)
    assert [resource.monthly_cost for resource in read.resources] == [exact, FREE]
    assert str(read.resources[0].monthly_cost.known) == "0.000123456789012345678901"


class Elsewhere:
    """A store of objects: no folders, no renames; a snapshot is there when its last object is."""

    shown = "memory://"

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, bytes]] = {}
        self.newest = ""

    def ids(self) -> list[str]:
        return sorted(self.objects)

    @contextmanager
    def folder(self, ident: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as copy:
            for name, content in self.objects[ident].items():
                (Path(copy) / name).write_bytes(content)
            yield Path(copy)

    def manifest(self, ident: str) -> bytes:
        return self.objects[ident]["manifest.json"]

    def add(self, build: Callable[[Path], str]) -> str:
        with tempfile.TemporaryDirectory() as copy:
            ident = build(Path(copy))
            self.objects[ident] = {file.name: file.read_bytes() for file in Path(copy).iterdir()}
        return ident

    def remove(self, ident: str) -> None:
        del self.objects[ident]

    def point(self, ident: str) -> None:
        self.newest = ident

    def pointed(self) -> str:
        return self.newest

    def tidy(self) -> None:
        """Nothing is left behind."""


def test_another_shelf_is_as_good(inventory: MakeInventory) -> None:
    store = Store(Elsewhere())
    old, new = store.write(inventory(NOW - timedelta(days=9))), store.write(inventory())
    assert store.newest() == new
    assert store.read(old.id) == old
    assert store.prune(5) == [old.id]
