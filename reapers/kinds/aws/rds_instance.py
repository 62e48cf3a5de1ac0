"""RDS database instances. Members of Aurora clusters are listed too: AWS refuses to stop those alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Unknown, Value, Verb
from engine.money import HOURS_PER_MONTH, Money, PriceBook
from reapers.kind import Act, Evidence, Kind, Order, Progress
from reapers.kinds import aws_condemn
from reapers.kinds import aws_database_snapshots as snapshot
from reapers.kinds import aws_database_starts as starts
from reapers.kinds.aws_metrics import ONE_MINUTE, Metric, daily
from reapers.kinds.aws_tags import tags_of
from reapers.kinds.progress import sent, unchanged
from reapers.kinds.reading import as_read, moment, number, present, said, unread

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

NAME = "aws.rds_instance"
GUARDED = ("class", "cluster", "deletion_protected", "engine", "multi_az", "replica_of", "replicas", "size_gb", "tags")

SOURCES = ("ReadReplicaSourceDBInstanceIdentifier", "ReadReplicaSourceDBClusterIdentifier")
REPLICAS = ("ReadReplicaDBInstanceIdentifiers", "ReadReplicaDBClusterIdentifiers")
"""Those of other regions are among the instances, by ARN; Aurora clusters that replicate an instance have a list of their own."""

FIELDS = {
    "state": Field(type="string", doc="DBInstanceStatus, for instance available, stopped, backing-up"),
    "class": Field(type="string", doc="instance class, for instance db.t4g.medium"),
    "engine": Field(type="string", doc="postgres, mysql, mariadb, oracle-ee, sqlserver-se, aurora-mysql and so on"),
    "engine_version": Field(type="string", doc="version of the engine"),
    "license": Field(type="string", optional=True, doc="license-included, bring-your-own-license or the engine's own"),
    "size_gb": Field(type="int", unit="GiB", doc="allocated storage"),
    "storage": Field(type="string", optional=True, doc="gp2, gp3, io1, io2, standard or aurora"),
    "iops": Field(type="int", optional=True, unit="1/s", doc="provisioned operations"),
    "multi_az": Field(type="bool", doc="has a standby in another zone"),
    "zone": Field(type="string", optional=True, doc="availability zone; absent while it is made"),
    "encrypted": Field(type="bool", doc="storage is encrypted"),
    "public": Field(type="bool", doc="has a public address"),
    "deletion_protected": Field(type="bool", doc="AWS refuses to delete it"),
    "cluster": Field(type="string", optional=True, doc="the cluster that it is a member of"),
    "replica_of": Field(type="string", optional=True, doc="the instance or cluster that it is a read replica of"),
    "replicas": Field(type="int", doc="read replicas that it has, in whatever region: instances and clusters"),
    "backup_days": Field(type="int", unit="d", doc="days that automated backups are kept; 0 for none"),
    "connections_max_14d": Field(
        type="double", price="paid", doc="most connections in the last 14 whole days; RDS's own monitoring does not connect"
    ),
    "started_by": starts.FIELD,
}


def parse(cell: AWSCell, raw: Mapping[str, Any]) -> Resource:
    """A member of DescribeDBInstances' DBInstances."""
    created = raw.get("InstanceCreateTime")
    resource = Resource(
        key=Key(NAME, cell.account, cell.region, raw["DBInstanceIdentifier"], raw["DbiResourceId"]),
        name=raw["DBInstanceIdentifier"],
        created=moment(created) if created else None,
        tags=tags_of(raw.get("TagList")),
        fields=present({
            "state": said(raw, "DBInstanceStatus"),
            "class": said(raw, "DBInstanceClass"),
            "engine": said(raw, "Engine"),
            "engine_version": said(raw, "EngineVersion"),
            "license": raw.get("LicenseModel"),
            "size_gb": said(raw, "AllocatedStorage"),
            "storage": raw.get("StorageType"),
            "iops": raw.get("Iops"),
            "multi_az": said(raw, "MultiAZ"),
            "zone": raw.get("AvailabilityZone"),
            "encrypted": said(raw, "StorageEncrypted"),
            "public": said(raw, "PubliclyAccessible"),
            "deletion_protected": said(raw, "DeletionProtection"),
            "cluster": raw.get("DBClusterIdentifier"),
            "replica_of": next((raw[source] for source in SOURCES if raw.get(source)), None),
            "replicas": sum(len(raw.get(replicas, ())) for replicas in REPLICAS),
            "backup_days": raw.get("BackupRetentionPeriod", 0),
        }),
        seen_at=cell.now,
    )  # fmt: skip
    return as_read(resource, "rds:DescribeDBInstances", GUARDED)


def list_databases(cell: AWSCell) -> Iterator[Resource]:
    """Every instance of the region."""
    for raw in cell.pages("rds", "describe_db_instances", "DBInstances", PaginationConfig={"PageSize": 100}):
        yield parse(cell, raw)


def get(cell: AWSCell, key: Key) -> Resource | Gone:
    """One instance by its identifier."""
    raw = snapshot.described(cell, key.id)
    return Gone(cell.now) if raw is None else parse(cell, raw)


