"""Manual RDS snapshots that the account owns. Automated ones go with their database, and AWS Backup's are its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.model import Field, Gone, Key, Resource, Role, Unknown, Value, Verb
from engine.money import Money, PriceBook
from engine.spent import FIELDS as OF_BACKUPS
from reapers.kind import Act, Evidence, Kind, Order, Progress
from reapers.kinds import aws_condemn, own_backups
from reapers.kinds.aws_database_snapshots import NO_SNAPSHOT, key_of
from reapers.kinds.aws_tags import tags_of
from reapers.kinds.progress import sent, unchanged
from reapers.kinds.reading import as_read, moment, number, present, said, unread

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

NAME = "aws.rds_snapshot"
GUARDED = ("database", "encrypted", "engine", "size_gb", "tags")

FIELDS = {
    "state": Field(type="string", doc="status, for instance creating, available, failed, deleting"),
    "database": Field(type="string", doc="name of the instance that it was made of"),
    "source_exists": Field(type="bool", doc="that instance, and not another of its name, is still there"),
    "engine": Field(type="string", doc="postgres, mysql, mariadb, oracle-ee, sqlserver-se and so on"),
    "engine_version": Field(type="string", doc="version of the engine"),
    "size_gb": Field(type="int", unit="GiB", doc="allocated storage of the instance"),
    "storage": Field(type="string", optional=True, doc="gp2, gp3, io1, io2 or standard"),
    "encrypted": Field(type="bool", doc="encrypted with a KMS key"),
    "kms_key": Field(type="string", optional=True, doc="the key"),
    "in_use": Field(type="bool", doc="always false: what was restored from it stands on its own"),
    "shared": Field(type="bool", price="call", doc="other accounts, or everybody, may restore it"),
    **OF_BACKUPS,
}


def parse(cell: AWSCell, raw: Mapping[str, Any]) -> Resource:
    """A member of DescribeDBSnapshots' DBSnapshots, with `SourceExists` beside it: whether its instance is there, or Unknown."""
    tags, taken = tags_of(raw.get("TagList")), raw.get("SnapshotCreateTime")
    resource = Resource(
        key=key_of(cell, raw),
        name=raw["DBSnapshotIdentifier"],
        created=moment(taken) if taken else None,
        tags=tags,
        fields=present({
            "state": said(raw, "Status"),
            "database": said(raw, "DBInstanceIdentifier"),
            "source_exists": raw["SourceExists"],
            "engine": said(raw, "Engine"),
            "engine_version": said(raw, "EngineVersion"),
            "size_gb": said(raw, "AllocatedStorage"),
            "storage": raw.get("StorageType"),
            "encrypted": said(raw, "Encrypted"),
            "kms_key": raw.get("KmsKeyId"),
            "in_use": False,
            **own_backups.fields(tags, cell.now),
        }),
        seen_at=cell.now,
    )  # fmt: skip
    return as_read(resource, "rds:DescribeDBSnapshots", GUARDED)


def list_snapshots(cell: AWSCell) -> Iterator[Resource]:
    """Every manual snapshot of the region. Which databases there are is asked only where there is one."""
    asked = {"SnapshotType": "manual", "PaginationConfig": {"PageSize": 100}}
    found = list(cell.pages("rds", "describe_db_snapshots", "DBSnapshots", **asked))
    sources = _databases(cell) if found else frozenset[str]()
    for raw in found:
        yield parse(cell, {**raw, "SourceExists": _is_among(raw, sources)})


def get(cell: AWSCell, key: Key) -> Resource | Gone:
    """One snapshot by its name."""
    raw = described(cell, key.id)
    return Gone(cell.now) if raw is None else parse(cell, {**raw, "SourceExists": _is_among(raw, _databases(cell))})


def described(cell: AWSCell, snapshot: str) -> dict[str, Any] | None:
    """The raw snapshot, or None."""
    answer = cell.find("rds", "describe_db_snapshots", NO_SNAPSHOT, DBSnapshotIdentifier=snapshot)
    return next(iter(answer["DBSnapshots"]), None) if answer else None


