"""EC2 instances. Idle ones and those stopped for long are one kind under two policies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Unknown, Value, Verb
from engine.money import FREE, HOURS_PER_MONTH, Money, PriceBook
from reapers.kind import Act, Evidence, Kind, Order, Progress
from reapers.kinds import aws_condemn
from reapers.kinds import aws_instance_images as image
from reapers.kinds.aws_metrics import Metric, daily
from reapers.kinds.aws_tags import tags_of
from reapers.kinds.progress import sent, unchanged
from reapers.kinds.reading import as_read, moment, present, said, unread

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

NAME = "aws.ec2_instance"
GUARDED = ("image", "key_name", "last_started", "private_ip", "root_device", "subnet", "tags", "type", "volumes", "zone")
GONE = ("InvalidInstanceID.NotFound",)
STOPPED_AT = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")

FIELDS = {
    "state": Field(type="string", enum=("pending", "running", "stopping", "stopped", "shutting-down", "terminated"), doc="state"),
    "type": Field(type="string", doc="instance type, for instance m5.large"),
    "last_started": Field(type="string", doc="when it was last started, RFC 3339, UTC"),
    "image": Field(type="string", doc="id of the AMI it was started from, which may be gone"),
    "platform": Field(type="string", doc="operating system as billed, for instance Linux/UNIX or Windows"),
    "lifecycle": Field(type="string", optional=True, doc="spot, scheduled or capacity-block; absent for on-demand"),
    "tenancy": Field(type="string", enum=("default", "dedicated", "host"), doc="whose hardware it runs on"),
    "zone": Field(type="string", doc="availability zone"),
    "vpc": Field(type="string", optional=True, doc="id of the VPC"),
    "subnet": Field(type="string", optional=True, doc="id of the subnet"),
    "private_ip": Field(type="string", optional=True, doc="private address: kept over a stop, lost with the instance"),
    "public_ip": Field(type="string", optional=True, doc="public address; one that is not elastic is lost by a stop"),
    "root_device": Field(type="string", enum=("ebs", "instance-store"), doc="instance-store cannot be stopped"),
    "volumes": Field(type="int", doc="EBS volumes attached"),
    "key_name": Field(type="string", optional=True, doc="SSH key pair"),
    "profile": Field(type="string", optional=True, doc="ARN of the instance profile"),
    "routes": Field(type="bool", doc="forwards traffic that is not its own (NAT, VPN): its CPU says nothing of its use"),
    "operator": Field(type="string", optional=True, doc="the AWS service that manages it for you"),
    "termination_protected": Field(type="bool", price="call", doc="AWS refuses to terminate it"),
    "stop_protected": Field(type="bool", price="call", doc="AWS refuses to stop it"),
    "cpu_max_14d": Field(type="double", unit="%", price="paid", doc="highest CPU use in the last 14 whole days"),
    "network_mb_day_14d": Field(type="double", unit="MB", price="paid", doc="most traffic of a day, in and out, in the last 14"),
}


def parse(cell: AWSCell, raw: Mapping[str, Any]) -> Resource:
    """An instance as DescribeInstances' Reservations hold them."""
    tags = tags_of(raw.get("Tags"))
    resource = Resource(
        key=Key(NAME, cell.account, cell.region, raw["InstanceId"], raw["InstanceId"]),
        name=tags.get("Name", raw["InstanceId"]),
        created=_created(raw),
        tags=tags,
        fields=present({
            "state": raw["State"]["Name"],
            "type": said(raw, "InstanceType"),
            "last_started": moment(raw["LaunchTime"]).isoformat(),
            "image": said(raw, "ImageId"),
            "platform": raw.get("PlatformDetails") or ("Windows" if raw.get("Platform") else "Linux/UNIX"),
            "lifecycle": raw.get("InstanceLifecycle"),
            "tenancy": raw["Placement"].get("Tenancy", "default"),
            "zone": raw["Placement"]["AvailabilityZone"],
            "vpc": raw.get("VpcId") or None,
            "subnet": raw.get("SubnetId") or None,
            "private_ip": raw.get("PrivateIpAddress") or None,
            "public_ip": raw.get("PublicIpAddress") or None,
            "root_device": said(raw, "RootDeviceType"),
            "volumes": sum("Ebs" in device for device in raw.get("BlockDeviceMappings", ())),
            "key_name": raw.get("KeyName") or None,
            "profile": raw.get("IamInstanceProfile", {}).get("Arn"),
            "routes": any(part.get("SourceDestCheck") is False for part in (raw, *raw.get("NetworkInterfaces", ()))),
            "operator": raw.get("Operator", {}).get("Principal"),
        }),
        seen_at=cell.now,
        since=_stopped_since(raw),
    )  # fmt: skip
    return as_read(resource, "ec2:DescribeInstances", GUARDED)


