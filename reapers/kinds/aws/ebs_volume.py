"""EBS volumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Verb
from engine.money import Money, PriceBook
from reapers.kind import Act, Kind, Order, Progress
from reapers.kinds import aws_condemn
from reapers.kinds import aws_volume_snapshots as snapshots
from reapers.kinds.aws_tags import as_list, backup_tags, filters, of_case, of_generation, restored_tags, tags_of
from reapers.kinds.progress import sent, unchanged
from reapers.kinds.reading import as_read, moment, number, present, said, unread

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

NAME = "aws.ebs_volume"
SOURCE = "ec2:DescribeVolumes"
GONE = ("InvalidVolume.NotFound",)
GUARDED = ("attached_to", "encrypted", "size_gb", "tags", "type", "zone")

FREE_IOPS, FREE_THROUGHPUT = 3000, 125  # gp3: what the price of a gigabyte includes

FIELDS = {
    "state": Field(
        type="string",
        enum=("creating", "available", "in-use", "deleting", "deleted", "error"),
        doc="available: attached to nothing",
    ),
    "attached_to": Field(type="string", optional=True, doc="id of the instance it is attached to (the first, of several)"),
    "delete_on_termination": Field(type="bool", optional=True, doc="whether it goes with the instance it is attached to"),
    "size_gb": Field(type="int", unit="GiB", doc="provisioned size"),
    "type": Field(type="string", enum=("gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"), doc="volume type"),
    "iops": Field(type="int", optional=True, unit="1/s", doc="provisioned or baseline; magnetic and HDD types have none"),
    "throughput": Field(type="int", optional=True, unit="MiB/s", doc="provisioned throughput, gp3 only"),
    "zone": Field(type="string", doc="availability zone: a volume attaches only there"),
    "encrypted": Field(type="bool", doc="encrypted with a KMS key"),
    "kms_key": Field(type="string", optional=True, doc="ARN of the key"),
    "from_snapshot": Field(type="string", optional=True, doc="id of the snapshot it was made from, which may be gone"),
    "multi_attach": Field(type="bool", doc="may be attached to several instances"),
    "operator": Field(type="string", optional=True, doc="the AWS service that manages it for you"),
}


def parse(cell: AWSCell, raw: Mapping[str, Any]) -> Resource:
    """A member of DescribeVolumes' Volumes."""
    attachment: Mapping[str, Any] = next(iter(raw.get("Attachments", ())), {})
    tags = tags_of(raw.get("Tags"))
    resource = Resource(
        key=Key(NAME, cell.account, cell.region, raw["VolumeId"], raw["VolumeId"]),
        name=tags.get("Name", raw["VolumeId"]),
        created=moment(raw["CreateTime"]),
        tags=tags,
        fields=present({
            "state": said(raw, "State"),
            "attached_to": attachment.get("InstanceId"),
            "delete_on_termination": attachment.get("DeleteOnTermination"),
            "size_gb": said(raw, "Size"),
            "type": said(raw, "VolumeType"),
            "iops": raw.get("Iops"),
            "throughput": raw.get("Throughput"),
            "zone": said(raw, "AvailabilityZone"),
            "encrypted": said(raw, "Encrypted"),
            "kms_key": raw.get("KmsKeyId"),
            "from_snapshot": raw.get("SnapshotId") or None,
            "multi_attach": raw.get("MultiAttachEnabled", False),
            "operator": raw.get("Operator", {}).get("Principal"),
        }),
        seen_at=cell.now,
    )  # fmt: skip
    return as_read(resource, SOURCE, GUARDED)


def list_volumes(cell: AWSCell) -> Iterator[Resource]:
    """Every volume of the region."""
    for raw in cell.pages("ec2", "describe_volumes", "Volumes", PaginationConfig={"PageSize": 500}):
        yield parse(cell, raw)


def get(cell: AWSCell, key: Key) -> Resource | Gone:
    """One volume by its id."""
    raw = _described(cell, key.id)
    return Gone(cell.now) if raw is None or raw["State"] == "deleted" else parse(cell, raw)


def links(resource: Resource) -> tuple[Key, ...]:
    """The instance it is attached to."""
    instance = resource.fields.get("attached_to")
    return (Key("aws.ec2_instance", resource.key.account, resource.key.region, str(instance)),) if instance else ()


def price(resource: Resource, book: PriceBook) -> Money:
    """Size and what gp3, io1 and io2 charge for performance; magnetic volumes' requests are not in it."""
    if why := unread(resource, "type", "size_gb"):
        return Money.unknown(why)
    kind, iops, throughput = (resource.fields.get(name) for name in ("type", "iops", "throughput"))
    parts = {f"ebs/{kind}/gb-month": number(resource.fields["size_gb"])}
    if kind == "gp3":
        parts["ebs/gp3/iops-month"] = max(Decimal(0), number(iops) - FREE_IOPS)
        parts["ebs/gp3/mibps-month"] = max(Decimal(0), number(throughput) - FREE_THROUGHPUT)
    if kind in ("io1", "io2"):
        parts[f"ebs/{kind}/iops-month"] = number(iops)
    return book.monthly("aws", resource.key.region, parts)


def back_up(cell: AWSCell, order: Order) -> dict[str, Any]:
    """A snapshot, unless this generation of the case has one, and all that a volume like this one is made from."""
    volume = cell.call("ec2", "describe_volumes", VolumeIds=[order.key.id])["Volumes"][0]
    snapshot = _snapshot(cell, order) or cell.call(
        "ec2",
        "create_snapshot",
        VolumeId=order.key.id,
        Description=f"Sexton's backup of {order.key.id} for case {order.case}",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": as_list(backup_tags(order, tags_of(volume.get("Tags"))))}],
    )
    return sent(cell.now, snapshot=snapshot["SnapshotId"], manifest=_manifest(volume))