def _databases(cell: AWSCell) -> frozenset[str] | Unknown:
    """The resource ids of the instances that there are: a name may have come again."""
    return cell.attempt(
        lambda: frozenset(raw["DbiResourceId"] for raw in cell.pages("rds", "describe_db_instances", "DBInstances"))
    )


def _is_among(raw: Mapping[str, Any], sources: frozenset[str] | Unknown) -> bool | Unknown:
    source = said(raw, "DbiResourceId")
    if isinstance(source, Unknown):
        return source
    return sources if isinstance(sources, Unknown) else source in sources


def price(resource: Resource, book: PriceBook) -> Money:
    """At most: AWS bills what is stored beyond the size of the databases that there are."""
    if why := unread(resource, "size_gb"):
        return Money.unknown(why)
    return book.monthly("aws", resource.key.region, {"rds/snapshot/gb-month": number(resource.fields["size_gb"])})


def shared(cell: AWSCell, resources: Sequence[Resource]) -> Mapping[str, Value | Unknown]:
    """A call for each snapshot."""
    return {resource.key.id: _shared(cell, resource.key.id) for resource in resources}


def _shared(cell: AWSCell, snapshot: str) -> bool | Unknown:
    answer = cell.ask("rds", "describe_db_snapshot_attributes", DBSnapshotIdentifier=snapshot)
    if isinstance(answer, Unknown) or answer is None:
        return answer or Unknown("RDS gave no answer")
    attributes = answer["DBSnapshotAttributesResult"]["DBSnapshotAttributes"]
    return any(each["AttributeName"] == "restore" and bool(each.get("AttributeValues")) for each in attributes)


def of_this_life(cell: AWSCell, order: Order) -> Mapping[str, Any] | None:
    """The raw snapshot that the order is about; None where it is gone or another one has its name."""
    raw = described(cell, order.key.id)
    return raw if raw is not None and key_of(cell, raw).born == order.key.born else None


def delete(cell: AWSCell, order: Order) -> dict[str, Any]:
    """There is no way back: RDS has no bin. One whose name belongs to another life now is left alone."""
    if of_this_life(cell, order) is not None:
        cell.find("rds", "delete_db_snapshot", NO_SNAPSHOT, DBSnapshotIdentifier=order.key.id)
    return sent(cell.now)


def deleted(cell: AWSCell, order: Order) -> Progress:
    """Done when RDS does not know this life any more."""
    raw = of_this_life(cell, order)
    if raw is None:
        return Progress.DONE
    return Progress.PENDING if raw["Status"] == "deleting" else unchanged(order.memory, cell.now)


KIND = Kind(
    name=NAME,
    title="RDS snapshot",
    fields=FIELDS,
    list=list_snapshots,
    get=get,
    evidence={"shared": Evidence(price="call", source="rds:DescribeDBSnapshotAttributes", read=shared)},
    fingerprint=GUARDED,
    acts={**aws_condemn.rds(of_this_life, "DBSnapshotArn"), Verb.DELETE: Act(do=delete, check=deleted)},
    needs={
        Role.SCAN: frozenset({"rds:DescribeDBSnapshots", "rds:DescribeDBInstances", "rds:DescribeDBSnapshotAttributes"}),
        Role.CONDEMN: aws_condemn.RDS_NEEDS | {"rds:DescribeDBSnapshots"},
        Role.DELETE: frozenset({"rds:DescribeDBSnapshots", "rds:DeleteDBSnapshot"}),
    },
    price=price,
    parse=parse,
    example={
        "DBSnapshotIdentifier": "payments-before-upgrade",
        "DBInstanceIdentifier": "payments-staging",
        "DbiResourceId": "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "SnapshotCreateTime": "2026-02-03T04:05:06+00:00",
        "SnapshotType": "manual",
        "Status": "available",
        "Engine": "postgres",
        "EngineVersion": "16.3",
        "AllocatedStorage": 100,
        "StorageType": "gp3",
        "Encrypted": True,
        "KmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "SourceExists": True,
        "TagList": [{"Key": "owner", "Value": "payments"}],
    },
)
