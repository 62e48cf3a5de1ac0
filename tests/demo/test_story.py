"""A month of life: the demo plays its whole story without a person, and the clouds end up as the policies say."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

PATIENCE = 170
"""Real seconds: the story takes some thirty on two idle cores."""

CLAIMS = (
    "what was kept or snoozed is there",
    "what is protected, in use or managed elsewhere is there",
    "whose tags could not be read, has no case and is there",
    "in use again after its approval, was spared at the last look",
    "resources that were deleted are gone",
    "left a verified backup",
    "is back, with its labels",
    "one for each of",
    "rows is whole",
    "fits Google's discovery documents",
    "nothing is stuck or half done",
)

STORY = (
    r"day  0  scan: \d+ resources in 2 AWS accounts, \d+ in 1 GCP project, .+",
    r"day  0  plan: \d+ findings of \d+ policies",
    r"day +\d+  plan: .*acme-payments-exports.* undecided.*tags",
    r"day +\d+  Slack #payments: .+",
    r"day +\d+  Ann keeps fraud-features",
    r"day +\d+  Bo snoozes ci-cache-3",
    r"day +\d+  Ann approves the delete of .+",
    r"day +\d+  Somebody attaches ci-cache-5 to checkout-dev",
    r"day +\d+  spared: ci-cache-5 \(.+\)",
    r"day +\d+  stopped: \d+ × EC2 instance",
    r"day +\d+  deleted: \d+ × EBS volume",
    r"day +\d+  Eva wants dataset-2024 back",
    r"day +\d+  brought back: 1 × Persistent disk",
)


@pytest.fixture(scope="module")
def told() -> str:
    """What the story says; it must end well."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")])}
    script = "import sys; from demo.main import main; sys.exit(main(['--headless']))"
    ran = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-4000:]
    return ran.stdout


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_clouds_end_up_as_the_policies_say(told: str, claim: str) -> None:
    assert [line for line in told.splitlines() if line.startswith("ok ") and claim in line]


def test_nothing_fails(told: str) -> None:
    assert "FAIL" not in told
    assert sum(line.startswith("ok ") for line in told.splitlines()) >= len(CLAIMS)


@pytest.mark.parametrize("line", STORY)
def test_each_step_is_told_in_one_line(told: str, line: str) -> None:
    assert re.search(f"^{line}", told, re.MULTILINE), told


def test_a_team_reads_one_message_a_day(told: str) -> None:
    messages = re.findall(r"Slack #\w+: (Sexton for \w+, \w+ \d+ \w+ \d+)", told)
    assert len(messages) > 10
    assert len(messages) == len(set(messages))
