"""Elastic IP addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Verb
from engine.money import HOURS_PER_MONTH, Money, PriceBook
from reapers.kind import Act, Kind, Order, Progress
from reapers.kinds import aws_condemn
from reapers.kinds.aws_tags import tags_of
from reapers.kinds.progress import sent, unchanged
from reapers.kinds.reading import as_read, present

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

NAME = "aws.elastic_ip"
GUARDED = ("associated", "public_ip", "tags")
GONE = ("InvalidAllocationID.NotFound", "InvalidAddress.NotFound")

FIELDS = {
    "public_ip": Field(type="string", doc="the address"),
    "associated": Field(type="bool", doc="belongs to an instance or a network interface"),
    "attached_to": Field(type="string", optional=True, doc="id of the instance"),
    "interface": Field(type="string", optional=True, doc="id of the network interface"),
    "private_ip": Field(type="string", optional=True, doc="the private address that it stands for"),
    "pool": Field(type="string", optional=True, doc="where the address comes from: amazon, or a range of your own (BYOIP)"),
    "border_group": Field(type="string", optional=True, doc="the zones or locations that announce it"),
    "service_managed": Field(type="string", optional=True, doc="the AWS service that manages it (alb, nlb, rnat)"),
}


def parse(cell: AWSCell, raw: Mapping[str, Any]) -> Resource:
    """A member of DescribeAddresses' Addresses. AWS gives no time of allocation: age counts from when Sexton first saw it."""
    tags = tags_of(raw.get("Tags"))
    resource = Resource(
        key=Key(NAME, cell.account, cell.region, raw["AllocationId"], raw["AllocationId"]),
        name=tags.get("Name", raw["PublicIp"]),
        created=None,
        tags=tags,
        fields=present({
            "public_ip": raw["PublicIp"],
            "associated": _associated(raw),
            "attached_to": raw.get("InstanceId") or None,
            "interface": raw.get("NetworkInterfaceId") or None,
            "private_ip": raw.get("PrivateIpAddress") or None,
            "pool": raw.get("PublicIpv4Pool") or None,
            "border_group": raw.get("NetworkBorderGroup") or None,
            "service_managed": raw.get("ServiceManaged") or None,
        }),
        seen_at=cell.now,
    )  # fmt: skip
    return as_read(resource, "ec2:DescribeAddresses", GUARDED)


def _associated(raw: Mapping[str, Any]) -> bool:
    return bool(raw.get("AssociationId") or raw.get("InstanceId") or raw.get("NetworkInterfaceId"))


def list_addresses(cell: AWSCell) -> Iterator[Resource]:
    """Every address of the region; AWS answers them in one piece."""
    for raw in cell.call("ec2", "describe_addresses")["Addresses"]:
        yield parse(cell, raw)


def get(cell: AWSCell, key: Key) -> Resource | Gone:
    """One address by its allocation."""
    raw = _described(cell, key.id)
    return Gone(cell.now) if raw is None else parse(cell, raw)


def links(resource: Resource) -> tuple[Key, ...]:
    """The instance it belongs to."""
    instance = resource.fields.get("attached_to")
    return (Key("aws.ec2_instance", resource.key.account, resource.key.region, str(instance)),) if instance else ()


def price(resource: Resource, book: PriceBook) -> Money:
    """Every public IPv4 address costs the same, in use or not (AWS, since February 2024)."""
    if resource.fields.get("pool", "amazon") != "amazon":
        return Money.unknown("an address of a range of your own")
    return book.monthly("aws", resource.key.region, {"elastic-ip/hour": HOURS_PER_MONTH})


def delete(cell: AWSCell, order: Order) -> dict[str, Any]:
    """Release it. There is no way back: AWS may give the address to somebody else at once.

    In a default VPC the release of an address that is in use succeeds, so that it is read once more right before, and left alone
    where it came into use: nothing is sent then, which `check` finds without effect.
    """
    raw = _described(cell, order.key.id)
    if raw is not None and _associated(raw):
        return {"in_use": True}
    cell.find("ec2", "release_address", GONE, AllocationId=order.key.id)
    return sent(cell.now)


def deleted(cell: AWSCell, order: Order) -> Progress:
    """Done when EC2 does not know it any more."""
    return Progress.DONE if _described(cell, order.key.id) is None else unchanged(order.memory, cell.now)


def _described(cell: AWSCell, allocation: str) -> dict[str, Any] | None:
    answer = cell.find("ec2", "describe_addresses", GONE, AllocationIds=[allocation])
    return next(iter(answer["Addresses"]), None) if answer else None


KIND = Kind(
    name=NAME,
    title="Elastic IP address",
    fields=FIELDS,
    list=list_addresses,
    get=get,
    facts={"unassociated": lambda resource: not resource.fields["associated"]},
    links=links,
    hangs_on=frozenset({"aws.ec2_instance"}),
    fingerprint=GUARDED,
    acts={**aws_condemn.EC2, Verb.DELETE: Act(do=delete, check=deleted)},
    needs={
        Role.SCAN: frozenset({"ec2:DescribeAddresses"}),
        Role.CONDEMN: aws_condemn.EC2_NEEDS,
        Role.DELETE: frozenset({"ec2:DescribeAddresses", "ec2:ReleaseAddress"}),
    },
    price=price,
    parse=parse,
    example={
        "AllocationId": "eipalloc-0abc1234def567890",
        "PublicIp": "203.0.113.25",
        "Domain": "vpc",
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": "us-east-1",
        "Tags": [{"Key": "Name", "Value": "old-vpn"}],
    },
)  # fmt: skip
