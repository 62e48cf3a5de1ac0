"""Code columns beside a snapshot: they say what the inventory in memory says, and what does not fit is made anew."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.columns import Columns, judge_columns
from engine.columns.column import HIDDEN, Cell, Coded, Column, Numbers
from engine.columns.inventory import (
    AGE,
    BORN,
    COST,
    DOLLARS,
    FIELD,
    IDLE,
    KEY,
    LINKED,
    LINKING,
    NANOS,
    START,
    TAG,
    TAGS,
    UNFREE,
    UNPRICED,
)
from engine.model import Inventory, Resource, Unknown
from engine.money import Money
from makers.estate_policies import context, policy_sets
from makers.estates import KINDS, inventories
from reapers.sources import codes, columnfile, parquet_columns
from reapers.sources.codes import FOLDER, INDEX, names_of, open_columns
from reapers.sources.columnfile import Torn
from reapers.sources.errors import SnapshotError
from reapers.sources.snapshots import Store

strange = st.text(st.characters(codec="utf-8"), max_size=6)
values = st.one_of(
    strange,
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.just(Unknown("why")),
)
few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def strange_inventories(draw: st.DrawFn) -> Inventory:
    """Keys and values that no cloud has, and every JSON writer must get right."""
    inventory = draw(inventories(most=6))
    resources = []
    for resource in inventory.resources:
        extra = draw(st.dictionaries(strange.filter(lambda name: name != "tags"), values, max_size=4))
        tags = draw(st.dictionaries(strange, strange, max_size=4))
        some = resource if isinstance(resource.tags, Unknown) else replace(resource, tags={**resource.tags, **tags})
        resources.append(replace(some, fields={**resource.fields, **extra}))
    return replace(inventory, resources=tuple(resources))


def cells_of(column: Column) -> list[Cell]:
    if isinstance(column, Coded):
        return [column.cells[code] for code in column.codes.tolist()]
    hidden = np.zeros(len(column.values), bool) if column.unknown is None else column.unknown
    return [HIDDEN if hides else None if np.isnan(value) else value for value, hides in zip(column.values, hidden, strict=True)]


def same(one: Columns, other: Columns) -> None:
    assert (one.rows, one.as_of, one.fields, one.tag_keys, one.main_facts) == (
        *(other.rows, other.as_of, other.fields, other.tag_keys),
        other.main_facts,
    )
    assert (list(one.accounts), one.gaps) == (list(other.accounts), other.gaps)
    links = [sorted(zip(each.moment(LINKING).tolist(), each.moment(LINKED).tolist(), strict=True)) for each in (one, other)]
    assert links[0] == links[1]
    names = [*KEY, TAGS, DOLLARS, AGE, IDLE, *(FIELD + name for name in one.fields), *(TAG + key for key in one.tag_keys)]
    for name in names:
        mine, theirs = one.column(name), other.column(name)
        assert cells_of(mine) == cells_of(theirs), name
        assert [_sort(cell) for cell in cells_of(mine)] == [_sort(cell) for cell in cells_of(theirs)], name
        if isinstance(mine, Coded) and isinstance(theirs, Coded):
            assert list(mine.cells) == list(theirs.cells)
            assert (mine.ordered, mine.unknown) == (theirs.ordered, theirs.unknown)
    costs = [one.costs[code] for code in one.coded(COST).codes.tolist()]
    assert costs == [other.costs[code] for code in other.coded(COST).codes.tolist()]
    for name in (BORN, START):
        assert one.moment(name).tolist() == other.moment(name).tolist()
    for name in (NANOS, UNPRICED, UNFREE):
        assert one.moment(name)[one.coded(COST).codes].tolist() == other.moment(name)[other.coded(COST).codes].tolist()


def _sort(cell: object) -> str:
    """The type of a cell; 2 and 2.0 are one value of a dictionary, and either may stand for both."""
    return "number" if type(cell) in (int, float) else type(cell).__name__


def kept(inventory: Inventory, folder: str | Path) -> tuple[Inventory, Path]:
    written = Store(folder).write(inventory)
    return Store(folder).read(written.id), Path(folder) / written.id


@few
@given(strange_inventories())
def test_columns_from_a_snapshot_are_those_of_the_inventory(inventory: Inventory) -> None:
    with tempfile.TemporaryDirectory() as folder:
        read, place = kept(inventory, folder)
        want = Columns.of(read, KINDS)
        made = open_columns(place, KINDS, names_of(read.resources[0].fields, want.tag_keys) if read.resources else ())
        same(made, want)
        same(open_columns(place, KINDS), want)


@few
@given(inventories(), policy_sets())
def test_verdicts_on_a_snapshot_are_those_on_the_inventory(inventory: Inventory, policies: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        read, place = kept(inventory, folder)
        of = context(policies, read)  # type: ignore[arg-type]  # hypothesis gives a PolicySet
        memory, disk = judge_columns(Columns.of(read, KINDS), of), judge_columns(open_columns(place, KINDS), of)
        for name in memory.names:
            assert memory.matches(name).tolist() == disk.matches(name).tolist()
            assert memory.undecided(name).tolist() == disk.undecided(name).tolist()


@pytest.fixture
def many(volume: object) -> Inventory:
    """More distinct names, sizes and costs than are kept as codes in a test that makes them few."""
    from makers.cases import NOW

    resources = tuple(
        replace(
            volume(f"vol-{place:03}"),  # type: ignore[operator]  # the fixture's maker of volumes
            name=f"n-{place * 7 % 50}",
            fields={"size_gb": place, "iops": place / 4, "state": "available" if place % 2 else "in-use"},
            monthly_cost=Money.of(place) if place % 9 else Money.unknown("no price"),
            created=NOW - timedelta(hours=place),
        )
        for place in range(60)
    )
    return Inventory(id="", as_of=NOW, resources=resources)


def test_many_distinct_texts_and_numbers(many: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ways for columns in which nearly every resource has another value, which a small inventory does not take."""
    read, place = kept(many, tmp_path)
    monkeypatch.setattr(parquet_columns, "MANY", 20)
    monkeypatch.setattr("engine.columns.encode.MANY", 20)
    monkeypatch.setattr(columnfile, "INLINE", 10)
    want = Columns.of(read, KINDS)
    same(open_columns(place, KINDS), want)
    again = open_columns(place, KINDS)
    same(again, want)
    assert isinstance(again.column("field/size_gb"), Numbers)
    cells = again.coded("name").cells
    assert list(cells) == [cells[at] for at in range(len(cells))] == [None, HIDDEN, *sorted({one.name for one in many.resources})]
    assert cells[-1] == "n-9"
    assert cells[2:4] == ["n-0", "n-1"]
    with pytest.raises(IndexError):
        cells[len(cells)]


