"""What AWS refuses and moto does not. Each row here is one that a reaper could otherwise get wrong unnoticed.

EC2: stopping or starting a terminated instance; tagging what is not there. RDS: a snapshot of an instance that is not available;
deleting one without saying what becomes of its last snapshot. STS: a role in an account that does not exist.
moto itself refuses, as AWS does: deleting an attached volume, terminating or stopping a protected instance, deleting a protected
database, deregistering what is in use.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from demo.aws.calls import Call, Environ, form


class Refusal(NamedTuple):
    """An error answer."""

    code: str
    message: str
    status: int = 400


def refusal(call: Call, environ: Environ, accounts: Collection[str]) -> Refusal | None:
    """Why AWS would refuse the call, if it would and moto does not."""
    if (call.service, call.action) == ("sts", "AssumeRole"):
        return _assume_role(form(environ), accounts)
    check = _CHECKS.get((call.service, call.action))
    return check(_backend(call), form(environ)) if check else None


def _backend(call: Call) -> Any:
    """moto's own state of a service in an account and region."""
    from moto.backends import get_backend

    name: Any = call.service
    return get_backend(name)[call.account][call.region]


def _ids(asked: Mapping[str, str], prefix: str) -> list[str]:
    return [value for name, value in asked.items() if name.startswith(f"{prefix}.")]


def _assume_role(asked: Mapping[str, str], accounts: Collection[str]) -> Refusal | None:
    arn = asked.get("RoleArn", "")
    if arn.split(":")[4:5] and arn.split(":")[4] in accounts:
        return None
    return Refusal("AccessDenied", f"User is not authorized to perform: sts:AssumeRole on resource: {arn}", 403)


def role_taken(call: Call) -> str:
    """The name of the role that an AssumeRole is about."""
    return call.asked.get("RoleArn", "").rsplit("/", 1)[-1]


def _not_terminated(ec2: Any, asked: Mapping[str, str]) -> Refusal | None:
    for instance in ec2.all_instances():
        if instance.id in _ids(asked, "InstanceId") and instance.state == "terminated":
            return Refusal("IncorrectInstanceState", f"The instance '{instance.id}' is terminated.")
    return None


_NAMES = {"i": "Instance", "vol": "Volume", "snap": "Snapshot", "ami": "AMI"}


def _tagged_exists(ec2: Any, asked: Mapping[str, str]) -> Refusal | None:
    known = {instance.id for instance in ec2.all_instances()} | set(ec2.volumes) | set(ec2.snapshots) | set(ec2.amis)
    for wanted in _ids(asked, "ResourceId"):
        name = _NAMES.get(wanted.split("-", 1)[0])
        if name and wanted not in known:
            return Refusal(f"Invalid{name}ID.NotFound", f"The ID '{wanted}' does not exist")
    return None


def _can_be_snapshotted(rds: Any, asked: Mapping[str, str]) -> Refusal | None:
    database = rds.databases.get(asked.get("DBInstanceIdentifier", ""))
    if database is None or database.status in ("available", "storage-optimization"):
        return None
    message = f"Cannot create a snapshot because the database instance {database.db_instance_identifier} is not available."
    return Refusal("InvalidDBInstanceState", message)


def _says_what_of_the_last_snapshot(rds: Any, asked: Mapping[str, str]) -> Refusal | None:
    database = rds.databases.get(asked.get("DBInstanceIdentifier", ""))
    says = asked.get("SkipFinalSnapshot") == "true" or asked.get("FinalDBSnapshotIdentifier")
    if says or database is None or database.is_replica:
        return None
    message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
    return Refusal("InvalidParameterCombination", message)


_CHECKS: dict[tuple[str, str], Callable[[Any, Mapping[str, str]], Refusal | None]] = {
    ("ec2", "StopInstances"): _not_terminated,
    ("ec2", "StartInstances"): _not_terminated,
    ("ec2", "CreateTags"): _tagged_exists,
    ("ec2", "DeleteTags"): _tagged_exists,
    ("rds", "CreateDBSnapshot"): _can_be_snapshotted,
    ("rds", "DeleteDBInstance"): _says_what_of_the_last_snapshot,
}
