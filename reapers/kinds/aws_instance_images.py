"""EC2 instances as images: the backup of aws.ec2_instance and the way back."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import Key
from reapers.kind import Order, Progress, Unusable
from reapers.kinds import aws_volume_snapshots as snapshots
from reapers.kinds.aws_tags import as_list, backup_tags, filters, of_case, of_generation, restored_tags, tags_of
from reapers.kinds.progress import sent, unchanged

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

NEEDS = snapshots.NEEDS | {
    "ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:DescribeAddresses", "ec2:DescribeImages", "ec2:CreateImage",
    "ec2:CreateTags", "ec2:RunInstances", "iam:PassRole",
}  # fmt: skip

_COPIED = (
    "InstanceType", "KeyName", "SubnetId", "EbsOptimized", "HibernationOptions", "EnclaveOptions", "MaintenanceOptions",
    "PrivateDnsNameOptions",
)  # fmt: skip
"""Members of DescribeInstances that RunInstances takes under the same name."""

_WITHIN = {
    "Placement": ("AvailabilityZone", "Tenancy", "GroupName", "PartitionNumber", "HostId", "Affinity"),
    "MetadataOptions": ("HttpTokens", "HttpEndpoint", "HttpPutResponseHopLimit", "HttpProtocolIpv6", "InstanceMetadataTags"),
    "CpuOptions": ("CoreCount", "ThreadsPerCore", "AmdSevSnp"),
}
"""Of these, only some members are RunInstances' to take."""


def back_up(cell: AWSCell, order: Order) -> dict[str, Any]:
    """An image of all its volumes without a restart, unless this generation has one, and what an instance like it is made from.

    User data is not kept, as it may hold secrets, but its digest is. The restored instance has new addresses, and network
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
    return sent(cell.now, image=made["ImageId"], manifest={**_manifest(instance), "lost": _lost(cell, instance)})


def backed_up(cell: AWSCell, order: Order) -> Progress:
    """Done when the image is available, holds as many volumes as the instance has, and each of them can be restored from."""
    image = _image(cell, order)
    if image is None:
        return unchanged(order.memory, cell.now)
    if image["State"] == "pending":
        return Progress.PENDING
    if image["State"] != "available":
        why = image.get("StateReason", {}).get("Message") or "AWS gives no reason"
        raise Unusable(f"{image['ImageId']} is {image['State']} ({why}): it is no backup")
    held, had = snapshots_of(image), order.memory.get("manifest", {}).get("volumes", 1)
    found = snapshots.described(cell, held)
    if len(found) < had:
        raise Unusable(f"{image['ImageId']} holds {len(found)} volumes, and {order.key.id} has {had}")
    return snapshots.verified(cell, found)


def made(cell: AWSCell, order: Order) -> tuple[Key, ...]:
    """The image and the snapshots that it is made of."""
    image = _image(cell, order) or {}
    id = order.memory["image"]
    held = (snapshots.key_of(cell, snapshot) for snapshot in snapshots_of(image))
    return (Key("aws.ami", cell.account, cell.region, id, id), *held)


def snapshots_of(image: Mapping[str, Any]) -> list[str]:
    """The ids of the snapshots that an image is made of."""
    devices = (device.get("Ebs", {}) for device in image.get("BlockDeviceMappings", ()))
    return sorted({str(ebs["SnapshotId"]) for ebs in devices if ebs.get("SnapshotId")})


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
    """JSON: what RunInstances needs. Types, sizes and keys of its volumes are in the image."""
    run: dict[str, Any] = {name: instance[name] for name in _COPIED if instance.get(name)}
    run |= {name: {part: instance[name][part] for part in parts if instance[name].get(part)} for name, parts in _WITHIN.items()
            if name in instance}  # fmt: skip
    run["SecurityGroupIds"] = [group["GroupId"] for group in instance.get("SecurityGroups", ())]
    run["Monitoring"] = {"Enabled": instance.get("Monitoring", {}).get("State") in ("enabled", "pending")}
    if instance.get("IamInstanceProfile"):
        run["IamInstanceProfile"] = {"Arn": instance["IamInstanceProfile"]["Arn"]}
    devices = _volumes(instance)
    run["BlockDeviceMappings"] = [
        {"DeviceName": device["DeviceName"], "Ebs": {"DeleteOnTermination": device["Ebs"]["DeleteOnTermination"]}}
        for device in devices
        if "DeleteOnTermination" in device["Ebs"]
    ]
    return {
        "run": {name: value for name, value in run.items() if value},
        "tags": tags_of(instance.get("Tags")),
        "volumes": len(devices),
    }


def _volumes(instance: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [device for device in instance.get("BlockDeviceMappings", ()) if "Ebs" in device]


def _lost(cell: AWSCell, instance: Mapping[str, Any]) -> dict[str, Any]:
    """For people: what a restore cannot bring back, or leaves to them."""
    addresses = cell.call("ec2", "describe_addresses", Filters=filters(instance_id=[instance["InstanceId"]]))["Addresses"]
    answer = cell.call("ec2", "describe_instance_attribute", InstanceId=instance["InstanceId"], Attribute="userData")
    return {
        "private_ip": instance.get("PrivateIpAddress", ""),
        "public_ip": instance.get("PublicIpAddress", ""),
        "elastic_ips": {str(address.get("AllocationId")): address["PublicIp"] for address in addresses},
        "interfaces": _interfaces(instance.get("NetworkInterfaces", ())),
        "source_dest_check": instance.get("SourceDestCheck", True),
        "user_data_sha256": _digest(answer.get("UserData", {}).get("Value", "")),
        "volumes": {device["DeviceName"]: device["Ebs"]["VolumeId"] for device in _volumes(instance)},
    }


def _interfaces(interfaces: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Network interfaces and their addresses."""
    return {
        nic["NetworkInterfaceId"]: [each["PrivateIpAddress"] for each in nic.get("PrivateIpAddresses", ())]
        for nic in interfaces
        if "NetworkInterfaceId" in nic
    }


def _digest(user_data: str) -> str:
    """SHA-256 of the user data, to tell whether what somebody has at hand is the same; "" for none."""
    return hashlib.sha256(b64decode(user_data)).hexdigest() if user_data else ""


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
