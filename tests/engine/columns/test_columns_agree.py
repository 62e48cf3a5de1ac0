"""Columns and the scalar evaluator say the same: who matches, who is spared and why, who is undecided for want of what."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from engine.columns import Columns, ColumnVerdicts, judge_columns
from engine.judge import judge_all
from engine.model import Inventory
from engine.policy import PolicySet
from engine.verdict import Finding, Spared, Undecided
from makers.estate_policies import context, policy_sets
from makers.estates import KINDS, inventories

EXAMPLES = int(os.environ.get("COLUMNS_EXAMPLES", "500"))
"""COLUMNS_EXAMPLES=10000 in the nightly run. (tests/conftest.py takes away what begins with SEXTON_.)"""

pytestmark = pytest.mark.timeout(max(180, EXAMPLES))
"""Seconds: the nightly run takes longer than any other test may."""

thorough = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # estates take too long to shrink
)

Said = dict[tuple[int, str], object]


@thorough
@given(inventories(), policy_sets())
def test_every_verdict_is_the_scalar_one(inventory: Inventory, policies: PolicySet) -> None:
    verdicts = judge_columns(Columns.of(inventory, KINDS), context(policies, inventory))
    assert _by_columns(verdicts) == _one_by_one(inventory, policies)


def _one_by_one(inventory: Inventory, policies: PolicySet) -> Said:
    said: Said = {}
    for row, judgement in enumerate(judge_all(inventory, context(policies, inventory))):
        for verdict in judgement.verdicts:
            said[row, verdict.policy] = "match" if isinstance(verdict, Finding) else verdict
    return said


def _by_columns(verdicts: ColumnVerdicts) -> Said:
    said: Said = {}
    for name in verdicts.names:
        said |= {(row, name): "match" for row in verdicts.matches(name).tolist()}
        rows = verdicts.undecided(name)
        lacking = zip(rows.tolist(), verdicts.missing(name, rows), strict=True)
        said |= {(row, name): Undecided(policy=name, missing=missing) for row, missing in lacking}
        for reason, spared in verdicts.spared(name).items():
            said |= {(row, name): Spared(policy=name, reason=reason) for row in spared.tolist()}
    return said
