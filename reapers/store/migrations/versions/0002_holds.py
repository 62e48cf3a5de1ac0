"""Holds and what they are measured against; the rule of each intent; requests that take two people; things done once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """From 0001."""
    op.add_column("intents", sa.Column("rule", sa.String(), nullable=True))
    _holds()
    _baselines()
    _people()


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("released", TIME, nullable=True),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    op.create_index("ix_holds_released", "holds", ["released"])
    open_ones = sa.text("released is null")
    op.create_index(
        "ux_holds_one_open",
        "holds",
        ["reason", "policy", "account"],
        unique=True,
        sqlite_where=open_ones,
        postgresql_where=open_ones,
    )


def _baselines() -> None:
    op.create_table(
        "counts",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("what", "name", "account", "at", name="pk_counts"),
    )
    op.create_table(
        "digests",
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("policy", "digest", name="pk_digests"),
    )


def _people() -> None:
    op.create_table(
        "once",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_once"),
    )
    op.create_index("ix_once_until", "once", ["until"])
    op.create_table(
        "requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("done", TIME, nullable=True),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_what_done", "requests", ["what", "done"])
