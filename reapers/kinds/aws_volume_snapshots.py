"""EBS snapshots as backups: of a volume, and those that an image is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import Key
from reapers.kind import Progress, Unusable
from reapers.kinds import aws_keys

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

NAME = "aws.ebs_snapshot"
GONE = ("InvalidSnapshot.NotFound",)
NEEDS = frozenset({"ec2:DescribeSnapshots"}) | aws_keys.NEEDS


def described(cell: AWSCell, snapshots: Sequence[str]) -> list[dict[str, Any]]:
    """The raw snapshots of these ids; none where one of them is not there."""
    answer = cell.find("ec2", "describe_snapshots", GONE, SnapshotIds=list(snapshots)) if snapshots else None
    return list(answer["Snapshots"]) if answer else []


def verified(cell: AWSCell, snapshots: Iterable[Mapping[str, Any]]) -> Progress:
    """Done when each can be restored from: complete, not empty, at hand, its key enabled. Unusable says what is wrong."""
    found = list(snapshots)
    if any(each["State"] in ("pending", "recovering") for each in found):
        return Progress.PENDING
    for each in found:
        _assert_whole(each)
    for each in found:
        if each.get("Encrypted"):
            aws_keys.assert_usable(cell, each["SnapshotId"], [each.get("KmsKeyId")])
    return Progress.DONE if found else Progress.FAILED


def _assert_whole(snapshot: Mapping[str, Any]) -> None:
    name, state = snapshot["SnapshotId"], snapshot["State"]
    if state != "completed":
        raise Unusable(f"{name} is {state} ({snapshot.get('StateMessage') or 'AWS gives no reason'}): it is no backup")
    if not snapshot.get("VolumeSize"):
        raise Unusable(f"{name} is empty: it is no backup")
    if snapshot.get("StorageTier", "standard") != "standard":
        raise Unusable(f"{name} is archived: bring it back to the standard tier, then retry")


def key_of(cell: AWSCell, snapshot: str) -> Key:
    """The key of a snapshot of this cell, whose id is never given again."""
    return Key(NAME, cell.account, cell.region, snapshot, snapshot)
