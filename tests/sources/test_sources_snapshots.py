"""Inventories on disk: what is written is what is read, to the last type; and what does not verify is not read at all."""

from __future__ import annotations

import hashlib
import json
import os
import resource as process
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model import Account, CellRead, Gap, Inventory, Key, Outcome, Resource, Source, Unknown
from engine.money import FREE, Money
from reapers.sources.snapshots import SnapshotError, Store, open_snapshot

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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inventory=inventories)
def test_what_is_written_is_what_is_read(inventory: Inventory) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        written = store.write(inventory)
        assert replace(written, id=inventory.id) == inventory
        for read in (store.read(written.id), Store(folder).newest()):
            assert read == written
            assert list(map(_types, read.resources)) == list(map(_types, inventory.resources))


def volume(ident: str = "vol-1", **changes: Any) -> Resource:
    """A resource with a bit of everything."""
    made = Resource(
        key=Key("aws.ebs_volume", "111122223333", "us-east-1", ident, "2026-01-01T00:00:00Z"),
        name="data",
        created=NOW,
        tags={"owner": "payments", "quote": 'it\'s "ü" \n\x00'},
        fields={"size_gb": 100, "encrypted": True, "iops": 3000.0, "state": "available", "kms": Unknown("denied")},
        seen_at=NOW,
        monthly_cost=Money.of("8.00"),
        fingerprint="ab" * 16,
        sources={"size_gb": Source("ec2:DescribeVolumes", NOW)},
        since={"detached": NOW - timedelta(days=3)},
    )
    return replace(made, **changes)


def inventory(as_of: datetime = NOW, *volumes: Resource) -> Inventory:
    """A small inventory."""
    cells = (CellRead("aws.ebs_volume", "111122223333", "us-east-1", Outcome.OK, 2),)
    return Inventory(id="", as_of=as_of, resources=volumes or (volume(),), cells=cells, commit="c0ffee")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "inventory")


def test_an_empty_store_has_no_newest(store: Store, tmp_path: Path) -> None:
    assert store.newest() is None
    assert store.daily() == []
    assert store.prune(400) == []
    assert not (tmp_path / "inventory").exists()


def test_the_name_is_the_content(store: Store, tmp_path: Path) -> None:
    one, again, other = store.write(inventory()), store.write(inventory()), store.write(inventory(NOW, volume(name="other")))
    assert one.id == again.id != other.id
    assert {path.name for path in (tmp_path / "inventory").iterdir()} == {one.id, other.id, "newest"}
    assert {path.name for path in (tmp_path / "inventory" / one.id).iterdir()} == {
        "manifest.json",
        *(f"{table}.parquet" for table in ("resources", "cells", "gaps", "accounts")),
    }


def test_anyone_can_read_it_with_sql(store: Store, tmp_path: Path) -> None:
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


def test_a_measurement_that_is_no_number_is_unknown(store: Store) -> None:
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
def test_what_has_no_place_is_refused_in_a_sentence(store: Store, tmp_path: Path, odd: dict[str, Any], words: str) -> None:
    with pytest.raises(SnapshotError, match=words):
        store.write(inventory(NOW, volume(**odd)))
    assert list((tmp_path / "inventory").iterdir()) == []


def test_ten_thousand_keep_their_order(store: Store) -> None:
    many = tuple(volume(f"vol-{number * 7919 % 10_000}", tags=Unknown("no") if number % 7 else {}) for number in range(10_000))
    kept = store.write(inventory(NOW, *many))
    assert Store(store.shown).newest() == kept
    assert kept.resources == many


def test_the_newest_is_the_latest_look_not_the_latest_write(store: Store) -> None:
    new, old = store.write(inventory(NOW)), store.write(inventory(NOW - timedelta(days=2)))
    assert store.newest() == new
    assert [ident for _, ident in store.daily()] == [old.id, new.id]


def test_without_a_pointer_the_latest_is_found(store: Store, tmp_path: Path) -> None:
    new = store.write(inventory(NOW))
    store.write(inventory(NOW - timedelta(days=2)))
    (tmp_path / "inventory" / "newest").unlink()
    assert Store(tmp_path / "inventory").newest() == new


def test_daily_is_the_last_of_each_day(store: Store) -> None:
    kept = {hours: store.write(inventory(NOW.replace(hour=0) + timedelta(hours=hours))).id for hours in (0, 5, 23, 24, 47, 96)}
    assert store.daily() == [(date(2026, 11, 24), kept[23]), (date(2026, 11, 25), kept[47]), (date(2026, 11, 28), kept[96])]


