"""Alembic's entry: runs the revisions on the connection that reapers/store/migrate.py opened, in its transaction."""

from __future__ import annotations

from alembic import context

from reapers.store.migrate import VERSIONS
from reapers.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSIONS,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
