"""The permissions that a kind asks for are those it uses: none is missing (test_contract), and here none is too many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from demo.aws.world import AWSWorld
from engine.model import Role, Verb
from reapers.kind import ROLE_OF, Kind, Order, kinds

IMPLIED = {
    "ec2:CreateTags": "checked for the tags of what RunInstances, CreateVolume, CreateSnapshot and CreateImage make",
    "ssm:GetParameters": "checked by DescribeLaunchTemplateVersions where a template names its image by a parameter",
    "iam:PassRole": "checked by RunInstances where the instance has a profile",
    "rds:AddTagsToResource": "checked for the tags of what CreateDBSnapshot and the restore make",
    "rds:CreateDBSnapshot": "checked by StopDBInstance with a snapshot",
}
"""What AWS checks although no call of that name is made (service authorization reference)."""

AWS_KINDS = {name: kind for name, kind in kinds().items() if kind.cloud == "aws"}


@pytest.fixture
def world() -> Iterator[AWSWorld]:
    made = AWSWorld()
    yield made
    made.stop()


@pytest.mark.parametrize("name", AWS_KINDS)
def test_every_permission_is_used(name: str, world: AWSWorld) -> None:
    kind = AWS_KINDS[name]
    used = {role: set(permissions) for role, permissions in _exercised(kind, world).items()}
    for role, permissions in kind.needs.items():
        assert permissions - used.get(role, set()) <= set(IMPLIED), role


def _exercised(kind: Kind, world: AWSWorld) -> dict[Role, set[str]]:
    world.make(kind.name)
    world.forget()
    (resource,) = list(kind.list(world.cell(kind.name, Role.SCAN)))
    kind.get(world.cell(kind.name, Role.SCAN), resource.key)
    for evidence in kind.evidence.values():
        evidence.read(world.cell(kind.name, Role.SCAN), [resource])
    used = {Role.SCAN: set(world.seen())}
    order = Order(case="c-1", generation=0, key=resource.key, resource=resource, token="t")
    for verb in (Verb.STOP, Verb.START, Verb.CONDEMN, Verb.SPARE, Verb.BACKUP, Verb.DELETE, Verb.RESTORE):
        if verb in kind.acts:
            world.forget()
            cell = world.cell(kind.name, ROLE_OF[verb])
            memory = kind.acts[verb].do(cell, order)
            order = replace(order, memory={**order.memory, **memory})
            kind.acts[verb].check(cell, order)
            used.setdefault(ROLE_OF[verb], set()).update(world.seen())
    return used