def backed_up(cell: AWSCell, order: Order) -> Progress:
    """Done when the snapshot of this volume can be restored from."""
    snapshot = _snapshot(cell, order)
    return unchanged(order.memory, cell.now) if snapshot is None else snapshots.verified(cell, [snapshot])


def made(cell: AWSCell, order: Order) -> tuple[Key, ...]:
    """The snapshot."""
    return (snapshots.key_of(cell, order.memory["snapshot"]),)


def delete(cell: AWSCell, order: Order) -> dict[str, Any]:
    """AWS refuses it (VolumeInUse) while anything is attached."""
    cell.find("ec2", "delete_volume", GONE, VolumeId=order.key.id)
    return sent(cell.now)


def deleted(cell: AWSCell, order: Order) -> Progress:
    """Done when EC2 does not know it any more."""
    raw = _described(cell, order.key.id)
    if raw is None or raw["State"] == "deleted":
        return Progress.DONE
    return Progress.PENDING if raw["State"] == "deleting" else unchanged(order.memory, cell.now)


def restore(cell: AWSCell, order: Order) -> dict[str, Any]:
    """A volume from the snapshot, in the same zone, of the same type, with its tags; its id is new."""
    manifest, made = order.memory["manifest"], _restored(cell, order)
    volume = (
        made
        if made and made["State"] != "error"
        else cell.call(
            "ec2",
            "create_volume",
            SnapshotId=order.memory["snapshot"],
            ClientToken=order.token,
            TagSpecifications=[{"ResourceType": "volume", "Tags": as_list(restored_tags(order, manifest["tags"]))}],
            **manifest["create"],
        )
    )
    key = Key(NAME, cell.account, cell.region, volume["VolumeId"], volume["VolumeId"])
    return {**order.memory, **sent(cell.now, key=key.ref)}


def restored(cell: AWSCell, order: Order) -> Progress:
    """Done when the new volume can be attached."""
    volume = _restored(cell, order)
    if volume is None:
        return unchanged(order.memory if "key" in order.memory else {}, cell.now)
    pending = Progress.PENDING if volume["State"] == "creating" else Progress.FAILED
    return Progress.DONE if volume["State"] in ("available", "in-use") else pending


def _described(cell: AWSCell, volume: str) -> dict[str, Any] | None:
    answer = cell.find("ec2", "describe_volumes", GONE, VolumeIds=[volume])
    return next(iter(answer["Volumes"]), None) if answer else None


def _snapshot(cell: AWSCell, order: Order) -> dict[str, Any] | None:
    """The backup of this generation; one that failed only if there is no better."""
    wanted = [*of_generation(order), *filters(volume_id=[order.key.id])]
    found = list(cell.pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=wanted))
    return min(found, key=lambda snapshot: snapshot["State"] == "error", default=None)


def _restored(cell: AWSCell, order: Order) -> dict[str, Any] | None:
    """The volume that this case brought back; one that failed only if there is no better."""
    found = list(cell.pages("ec2", "describe_volumes", "Volumes", Filters=of_case(order)))
    return min(found, key=lambda volume: volume["State"] == "error", default=None)


def _manifest(volume: Mapping[str, Any]) -> dict[str, Any]:
    """What CreateVolume needs, and for people where it hung: a restored volume is attached by them.

    Throughput belongs to gp3 alone, and IOPS to the types that are provisioned.
    """
    kept = ["AvailabilityZone", "OutpostArn", "VolumeType", "Size", "Encrypted", "KmsKeyId", "MultiAttachEnabled"]
    kept += ["Iops"] if volume["VolumeType"] in ("gp3", "io1", "io2") else []
    kept += ["Throughput"] if volume["VolumeType"] == "gp3" else []
    hung = ("InstanceId", "Device", "DeleteOnTermination")
    return {
        "create": {name: volume[name] for name in kept if volume.get(name)},
        "tags": tags_of(volume.get("Tags")),
        "attachments": [{name: one.get(name) for name in hung} for one in volume.get("Attachments", ())],
    }


KIND = Kind(
    name=NAME,
    title="EBS volume",
    fields=FIELDS,
    list=list_volumes,
    get=get,
    facts={"detached": lambda resource: resource.fields["state"] == "available"},
    links=links,
    hangs_on=frozenset({"aws.ec2_instance"}),
    fingerprint=GUARDED,
    anew=frozenset({"from_snapshot"}),
    acts={
        Verb.BACKUP: Act(do=back_up, check=backed_up, made=made),
        **aws_condemn.EC2,
        Verb.DELETE: Act(do=delete, check=deleted),
        Verb.RESTORE: Act(do=restore, check=restored),
    },
    needs={
        Role.SCAN: frozenset({"ec2:DescribeVolumes"}),
        Role.CONDEMN: aws_condemn.EC2_NEEDS | snapshots.NEEDS | {"ec2:DescribeVolumes", "ec2:CreateSnapshot", "ec2:CreateVolume"},
        Role.DELETE: frozenset({"ec2:DescribeVolumes", "ec2:DeleteVolume"}),
    },
    price=price,
    parse=parse,
    example={
        "VolumeId": "vol-0abc1234def567890",
        "CreateTime": "2026-02-03T04:05:06+00:00",
        "State": "available",
        "Size": 100,
        "VolumeType": "gp3",
        "Iops": 3000,
        "Throughput": 125,
        "AvailabilityZone": "us-east-1a",
        "Encrypted": True,
        "KmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "SnapshotId": "",
        "MultiAttachEnabled": False,
        "Attachments": [],
        "Tags": [{"Key": "Name", "Value": "old-build-cache"}, {"Key": "owner", "Value": "payments"}],
    },
)  # fmt: skip