def test_opening_again_reads_nothing_of_the_snapshot(many: Inventory, tmp_path: Path) -> None:
    _, place = kept(many, tmp_path)
    open_columns(place, KINDS, names_of(["state"], ["owner"]))
    (place / "resources.parquet").unlink()
    columns = open_columns(place, KINDS, names_of(["state"], ["owner"]))
    assert cells_of(columns.column("field/state"))[:2] == ["in-use", "available"]
    assert set(cells_of(columns.tag("owner"))) == {"payments"}
    with pytest.raises(SnapshotError, match=r"resources\.parquet"):
        columns.column("field/iops")


def test_a_tag_that_a_policy_first_names_is_added(many: Inventory, tmp_path: Path) -> None:
    _, place = kept(many, tmp_path)
    before = {path.name for path in (place / FOLDER).glob("*.column")} if open_columns(place, KINDS) else set()
    open_columns(place, KINDS, names_of([], ["owner", "nobody-has-it"]))
    assert len({path.name for path in (place / FOLDER).glob("*.column")} - before) == 1


@pytest.mark.parametrize("damage", [b"", b"{}\n", b'{"sort": "coded", "arrays": [["|u1", 9999]]}\n', b"no line"])
def test_what_is_torn_is_made_anew(many: Inventory, tmp_path: Path, damage: bytes) -> None:
    read, place = kept(many, tmp_path)
    open_columns(place, KINDS)
    for path in (place / FOLDER).glob("*.column"):
        path.write_bytes(damage)
    same(open_columns(place, KINDS), Columns.of(read, KINDS))


def test_an_index_that_is_torn_or_of_another_sexton_is_made_anew(
    many: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, place = kept(many, tmp_path)
    want = Columns.of(read, KINDS)
    open_columns(place, KINDS)
    (place / FOLDER / INDEX).write_text("{")
    same(open_columns(place, KINDS), want)
    old = json.loads((place / FOLDER / INDEX).read_bytes())
    monkeypatch.setattr(codes, "_stamp", lambda: "another")
    same(open_columns(place, KINDS), want)
    assert json.loads((place / FOLDER / INDEX).read_bytes())["stamp"] != old["stamp"]


def test_other_kinds_count_idle_days_from_other_facts(many: Inventory, tmp_path: Path) -> None:
    read, place = kept(many, tmp_path)
    assert not np.isnan(open_columns(place, KINDS).column(IDLE).values).any()  # type: ignore[union-attr]  # Numbers
    other = {**KINDS, "aws.ebs_volume": replace(KINDS["aws.ebs_volume"], main_fact="")}
    same(open_columns(place, other), Columns.of(read, other))


def test_columns_of_other_kinds_are_refused(many: Inventory) -> None:
    other = {**KINDS, "aws.ebs_volume": replace(KINDS["aws.ebs_volume"], main_fact="")}
    from engine.policy import PolicySet

    with pytest.raises(ValueError, match="other kinds"):
        judge_columns(Columns.of(many, other), context(PolicySet(kinds=KINDS), many))


def test_a_snapshot_without_resources(tmp_path: Path, many: Inventory) -> None:
    read, place = kept(replace(many, resources=()), tmp_path)
    columns = open_columns(place, KINDS)
    assert columns.rows == 0
    same(columns, Columns.of(read, KINDS))


def test_a_damaged_snapshot_is_refused(many: Inventory, tmp_path: Path) -> None:
    _, place = kept(many, tmp_path)
    (place / "manifest.json").write_text("{}")
    with pytest.raises(SnapshotError, match="damaged"):
        open_columns(place, KINDS)


def test_columns_leave_with_their_snapshot(many: Inventory, tmp_path: Path) -> None:
    _, old = kept(many, tmp_path)
    kept(replace(many, as_of=many.as_of + timedelta(days=9)), tmp_path)
    open_columns(old, KINDS)
    assert Store(tmp_path).prune(keep_days=1) == [old.name]
    assert not old.exists()


def test_a_file_without_a_first_line_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "x.column"
    path.write_bytes(b"x" * 100)
    with pytest.raises(Torn):
        columnfile.load(path)


def test_a_resource_by_its_place(many: Inventory, tmp_path: Path) -> None:
    read, place = kept(many, tmp_path)
    columns = open_columns(place, KINDS)
    found: list[Resource] = list(read.resources)
    assert [columns.key_of(row) for row in (0, 59)] == [found[0].key.ref, found[59].key.ref]
