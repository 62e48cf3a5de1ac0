"""The tables. Times are aware UTC. Values are JSON in text: PostgreSQL's own JSON types refuse NUL and re-order keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UTCTime(TypeDecorator[datetime]):
    """An aware time in UTC, in and out. SQLite forgets the zone, PostgreSQL answers in the session's."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """ValueError for a naive time: it could be any moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """The moment as it was given."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class database_seconds(FunctionElement[float]):  # noqa: N801 - reads as the SQL function that it is
    """The database's own clock as unix seconds: the moment the statement runs, not the start of the transaction."""

    type = Double()
    inherit_cache = True


@compiles(database_seconds, "sqlite")
def _sqlite_seconds(*_: Any, **__: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(database_seconds, "postgresql")
def _postgresql_seconds(*_: Any, **__: Any) -> str:
    return "(extract(epoch from clock_timestamp())::double precision)"


cases = Table(
    "cases",
    metadata,
    Column("id", String, primary_key=True),
    Column("key_ref", Text, nullable=False),
    Column("resource_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("tell", Text, nullable=False),
    Column("opened", UTCTime, nullable=False),
    Column("due", UTCTime),
    Column("condemned", Boolean),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("lease_owner", Text, nullable=False),
    Column("lease_until", Double, nullable=False),
    Index("ix_cases_opened_id", "opened", "id"),
    Index("ix_cases_state", "state"),
    Index("ix_cases_tell", "tell"),
    Index("ix_cases_team", "team"),
    Index("ix_cases_due", "due"),
    Index("ix_cases_condemned", "condemned"),
    Index("ix_cases_resource_id", "resource_id"),
)
Index("ux_cases_one_open", cases.c.key_ref, unique=True, sqlite_where=text("is_open = 1"), postgresql_where=text("is_open"))

intents = Table(
    "intents",
    metadata,
    Column("case_id", String, ForeignKey("cases.id"), primary_key=True),
    Column("verb", String, primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("status", String, nullable=False),
    Column("at", UTCTime, nullable=False),
    Column("settled", UTCTime),
    Column("fence", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("not_after", Double, nullable=False),
    Column("team", Text, nullable=False),
    Column("rule", String),
    Column("kind", String),
    Column("body", Text, nullable=False),
    Index("ix_intents_status", "status"),
    Index("ix_intents_at", "at"),
    Index("ix_intents_rule_kind_at", "rule", "kind", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String, primary_key=True),
    Column("dedupe", Text, nullable=False, unique=True),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("cases", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("at", UTCTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("next_at", UTCTime, nullable=False),
    Column("taken_until", Double, nullable=False),
    Column("delivered", UTCTime),
    Column("receipt", Text, nullable=False),
    Index("ix_outbox_delivered_next_at", "delivered", "next_at"),
    Index("ix_outbox_team_day", "team", "day"),
)

shields = Table(
    "shields",
    metadata,
    Column("key_ref", Text, primary_key=True),
    Column("policy", Text, primary_key=True),
    Column("until", UTCTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_shields_until", "until"),
)

control = Table(
    "control",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("person", Text, nullable=False),
    Column("role", String, nullable=False),
    Column("secret_hash", String, nullable=False),
    Column("created", UTCTime, nullable=False),
    Column("expires", UTCTime, nullable=False),
    Column("revoked", UTCTime),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", UTCTime, nullable=False),
    Column("case_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("event", String, nullable=False),
    Column("who", Text, nullable=False),
    Column("commit_sha", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("data", Text, nullable=False),
    Column("prev", String, nullable=False),
    Column("hash", String, nullable=False),
    Index("ix_audit_case_id_seq", "case_id", "seq"),
)

holds = Table(
    "holds",
    metadata,
    Column("id", String, primary_key=True),
    Column("cause", String, nullable=False),
    Column("subject", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("at", UTCTime, nullable=False),
    Column("until", UTCTime),
    Column("data", Text, nullable=False),
    Column("told", UTCTime),
    Column("released", UTCTime),
    Column("released_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Index("ix_holds_released", "released"),
)
Index(
    "ux_holds_one_open",
    holds.c.cause,
    holds.c.subject,
    holds.c.account,
    unique=True,
    sqlite_where=text("released is null"),
    postgresql_where=text("released is null"),
)

counts = Table(
    "counts",
    metadata,
    Column("what", String, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("at", UTCTime, primary_key=True),
    Column("number", Integer, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("policy", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("digest", String, nullable=False),
    Column("until", UTCTime),
)

regrets = Table(
    "regrets",
    metadata,
    Column("case_id", String, ForeignKey("cases.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", UTCTime, nullable=False),
    Column("policy", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("what", String, nullable=False),
    Column("who", Text, nullable=False),
    Index("ix_regrets_policy_account_at", "policy", "account", "at"),
)

once = Table(
    "once",
    metadata,
    Column("name", Text, primary_key=True),
    Column("until", UTCTime, nullable=False),
    Index("ix_once_until", "until"),
)

requests = Table(
    "requests",
    metadata,
    Column("id", String, primary_key=True),
    Column("what", String, nullable=False),
    Column("subject", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("known_as", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UTCTime, nullable=False),
    Column("until", UTCTime, nullable=False),
    Column("done", UTCTime),
    Column("done_by", Text, nullable=False),
    Index("ix_requests_what_done", "what", "done"),
)

backups = Table(
    "backups",
    metadata,
    Column("life", Text, primary_key=True),
    Column("case_id", String, ForeignKey("cases.id"), nullable=False),
)
