"""RDS instances as snapshots: the backup of aws.rds_instance and the way back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.model import Key
from reapers.kind import Order, Progress, Unusable
from reapers.kinds import aws_keys
from reapers.kinds.aws_tags import CASE, as_list, backup_tags, restored_tags, tags_of
from reapers.kinds.progress import sent, unchanged
from reapers.kinds.reading import moment

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

GP3_BASELINE = 12_000
"""RDS: operations a second that the largest gp3 volumes come with."""

GONE = ("DBInstanceNotFound", "DBInstanceNotFoundFault")
NO_SNAPSHOT = ("DBSnapshotNotFound", "DBSnapshotNotFoundFault")

NEEDS = aws_keys.NEEDS | {
    "rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:CreateDBSnapshot", "rds:AddTagsToResource",
    "rds:RestoreDBInstanceFromDBSnapshot",
}  # fmt: skip

_COPIED = (
    "DBInstanceClass", "MultiAZ", "PubliclyAccessible", "AutoMinorVersionUpgrade", "LicenseModel", "StorageType",
    "CopyTagsToSnapshot", "DeletionProtection", "NetworkType", "ProcessorFeatures", "DedicatedLogVolume",
    "EngineLifecycleSupport", "BackupRetentionPeriod", "PreferredBackupWindow",
)  # fmt: skip
"""Members of DescribeDBInstances that RestoreDBInstanceFromDBSnapshot takes under the same name."""

_RENAMED = {
    "IAMDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "EnabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "CACertificateIdentifier": "CACertificateIdentifier",
}
"""Member of DescribeDBInstances -> parameter of the restore that means the same."""

_LOST = (
    "PreferredMaintenanceWindow", "MaxAllocatedStorage", "MonitoringInterval", "MonitoringRoleArn", "PerformanceInsightsEnabled",
    "PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod", "MasterUserSecret", "DomainMemberships",
    "AssociatedRoles",
)  # fmt: skip
"""Members that the restore does not take: people set them again, by the manifest."""


def stopped_name(order: Order) -> str:
    """The snapshot that is made when this case stops the instance."""
    return f"{_name(order)}-stop-{order.generation}"


def _name(order: Order) -> str:
    """RDS takes letters, digits and single hyphens, and is unique by this name, so that sending it again makes no second one."""
    return f"sexton-{re.sub('[^A-Za-z0-9]+', '-', order.case).strip('-')}"


def back_up(cell: AWSCell, order: Order) -> dict[str, Any]:
    """A snapshot, unless this generation has one. Of a stopped instance it is the one that our stop made."""
    database = cell.call("rds", "describe_db_instances", DBInstanceIdentifier=order.key.id)["DBInstances"][0]
    tags = as_list(backup_tags(order, tags_of(database.get("TagList"))))
    made = _snapshot(cell, f"{_name(order)}-{order.generation}") or _of_our_stop(cell, order, database)
    if made is None:
        made = cell.call(
            "rds",
            "create_db_snapshot",
            DBInstanceIdentifier=order.key.id,
            DBSnapshotIdentifier=f"{_name(order)}-{order.generation}",
            Tags=tags,
        )["DBSnapshot"]
    elif CASE not in tags_of(made.get("TagList")):
        cell.call("rds", "add_tags_to_resource", ResourceName=made["DBSnapshotArn"], Tags=tags)
    return sent(cell.now, snapshot=made["DBSnapshotIdentifier"], manifest=_manifest(database))


def backed_up(cell: AWSCell, order: Order) -> Progress:
    """Done when the snapshot can be restored from. Before `do` was remembered it is looked for by its name."""
    name = order.memory.get("snapshot", f"{_name(order)}-{order.generation}")
    found = _snapshot(cell, name)
    if found is None:
        return unchanged(order.memory, cell.now)
    if found["Status"] != "available" and "fail" not in found["Status"] and found["Status"] != "deleting":
        return Progress.PENDING
    if found["Status"] != "available" or found["DBInstanceIdentifier"] != order.key.id:
        raise Unusable(f"the snapshot {name} is {found['Status']}, of {found['DBInstanceIdentifier']}: it is no backup")
    if not found.get("AllocatedStorage"):
        raise Unusable(f"the snapshot {name} is empty: it is no backup")
    if found.get("Encrypted"):
        aws_keys.assert_usable(cell, f"the snapshot {name}", [found.get("KmsKeyId")])
    return Progress.DONE


def made(cell: AWSCell, order: Order) -> tuple[Key, ...]:
    """The snapshot; its name may come again, its time does not."""
    found = _snapshot(cell, order.memory["snapshot"])
    return () if found is None else (key_of(cell, found),)


def key_of(cell: AWSCell, snapshot: Mapping[str, Any]) -> Key:
    """The key of a snapshot. RDS gives it no id of its own: a name and the moment that it was taken."""
    taken = snapshot.get("SnapshotCreateTime")
    born = moment(taken).isoformat() if taken else ""
    return Key("aws.rds_snapshot", cell.account, cell.region, snapshot["DBSnapshotIdentifier"], born)


def restore(cell: AWSCell, order: Order) -> dict[str, Any]:
    """An instance of the same name from the snapshot; its endpoint is the same again where the name and region are."""
    manifest = order.memory["manifest"]
    database = described(cell, order.key.id)
    if database is None or tags_of(database.get("TagList")).get(CASE) != order.case:
        database = cell.call(
            "rds",
            "restore_db_instance_from_db_snapshot",
            DBInstanceIdentifier=order.key.id,
            DBSnapshotIdentifier=order.memory["snapshot"],
            Tags=as_list(restored_tags(order, manifest["tags"])),
            **manifest["restore"],
        )["DBInstance"]
    key = Key(order.key.kind, cell.account, cell.region, database["DBInstanceIdentifier"], database["DbiResourceId"])
    return {**order.memory, **sent(cell.now, key=key.ref)}


def restored(cell: AWSCell, order: Order) -> Progress:
    """Done when an instance of this name is available that the case brought back."""
    found = described(cell, order.key.id)
    if found is None or tags_of(found.get("TagList")).get(CASE) != order.case:
        return unchanged(order.memory if "key" in order.memory else {}, cell.now)
    if found["DBInstanceStatus"] == "available":
        return Progress.DONE
    return Progress.FAILED if found["DBInstanceStatus"] in ("failed", "incompatible-restore") else Progress.PENDING


def described(cell: AWSCell, database: str) -> dict[str, Any] | None:
    """The raw instance, or None."""
    answer = cell.find("rds", "describe_db_instances", GONE, DBInstanceIdentifier=database)
    return next(iter(answer["DBInstances"]), None) if answer else None


def of_this_life(cell: AWSCell, order: Order) -> dict[str, Any] | None:
    """The raw instance that the order is about; None where it is gone or another one has its name."""
    raw = described(cell, order.key.id)
    return raw if raw is not None and raw["DbiResourceId"] == order.key.born else None


def _snapshot(cell: AWSCell, name: str) -> dict[str, Any] | None:
    answer = cell.find("rds", "describe_db_snapshots", NO_SNAPSHOT, DBSnapshotIdentifier=name)
    return next(iter(answer["DBSnapshots"]), None) if answer else None


def _of_our_stop(cell: AWSCell, order: Order, database: Mapping[str, Any]) -> dict[str, Any] | None:
    """The newest snapshot that a stop of this case made, of an instance that is still stopped."""
    if database["DBInstanceStatus"] != "stopped":
        return None
    manual = cell.pages("rds", "describe_db_snapshots", "DBSnapshots", DBInstanceIdentifier=order.key.id, SnapshotType="manual")
    ours = [made for made in manual if made["DBSnapshotIdentifier"].startswith(f"{_name(order)}-stop-")]
    return max(ours, key=lambda made: made["SnapshotCreateTime"], default=None)


def _manifest(database: Mapping[str, Any]) -> dict[str, Any]:
    """JSON: what the restore needs, and for people what it cannot bring back."""
    restore = {name: database[name] for name in _COPIED if database.get(name) is not None}
    restore |= {theirs: database[ours] for ours, theirs in _RENAMED.items() if database.get(ours)}
    restore["VpcSecurityGroupIds"] = [group["VpcSecurityGroupId"] for group in database.get("VpcSecurityGroups", ())]
    restore["DBSubnetGroupName"] = database.get("DBSubnetGroup", {}).get("DBSubnetGroupName")
    restore["Port"] = database.get("Endpoint", {}).get("Port")
    restore["DBParameterGroupName"] = _first(database, "DBParameterGroups", "DBParameterGroupName")
    restore["OptionGroupName"] = _first(database, "OptionGroupMemberships", "OptionGroupName")
    if not database["MultiAZ"]:
        restore["AvailabilityZone"] = database.get("AvailabilityZone")
    if _provisioned(database):
        restore |= {"Iops": database.get("Iops"), "StorageThroughput": database.get("StorageThroughput")}
    return {
        "restore": {name: value for name, value in restore.items() if value not in (None, "", [])},
        "tags": tags_of(database.get("TagList")),
        "lost": {name: database[name] for name in _LOST if name in database},
    }


def _provisioned(database: Mapping[str, Any]) -> bool:
    """Whether its performance was asked for: RDS refuses the baseline of gp3 where it is named."""
    return database.get("StorageType") in ("io1", "io2") or (
        database.get("StorageType") == "gp3" and (database.get("Iops") or 0) > GP3_BASELINE
    )


def _first(database: Mapping[str, Any], groups: str, name: str) -> str | None:
    """The first group's name; AWS's own defaults come back by themselves."""
    names = (str(group[name]) for group in database.get(groups, ()))
    return next((named for named in names if not named.startswith("default")), None)


EXAMPLE: dict[str, Any] = {
    "DBInstanceIdentifier": "payments-staging",
    "DbiResourceId": "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "InstanceCreateTime": "2026-02-03T04:05:06+00:00",
    "DBInstanceStatus": "available",
    "DBInstanceClass": "db.m6g.large",
    "Engine": "postgres",
    "EngineVersion": "16.3",
    "LicenseModel": "postgresql-license",
    "AllocatedStorage": 100,
    "StorageType": "gp3",
    "Iops": 3000,
    "MultiAZ": False,
    "AvailabilityZone": "us-east-1a",
    "StorageEncrypted": True,
    "PubliclyAccessible": False,
    "DeletionProtection": False,
    "ReadReplicaDBInstanceIdentifiers": [],
    "BackupRetentionPeriod": 7,
    "TagList": [{"Key": "owner", "Value": "payments"}],
}
"""A raw answer, for documentation and tests."""
