"""`sexton validate` against Cloud Custodian: one file against its bare start, a thousand policies against its validation."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.housekeeping import write
from benchmarks.measure import Ratio, in_turns

ROOT = Path(__file__).parents[1]
SEXTON = ROOT / ".venv" / "bin" / "sexton"
CUSTODIAN = ROOT / "benchmarks" / ".venv" / "bin" / "custodian"
POLICY = ROOT / "policies" / "reap" / "aws" / "ebs-unattached.yaml"

PROMISED = 0.5
"""One file: at most half of `custodian version`, which reads no policy (issue 2)."""

MANY = 1000
PROMISED_MANY = 1 / 20
"""A thousand documents: at most a twentieth of `custodian validate` of the same rules (issue 3)."""

MANY_ROUNDS = 3
"""Custodian takes some seconds for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Both ratios."""

    one: Ratio
    many: Ratio

    def broken(self) -> list[str]:
        """The promises that were not kept."""
        held = ((self.one, PROMISED), (self.many, PROMISED_MANY))
        return [
            f"a ratio of {ratio.median:.3f} is above the {most} that was promised" for ratio, most in held if ratio.median > most
        ]


def run(rounds: int) -> Found:
    """Measure each pair in turns."""
    one = in_turns({"ours": [str(SEXTON), "validate", str(POLICY)], "theirs": [str(CUSTODIAN), "version"]}, rounds)
    with tempfile.TemporaryDirectory(prefix="sexton-bench-") as folder:
        ours, theirs = write(Path(folder), MANY)
        pair = {"ours": [str(SEXTON), "validate", str(ours)], "theirs": [str(CUSTODIAN), "validate", str(theirs)]}
        many = in_turns(pair, MANY_ROUNDS)
    return Found(one=Ratio(one["ours"], one["theirs"]), many=Ratio(many["ours"], many["theirs"]))
