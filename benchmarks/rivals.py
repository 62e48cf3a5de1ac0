"""What the peers are asked, each in a process of its own with an environment of its own, and what they say."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.estate import AS_OF
from benchmarks.questions import KEYS, questions
from engine.columns import Columns
from engine.columns.column import Column, Numbers
from engine.columns.inventory import DOLLARS
from reapers.sources import parquet

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / "benchmarks" / ".venv" / "bin" / "python"
PEERS = ROOT / "benchmarks" / "peers"
SAMPLE = 1000
"""Resources that Cloud Custodian is asked about: all of them would take it an hour."""


def polars(file: Path, rounds: int) -> Any:
    """Matches of each question, and the seconds of each round."""
    return _asked("polars_.py", {"questions": questions(), "file": str(file), "rounds": rounds})


def custodian(columns: Columns) -> Any:
    """Matches of each question in the sample, and the CPU seconds of all together."""
    return _asked("custodian.py", {"questions": questions(), "resources": list(_resources(columns))})


def _asked(peer: str, what: Mapping[str, Any]) -> Any:
    words = [str(PYTHON), str(PEERS / peer)]
    done = subprocess.run(words, input=json.dumps(what), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def sample(columns: Columns) -> Any:
    """The first resources whose tags are known: neither peer knows of denied ones."""
    return np.flatnonzero(columns.coded("tags").codes == 0)[:SAMPLE]


def _resources(columns: Columns) -> Iterator[Mapping[str, Any]]:
    """The sample as EC2 describes instances, with the fields that Sexton derives beside them."""

    def read(name: str, row: int) -> Any:
        return _cell(columns.column(name), row)

    for row in sample(columns).tolist():
        tags = {key: value for key in KEYS if (value := read(f"tag/{key}", row)) is not None}
        yield {
            "State": {"Name": read("field/state", row)},
            "InstanceType": read("field/type", row),
            "Volumes": read("field/volumes", row),
            "Routes": read("field/routes", row),
            "AgeDays": read("age_days", row),
            "Dollars": read(DOLLARS, row),
            "Region": read("region", row),
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }


def _cell(column: Column, row: int) -> Any:
    return float(column.values[row]) if isinstance(column, Numbers) else column.cells[column.codes[row]]


def plain(snapshot: Path, path: Path) -> Path:
    """The snapshot as Polars likes it best: one plain column for each field and tag."""
    tags = ", ".join(f"json_extract_string(tags, '/{key}') AS \"tag:{key}\"" for key in KEYS)
    age = f"(epoch_us(TIMESTAMPTZ '{AS_OF.isoformat()}') - epoch_us(created)) / 86400e6::DOUBLE"
    fields = "fields->>'state' AS state, fields->>'type' AS type, (fields->>'volumes')::BIGINT AS volumes"
    read = f"SELECT tags IS NOT NULL AS known, region, {fields}, (fields->>'routes')::BOOLEAN AS routes, {age} AS age_days,"
    with parquet.database() as connection:
        source = f"{read} monthly_dollars, {tags} FROM read_parquet('{snapshot / parquet.RESOURCES.file}')"
        connection.execute(f"COPY ({source}) TO '{path}' (FORMAT parquet)")
    return path
