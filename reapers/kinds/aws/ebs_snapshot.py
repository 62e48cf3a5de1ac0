"""EBS snapshots that the account owns: people's, programs' and our own backups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Unknown, Value, Verb
from engine.money import Money, PriceBook
from engine.spent import FIELDS as OF_BACKUPS
from reapers.kind import Act, Evidence, Kind, Order, Progress
from reapers.kinds import aws_condemn, own_backups
from reapers.kinds.aws_image_uses import SNAPSHOTS, snapshots_in_images, snapshots_in_templates, used
from reapers.kinds.aws_recycle_bin import Bin
from reapers.kinds.aws_tags import tags_of
from reapers.kinds.aws_volume_snapshots import GONE, NAME, described
from reapers.kinds.progress import sent, unchanged
from reapers.kinds.reading import as_read, moment, number, present, said, unread, unused

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

GUARDED = ("encrypted", "in_template", "size_gb", "tags", "volume")
"""Not `in_use`: an image that goes before its snapshots changes that, and while one is there its link holds them."""
BIN = Bin(sort="EBS_SNAPSHOT", noun="Snapshot")

COPIED = "vol-ffffffff"
"""The source of a snapshot that is a copy: it has none."""

FIELDS = {
    "state": Field(type="string", enum=("pending", "completed", "error", "recoverable", "recovering"), doc="completed: whole"),
    "volume": Field(type="string", optional=True, doc="id of the volume it was made of, which may be gone; absent for a copy"),
    "size_gb": Field(type="int", unit="GiB", doc="size of the volume"),
    "full_gb": Field(type="double", optional=True, unit="GiB", doc="blocks that the whole snapshot holds, shared ones too"),
    "encrypted": Field(type="bool", doc="encrypted with a KMS key"),
    "kms_key": Field(type="string", optional=True, doc="ARN of the key"),
    "tier": Field(type="string", enum=("standard", "archive"), doc="archive takes days to restore from"),
    "in_use": Field(type="bool", doc="an image of the account, enabled or not, or a version of a launch template holds it"),
    "in_template": Field(type="bool", doc="a version of a launch template or a launch configuration holds it"),
    "description": Field(type="string", optional=True, doc="what people or programs wrote"),
    "shared": Field(type="bool", price="call", doc="other accounts, or everybody, may make volumes of it"),
    **OF_BACKUPS,
}


def parse(cell: AWSCell, raw: Mapping[str, Any]) -> Resource:
    """A member of DescribeSnapshots' Snapshots, with `InUse` and `InTemplate` beside it: what holds it, or Unknown."""
    tags, volume, full = tags_of(raw.get("Tags")), raw.get("VolumeId"), raw.get("FullSnapshotSizeInBytes")
    resource = Resource(
        key=Key(NAME, cell.account, cell.region, raw["SnapshotId"], raw["SnapshotId"]),
        name=tags.get("Name", raw["SnapshotId"]),
        created=moment(raw["StartTime"]),
        tags=tags,
        fields=present({
            "state": said(raw, "State"),
            "volume": None if volume == COPIED else volume,
            "size_gb": said(raw, "VolumeSize"),
            "full_gb": full / 2**30 if full is not None else None,
            "encrypted": said(raw, "Encrypted"),
            "kms_key": raw.get("KmsKeyId"),
            "tier": raw.get("StorageTier", "standard"),
            "in_use": raw["InUse"],
            "in_template": raw["InTemplate"],
            "description": raw.get("Description") or None,
            **own_backups.fields(tags, cell.now),
        }),
        seen_at=cell.now,
    )  # fmt: skip
    return as_read(resource, "ec2:DescribeSnapshots", GUARDED)


