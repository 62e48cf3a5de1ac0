"""Custodian's resources that are kinds of ours, and what is known of each: keys, metrics, filters and actions, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.condition.tree import Compare, Expression, Literal, Ref
from engine.custodian import keys
from engine.custodian.keys import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric that one of our evidence fields measures: its maximum over 14 whole days."""

    field: str
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One of Custodian's resources as a kind of ours."""

    kind: str
    keys: Mapping[str, Key]
    delete: str = "delete"
    """What deleting it is called there."""
    snapshots: tuple[str, ...] = ("snapshot",)
    """What backing it up is called there."""
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    filters: Mapping[str, Expression] = field(default_factory=dict)
    """Filters without parameters that are a field of ours."""
    unlike: Mapping[str, str] = field(default_factory=dict)
    """Keys and filters that look like a field of ours and are not: why, and what people may want to write."""
    only: Expression | None = None
    """Which part of our kind it is, where it is not all of it."""

    @property
    def labelled(self) -> bool:
        """Whether its tags are labels (GCP)."""
        return self.kind.startswith("gcp.")


URL = "Custodian compares a whole URL, Sexton keeps its last part"
FIRST_STOP = "Custodian never takes an instance without a date in its transition reason; `idle_days` also counts what scans saw"

EC2 = Resource(
    kind="aws.ec2_instance",
    keys=keys.EC2,
    delete="terminate",
    snapshots=("snapshot",),
    metrics={"CPUUtilization": Metric(field="cpu_max_14d", namespace="AWS/EC2")},
    filters={"termination-protected": Ref("termination_protected"), "stop-protected": Ref("stop_protected")},
    unlike={
        "LaunchTime": "it starts anew with every start; Sexton's `age_days` counts from the first one",
        "instance-uptime": "it starts anew with every start; Sexton's `age_days` counts from the first one",
        "instance-age": "it counts from the oldest volume's attachment; Sexton's `age_days` from that of anything",
        "state-age": FIRST_STOP,
        "StateTransitionReason": FIRST_STOP,
        "PlatformDetails": "Sexton's `platform` has a value where AWS gives none",
        "Platform": "Sexton's `platform` is the operating system as billed, for instance Linux/UNIX or Windows",
    },
)
EBS = Resource(kind="aws.ebs_volume", keys=keys.EBS)
ELASTIC_IP = Resource(kind="aws.elastic_ip", keys=keys.ELASTIC_IP, delete="release", snapshots=())
RDS = Resource(
    kind="aws.rds_instance",
    keys=keys.RDS,
    metrics={"DatabaseConnections": Metric(field="connections_max_14d", namespace="AWS/RDS")},
    unlike={"TagList": "Custodian puts tags elsewhere: ask for single ones with tag:NAME"},
)
S3 = Resource(kind="aws.s3_bucket", keys=keys.S3, snapshots=())
GCP_INSTANCE = Resource(
    kind="gcp.instance",
    keys=keys.GCP_INSTANCE,
    snapshots=("create-machine-image",),
    unlike={
        "machineType": URL,
        "zone": URL,
        "id": "Sexton's `id` is the name; ask for that",
        "scheduling.preemptible": "Sexton's `spot` also counts the newer spot instances",
        "lastStopTimestamp": "Sexton's `idle_days` also counts what its own scans saw",
        "lastStartTimestamp": "Sexton compares no dates but ages",
    },
)
GCP_DISK = Resource(
    kind="gcp.disk",
    keys=keys.GCP_DISK,
    unlike={
        "type": URL,
        "zone": URL,
        "id": "Sexton's `id` is the name; ask for that",
        "lastDetachTimestamp": "Sexton's `idle_days` also counts disks that were never attached, from their creation",
        "lastAttachTimestamp": "Sexton's `never_attached` says that a disk was never attached to anything",
    },
)
GCP_ADDRESS = Resource(
    kind="gcp.address",
    keys=keys.GCP_ADDRESS,
    snapshots=(),
    unlike={"region": URL, "id": "Sexton's `id` is the name; ask for that"},
)
GLOBAL_ADDRESS = Resource(
    kind="gcp.address",
    keys=keys.GCP_ADDRESS,
    snapshots=(),
    unlike=GCP_ADDRESS.unlike,
    only=Compare("==", Ref("region"), Literal("global")),
)
GCP_PROJECT = Resource(
    kind="gcp.project",
    keys=keys.GCP_PROJECT,
    snapshots=(),
    unlike={"parent.id": "Sexton's `parent` reads folders/1", "parent.type": "Sexton's `parent` reads folders/1"},
)

RESOURCES: Mapping[str, Resource] = {
    "aws.ec2": EC2,
    "aws.ebs": EBS,
    "aws.elastic-ip": ELASTIC_IP,
    "aws.network-addr": ELASTIC_IP,
    "aws.rds": RDS,
    "aws.s3": S3,
    "gcp.instance": GCP_INSTANCE,
    "gcp.disk": GCP_DISK,
    "gcp.loadbalancer-address": GCP_ADDRESS,
    "gcp.loadbalancer-global-address": GLOBAL_ADDRESS,
    "gcp.project": GCP_PROJECT,
}
"""By Custodian's full names; a name without a cloud is AWS's."""


def resource_of(name: str) -> Resource | None:
    """The resource of a name as policies write it; None for what is no kind of ours."""
    return RESOURCES.get(name if "." in name else f"aws.{name}")
