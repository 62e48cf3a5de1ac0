"""The doubles hold each role to the policy that `sexton permissions` writes for it: its conditions, denies and silences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from demo.aws.iam import Ask, allows
from demo.aws.world import AWSWorld
from demo.gcp.roles import roles
from demo.gcp.world import GCPWorld
from engine.model import Outcome, Resource, Role, Verb
from reapers.kind import Kind, Order, kinds
from reapers.permissions import Wish, role_of

TIED = [name for name, kind in kinds().items() if kind.cloud == "aws" and Verb.DELETE in kind.acts]
CONDEMNED = {"sexton:condemned": "c-1:0"}


@pytest.fixture
def world() -> Iterator[AWSWorld]:
    made = AWSWorld()
    made.aws.door.roles.furnish(Wish(protect=("do-not-delete", "sexton:keep")))
    yield made
    made.stop()


@pytest.fixture
def google() -> Iterator[GCPWorld]:
    made = GCPWorld()
    made.gcp.door.roles |= roles()
    yield made
    made.stop()


def ordered(world: AWSWorld, kind: Kind, id: str) -> Order:
    found = next(one for one in kind.list(world.cell(kind.name, Role.SCAN)) if one.key.id == id)
    return Order(case="c-1", generation=0, key=found.key, resource=found, token="t")


def denied(world: AWSWorld | GCPWorld, call: Callable[[], object]) -> str:
    """The sentence of the refusal."""
    with pytest.raises(Exception) as refused:  # noqa: PT011 - each client has its own; the cloud must know it
        call()
    told = world.cloud.outcome(refused.value)
    assert told is not None
    assert told[0] is Outcome.DENIED
    return told[1]


@pytest.mark.parametrize("name", TIED)
def test_the_delete_role_deletes_nothing_that_is_not_condemned(world: AWSWorld, name: str) -> None:
    kind = kinds()[name]
    id = world.make(name)
    order, cell = ordered(world, kind, id), world.cell(name, Role.DELETE)
    assert denied(world, lambda: kind.acts[Verb.DELETE].do(cell, order))
    assert isinstance(kind.get(world.cell(name, Role.SCAN), order.key), Resource)
    world.tag(name, id, CONDEMNED)
    kind.acts[Verb.DELETE].do(cell, order)


@pytest.mark.parametrize("name", TIED)
@pytest.mark.parametrize("tag", ["do-not-delete", "sexton:keep"])
def test_a_protecting_tag_denies_whatever_is_condemned(world: AWSWorld, name: str, tag: str) -> None:
    kind = kinds()[name]
    id = world.make(name)
    world.tag(name, id, {**CONDEMNED, tag: ""})
    assert denied(world, lambda: kind.acts[Verb.DELETE].do(world.cell(name, Role.DELETE), ordered(world, kind, id)))


def test_what_was_made_again_under_the_name_is_not_condemned(world: AWSWorld) -> None:
    """The hole that a retry by name has: between our look and our call somebody makes another one of the same name."""
    kind = kinds()["aws.rds_instance"]
    id = world.make(kind.name)
    world.tag(kind.name, id, CONDEMNED)
    order = ordered(world, kind, id)
    world.aws.client("rds").delete_db_instance(DBInstanceIdentifier=id, SkipFinalSnapshot=True)
    assert world.make(kind.name) == id
    assert denied(world, lambda: kind.acts[Verb.DELETE].do(world.cell(kind.name, Role.DELETE), order))


def test_the_delete_role_cannot_tag(world: AWSWorld) -> None:
    volume = world.make("aws.ebs_volume")
    cell = world.cell("aws.ebs_volume", Role.DELETE)
    pair = [{"Key": "sexton:condemned", "Value": "c-1:0"}]
    assert "ec2:CreateTags" in denied(world, lambda: cell.call("ec2", "create_tags", Resources=[volume], Tags=pair))
    assert "rds:AddTagsToResource" in denied(world, lambda: kind_tags(world, cell))
    assert denied(world, lambda: cell.call("ec2", "create_snapshot", VolumeId=volume))


def kind_tags(world: AWSWorld, cell: Any) -> None:
    arn = world.aws.client("rds").describe_db_instances(DBInstanceIdentifier=world.make("aws.rds_instance"))["DBInstances"][0]
    cell.call(
        "rds", "add_tags_to_resource", ResourceName=arn["DBInstanceArn"], Tags=[{"Key": "sexton:condemned", "Value": "c:0"}]
    )


def test_the_condemn_role_deletes_nothing_and_writes_no_other_tag(world: AWSWorld) -> None:
    volume = world.make("aws.ebs_volume")
    world.tag("aws.ebs_volume", volume, {**CONDEMNED, "do-not-delete": ""})
    cell = world.cell("aws.ebs_volume", Role.CONDEMN)
    assert denied(world, lambda: cell.call("ec2", "delete_volume", VolumeId=volume))
    for tags in ([{"Key": "owner", "Value": "me"}], [{"Key": "sexton:condemned", "Value": "x"}, {"Key": "owner", "Value": "me"}]):
        assert denied(world, lambda tags=tags: cell.call("ec2", "create_tags", Resources=[volume], Tags=tags))
    assert denied(world, lambda: cell.call("ec2", "delete_tags", Resources=[volume], Tags=[{"Key": "do-not-delete"}]))
    assert denied(world, lambda: cell.call("ec2", "delete_tags", Resources=[volume])), "which would remove them all"
    cell.call("ec2", "create_tags", Resources=[volume], Tags=[{"Key": "sexton:condemned", "Value": "c-1:1"}])
    cell.call("ec2", "delete_tags", Resources=[volume], Tags=[{"Key": "sexton:condemned"}])


def test_the_condemn_role_writes_no_tag_of_a_database_s_owner(world: AWSWorld) -> None:
    world.make("aws.rds_instance")
    cell = world.cell("aws.rds_instance", Role.CONDEMN)
    database = cell.call("rds", "describe_db_instances")["DBInstances"][0]["DBInstanceArn"]
    tags = [{"Key": "owner", "Value": "me"}]
    assert denied(world, lambda: cell.call("rds", "add_tags_to_resource", ResourceName=database, Tags=tags))
    assert denied(world, lambda: cell.call("rds", "remove_tags_from_resource", ResourceName=database, TagKeys=["owner"]))


@pytest.mark.parametrize("role", [Role.SCAN, Role.STOP])
def test_who_scans_or_stops_writes_nothing_else(world: AWSWorld, role: Role) -> None:
    volume = world.make("aws.ebs_volume")
    world.tag("aws.ebs_volume", volume, CONDEMNED)
    cell = world.cell("aws.ebs_volume", role)
    for service, operation, asked in (
        ("ec2", "delete_volume", {"VolumeId": volume}),
        ("ec2", "create_tags", {"Resources": [volume], "Tags": [{"Key": "sexton:condemned", "Value": "c-1:0"}]}),
        ("ec2", "create_snapshot", {"VolumeId": volume}),
        ("ec2", "terminate_instances", {"InstanceIds": ["i-0abc1234def567890"]}),
    ):
        assert denied(world, lambda service=service, operation=operation, asked=asked: cell.call(service, operation, **asked))


def test_a_role_that_is_not_there_cannot_be_taken_on(world: AWSWorld) -> None:
    del world.aws.door.roles.policies["sexton-delete"]
    assert "sts:AssumeRole" in denied(world, lambda: world.cell("aws.ebs_volume", Role.DELETE))


def test_the_roles_of_a_project_hold_their_own_permissions(google: GCPWorld) -> None:
    kind = kinds()["gcp.disk"]
    id = google.make(kind.name)
    (found,) = list(kind.list(google.cell(kind.name, Role.SCAN)))
    order = Order(case="c-1", generation=0, key=found.key, resource=found, token="6f1c1b1e-0000-4000-8000-000000000001")
    assert "compute.disks.delete" in denied(
        google, lambda: kind.acts[Verb.DELETE].do(google.cell(kind.name, Role.CONDEMN), order)
    )
    assert "setLabels" in denied(google, lambda: kind.acts[Verb.CONDEMN].do(google.cell(kind.name, Role.DELETE), order))
    assert "createSnapshot" in denied(google, lambda: kind.acts[Verb.BACKUP].do(google.cell(kind.name, Role.DELETE), order))
    assert denied(google, lambda: kind.acts[Verb.DELETE].do(google.cell(kind.name, Role.STOP), order))
    kind.acts[Verb.CONDEMN].do(google.cell(kind.name, Role.CONDEMN), order)
    google.settle()
    kind.acts[Verb.DELETE].do(google.cell(kind.name, Role.DELETE), order)
    assert id


def test_labels_that_changed_in_between_are_not_written_over(google: GCPWorld) -> None:
    kind = kinds()["gcp.disk"]
    id = google.make(kind.name)
    (found,) = list(kind.list(google.cell(kind.name, Role.SCAN)))
    order = Order(case="c-1", generation=0, key=found.key, resource=found, token="6f1c1b1e-0000-4000-8000-000000000001")
    changed: list[str] = []

    def hook(call: Any, moment: str) -> None:
        if call.method.endswith(".setLabels") and moment == "before" and not changed:
            changed.append(id)
            google.tag(kind.name, id, {"keep": "please"})

    cell = google.cell(kind.name, Role.CONDEMN)
    with google.gcp.on_call(hook):
        assert kind.acts[Verb.CONDEMN].do(cell, order) == {}, "412: changed, look again"
    (after,) = list(kind.list(google.cell(kind.name, Role.SCAN)))
    assert isinstance(after.tags, dict)
    assert after.tags["keep"] == "please"
    assert "sexton-condemned" not in after.tags
    kind.acts[Verb.CONDEMN].do(cell, replace(order, resource=after))
    google.settle()
    (after,) = list(kind.list(google.cell(kind.name, Role.SCAN)))
    assert isinstance(after.tags, dict)
    assert (after.tags["keep"], after.tags["sexton-condemned"]) == ("please", "c-1-0")


# --- the documents ----------------------------------------------------------------------------------------------------------


def actions(role: Role, effect: str = "Allow") -> set[str]:
    found: set[str] = set()
    for statement in role_of("aws", role)["Statement"]:
        listed = statement["Action"]
        found |= ({listed} if isinstance(listed, str) else set(listed)) if statement["Effect"] == effect else set()
    return found


def test_no_role_has_another_s_powers() -> None:
    deletes = {action for action in actions(Role.DELETE) if not action.split(":")[1].startswith(("Describe", "List", "Get"))}
    assert deletes
    assert all(action.split(":")[1].startswith(("Delete", "Terminate", "Release", "Deregister")) for action in deletes)
    for role in (Role.SCAN, Role.STOP, Role.CONDEMN):
        assert not actions(role) & deletes, role
    assert not any(action.startswith("iam:") or "Tag" in action.split(":")[1] for action in deletes)
    assert actions(Role.DELETE, "Deny") == deletes


def test_policies_say_what_is_denied_and_what_goes_uncondemned() -> None:
    made = role_of("aws", Role.DELETE, Wish(protect=("legal-hold",)))
    denies = [statement["Condition"] for statement in made["Statement"] if statement["Effect"] == "Deny"]
    assert denies == [{"Null": {"aws:ResourceTag/legal-hold": "false"}}]
    none = role_of("gcp", Role.DELETE, Wish(untied=frozenset()))
    assert none["includedPermissions"] == []
    disks = role_of("gcp", Role.DELETE, Wish(untied=frozenset({"gcp.disk"})))["includedPermissions"]
    assert "compute.disks.delete" in disks
    assert "compute.instances.delete" not in disks


def test_an_unknown_condition_is_a_fault_and_no_permission() -> None:
    statement = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": {"Bool": {"aws:x": "true"}}}
    with pytest.raises(KeyError):
        allows({"Statement": [statement]}, Ask(action="ec2:DeleteVolume", context={"aws:x": ["true"]}))
