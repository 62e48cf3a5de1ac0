"""`sexton scan`, `plan` and `run --once` against the local AWS: nothing but settings and environment points there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.aws.local import LocalAWS
from engine.case import State
from makers.doors import KEY
from reapers.store import open_ledger

REGIONS = {"SEXTON_AWS__REGIONS": "us-east-1"}


@pytest.fixture
def aws() -> Iterator[LocalAWS]:
    """One account with two volumes that nobody uses."""
    with LocalAWS([KEY.account]) as running:
        with running.ago(days=100):
            for name in ("one", "two"):
                tags = [
                    {"ResourceType": "volume", "Tags": [{"Key": "owner", "Value": "payments"}, {"Key": "Name", "Value": name}]}
                ]
                running.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=10, TagSpecifications=tags)
        yield running


def test_scan_then_plan(sexton: Any, repository: Path, aws: LocalAWS) -> None:
    said = sexton("scan", "--policies", "policies", **REGIONS, **aws.environment())
    assert said.code == 0, said.err
    assert "2 resources in 1 accounts, kept in .sexton/inventory as " in said.out
    assert f"aws.ebs_volume  {KEY.account}          2" in said.out
    assert said.err == ""  # no bar where no terminal is
    planned = json.loads(sexton("plan", "--json").out)
    assert {(row["name"], row["team"], row["change"]) for row in planned["resources"]} == {
        ("one", "payments", "same"),
        ("two", "payments", "same"),
    }


def test_scan_into_another_folder_without_policies(sexton: Any, home: Path, aws: LocalAWS) -> None:
    said = sexton("scan", "--out", "elsewhere", "--json", **REGIONS, **aws.environment())
    shape = json.loads(said.out)
    assert shape["resources"] == [{"kind": "aws.ebs_volume", "account": KEY.account, "count": 2}]
    assert (home / "elsewhere" / shape["id"] / "manifest.json").is_file()
    assert not (home / ".sexton").exists()


def test_gaps_are_shown_and_strict_makes_them_count(sexton: Any, home: Path, aws: LocalAWS) -> None:
    aws.fail("UnauthorizedOperation", service="ec2", action="DescribeVolumes")
    said = sexton("scan", **REGIONS, **aws.environment())
    assert said.code == 0, said.err
    assert "gaps: nothing is concluded about what lies in them." in said.out
    assert f"aws.ebs_volume {KEY.account} us-east-1: " in said.out
    assert sexton("scan", "--strict", **REGIONS, **aws.environment()).code == 1


def test_a_region_that_is_none(sexton: Any, home: Path, aws: LocalAWS) -> None:
    said = sexton("scan", "--strict", **aws.environment(), SEXTON_AWS__REGIONS="us-nowhere-1")
    assert said.code == 3
    assert "has not enabled the region us-nowhere-1" in said.err
    assert not (home / ".sexton" / "inventory" / "newest").exists()


def test_an_endpoint_that_does_not_answer(sexton: Any, home: Path, aws: LocalAWS) -> None:
    variables = {**aws.environment(), "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    said = sexton("scan", **REGIONS, **variables)
    assert (said.code, said.err.count("\n")) == (3, 1)
    assert "Traceback" not in said.err


def test_settings_without_any_cloud(sexton: Any, home: Path) -> None:
    (home / "sexton.yaml").write_text("aws: {accounts: []}\n")
    said = sexton("scan")
    assert (said.code, "The settings name no cloud" in said.err) == (3, True)


def test_one_round_opens_cases(sexton: Any, repository: Path, aws: LocalAWS) -> None:
    said = sexton("run", "--once", **REGIONS, **aws.environment())
    assert said.code == 0, said.err
    with open_ledger(f"sqlite:///{repository}/.sexton/ledger.db") as ledger:
        assert {(case.name, case.state, case.team) for case in ledger.open_cases()} == {
            ("one", State.DETECTED, "payments"),
            ("two", State.DETECTED, "payments"),
        }


def test_a_damaged_inventory_gives_way_to_a_new_scan(sexton: Any, home: Path, aws: LocalAWS) -> None:
    assert sexton("scan", **REGIONS, **aws.environment()).code == 0
    (table,) = (home / ".sexton" / "inventory").glob("*/resources.parquet")
    table.chmod(0o644)
    table.write_bytes(b"")
    said = sexton("scan", **REGIONS, **aws.environment())
    assert said.code == 0
    assert "This scan takes its place" in said.err
    assert sexton("scan", **REGIONS, **aws.environment()).err == ""
