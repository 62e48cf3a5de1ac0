"""Where snapshots lie: folders of any name, what a person names, and another kind of shelf."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
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
