"""Machine images (AMIs) that the account owns. The snapshots that one is made of are resources of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Unknown, Value, Verb
from engine.money import FREE, Money, PriceBook
from engine.spent import FIELDS as OF_BACKUPS
from reapers.kind import Act, Evidence, Kind, Order, Progress
from reapers.kinds import aws_condemn, own_backups
from reapers.kinds.aws_image_uses import IMAGES, images_in_use, own_images, used
from reapers.kinds.aws_instance_images import snapshots_of
from reapers.kinds.aws_recycle_bin import Bin
from reapers.kinds.aws_tags import tags_of
from reapers.kinds.progress import sent, unchanged
from reapers.kinds.reading import as_read, moment, present, said, unused

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

NAME = "aws.ami"
GUARDED = ("in_use", "public", "snapshots", "tags")
GONE = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable")
BIN = Bin(sort="EC2_IMAGE", noun="Image")

FIELDS = {
    "state": Field(
        type="string",
        enum=("pending", "available", "invalid", "deregistered", "transient", "failed", "error", "disabled"),
        doc="disabled: nothing new can be started from it",
    ),
    "snapshots": Field(type="string", optional=True, doc="ids of the snapshots it is made of, separated by blanks"),
    "size_gb": Field(type="int", unit="GiB", doc="size of its volumes together"),
    "platform": Field(type="string", doc="operating system as billed, for instance Linux/UNIX or Windows"),
    "public": Field(type="bool", doc="everybody may start it"),
    "deletion_protected": Field(type="bool", doc="AWS refuses to deregister it"),
    "last_launched": Field(type="string", optional=True, doc="when it was last started, RFC 3339, UTC; AWS is a day late"),
    "in_use": Field(
        type="bool", doc="an instance of the account in this region runs from it, or a version of a launch template names it"
    ),
    "description": Field(type="string", optional=True, doc="what people or programs wrote"),
    "shared": Field(type="bool", price="call", doc="other accounts may start it: what they do with it cannot be seen here"),
    "fast_launch": Field(type="bool", price="call", doc="instances are prepared from it ahead (EC2 Fast Launch)"),
    **OF_BACKUPS,
}


def parse(cell: AWSCell, raw: Mapping[str, Any]) -> Resource:
    """A member of DescribeImages' Images, with `InUse` put beside it: whether something uses it, or Unknown."""
    tags, launched = tags_of(raw.get("Tags")), raw.get("LastLaunchedTime")
    devices = [device["Ebs"] for device in raw.get("BlockDeviceMappings", ()) if "Ebs" in device]
    resource = Resource(
        key=Key(NAME, cell.account, cell.region, raw["ImageId"], raw["ImageId"]),
        name=raw.get("Name") or raw["ImageId"],
        created=moment(raw["CreationDate"]),
        tags=tags,
        fields=present({
            "state": said(raw, "State"),
            "snapshots": " ".join(snapshots_of(raw)) or None,
            "size_gb": _size(devices),
            "platform": raw.get("PlatformDetails") or ("Windows" if raw.get("Platform") else "Linux/UNIX"),
            "public": said(raw, "Public"),
            "deletion_protected": raw.get("DeregistrationProtection", "disabled") != "disabled",
            "last_launched": moment(launched).isoformat() if launched else None,
            "in_use": raw["InUse"],
            "description": raw.get("Description") or None,
            **own_backups.fields(tags, cell.now),
        }),
        seen_at=cell.now,
    )  # fmt: skip
    return as_read(resource, "ec2:DescribeImages", GUARDED)


def _size(devices: Sequence[Mapping[str, Any]]) -> int | Unknown:
    """All volumes together. One whose size is not told makes it unknown: it is not 0."""
    told = [device.get("VolumeSize") for device in devices]
    sizes = [int(size) for size in told if size is not None]
    return sum(sizes) if len(sizes) == len(told) else Unknown("ec2:DescribeImages does not tell the size of every volume")


def list_images(cell: AWSCell) -> Iterator[Resource]:
    """Every image of the region that the account owns, the disabled too. What uses them is asked only where there is one."""
    found = [raw for raw in own_images(cell) if raw["State"] != "deregistered"]
    uses = images_in_use(cell) if found else frozenset[str]()
    for raw in found:
        yield parse(cell, {**raw, "InUse": used(raw["ImageId"], uses)})


def get(cell: AWSCell, key: Key) -> Resource | Gone:
    """One image by its id."""
    raw = described(cell, key.id)
    return Gone(cell.now) if raw is None else parse(cell, {**raw, "InUse": used(key.id, images_in_use(cell))})


def described(cell: AWSCell, image: str) -> dict[str, Any] | None:
    """The raw image, or None; a deregistered one is gone."""
    answer = cell.find("ec2", "describe_images", GONE, ImageIds=[image], IncludeDisabled=True)
    found = answer["Images"] if answer else ()
    return next((raw for raw in found if raw["State"] != "deregistered"), None)


