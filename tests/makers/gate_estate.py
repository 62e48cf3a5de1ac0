"""Scenes of the guards about the estate: whose account, how lately scanned, what else is unusual there or refers to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.holds.hold import Cause
from engine.holds.look import Opening
from engine.model import Mode
from engine.policy import AccountRow
from makers.gate import Scene, organization, ready, scene
from makers.world import ACCOUNT, World

Build = Callable[..., World]
Patch = pytest.MonkeyPatch


@scene("allowlist")
def allowlist(build: Build, patch: Patch) -> Scene:
    """Judging takes an account for one that a row matches; the Organization speaks of another only."""
    anybody = AccountRow(match={}, environment="sandbox", team="platform", mode=Mode.DELETE)
    patch.setattr("engine.view.account_row", lambda account, policies: anybody)
    rows = '[{match: {id: "999999999999"}, environment: sandbox, team: platform, mode: delete}]'
    return ready(build(organization(accounts=rows))).scene("in an account that the Organization does not name")


@scene("scan")
def scan(build: Build, patch: Patch) -> Scene:
    """Nobody has listed the estate for longer than three scans take."""
    made = ready(build())
    made.world.later(hours=19)
    return made.scene("which was last listed 19 hours ago, where every 6 hours is asked for")


def _hold(build: Build, cause: Cause, why: str, **until: Any) -> Scene:
    """Opened after the plan was made."""
    made = ready(build())
    now = made.world.clock.now()
    opening = Opening(
        cause=cause,
        subject="volumes",
        account=ACCOUNT,
        until=now + timedelta(**until) if until else None,
        data={"evidence": "the scene"},
    )
    made.world.ledger.holds.open(opening, now)
    return made.scene(why)


@scene("surge")
def surge(build: Build, patch: Patch) -> Scene:
    """Its policy found far more than usual."""
    return _hold(build, Cause.SURGE, "whose policy is held for a surge")


@scene("breaker")
def breaker(build: Build, patch: Patch) -> Scene:
    """Too much of what its policy did was wanted back."""
    return _hold(build, Cause.REGRETS, "whose policy is held for regrets")


@scene("widening")
def widening(build: Build, patch: Patch) -> Scene:
    """Its policy was widened a moment ago."""
    return _hold(build, Cause.WIDENED, "whose policy rests for 72 hours", hours=72)


DATABASES = """
kind: Reap
metadata: {name: databases, owner: platform}
spec:
  resource: aws.rds_instance
  when: ["has(tags.idle)"]
  after: {notify: 0h, delete: 24h}
  before_delete: [backup]
"""


@scene("references")
def references(build: Build, patch: Patch) -> Scene:
    """A read replica lives on it."""
    world = build({"databases.yaml": DATABASES})
    rds, tags = world.aws.client("rds", ACCOUNT), {"owner": "payments", "idle": "yes"}
    with world.aws.ago(days=40):
        rds.create_db_instance(
            DBInstanceIdentifier="source",
            Engine="postgres",
            DBInstanceClass="db.t3.micro",
            AllocatedStorage=20,
            MasterUsername="somebody",
            MasterUserPassword="not-a-secret",
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
        rds.create_db_instance_read_replica(DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="source")
    return ready(world, "source").scene("which a replica reads from")