def list_snapshots(cell: AWSCell) -> Iterator[Resource]:
    """Every snapshot of the region that the account owns. What uses them is asked only where there is one."""
    found = list(cell.pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"], PaginationConfig={"PageSize": 1000}))
    yield from _with_uses(cell, found) if found else ()


def get(cell: AWSCell, key: Key) -> Resource | Gone:
    """One snapshot by its id."""
    found = described(cell, [key.id])
    return next(_with_uses(cell, found)) if found else Gone(cell.now)


def _with_uses(cell: AWSCell, found: Sequence[Mapping[str, Any]]) -> Iterator[Resource]:
    """One read of all images and templates for all of them. One that something holds is in use, whatever else was not read."""
    images, templates = snapshots_in_images(cell), snapshots_in_templates(cell)
    for raw in found:
        uses = used(raw["SnapshotId"], images), used(raw["SnapshotId"], templates)
        unread = next((use for use in uses if isinstance(use, Unknown)), False)
        yield parse(cell, {**raw, "InUse": True in uses or unread, "InTemplate": uses[1]})


def price(resource: Resource, book: PriceBook) -> Money:
    """At most: AWS bills the blocks that no earlier snapshot holds, and tells nobody how many those are."""
    if why := unread(resource, "size_gb"):
        return Money.unknown(why)
    archived = "archive/" if resource.fields["tier"] == "archive" else ""
    size = number(resource.fields.get("full_gb")) or number(resource.fields["size_gb"])
    return book.monthly("aws", resource.key.region, {f"ebs/snapshot/{archived}gb-month": size})


def shared(cell: AWSCell, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
    """A call for each snapshot."""
    return {resource.key.id: _shared(cell, resource.key.id) for resource in resources}


def _shared(cell: AWSCell, snapshot: str) -> bool | Unknown:
    answer = cell.ask("ec2", "describe_snapshot_attribute", SnapshotId=snapshot, Attribute="createVolumePermission")
    if isinstance(answer, Unknown) or answer is None:
        return answer or Unknown("EC2 gave no answer")
    return bool(answer["CreateVolumePermissions"])


def delete(cell: AWSCell, order: Order) -> dict[str, Any]:
    """AWS refuses it (InvalidSnapshot.InUse) while an image holds it, and while it is locked."""
    cell.find("ec2", "delete_snapshot", GONE, SnapshotId=order.key.id)
    return sent(cell.now)


def deleted(cell: AWSCell, order: Order) -> Progress:
    """Done when EC2 does not show it any more, wherever a rule may keep it."""
    return unchanged(order.memory, cell.now) if described(cell, [order.key.id]) else Progress.DONE


def restored(cell: AWSCell, order: Order) -> Progress:
    """Done when EC2 shows it again."""
    found = described(cell, [order.key.id])
    if not found:
        return unchanged(order.memory if "key" in order.memory else {}, cell.now)
    return Progress.PENDING if found[0]["State"] in ("recovering", "pending") else Progress.DONE


KIND = Kind(
    name=NAME,
    title="EBS snapshot",
    fields=FIELDS,
    list=list_snapshots,
    get=get,
    evidence={"shared": Evidence(price="call", source="ec2:DescribeSnapshotAttribute", read=shared)},
    facts={"unused": unused},
    fingerprint=GUARDED,
    held_otherwise="in_template",
    reads=("aws.ami",),
    acts={
        Verb.BACKUP: Act(do=BIN.promise, check=BIN.promised),
        **aws_condemn.EC2,
        Verb.DELETE: Act(do=delete, check=deleted),
        Verb.RESTORE: Act(do=BIN.bring_back, check=restored),
    },
    needs={
        Role.SCAN: SNAPSHOTS | {"ec2:DescribeSnapshots", "ec2:DescribeSnapshotAttribute"},
        Role.CONDEMN: aws_condemn.EC2_NEEDS | BIN.needs | {"ec2:DescribeSnapshots"},
        Role.DELETE: frozenset({"ec2:DescribeSnapshots", "ec2:DeleteSnapshot"}),
    },
    price=price,
    parse=parse,
    example={
        "SnapshotId": "snap-0abc1234def567890",
        "VolumeId": "vol-0abc1234def567890",
        "StartTime": "2026-02-03T04:05:06+00:00",
        "State": "completed",
        "Progress": "100%",
        "VolumeSize": 100,
        "FullSnapshotSizeInBytes": 42949672960,
        "Encrypted": True,
        "KmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "StorageTier": "standard",
        "OwnerId": "111122223333",
        "InUse": False,
        "InTemplate": False,
        "Tags": [{"Key": "owner", "Value": "payments"}],
    },
)
