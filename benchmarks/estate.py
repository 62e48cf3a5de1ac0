"""A made-up estate of any size, as the snapshot that a scan of it would have left: written by DuckDB, in seconds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from reapers.sources import parquet
from reapers.sources.manifest import FILE, SCHEMA, digest

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)
FAMILIES = [f"{family}{age}" for family in "mcrt" for age in ("5", "6i", "6g", "7g")]
TYPES = [f"{family}.{size}" for family in FAMILIES for size in ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge")]
REGIONS = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-south-1", "ap-northeast-1"]
STATES = ["running"] * 7 + ["stopped"] * 3
TEAMS = [f"team-{number:03d}" for number in range(380)]
DATES = [f"{year}-{month:02d}-{day:02d}" for year in (2026, 2027) for month in range(1, 13) for day in (1, 8, 15, 22)]
TAGS: Mapping[str, tuple[float, Sequence[str]]] = {
    "owner": (0.9, [*TEAMS, *(f"Bob {number}" for number in range(20))]),
    "team": (0.8, [*(f"squad-{number}" for number in range(120)), "ops!"]),
    "env": (0.85, ["prod", "dev", "test", "staging"]),
    "service": (0.7, [f"svc-{number}" for number in range(2000)]),
    "cost-center": (0.5, [f"cc{number}" for number in range(60)]),
    "ttl": (0.15, [*DATES, "30d", "90d", "26w", "never", "soon"]),
    "app": (0.6, [f"app-{number}" for number in range(900)]),
    "managed-by": (0.75, ["terraform", "cdk", "manual", "helm"]),
    "project": (0.3, [f"p{number}" for number in range(300)]),
    "data-class": (0.4, ["pii", "public", "internal"]),
    "do-not-delete": (0.01, ["yes"]),
}
"""Key -> how many resources have it, and its values."""

DENIED = 0.005
"""Resources whose tags could not be read."""


def write(folder: Path, rows: int) -> Path:
    """The snapshot's folder below `folder`, made where it is not there yet."""
    made = folder / ".making"
    made.mkdir(parents=True, exist_ok=True)
    with parquet.database() as connection:
        connection.execute(f"CREATE TEMP TABLE resources AS {_resources(rows)}")
        path = made / parquet.RESOURCES.file
        connection.execute(f"COPY resources TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        for table in (parquet.CELLS, parquet.GAPS, parquet.ACCOUNTS):
            parquet.write(connection, table, (), made)
    files = {table.file: digest(made / table.file) for table in parquet.TABLES}
    counts = {"resources": rows, "cells": 0, "gaps": 0, "accounts": 0}
    said = {"schema": SCHEMA, "as_of": AS_OF.isoformat(), "commit": "", "counts": counts, "calls": 0, "files": files}
    content = json.dumps(said).encode()
    (made / FILE).write_bytes(content)
    return made.rename(folder / hashlib.sha256(content).hexdigest())


def _resources(rows: int) -> str:
    """One SELECT in the order of the columns of resources.parquet. All chance comes from hashes: the same rows every time."""
    return f"""
    SELECT 'aws' AS cloud, 'aws.ec2_instance' AS kind, account, region, ident AS id, ident AS born, name,
        seen - to_days(age) - to_seconds(n % 86400) AS created,
        CASE WHEN denied THEN NULL ELSE {_tags()} END AS tags,
        json_object('state', state, 'type', {_pick("type", TYPES)}, 'volumes', 1 + n % 8, 'routes', {_chance("routes")} < 0.02,
            'zone', region || {_pick("zone", ["a", "b", "c"])}, 'platform', {_pick("os", ["Linux/UNIX", "Windows"])},
            'image', 'ami-' || (hash(n) % 500), 'tenancy', 'default', 'root_device', 'ebs')::VARCHAR AS fields,
        CASE WHEN denied THEN json_object('cpu_max_14d', 'not read', 'tags', 'denied')
            ELSE json_object('cpu_max_14d', 'not read') END::VARCHAR AS unknown,
        '{{}}' AS sources,
        CASE WHEN state = 'stopped' THEN json_object('seen', moment, 'stopped', stopped)
            ELSE json_object('seen', moment) END::VARCHAR AS since,
        seen AS seen_at,
        json_object('known', dollars::VARCHAR, 'unpriced', 0, 'why', '', 'free', false)::VARCHAR AS monthly_cost,
        dollars::DOUBLE AS monthly_dollars, 'f' AS fingerprint, NULL AS fingerprint_unknown
    FROM (
        SELECT n, {_chance("denied")} < {DENIED} AS denied, (1e11::BIGINT + hash(n // 5000) % 200)::VARCHAR AS account,
            {_pick("region", REGIONS)} AS region,
            'i-' || printf('%017x', n * 7919) AS ident,
            {_pick("prefix", ["tmp", "web", "api", "test", "db", "etl"])} || '-' || to_hex(hash(n)) AS name,
            {_pick("state", STATES)} AS state, (hash(n, 'age') % 800)::INTEGER AS age,
            TIMESTAMPTZ '{AS_OF.isoformat()}' AS seen, '2026-06-01T00:00:00.000000Z' AS moment,
            strftime(TIMESTAMP '2026-11-24' - to_seconds(hash(n, 'stop') % 7776000), '%Y-%m-%dT%H:%M:%S.000000Z') AS stopped,
            (5 + hash(n, 'cost') % 120000 / 100.0)::DECIMAL(12, 2) AS dollars
        FROM range({rows}) AS numbers(n)
    )
    """  # noqa: S608 - everything in it is written above


def _chance(what: str) -> str:
    return f"(hash(n, '{what}') % 100000 / 100000.0)"


def _pick(what: str, values: Sequence[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"[{listed}][1 + (hash(n, '{what}') % {len(values)})::BIGINT]"


def _tags() -> str:
    """An object with sorted keys and without those that are NULL, as a scan writes it."""
    parts = [
        f"""CASE WHEN {_chance(key)} < {share} THEN ',"{key}":"' || {_pick(key + "-value", values)} || '"' ELSE '' END"""
        for key, (share, values) in sorted(TAGS.items())
    ]
    return f"'{{' || substr({' || '.join(parts)}, 2) || '}}'"
