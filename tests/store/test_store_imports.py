"""Importing the store is cheap: commands that need no ledger must not pay for a database library."""

from __future__ import annotations

import subprocess
import sys

import pytest

import reapers.store

HEAVY = ("sqlalchemy", "alembic", "pydantic", "psycopg")


def test_nothing_heavy_is_imported_before_a_ledger_is_opened() -> None:
    code = f"import sys, reapers.store; print([name for name in {HEAVY} if name in sys.modules])"
    environment = {"PYTHONPATH": ":".join(sys.path)}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert answer.stdout == "[]\n"


def test_an_up_to_date_ledger_opens_without_alembic(url: str) -> None:
    reapers.store.open_ledger(url).close()
    code = f"import sys; from reapers.store import open_ledger; open_ledger({url!r}); print('alembic' in sys.modules)"
    environment = {"PYTHONPATH": ":".join(sys.path)}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert answer.stdout == "False\n"


@pytest.mark.parametrize("name", reapers.store.__all__)
def test_every_exported_name_is_there(name: str) -> None:
    assert getattr(reapers.store, name).__name__ == name or name in ("Check", "Outcome")


def test_nothing_else_is() -> None:
    with pytest.raises(AttributeError, match="Shelf"):
        _ = reapers.store.Shelf
