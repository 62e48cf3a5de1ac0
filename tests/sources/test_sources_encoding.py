"""After a scan everything that the policies in force look at is encoded: whoever compares then reads nothing of the snapshot."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from engine.columns import judge_columns
from engine.columns.impact import impact_of
from engine.model import Inventory
from engine.policy import PolicySet
from makers.estate_policies import context, policy_sets
from makers.estates import KINDS, inventories
from reapers.sources.codes import open_columns
from reapers.sources.encoding import encode
from reapers.sources.errors import SnapshotError
from reapers.sources.snapshots import Store


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(inventories(), policy_sets())
def test_a_comparison_reads_nothing_of_the_snapshot(inventory: Inventory, policies: PolicySet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        written = store.write(inventory)
        encode(store, written.id, policies)
        (Path(folder) / written.id / "resources.parquet").unlink()
        columns = open_columns(Path(folder) / written.id, KINDS)
        bare = replace(context(policies, inventory), carriers=frozenset())
        found = impact_of(None, judge_columns(columns, bare))
        assert len(list(found.rows)) == len(found.rows)


def test_what_is_damaged_is_not_encoded(tmp_path: Path) -> None:
    from makers.cases import inventory

    store = Store(tmp_path)
    written = store.write(inventory())
    (tmp_path / written.id / "resources.parquet").write_bytes(b"x")
    with pytest.raises(SnapshotError, match=r"resources\.parquet is not what was written"):
        encode(store, written.id, PolicySet(kinds=KINDS))
