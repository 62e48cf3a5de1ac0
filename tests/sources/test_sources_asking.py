"""Questions in SQL: over the newest inventory and the history, and nothing that writes or reads anything else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model import Inventory, Resource, Unknown
from reapers.sources import asking
from reapers.sources.asking import Refused, asked
from reapers.sources.errors import SnapshotError
from reapers.sources.snapshots import Store


def ask(store: Store, sql: str, ident: str = "") -> tuple[tuple[str, ...], list[Sequence[Any]]]:
    with asked(store, sql, ident) as answer:
        return answer.columns, list(answer.rows)


@pytest.fixture
def three_days(store: Store, inventory: Callable[..., Inventory], volume: Callable[..., Resource]) -> list[str]:
    """The names of four snapshots of three days, of one to four volumes, oldest first."""
    first = inventory().as_of
    moments = [first, first + timedelta(days=1), first + timedelta(days=1, hours=2), first + timedelta(days=3)]
    return [
        store.write(inventory(at, *(volume(f"vol-{number}") for number in range(many)))).id
        for many, at in enumerate(moments, start=1)
    ]


def test_the_newest_inventory(store: Store, three_days: list[str]) -> None:
    columns, rows = ask(store, "SELECT kind, count(*) AS many, sum(monthly_dollars) FROM resources GROUP BY kind")
    assert columns[:2] == ("kind", "many")
    assert rows == [("aws.ebs_volume", 4, 32.0)]


def test_every_table_is_a_view(store: Store, three_days: list[str]) -> None:
    for view, many in (("resources", 4), ("cells", 1), ("gaps", 0), ("accounts", 0)):
        assert ask(store, f"SELECT count(*) FROM {view}")[1] == [(many,)]


def test_fields_and_tags_are_json(store: Store, three_days: list[str]) -> None:
    sql = "SELECT fields->>'state', tags->>'owner', unknown->>'kms' FROM resources LIMIT 1"
    assert ask(store, sql)[1] == [("available", "payments", "denied")]


def test_history_is_the_last_inventory_of_each_day(store: Store, three_days: list[str]) -> None:
    rows = ask(store, "SELECT day, count(*) FROM history GROUP BY day ORDER BY day")[1]
    assert rows == [(date(2026, 11, 24), 1), (date(2026, 11, 25), 3), (date(2026, 11, 27), 4)]


def test_a_snapshot_that_is_named(store: Store, three_days: list[str]) -> None:
    assert ask(store, "SELECT count(*) FROM resources", three_days[1])[1] == [(2,)]


def test_unknown_tags_are_null(store: Store, inventory: Callable[..., Inventory], volume: Callable[..., Resource]) -> None:
    store.write(inventory(inventory().as_of, volume(tags=Unknown("denied"))))
    assert ask(store, "SELECT tags IS NULL, unknown->>'tags' FROM resources")[1] == [(True, "denied")]


def test_rows_come_as_they_are_asked_for(store: Store, three_days: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "AT_ONCE", 3)
    assert len(ask(store, "SELECT id FROM resources, range(3)")[1]) == 12


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM resources",
        "CREATE TABLE x AS SELECT 1",
        "COPY (SELECT 1) TO '{place}/x.csv'",
        "ATTACH '{place}/x.db'",
        "SELECT 1; SELECT 2",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "",
    ],
)
def test_only_one_select_can_be_asked(store: Store, three_days: list[str], tmp_path: Path, sql: str) -> None:
    with pytest.raises(Refused, match=r"^Only one SELECT can be asked"):
        ask(store, sql.replace("{place}", str(tmp_path)))
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "SELEC 1",
        "SELECT nothing FROM resources",
        "SELECT * FROM nowhere",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('{place}/secret.csv')",
        "SELECT * FROM '{place}/secret.csv'",
        "SELECT * FROM glob('{place}/*')",
        "SELECT * FROM read_parquet('https://127.0.0.1:9/x.parquet')",
        "SELECT id::INTEGER FROM resources",
    ],
)
def test_what_cannot_be_answered_is_one_sentence(store: Store, three_days: list[str], tmp_path: Path, sql: str) -> None:
    (tmp_path / "secret.csv").write_text("a\nsecret\n")
    with pytest.raises(Refused, match=r"^The question cannot be answered: [^\n]+\.$"):
        ask(store, sql.replace("{place}", str(tmp_path)))


def test_names_of_this_program_are_no_tables(store: Store, three_days: list[str]) -> None:
    """DuckDB would look for variables of Python's of that name."""
    with pytest.raises(Refused):
        ask(store, "SELECT * FROM files")


def test_a_store_in_a_folder_with_an_odd_name(tmp_path: Path, inventory: Callable[..., Inventory]) -> None:
    store = Store(tmp_path / "it's [a] store*")
    store.write(inventory())
    assert ask(store, "SELECT (SELECT count(*) FROM resources) + (SELECT count(*) FROM history)")[1] == [(2,)]


def test_nothing_kept(store: Store) -> None:
    with pytest.raises(SnapshotError, match="sexton scan"):
        ask(store, "SELECT 1")
