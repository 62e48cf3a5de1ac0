"""History after a scan: one inventory a day for as long as the settings say, all of the last day, and nothing beyond."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from makers.world import World
from reapers.sources.errors import SnapshotError


def days(world: World) -> list[date]:
    return [day for day, _ in world.service.world.snapshots.daily()]


def kept(world: World) -> int:
    return len(list((world.folder / "inventory").glob("?" * 64)))


def test_a_scan_tidies_the_history(build: Callable[..., World], tmp_path: Path) -> None:
    world = build(inventory={"store": str(tmp_path / "world" / "inventory"), "every": "6h", "keep_daily": "3d"})
    assert world.service.options.keep_daily == timedelta(days=3)
    for _ in range(6 * 4):
        world.scan()
        last = world.clock.now().date()
        world.later(hours=6)
    assert days(world) == [last - timedelta(days=number) for number in (3, 2, 1, 0)]
    assert kept(world) <= 4 + 4, "one of each day, and those of the last 24 hours"


def test_a_history_that_cannot_be_tidied_is_no_reason_to_stop(build: Callable[..., World]) -> None:
    world = build()
    world.volume()

    def refuses(keep_days: int) -> list[str]:
        raise SnapshotError("the disk is read-only.")

    world.service.world.snapshots.prune = refuses  # type: ignore[method-assign]  # a disk that fails at this moment only
    world.scan()
    assert world.service.situation.inventory is not None
    assert kept(world) == 1