def test_pruning_keeps_the_last_day_whole_and_one_of_each_day_before(store: Store) -> None:
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


def test_pruning_never_takes_the_newest_nor_what_it_cannot_read(store: Store, tmp_path: Path) -> None:
    old, new = store.write(inventory(NOW - timedelta(days=90))), store.write(inventory(NOW))
    (tmp_path / "inventory" / old.id / "manifest.json").write_text("{}")
    assert Store(tmp_path / "inventory").prune(0) == []
    assert (tmp_path / "inventory" / old.id).exists()
    assert store.newest() == new


def test_what_a_crash_left_is_no_snapshot_and_is_tidied_away(store: Store, tmp_path: Path) -> None:
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


@pytest.mark.parametrize("table", ["resources", "cells", "gaps", "accounts"])
@pytest.mark.parametrize("harm", ["missing", "cut", "flipped", "empty", "another's"])
def test_a_damaged_table_is_a_sentence_and_never_an_inventory(store: Store, tmp_path: Path, table: str, harm: str) -> None:
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
def test_a_damaged_manifest_is_a_sentence(store: Store, tmp_path: Path, harm: str) -> None:
    kept, other = store.write(inventory()), store.write(inventory(NOW - timedelta(days=1)))
    _harm(tmp_path / "inventory" / kept.id / "manifest.json", harm, tmp_path / "inventory" / other.id / "manifest.json")
    again = Store(tmp_path / "inventory")
    for read in (again.newest, again.daily):
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


def test_a_folder_under_another_name_is_not_believed(store: Store, tmp_path: Path) -> None:
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


def test_a_forged_table_with_right_digests_is_a_sentence(store: Store, tmp_path: Path) -> None:
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


def test_a_pointer_that_leads_nowhere_is_a_sentence_until_the_next_scan(store: Store, tmp_path: Path) -> None:
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
def test_a_full_disk_is_a_sentence_and_costs_nothing(store: Store, tmp_path: Path, limit: int) -> None:
    kept = store.write(inventory(NOW - timedelta(hours=1)))
    many = [volume(f"vol-{os.urandom(20).hex()}") for number in range(500)]
    with _no_room(limit), pytest.raises(SnapshotError, match=r"^The inventory could not be written to .*untouched\.$") as told:
        store.write(inventory(NOW, *many))
    assert "\n" not in str(told.value)
    assert {path.name for path in (tmp_path / "inventory").iterdir()} == {kept.id, "newest"}
    assert store.newest() == kept


def test_a_place_that_is_no_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SnapshotError, match=r"could not be written to|cannot be read"):
            Store(place).write(inventory())
        with pytest.raises(SnapshotError, match=r"cannot be read: Not a directory"):
            Store(place).newest()


@pytest.mark.parametrize("url", ["s3://bucket/inventories", "gs://bucket"])
def test_object_stores_are_told_to_wait(url: str) -> None:
    with pytest.raises(SnapshotError, match=r"cannot be kept in (s3|gs):// yet: set inventory\.store to a folder"):
        Store(url)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(SnapshotError, match=r"cannot be kept in ftp://"):
        Store("ftp://x")


def test_a_person_names_a_snapshot_by_a_path(store: Store, tmp_path: Path) -> None:
    kept = store.write(inventory())
    folder = tmp_path / "inventory" / kept.id
    for path in (folder, folder / "resources.parquet", tmp_path / "inventory", str(folder)):
        assert open_snapshot(path) == kept
    with pytest.raises(SnapshotError, match=r"There is no inventory in .*: `sexton scan` makes one"):
        open_snapshot(tmp_path)


def test_a_store_lies_in_a_folder_of_any_name(tmp_path: Path) -> None:
    store = Store(tmp_path / "it's [a] *?{b} ü")
    kept = store.write(inventory())
    assert store.newest() == kept


def test_what_others_put_beside_a_snapshot_does_not_matter(store: Store, tmp_path: Path) -> None:
    kept = store.write(inventory())
    (tmp_path / "inventory" / kept.id / "codes.bin").write_bytes(b"derived columns")
    (tmp_path / "inventory" / "README").write_text("ours")
    assert store.newest() == kept


def test_money_is_kept_to_the_last_digit(store: Store) -> None:
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


def test_another_shelf_is_as_good() -> None:
    store = Store(Elsewhere())
    old, new = store.write(inventory(NOW - timedelta(days=9))), store.write(inventory())
    assert store.newest() == new
    assert store.read(old.id) == old
    assert store.prune(5) == [old.id]
