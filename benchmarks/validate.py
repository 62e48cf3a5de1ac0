"""`sexton validate` of one file against the bare start of Cloud Custodian (`custodian version`, which reads no policy)."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import Ratio, in_turns

ROOT = Path(__file__).parents[1]
SEXTON = ROOT / ".venv" / "bin" / "sexton"
CUSTODIAN = ROOT / "benchmarks" / ".venv" / "bin" / "custodian"
POLICY = ROOT / "policies" / "reap" / "aws" / "ebs-unattached.yaml"

PROMISED = 0.5
"""At most half: what issue 2 promises."""


def run(rounds: int) -> Ratio:
    """Measure both in turns."""
    samples = in_turns({"ours": [str(SEXTON), "validate", str(POLICY)], "theirs": [str(CUSTODIAN), "version"]}, rounds)
    return Ratio(samples["ours"], samples["theirs"])