def links(resource: Resource) -> tuple[Key, ...]:
    """The instance it replicates, the cluster it is in. A replica of another region is named by its ARN and is no link here."""
    found = (("aws.rds_instance", resource.fields.get("replica_of")), ("aws.rds_cluster", resource.fields.get("cluster")))
    place = resource.key.account, resource.key.region
    return tuple(Key(kind, *place, str(name)) for kind, name in found if name and not str(name).startswith("arn:"))


def price(resource: Resource, book: PriceBook) -> Money:
    """The instance while it runs, and its storage always; provisioned IOPS and backups are not in it."""
    if why := unread(resource, "state", "class", "engine", "multi_az", "size_gb"):
        return Money.unknown(why)
    fields = resource.fields
    deploy = "multi-az" if fields["multi_az"] else "single-az"
    parts: dict[str, Decimal] = {}
    if fields["state"] != "stopped":
        parts[f"rds/{fields['engine']}/{fields['class']}/{deploy}/hour"] = HOURS_PER_MONTH
    if "cluster" not in fields:
        parts[f"rds/storage/{fields.get('storage', '')}/{deploy}/gb-month"] = number(fields["size_gb"])
    if fields.get("storage") in ("io1", "io2"):
        parts[f"rds/storage/{fields['storage']}/{deploy}/iops-month"] = number(fields.get("iops"))
    return book.monthly("aws", resource.key.region, parts)


def connections(cell: AWSCell, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
    """The highest maximum of 14 days."""
    metric = Metric("AWS/RDS", "DatabaseConnections", "Maximum", "DBInstanceIdentifier", a_day=ONE_MINUTE)
    found = daily(cell, metric, [resource.key.id for resource in resources])
    return {name: series if isinstance(series, Unknown) else max(series) for name, series in found.items()}


def stop(cell: AWSCell, order: Order) -> dict[str, Any]:
    """Stop it with a snapshot: of a stopped database none can be made. AWS starts it again by itself after seven days."""
    name = snapshot.stopped_name(order)
    cell.call("rds", "stop_db_instance", DBInstanceIdentifier=order.key.id, DBSnapshotIdentifier=name)
    return sent(cell.now, snapshot=name)


def start(cell: AWSCell, order: Order) -> dict[str, Any]:
    """Start it again."""
    cell.call("rds", "start_db_instance", DBInstanceIdentifier=order.key.id)
    return sent(cell.now)


def delete(cell: AWSCell, order: Order) -> dict[str, Any]:
    """Delete it, without a last snapshot as ours is verified; automated backups stay. AWS refuses it where it is protected."""
    cell.find(
        "rds",
        "delete_db_instance",
        snapshot.GONE,
        DBInstanceIdentifier=order.key.id,
        SkipFinalSnapshot=True,
        DeleteAutomatedBackups=False,
    )
    return sent(cell.now)


def reached(cell: AWSCell, order: Order, end: str, on_the_way: Sequence[str]) -> Progress:
    """How far it is on the way to a state; `gone` is one of them."""
    raw = snapshot.described(cell, order.key.id)
    state = "gone" if raw is None or raw["DbiResourceId"] != order.key.born else raw["DBInstanceStatus"]
    if state in (end, *on_the_way):
        return Progress.DONE if state == end else Progress.PENDING
    return Progress.FAILED if state in ("gone", "failed") else unchanged(order.memory, cell.now)


KIND = Kind(
    name=NAME,
    title="RDS database",
    fields=FIELDS,
    list=list_databases,
    get=get,
    evidence={
        "connections_max_14d": Evidence(price="paid", source="cloudwatch:GetMetricData", read=connections, metric=True),
        "started_by": starts.EVIDENCE,
    },
    facts={"stopped": lambda resource: resource.fields["state"] == "stopped"},
    links=links,
    fingerprint=GUARDED,
    stopped=frozenset({"stopped"}),
    acts={
        Verb.STOP: Act(do=stop, check=lambda cell, order: reached(cell, order, "stopped", ["stopping"])),
        Verb.START: Act(do=start, check=lambda cell, order: reached(cell, order, "available", ["starting", "configuring"])),
        Verb.BACKUP: Act(do=snapshot.back_up, check=snapshot.backed_up, made=snapshot.made),
        **aws_condemn.rds(snapshot.of_this_life, "DBInstanceArn"),
        Verb.DELETE: Act(do=delete, check=lambda cell, order: reached(cell, order, "gone", ["deleting"])),
        Verb.RESTORE: Act(do=snapshot.restore, check=snapshot.restored),
    },
    needs={
        Role.SCAN: frozenset({"rds:DescribeDBInstances", "cloudwatch:GetMetricData", starts.PERMISSION}),
        Role.STOP: frozenset({
            "rds:DescribeDBInstances", "rds:StopDBInstance", "rds:StartDBInstance", "rds:CreateDBSnapshot",
        }),
        Role.CONDEMN: aws_condemn.RDS_NEEDS | snapshot.NEEDS,
        Role.DELETE: frozenset({"rds:DescribeDBInstances", "rds:DeleteDBInstance"}),
    },
    price=price,
    parse=parse,
    example=snapshot.EXAMPLE,
)  # fmt: skip
