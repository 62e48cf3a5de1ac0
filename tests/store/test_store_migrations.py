"""The schema: made by migrations alone, equal to the tables, safe to make twice at once, never a newer or a foreign one."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from engine.case import Case
from reapers.store import LedgerUnavailable, open_ledger
from reapers.store.database import open_database
from reapers.store.migrate import HEAD, VERSIONS

Sql = Callable[..., list[Any]]


def test_the_migrations_give_exactly_the_tables(empty_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from reapers.store.tables import metadata

    open_ledger(empty_url).close()
    database = open_database(empty_url)
    with database.reading() as connection:
        options = {"version_table": VERSIONS, "compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    database.close()


def test_the_program_knows_the_newest_revision() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(files("reapers.store") / "migrations"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [HEAD]
    assert sorted(script.revision for script in scripts.walk_revisions()) == [f"{number + 1:04}" for number in range(int(HEAD))]


def test_a_failed_migration_leaves_nothing(empty_url: str, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    create = op.create_table

    def torn(name: str, *columns: Any, **options: Any) -> Any:
        if name == "audit":
            raise RuntimeError("power cut")
        return create(name, *columns, **options)

    monkeypatch.setattr(op, "create_table", torn)
    with pytest.raises(RuntimeError):
        open_ledger(empty_url)
    monkeypatch.undo()
    open_ledger(empty_url).close()


def test_several_programs_may_start_at_once(empty_url: str, start: Callable[..., subprocess.Popen[str]]) -> None:
    programs = [start("opened", empty_url) for _ in range(4)]
    assert [program.communicate()[0] for program in programs] == ["open\n"] * 4
    with open_ledger(empty_url) as ledger:
        assert ledger.open_cases() == []


def test_opening_again_changes_nothing(url: str, new_case: Callable[..., Case], noon: Any) -> None:
    with open_ledger(url) as ledger:
        case = ledger.open(new_case(), noon)
    with open_ledger(url) as ledger:
        assert ledger.open_cases() == [case]
        assert ledger.verify_audit().ok


def test_a_newer_schema_is_refused(url: str, sql: Sql) -> None:
    open_ledger(url).close()
    sql(url, f"update {VERSIONS} set version_num = '0999'")
    with pytest.raises(LedgerUnavailable, match=r"schema 0999 of a newer Sexton .* upgrade this program"):
        open_ledger(url)
    assert [row[0] for row in sql(url, f"select version_num from {VERSIONS}")] == ["0999"]


def test_a_database_of_another_program_is_refused(empty_url: str, sql: Sql) -> None:
    sql(empty_url, "create table cases (id integer)")
    with pytest.raises(LedgerUnavailable, match="is not a ledger of Sexton"):
        open_ledger(empty_url)


def test_a_shared_postgresql_may_have_other_tables(request: pytest.FixtureRequest, sql: Sql) -> None:
    base: str = request.getfixturevalue("postgres")
    sql(base.format("postgres"), "create database shared template template0")
    url = base.format("shared")
    sql(url, "create table alembic_version (version_num text)", "create table invoices (id int)")
    open_ledger(url).close()
    assert sql(url, "select count(*) from alembic_version")[0][0] == 0


def test_the_folder_and_the_file_are_made_for_this_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "ledger.db"
    open_ledger(f"sqlite:///{file}").close()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_path_may_be_relative_and_odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_ledger("sqlite:///50% ü/ledger 1.db") as ledger:
        ledger.set("fact", "kept")
    with open_ledger("sqlite:///50% ü/ledger 1.db") as ledger:
        assert ledger.get("fact") == "kept"
    assert (tmp_path / "50% ü" / "ledger 1.db").exists()
