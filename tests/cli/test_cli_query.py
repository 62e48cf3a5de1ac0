"""`sexton query`: three outputs, nothing that a terminal or a spreadsheet obeys, one sentence for what is wrong."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.commands.query import command
from engine.model import Inventory
from reapers.sources.snapshots import Store

HOSTILE = "=cmd|' /C calc'!A1\x1b[2J\x1b]0;gone\x07\u202etxt"


@pytest.fixture
def hostile(home: Path, inventory: Inventory) -> Inventory:
    """The newest inventory, in which a resource has a name that wants to be obeyed."""
    first = replace(inventory.resources[0], name=HOSTILE)
    return Store(home / "hostile").write(replace(inventory, resources=(first,)))


def test_a_table(sexton: Any, inventory: Inventory) -> None:
    said = sexton("query", "select kind, count(*) as many, null as nothing from resources group by kind order by kind")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0].split() == ["kind", "many", "nothing"]
    assert len(lines) == 1 + len({resource.key.kind for resource in inventory.resources})
    assert lines[1].split()[0] == min(resource.key.kind for resource in inventory.resources)


def test_json(sexton: Any, inventory: Inventory) -> None:
    sql = "select id, seen_at, monthly_dollars, [1, 2] as a, {'b': 1.5::decimal(4, 2)} as d, date '2026-01-02' as e"
    said = sexton("query", "--json", f"{sql}, 'nan'::double as f from resources order by id limit 1")
    shape = json.loads(said.out)
    assert (shape["schema"], shape["inventory"]) == ("sexton/query@1", inventory.id)
    assert shape["columns"] == ["id", "seen_at", "monthly_dollars", "a", "d", "e", "f"]
    ident, seen, _, a, d, e, f = shape["rows"][0]
    assert ident == min(resource.key.id for resource in inventory.resources)
    assert seen.endswith("Z")
    assert (a, d, e, f) == ([1, 2], {"b": "1.50"}, "2026-01-02", "nan")
    assert json.loads(sexton("query", "--json", "select 1 where false").out)["rows"] == []


def test_csv_is_not_obeyed(sexton: Any, hostile: Inventory) -> None:
    said = sexton(
        "query", "--csv", "--inventory", "hostile", "select name, -3 as below, '-3' as \"=text\", '00ff'::blob from resources"
    )
    head, row = csv.reader(io.StringIO(said.out))
    assert head[:3] == ["name", "below", "'=text"]
    assert row[:3] == ["'=cmd|' /C calc'!A1txt", "-3", "'-3"]


def test_a_table_is_not_obeyed(sexton: Any, hostile: Inventory) -> None:
    said = sexton("query", "--inventory", f"hostile/{hostile.id}", "select name, name || 'x' as \"\x1b[31mred\" from resources")
    assert said.code == 0, said.err
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out
    assert "=cmd" in said.out


def test_a_long_table_says_how_much_is_left(sexton: Any, inventory: Inventory) -> None:
    said = sexton("query", "select * from range(2500)")
    assert said.out.splitlines()[-1] == "1,500 more rows: --csv or --json show all."
    assert len(said.out.splitlines()) == 1002
    assert len(sexton("query", "--csv", "select * from range(2500)").out.splitlines()) == 2501


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["delete from resources"], 2, "Only one SELECT can be asked"),
        (["select * from read_text('/etc/passwd')"], 2, "The question cannot be answered: Permission Error"),
        (["select nothing from resources"], 2, "The question cannot be answered: Binder Error"),
        (["--inventory", "nowhere", "select 1"], 1, "There is no file or folder nowhere"),
        (["--inventory", "sexton.yaml", "select 1"], 1, "sexton.yaml is a file"),
    ],
)
def test_one_sentence(sexton: Any, home: Path, inventory: Inventory, words: list[str], code: int, sentence: str) -> None:
    (home / "sexton.yaml").touch()
    said = sexton("query", *words)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith(f"sexton: {sentence}")
    assert len(said.err.splitlines()) == 1


def test_nothing_was_kept_yet(sexton: Any, home: Path) -> None:
    said = sexton("query", "select 1")
    assert (said.code, said.out) == (3, "")
    assert "`sexton scan` takes one" in said.err


def test_the_help_names_the_views() -> None:
    assert command.help
    assert all(view in command.help for view in ("resources", "cells", "gaps", "accounts", "history"))
