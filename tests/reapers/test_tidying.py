"""After a scan: a large inventory is encoded for its readers, a small one is left to them, and a full disk ends nothing."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.model import Inventory
from makers.world import World
from reapers import tidying
from reapers.sources.snapshots import Store

KEEP = timedelta(days=400)


def columns(folder: Path, inventory: Inventory) -> list[Path]:
    return [path for path in (folder / inventory.id).rglob("*") if path.is_file() and path.suffix not in (".parquet", ".json")]


def test_a_large_one_is_encoded_and_a_small_one_is_not(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.volume()
    world.tick()
    situation = world.service.situation
    assert situation.inventory
    store = Store(tmp_path / "inventory")
    kept = store.write(situation.inventory)
    tidying.tidy(store, kept, situation.policies, KEEP)
    assert not columns(tmp_path / "inventory", kept)
    monkeypatch.setattr(tidying, "MANY", 1)
    tidying.tidy(store, kept, situation.policies, KEEP)
    assert columns(tmp_path / "inventory", kept)


def test_what_cannot_be_tidied_is_a_line_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = Store(tmp_path / "inventory")
    empty = Inventory(id="", as_of=datetime(2026, 11, 24, tzinfo=UTC), resources=())
    kept = store.write(empty)
    (tmp_path / "inventory" / "newest").write_text("nonsense")
    with caplog.at_level(logging.WARNING):
        tidying.tidy(store, kept, None, KEEP)
    assert "after the scan:" in caplog.text
