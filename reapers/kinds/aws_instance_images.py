"""EC2 instances as images: the backup of aws.ec2_instance and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.model import Key
from reapers.kind import Order, Progress
from reapers.kinds.aws_tags import as_list, backup_tags, of_case, of_generation, restored_tags, tags_of
from reapers.kinds.progress import sent, unchanged

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

NEEDS = frozenset({
    "ec2:DescribeInstances", "ec2:DescribeImages", "ec2:CreateImage", "ec2:CreateTags", "ec2:RunInstances", "iam:PassRole",
})  # fmt: skip

_COPIED = {
    "InstanceType": "InstanceType",
    "KeyName": "KeyName",
    "SubnetId": "SubnetId",
    "EbsOptimized": "EbsOptimized",
    "HibernationOptions": "HibernationOptions",
}
"""Member of DescribeInstances -> parameter of RunInstances, where they hold the same."""


def back_up(cell: AWSCell, order: Order) -> dict[str, Any]:
    """An image of all its volumes without a restart, unless this generation has one, and what an instance like it is made from.

    User data is not kept: it may hold secrets, and it has done its work. The restored instance has new addresses, and network
    interfaces beyond the first are not made again.
    """
    answer = cell.call("ec2", "describe_instances", InstanceIds=[order.key.id])
    instance = answer["Reservations"][0]["Instances"][0]
    tags = as_list(backup_tags(order, tags_of(instance.get("Tags"))))
    made = _image(cell, order) or cell.call(
        "ec2",
        "create_image",
        InstanceId=order.key.id,
        Name=f"sexton-{order.case}-{order.generation}",
        Description=f"Sexton's backup of {order.key.id} for case {order.case}",
        NoReboot=True,
        TagSpecifications=[{"ResourceType": what, "Tags": tags} for what in ("image", "snapshot")],
    )
    return sent(cell.now, image=made["ImageId"], manifest=_manifest(instance))


def backed_up(cell: AWSCell, order: Order) -> Progress:
    """Done when the image is available and holds as many volumes as the instance has."""
    made = _image(cell, order)
    if made is None:
        return unchanged(order.memory, cell.now)
    if made["State"] == "pending":
        return Progress.PENDING
    held = sum("Ebs" in device for device in made.get("BlockDeviceMappings", ()))
    whole = held >= order.memory.get("manifest", {}).get("volumes", 1)
    return Progress.DONE if made["State"] == "available" and whole else Progress.FAILED


def restore(cell: AWSCell, order: Order) -> dict[str, Any]:
    """An instance from the image, of the same type, in the same subnet and groups, with its tags; id and addresses are new."""
    memory = order.memory
    tags = as_list(restored_tags(order, memory["manifest"]["tags"]))
    started = (
        _restored(cell, order)
        or cell.call(
            "ec2",
            "run_instances",
            ImageId=memory["image"],
            MinCount=1,
            MaxCount=1,
            ClientToken=order.token,
            TagSpecifications=[{"ResourceType": what, "Tags": tags} for what in ("instance", "volume")],
            **memory["manifest"]["run"],
        )["Instances"][0]
    )
    key = Key(order.key.kind, cell.account, cell.region, started["InstanceId"], started["InstanceId"])
    return {**memory, **sent(cell.now, key=key.ref)}


def restored(cell: AWSCell, order: Order) -> Progress:
    """Done when the new instance runs."""
    found = _restored(cell, order)
    if found is None:
        return unchanged(order.memory if "key" in order.memory else {}, cell.now)
    state = found["State"]["Name"]
    return Progress.PENDING if state == "pending" else Progress.DONE if state == "running" else Progress.FAILED


def _image(cell: AWSCell, order: Order) -> dict[str, Any] | None:
    """The backup of this generation; one that failed only if there is no better."""
    found = cell.pages("ec2", "describe_images", "Images", Owners=["self"], Filters=of_generation(order))
    return min(found, key=lambda image: image["State"] not in ("available", "pending"), default=None)


def _restored(cell: AWSCell, order: Order) -> dict[str, Any] | None:
    """The instance that this case brought back."""
    states = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
    found = cell.pages("ec2", "describe_instances", "Reservations.Instances", Filters=[*of_case(order), states])
    return next(found, None)


def _manifest(instance: Mapping[str, Any]) -> dict[str, Any]:
    """JSON: what RunInstances needs, and for people what it cannot bring back."""
    run: dict[str, Any] = {theirs: instance[ours] for ours, theirs in _COPIED.items() if instance.get(ours)}
    run["SecurityGroupIds"] = [group["GroupId"] for group in instance.get("SecurityGroups", ())]
    placement = instance["Placement"]
    run["Placement"] = {name: placement[name] for name in ("AvailabilityZone", "Tenancy") if placement.get(name)}
    run["Monitoring"] = {"Enabled": instance.get("Monitoring", {}).get("State") in ("enabled", "pending")}
    if instance.get("IamInstanceProfile"):
        run["IamInstanceProfile"] = {"Arn": instance["IamInstanceProfile"]["Arn"]}
    options = instance.get("MetadataOptions", {})
    kept = ("HttpTokens", "HttpEndpoint", "HttpPutResponseHopLimit", "InstanceMetadataTags")
    run["MetadataOptions"] = {name: options[name] for name in kept if options.get(name)}
    volumes = [device for device in instance.get("BlockDeviceMappings", ()) if "Ebs" in device]
    return {
        "run": {name: value for name, value in run.items() if value},
        "tags": tags_of(instance.get("Tags")),
        "volumes": len(volumes),
        "lost": {
            "private_ip": instance.get("PrivateIpAddress", ""),
            "public_ip": instance.get("PublicIpAddress", ""),
            "volumes": {device["DeviceName"]: device["Ebs"]["VolumeId"] for device in volumes},
        },
    }


EXAMPLE: dict[str, Any] = {
    "InstanceId": "i-0abc1234def567890",
    "LaunchTime": "2026-02-03T04:05:06+00:00",
    "State": {"Code": 80, "Name": "stopped"},
    "StateTransitionReason": "User initiated (2026-03-01 10:20:30 GMT)",
    "InstanceType": "m5.large",
    "ImageId": "ami-0abc1234def567890",
    "PlatformDetails": "Linux/UNIX",
    "Placement": {"AvailabilityZone": "us-east-1a", "Tenancy": "default"},
    "VpcId": "vpc-0abc1234",
    "SubnetId": "subnet-0abc1234",
    "PrivateIpAddress": "10.0.0.12",
    "RootDeviceType": "ebs",
    "BlockDeviceMappings": [
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-0abc1234def567890", "AttachTime": "2025-06-01T09:00:00+00:00"}},
    ],
    "NetworkInterfaces": [],
    "SourceDestCheck": True,
    "KeyName": "payments",
    "Tags": [{"Key": "Name", "Value": "payments-batch"}, {"Key": "owner", "Value": "payments"}],
}
"""A raw answer, for documentation and tests."""
