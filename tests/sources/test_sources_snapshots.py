"""Inventories on disk: what is written is what is read, to the last type; and what does not verify is not read at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model import Account, CellRead, Gap, Inventory, Key, Outcome, Resource, Source, Unknown
from engine.money import FREE, Money
from reapers.sources.snapshots import SnapshotError, Store

if TYPE_CHECKING:
    MakeVolume = Callable[..., Resource]
    MakeInventory = Callable[..., Inventory]

NOW = datetime(2026, 11, 24, 9, 30, 1, 234567, tzinfo=UTC)

words = st.text(max_size=12)
names = st.text(min_size=1, max_size=12).filter(lambda name: name != "tags")
moments = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7, minutes=-30)), timezone(timedelta(hours=14))])
)
values = st.one_of(
    words, st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.builds(Unknown, words)
)
dollars = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9)
money = st.one_of(
    st.just(FREE),
    st.builds(Money.unknown, words),
    st.builds(Money.of, dollars),
    st.builds(Money, known=dollars, unpriced=st.integers(0, 9), why=words, free=st.booleans()),
)
resources = st.builds(
    Resource,
    key=st.builds(Key, st.sampled_from(["aws.ebs_volume", "gcp.disk"]), words, words, words, words),
    name=words,
    created=st.none() | moments,
    tags=st.dictionaries(words, words, max_size=3) | st.builds(Unknown, words),
    fields=st.dictionaries(names, values, max_size=4),
    seen_at=moments,
    monthly_cost=money,
    fingerprint=words | st.builds(Unknown, words),
    sources=st.dictionaries(names, st.builds(Source, words, moments), max_size=2),
    since=st.dictionaries(names, moments, max_size=2),
)
inventories = st.builds(
    Inventory,
    id=words,
    as_of=moments,
    resources=st.lists(resources, max_size=4).map(tuple),
    cells=st.lists(
        st.builds(CellRead, words, words, words, st.sampled_from(Outcome), st.integers(0, 2**40), words), max_size=3
    ).map(tuple),
    gaps=st.lists(st.builds(Gap, words, words, words, words), max_size=3).map(tuple),
    accounts=st.lists(st.builds(Account, words, words, words, st.lists(words, max_size=2).map(tuple)), max_size=2).map(tuple),
    commit=words,
)


def _types(resource: Resource) -> list[Any]:
    """What equality does not see: True == 1 == 1.0, and 1.10 == 1.1."""
    fields = {name: (type(value), str(value)) for name, value in resource.fields.items()}
    return [fields, type(resource.tags), type(resource.fingerprint), type(resource.created), str(resource.monthly_cost.known)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inventory=inventories)
def test_what_is_written_is_what_is_read(inventory: Inventory) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        written = store.write(inventory)
        assert replace(written, id=inventory.id) == inventory
        for read in (store.read(written.id), Store(folder).newest()):
            assert read == written
            assert list(map(_types, read.resources)) == list(map(_types, inventory.resources))


def test_an_empty_store_has_no_newest(store: Store, tmp_path: Path) -> None:
    assert store.newest() is None
    assert store.daily() == []
    assert store.prune(400) == []
    assert not (tmp_path / "inventory").exists()


def test_the_name_is_the_content(store: Store, tmp_path: Path, inventory: MakeInventory, volume: MakeVolume) -> None:
    one, again, other = store.write(inventory()), store.write(inventory()), store.write(inventory(NOW, volume(name="other")))
    assert one.id == again.id != other.id
    assert {path.name for path in (tmp_path / "inventory").iterdir()} == {one.id, other.id, "newest"}
    assert {path.name for path in (tmp_path / "inventory" / one.id).iterdir()} == {
        "manifest.json",
        *(f"{table}.parquet" for table in ("resources", "cells", "gaps", "accounts")),
    }


def test_anyone_can_read_it_with_sql(store: Store, tmp_path: Path, inventory: MakeInventory, volume: MakeVolume) -> None:
    hidden = volume(
        "vol-2", tags=Unknown("denied"), monthly_cost=Money.unknown("no price"), fingerprint=Unknown("no tags"), created=None
    )
    kept = store.write(inventory(NOW, volume(), hidden))
    file = tmp_path / "inventory" / kept.id / "resources.parquet"
    asked = (
        "SELECT id, cloud, tags->>'owner', CAST(fields->>'size_gb' AS INT), unknown->>'kms', unknown->>'tags', monthly_dollars, "
        f"sources->'size_gb'->>0, seen_at = TIMESTAMPTZ '2026-11-24 09:30:01.234567Z', created IS NULL FROM '{file}'"
    )
    assert duckdb.connect().execute(asked).fetchall() == [
        ("vol-1", "aws", "payments", 100, "denied", None, 8.0, "ec2:DescribeVolumes", True, False),
        ("vol-2", "aws", None, 100, "denied", "denied", None, "ec2:DescribeVolumes", True, True),
    ]
    said = json.loads((file.parent / "manifest.json").read_bytes())
    assert (said["schema"], said["as_of"], said["commit"]) == ("sexton/inventory@1", "2026-11-24T09:30:01.234567Z", "c0ffee")
    assert (said["counts"]["resources"], said["calls"]) == (2, 2)


def test_a_measurement_that_is_no_number_is_unknown(store: Store, inventory: MakeInventory, volume: MakeVolume) -> None:
    kept = store.write(inventory(NOW, volume(fields={"cpu": float("nan"), "net": float("inf"), "size_gb": 1})))
    assert kept.resources[0].fields == {"cpu": Unknown("read as nan"), "net": Unknown("read as inf"), "size_gb": 1}
    assert store.newest() == kept


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"created": NOW.replace(tzinfo=None)}, "has no time zone"),
        ({"seen_at": NOW.replace(tzinfo=None)}, "has no time zone"),
        ({"fields": {"tags": "x"}}, "a field named tags"),
        ({"name": "\ud800"}, "cannot encode str"),
    ],
)
def test_what_has_no_place_is_refused_in_a_sentence(
    store: Store, tmp_path: Path, odd: dict[str, Any], words: str, inventory: MakeInventory, volume: MakeVolume
) -> None:
    with pytest.raises(SnapshotError, match=words):
        store.write(inventory(NOW, volume(**odd)))
    assert list((tmp_path / "inventory").iterdir()) == []


def test_ten_thousand_keep_their_order(store: Store, inventory: MakeInventory, volume: MakeVolume) -> None:
    many = tuple(volume(f"vol-{number * 7919 % 10_000}", tags=Unknown("no") if number % 7 else {}) for number in range(10_000))
    kept = store.write(inventory(NOW, *many))
    assert Store(store.shown).newest() == kept
    assert kept.resources == many


def test_the_newest_is_the_latest_look_not_the_latest_write(store: Store, inventory: MakeInventory) -> None:
    new, old = store.write(inventory(NOW)), store.write(inventory(NOW - timedelta(days=2)))
    assert store.newest() == new
    assert [ident for _, ident in store.daily()] == [old.id, new.id]


def test_without_a_pointer_the_latest_is_found(store: Store, tmp_path: Path, inventory: MakeInventory) -> None:
    new = store.write(inventory(NOW))
    store.write(inventory(NOW - timedelta(days=2)))
    (tmp_path / "inventory" / "newest").unlink()
    assert Store(tmp_path / "inventory").newest() == new


def test_daily_is_the_last_of_each_day(store: Store, inventory: MakeInventory) -> None:
    kept = {hours: store.write(inventory(NOW.replace(hour=0) + timedelta(hours=hours))).id for hours in (0, 5, 23, 24, 47, 96)}
    assert store.daily() == [(date(2026, 11, 24), kept[23]), (date(2026, 11, 25), kept[47]), (date(2026, 11, 28), kept[96])]


def test_pruning_keeps_the_last_day_whole_and_one_of_each_day_before(store: Store, inventory: MakeInventory) -> None:
    kept = {
        hours: store.write(inventory(NOW - timedelta(hours=hours))).id for hours in (0, 6, 23, 30, 33, 48, 49, 24 * 9, 24 * 11)
    }
    gone = store.prune(10)
    # 30 hours ago is the 23rd, 03:30; 23 hours ago is the last of that day and within the last day besides.
    assert set(gone) == {kept[30], kept[33], kept[49], kept[24 * 11]}
    assert {ident for _, ident in store.daily()} <= set(kept.values()) - set(gone)
    assert store.newest() is not None
    assert store.prune(10) == []
    with pytest.raises(SnapshotError, match="is missing"):
        store.read(kept[30])


def test_pruning_never_takes_the_newest_nor_what_it_cannot_read(store: Store, tmp_path: Path, inventory: MakeInventory) -> None:
    old, new = store.write(inventory(NOW - timedelta(days=90))), store.write(inventory(NOW))
    (tmp_path / "inventory" / old.id / "manifest.json").write_text("{}")
    assert Store(tmp_path / "inventory").prune(0) == []
    assert (tmp_path / "inventory" / old.id).exists()
    assert store.newest() == new
