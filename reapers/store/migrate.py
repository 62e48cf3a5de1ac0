"""Brings a database to the newest schema, forward only, however many programs start at once."""

from __future__ import annotations

from importlib.resources import as_file, files

from sqlalchemy import Connection, inspect

from reapers.store.database import Database
from reapers.store.errors import LedgerUnavailable
from reapers.store.tables import metadata
from reapers.store.unavailable import NOT_OURS

HEAD = "0002"
"""The newest revision. Known here so that an up-to-date ledger opens without importing Alembic; a test compares."""

VERSIONS = "sexton_revision"
"""The table of the revision: a name of our own, so that a shared database may have another Alembic in it."""

ONE_MIGRATION = 5723302
"""PostgreSQL's advisory lock while migrating."""


def migrate(database: Database) -> None:
    """From any older revision, or nothing, to HEAD, in one transaction. LedgerUnavailable for a newer or a foreign schema."""
    with database.reading() as connection:
        if _revision(connection, database.where) == HEAD:
            return
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({ONE_MIGRATION})")
        if _revision(connection, database.where) != HEAD:
            _upgrade(connection)


def revision(database: Database) -> str | None:
    """The revision that a database has; None for an empty one. LedgerUnavailable for a newer or a foreign schema."""
    with database.reading() as connection:
        return _revision(connection, database.where)


def _revision(connection: Connection, where: str) -> str | None:
    """The stored revision; None for an empty database."""
    tables = set(inspect(connection).get_table_names())
    if VERSIONS not in tables:
        foreign = tables if connection.dialect.name == "sqlite" else tables & set(metadata.tables)
        if foreign:
            raise LedgerUnavailable(f"the ledger {where} {NOT_OURS}")
        return None
    revision = connection.exec_driver_sql(f"select version_num from {VERSIONS}").scalar()  # noqa: S608 - a constant
    if revision is not None and str(revision) > HEAD:
        raise LedgerUnavailable(
            f"the ledger {where} has the schema {revision} of a newer Sexton (this one knows {HEAD}): upgrade this program"
        )
    return None if revision is None else str(revision)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    with as_file(files("reapers.store") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
