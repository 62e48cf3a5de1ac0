"""The condemn tag on AWS. One tag is written or removed by itself: no other tag can be lost on the way.

S3 has no part in it: PutBucketTagging replaces all tags at once and takes no condition, so that what somebody writes between our
reading and our writing would be gone; and buckets are only reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from engine.mark import TAG, carried
from engine.model import Verb
from reapers.kind import Act, Order
from reapers.kinds.aws_tags import as_list, filters, tags_of
from reapers.kinds.condemning import Carrier, Tagging, acts

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

EC2_NEEDS = frozenset({"ec2:DescribeTags", "ec2:CreateTags", "ec2:DeleteTags"})
"""What the role condemn needs for whatever EC2 knows."""

RDS_NEEDS = frozenset({"rds:AddTagsToResource", "rds:RemoveTagsFromResource"})
"""What it needs besides describing, for whatever RDS knows."""

Described = Callable[["AWSCell", Order], Mapping[str, Any] | None]
"""A resource of RDS as it describes it, or None where that life of it is over."""


def _ec2_tags(cell: AWSCell, order: Order) -> Carrier | None:
    """EC2 answers tags by id, of whatever kind; its ids are never used again, so that nothing else can be meant."""
    listed = cell.pages("ec2", "describe_tags", "Tags", Filters=filters(resource_id=[order.key.id]))
    return Carrier(tags=tags_of(listed), raw={})


def _ec2_put(cell: AWSCell, order: Order, _: Carrier, mark: str) -> bool:
    cell.call("ec2", "create_tags", Resources=[order.key.id], Tags=as_list({TAG: mark}))
    return True


def _ec2_drop(cell: AWSCell, order: Order, carrier: Carrier) -> bool:
    """With its value: EC2 then removes the tag only where it still says that."""
    cell.call("ec2", "delete_tags", Resources=[order.key.id], Tags=as_list({TAG: carried(carrier.tags)}))
    return True


EC2: Mapping[Verb, Act] = acts(Tagging(read=_ec2_tags, put=_ec2_put, drop=_ec2_drop))
"""Condemning and sparing of whatever EC2 knows by an id."""


def rds(described: Described, arn: str) -> Mapping[Verb, Act]:
    """Condemning and sparing of a kind of RDS; `arn` is the member of its description that holds its ARN."""

    def read(cell: AWSCell, order: Order) -> Carrier | None:
        raw = described(cell, order)
        return None if raw is None else Carrier(tags=tags_of(raw.get("TagList")), raw=raw)

    def put(cell: AWSCell, _: Order, carrier: Carrier, mark: str) -> bool:
        cell.call("rds", "add_tags_to_resource", ResourceName=carrier.raw[arn], Tags=as_list({TAG: mark}))
        return True

    def drop(cell: AWSCell, _: Order, carrier: Carrier) -> bool:
        cell.call("rds", "remove_tags_from_resource", ResourceName=carrier.raw[arn], TagKeys=[TAG])
        return True

    return acts(Tagging(read=read, put=put, drop=drop))
