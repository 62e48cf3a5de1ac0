"""Holds and what they are measured against; the rule of each intent; requests that take two people; things done once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """From 0001."""
    op.add_column("cases", sa.Column("condemned", sa.Boolean(), nullable=True))
    op.create_index("ix_cases_condemned", "cases", ["condemned"])
    op.add_column("intents", sa.Column("rule", sa.String(), nullable=True))
    op.add_column("intents", sa.Column("kind", sa.String(), nullable=True))
    op.create_index("ix_intents_rule_kind_at", "intents", ["rule", "kind", "at"])
    _holds()
    _baselines()
    _people()
    _backups()


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("told", TIME, nullable=True),
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
        ["cause", "subject", "account"],
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
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.PrimaryKeyConstraint("policy", "account", name="pk_digests"),
    )
    op.create_table(
        "regrets",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_regrets_case_id_cases"),
        sa.PrimaryKeyConstraint("case_id", "version", name="pk_regrets"),
    )
    op.create_index("ix_regrets_policy_account_at", "regrets", ["policy", "account", "at"])


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
        sa.Column("known_as", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("done", TIME, nullable=True),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_what_done", "requests", ["what", "done"])


def _backups() -> None:
    op.create_table(
        "backups",
        sa.Column("life", sa.Text(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_backups_case_id_cases"),
        sa.PrimaryKeyConstraint("life", name="pk_backups"),
    )
