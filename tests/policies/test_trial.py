"""What a policy test says when it does not hold, and what it refuses to try."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.load import load
from engine.model import Unknown
from engine.policy import Expect
from reapers import trial
from reapers.kind import kinds, tables

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
POLICY = """
apiVersion: sexton/v1
kind: Reap
metadata: {name: unattached, owner: platform}
spec:
  resource: aws.ebs_volume
  when: [state == 'available', idle_days > 14]
  after: {notify: 0d, delete: 14d}
"""
TEST = """
apiVersion: sexton/v1
kind: PolicyTest
metadata: {name: unattached-test, owner: platform}
spec:
  policies: [unattached.yaml]
  as_of: 2026-11-01T00:00:00Z
  resources:
    - {kind: aws.ebs_volume, id: vol-1, idle_days: 20, tags: {owner: ann}}
    - {kind: aws.elastic_ip, id: eip-1}
    - {kind: aws.ebs_volume, id: vol-2, unknown: [owner]}
    - {kind: aws.ebs_volume, id: vol-3, idle_days: 20, unknown: [tags]}
  expect:
    - {policy: unattached, id: vol-1, verdict: match}
"""


def tried(policy: str, id: str, verdict: str, reason: str = "", missing: tuple[str, ...] = ()) -> trial.Trial:
    """The test above with another expectation; most of these the loader would refuse first where there is an Organization."""
    loaded = load({"unattached.yaml": POLICY, "a.test.yaml": TEST}, tables()).policies
    assert loaded
    wanted = Expect(policy=policy, id=id, verdict=verdict, reason=reason, missing=missing)
    (only,) = trial.run(replace(loaded.tests[0], expect=(wanted,)), loaded, kinds())
    return only


def test_an_expectation_that_holds() -> None:
    result = tried("unattached", "vol-1", "match")
    assert result.passed
    assert str(result) == "unattached-test: unattached on vol-1: match"


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (tried("unattached", "vol-1", "spared"), "expected spared, got match"),
        (tried("unattached", "vol-1", "spared", reason="exempt"), "expected spared (exempt), got match"),
        (
            tried("unattached", "vol-3", "undecided", missing=("idle_days",)),
            "expected undecided (idle_days), got undecided (owner, tags)",
        ),
        (tried("unattached", "vol-9", "match"), "expected match, got no resource vol-9"),
        (tried("attached", "vol-1", "match"), "expected match, got no policy attached in the files that it names"),
        (tried("unattached", "eip-1", "match"), "expected match, got that policy does not speak of aws.elastic_ip"),
        (tried("unattached", "vol-2", "undecided"), "expected undecided, got owner is worked out when judging"),
    ],
)
def test_an_expectation_that_does_not_hold_says_what_it_is_instead(result: trial.Trial, said: str) -> None:
    assert not result.passed
    assert said in str(result)


def test_missing_fields_are_compared_only_where_they_are_named() -> None:
    assert tried("unattached", "vol-3", "undecided").passed
    assert tried("unattached", "vol-3", "undecided", missing=("owner", "tags")).passed


def test_what_a_row_leaves_out() -> None:
    """Required fields come from the example, optional ones are absent, evidence that no example holds is unknown."""
    volume = trial.resource({"kind": "aws.ebs_volume", "id": "vol-1"}, kinds()["aws.ebs_volume"], AS_OF)
    assert volume.fields["state"] == "available"
    assert "kms_key" not in volume.fields
    assert volume.tags == {"Name": "old-build-cache", "owner": "payments"}
    assert "detached" not in volume.since
    instance = trial.resource({"kind": "aws.ec2_instance", "id": "i-1"}, kinds()["aws.ec2_instance"], AS_OF)
    assert isinstance(instance.fields["cpu_max_14d"], Unknown)


def test_what_a_row_says() -> None:
    row = {"kind": "aws.ebs_volume", "id": "vol-1", "account": "111122223333", "age_days": 30, "idle_days": 20, "size_gb": 7}
    volume = trial.resource(row | {"monthly_dollars": 12.5, "region": "eu-west-1"}, kinds()["aws.ebs_volume"], AS_OF)
    assert volume.key.ref == "aws.ebs_volume/111122223333/eu-west-1/vol-1"
    assert volume.created == AS_OF - timedelta(days=30)
    assert volume.since["detached"] == AS_OF - timedelta(days=20)
    assert volume.fields["size_gb"] == 7
    assert str(volume.monthly_cost) == "$12.50/mo"