def links(resource: Resource) -> tuple[Key, ...]:
    """The snapshots that it is made of: none of them goes before it."""
    place = resource.key.account, resource.key.region
    return tuple(Key("aws.ebs_snapshot", *place, id) for id in str(resource.fields.get("snapshots", "")).split())


def price(resource: Resource, book: PriceBook) -> Money:  # noqa: ARG001 - every kind's signature
    """Nothing by itself: its snapshots cost."""
    return FREE


def shared(cell: AWSCell, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
    """A call for each image."""
    return {resource.key.id: _shared(cell, resource.key.id) for resource in resources}


def _shared(cell: AWSCell, image: str) -> bool | Unknown:
    answer = cell.ask("ec2", "describe_image_attribute", ImageId=image, Attribute="launchPermission")
    if isinstance(answer, Unknown) or answer is None:
        return answer or Unknown("EC2 gave no answer")
    return bool(answer.get("LaunchPermissions"))


def fast_launch(cell: AWSCell, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
    """One list for all."""
    prepared = {raw["ImageId"] for raw in cell.pages("ec2", "describe_fast_launch_images", "FastLaunchImages")}
    return {resource.key.id: resource.key.id in prepared for resource in resources}


def stop(cell: AWSCell, order: Order) -> dict[str, Any]:
    """Disable it: nothing new starts from it, and whoever needs it finds out while it can be enabled again.

    With it go the permissions of other accounts, which enabling does not bring back.
    """
    cell.call("ec2", "disable_image", ImageId=order.key.id)
    return sent(cell.now)


def start(cell: AWSCell, order: Order) -> dict[str, Any]:
    """Enable it again."""
    cell.call("ec2", "enable_image", ImageId=order.key.id)
    return sent(cell.now)


def delete(cell: AWSCell, order: Order) -> dict[str, Any]:
    """Deregister it; its snapshots stay. AWS does so whatever uses it, so that uses are read once more right before.

    Where it came into use, or that could not be read, nothing is sent, which `check` finds without effect.
    """
    if used(order.key.id, images_in_use(cell)) is not False:
        return {"in_use": True}
    cell.find("ec2", "deregister_image", GONE, ImageId=order.key.id)
    return sent(cell.now)


def deleted(cell: AWSCell, order: Order) -> Progress:
    """Done when EC2 does not show it any more, wherever a rule may keep it."""
    return Progress.DONE if described(cell, order.key.id) is None else unchanged(order.memory, cell.now)


def reached(cell: AWSCell, order: Order, end: str) -> Progress:
    """Whether it is in a state."""
    raw = described(cell, order.key.id)
    if raw is None:
        return Progress.FAILED
    return Progress.DONE if raw["State"] == end else unchanged(order.memory, cell.now)


def restored(cell: AWSCell, order: Order) -> Progress:
    """Done when EC2 shows it again."""
    there = described(cell, order.key.id) is not None
    return Progress.DONE if there else unchanged(order.memory if "key" in order.memory else {}, cell.now)


KIND = Kind(
    name=NAME,
    title="Machine image (AMI)",
    fields=FIELDS,
    list=list_images,
    get=get,
    evidence={
        "shared": Evidence(price="call", source="ec2:DescribeImageAttribute", read=shared),
        "fast_launch": Evidence(price="call", source="ec2:DescribeFastLaunchImages", read=fast_launch),
    },
    facts={"unused": unused},
    links=links,
    parts=frozenset({"aws.ebs_snapshot"}),
    fingerprint=GUARDED,
    anew=frozenset({"last_launched", "snapshots"}),
    stopped=frozenset({"disabled"}),
    acts={
        Verb.STOP: Act(do=stop, check=lambda cell, order: reached(cell, order, "disabled")),
        Verb.START: Act(do=start, check=lambda cell, order: reached(cell, order, "available")),
        Verb.BACKUP: Act(do=BIN.promise, check=BIN.promised),
        **aws_condemn.EC2,
        Verb.DELETE: Act(do=delete, check=deleted),
        Verb.RESTORE: Act(do=BIN.bring_back, check=restored),
    },
    needs={
        Role.SCAN: IMAGES | {"ec2:DescribeImages", "ec2:DescribeImageAttribute", "ec2:DescribeFastLaunchImages"},
        Role.STOP: frozenset({"ec2:DescribeImages", "ec2:DisableImage", "ec2:EnableImage"}),
        Role.CONDEMN: aws_condemn.EC2_NEEDS | BIN.needs | {"ec2:DescribeImages"},
        Role.DELETE: IMAGES | {"ec2:DescribeImages", "ec2:DeregisterImage"},
    },
    price=price,
    parse=parse,
    example={
        "ImageId": "ami-0abc1234def567890",
        "Name": "payments-base-2026-02-03",
        "CreationDate": "2026-02-03T04:05:06.000Z",
        "State": "available",
        "PlatformDetails": "Linux/UNIX",
        "Public": False,
        "OwnerId": "111122223333",
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-0abc1234def567890", "VolumeSize": 20}}],
        "DeregistrationProtection": "disabled",
        "InUse": False,
        "Tags": [{"Key": "owner", "Value": "payments"}],
    },
)