def _created(raw: Mapping[str, Any]) -> datetime:
    """LaunchTime starts anew with every start; what was attached at the beginning remembers it."""
    devices = [device["Ebs"] for device in raw.get("BlockDeviceMappings", ()) if "Ebs" in device]
    interfaces = [interface.get("Attachment", {}) for interface in raw.get("NetworkInterfaces", ())]
    attached = [part["AttachTime"] for part in (*devices, *interfaces) if part.get("AttachTime")]
    return min(moment(time) for time in (raw["LaunchTime"], *attached))


def _stopped_since(raw: Mapping[str, Any]) -> dict[str, datetime]:
    """When it was stopped, where the reason of the last transition has a date: "User initiated (2026-01-02 03:04:05 GMT)"."""
    dated = STOPPED_AT.search(raw.get("StateTransitionReason", ""))
    if raw["State"]["Name"] != "stopped" or dated is None:
        return {}
    return {"stopped": datetime.strptime(dated[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)}


def list_instances(cell: AWSCell) -> Iterator[Resource]:
    """Every instance of the region but the terminated, which EC2 shows for another hour."""
    for raw in cell.pages("ec2", "describe_instances", "Reservations.Instances", PaginationConfig={"PageSize": 500}):
        if raw["State"]["Name"] != "terminated":
            yield parse(cell, raw)


def get(cell: AWSCell, key: Key) -> Resource | Gone:
    """One instance by its id; a terminated one is gone."""
    raw = described(cell, key.id)
    return Gone(cell.now) if raw is None or raw["State"]["Name"] == "terminated" else parse(cell, raw)


def links(resource: Resource) -> tuple[Key, ...]:
    """The image it was started from."""
    return (Key("aws.ami", resource.key.account, resource.key.region, str(resource.fields["image"])),)


def price(resource: Resource, book: PriceBook) -> Money:
    """On-demand Linux. A stopped instance costs nothing itself: its volumes and addresses are resources of their own."""
    fields = resource.fields
    if why := unread(resource, "type"):
        return Money.unknown(why)
    if fields["state"] in ("stopping", "stopped", "shutting-down"):
        return FREE
    if fields["platform"] != "Linux/UNIX" or fields["tenancy"] != "default" or "lifecycle" in fields:
        return Money.unknown(f"no list price for {fields.get('lifecycle', fields['platform'])}, tenancy {fields['tenancy']}")
    return book.monthly("aws", resource.key.region, {f"ec2/{fields['type']}/hour": HOURS_PER_MONTH})


def protections(cell: AWSCell, resources: Sequence[Resource], attribute: str) -> Mapping[str, Value | Unknown]:
    """disableApiTermination or disableApiStop, a call for each instance."""
    return {resource.key.id: _protection(cell, resource.key.id, attribute) for resource in resources}


def _protection(cell: AWSCell, instance: str, attribute: str) -> bool | Unknown:
    answer = cell.ask("ec2", "describe_instance_attribute", InstanceId=instance, Attribute=attribute)
    if isinstance(answer, Unknown) or answer is None:
        return answer or Unknown("EC2 gave no answer")
    return bool(answer[attribute[0].upper() + attribute[1:]]["Value"])


def cpu(cell: AWSCell, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
    """The highest maximum of 14 days."""
    metric = Metric("AWS/EC2", "CPUUtilization", "Maximum", "InstanceId")
    found = daily(cell, metric, [resource.key.id for resource in resources])
    return {name: series if isinstance(series, Unknown) else max(series) for name, series in found.items()}


def network(cell: AWSCell, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
    """The busiest of 14 days."""
    ids = [resource.key.id for resource in resources]
    came, went = (daily(cell, Metric("AWS/EC2", name, "Sum", "InstanceId"), ids) for name in ("NetworkIn", "NetworkOut"))
    return {name: _busiest(came[name], went[name]) for name in ids}


def _busiest(came: tuple[float, ...] | Unknown, went: tuple[float, ...] | Unknown) -> float | Unknown:
    if isinstance(came, Unknown):
        return came
    return went if isinstance(went, Unknown) else max(a + b for a, b in zip(came, went, strict=False)) / 1e6


def stop(cell: AWSCell, order: Order) -> dict[str, Any]:
    """AWS refuses it where stop protection is on or the root device is an instance store."""
    cell.call("ec2", "stop_instances", InstanceIds=[order.key.id])
    return sent(cell.now)


def start(cell: AWSCell, order: Order) -> dict[str, Any]:
    """Start it again."""
    cell.call("ec2", "start_instances", InstanceIds=[order.key.id])
    return sent(cell.now)


def delete(cell: AWSCell, order: Order) -> dict[str, Any]:
    """Terminate it. AWS refuses it where termination protection is on."""
    cell.find("ec2", "terminate_instances", GONE, InstanceIds=[order.key.id])
    return sent(cell.now)


def reached(cell: AWSCell, order: Order, end: str, on_the_way: Sequence[str]) -> Progress:
    """How far it is on the way to a state. One that is gone has failed to get to any state but terminated."""
    raw = described(cell, order.key.id)
    state = "terminated" if raw is None else raw["State"]["Name"]
    if state in (end, *on_the_way):
        return Progress.DONE if state == end else Progress.PENDING
    return Progress.FAILED if state in ("terminated", "shutting-down") else unchanged(order.memory, cell.now)


def described(cell: AWSCell, instance: str) -> dict[str, Any] | None:
    """The raw instance, or None."""
    answer = cell.find("ec2", "describe_instances", GONE, InstanceIds=[instance])
    return next((raw for group in answer["Reservations"] for raw in group["Instances"]), None) if answer else None


KIND = Kind(
    name=NAME,
    title="EC2 instance",
    fields=FIELDS,
    list=list_instances,
    get=get,
    evidence={
        "termination_protected": Evidence(
            price="call",
            source="ec2:DescribeInstanceAttribute",
            read=lambda cell, resources: protections(cell, resources, "disableApiTermination"),
        ),
        "stop_protected": Evidence(
            price="call",
            source="ec2:DescribeInstanceAttribute",
            read=lambda cell, resources: protections(cell, resources, "disableApiStop"),
        ),
        "cpu_max_14d": Evidence(price="paid", source="cloudwatch:GetMetricData", read=cpu, metric=True),
        "network_mb_day_14d": Evidence(price="paid", source="cloudwatch:GetMetricData", read=network, metric=True),
    },
    facts={"stopped": lambda resource: resource.fields["state"] == "stopped"},
    links=links,
    fingerprint=GUARDED,
    anew=frozenset({"image", "last_started", "private_ip", "public_ip"}),
    stopped=frozenset({"stopped"}),
    acts={
        Verb.STOP: Act(do=stop, check=lambda cell, order: reached(cell, order, "stopped", ["stopping"])),
        Verb.START: Act(do=start, check=lambda cell, order: reached(cell, order, "running", ["pending"])),
        Verb.BACKUP: Act(do=image.back_up, check=image.backed_up, made=image.made),
        **aws_condemn.EC2,
        Verb.DELETE: Act(do=delete, check=lambda cell, order: reached(cell, order, "terminated", ["shutting-down"])),
        Verb.RESTORE: Act(do=image.restore, check=image.restored),
    },
    needs={
        Role.SCAN: frozenset({"ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "cloudwatch:GetMetricData"}),
        Role.STOP: frozenset({"ec2:DescribeInstances", "ec2:StopInstances", "ec2:StartInstances"}),
        Role.CONDEMN: aws_condemn.EC2_NEEDS | image.NEEDS,
        Role.DELETE: frozenset({"ec2:DescribeInstances", "ec2:TerminateInstances"}),
    },
    price=price,
    parse=parse,
    example=image.EXAMPLE,
)  # fmt: skip
