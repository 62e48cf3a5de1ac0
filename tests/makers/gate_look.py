"""Scenes of the guards that look at the resource itself: each has a bug in what should have spared it before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

import engine.follow
from engine.case import Case
from engine.events import Judged
from engine.load import load
from engine.model import Resource, Unknown
from engine.view import Context, View, view
from makers.gate import Scene, known, organization, ready, scene
from makers.gate_house import EXEMPTION
from makers.world import FILES, World

Build = Callable[..., World]
Patch = pytest.MonkeyPatch


@scene("protected")
def protected(build: Build, patch: Patch) -> Scene:
    """Judging does not see the tag that protects it."""
    patch.setattr("engine.judge.is_protected", lambda resource, policies: False)
    world = build()
    return ready(world, world.volume(do_not_delete="please")).scene("though its tag do-not-delete protects it")


@scene("min_age")
def min_age(build: Build, patch: Patch) -> Scene:
    """Judging takes a week for a month."""
    patch.setattr("engine.judge.old_enough", lambda seen, policies: True)
    world = build(organization(min_age="30d"))
    return ready(world, world.volume(age=7)).scene("which is younger than 30 days")


SNAPSHOTS = """
kind: Reap
metadata: {name: snapshots, owner: platform}
spec:
  resource: aws.ebs_snapshot
  when: ["!shared"]
  after: {notify: 0h, delete: 24h}
  before_delete: []
  approval: {delete: owner+platform}
"""


@scene("evidence")
def evidence(build: Build, patch: Patch) -> Scene:
    """Who may use the snapshot cannot be read any more, and looking again takes "not told" for "no" (Custodian's #9402)."""
    world = build({"snapshots.yaml": SNAPSHOTS})
    made = ready(world, _snapshot(world))
    world.aws.fail("UnauthorizedOperation", service="ec2", action="DescribeSnapshotAttribute")
    patch.setattr("reapers.look.view", _credulous)
    return made.scene("though nobody could tell who else uses it")


def _snapshot(world: World) -> str:
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "Name", "Value": "old"}, {"Key": "owner", "Value": "payments"}]}]
    volume = world.volume("source", age=1000)
    with world.aws.ago(days=40):
        made: dict[str, Any] = world.ec2.create_snapshot(VolumeId=volume, TagSpecifications=tags)
    world.ec2.delete_volume(VolumeId=volume)
    return str(made["SnapshotId"])


def _credulous(resource: Resource, context: Context, as_of: datetime) -> View:
    seen = view(resource, context, as_of)
    return replace(seen, row={name: False if isinstance(cell, Unknown) else cell for name, cell in seen.row.items()})


@scene("reread")
def reread(build: Build, patch: Patch) -> Scene:
    """An exemption came into force between the plan and the look, which still judges by the commit before."""
    made = ready(build())
    files = {f"policies/{name}": f"apiVersion: sexton/v1\n{text.strip()}\n" for name, text in FILES.items()}
    files["policies/spared.yaml"] = f"apiVersion: sexton/v1\n{EXEMPTION.strip()}\n"
    made.newer(known(load(files, made.standing.policies.kinds, "c0ffee").policies))
    return made.scene("which the commit in force exempts")


@scene("fingerprint")
def fingerprint(build: Build, patch: Patch) -> Scene:
    """Somebody has given it another purpose since people agreed, and following a case does not notice."""
    made = ready(build())
    follow = engine.follow.event_of

    def blind(case: Case, *seen: Any) -> Judged:
        return replace(follow(case, *seen), fingerprint=case.fingerprint)

    patch.setattr("engine.follow.event_of", blind)
    made.world.tag(made.id, purpose="the new ledger")
    return made.scene("which is not what people agreed to")
