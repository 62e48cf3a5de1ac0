"""The end of the story, checked in the clouds themselves: what was to stay is there, what went has a way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from demo.cast import COMES_BACK, KEPT, RESTORED, SNOOZED
from demo.estate.aws import DENIED, PROD, SANDBOX
from demo.estate.gcp import HERE, PROJECT
from demo.stage import Stage
from demo.witness import unexplained
from engine.case import Case, State
from engine.model import Verb

STAYS = frozenset(
    [
        "vpn-standby",
        "partner-allow-list",
        "checkout-dev",
        "pvc-orders",
        "suggest-backup",
        "ledger-copy",
        "golden-labels",
        "pvc-metrics",
    ]
)
"""Protected, in use, or managed by something else: policies match some of them, and none may go."""

DELETES = ("DeleteVolume", "TerminateInstances", "DeleteDBInstance", "ReleaseAddress")


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that must be so, and whether it is."""

    text: str
    holds: bool


def check(stage: Stage) -> list[Claim]:
    """Every claim, asked of the clouds and of the ledger."""
    return [claim(stage) for claim in CLAIMS]


def _there(stage: Stage) -> set[str]:
    """The names, or ids, of everything that the clouds still have."""
    return set(_aws(stage)) | set(_gcp(stage))


def _aws(stage: Stage) -> Iterator[str]:
    names = {id: name for name, id in stage.names.ids.items()}
    for account in (SANDBOX, PROD):
        ec2, rds = stage.aws.client("ec2", account), stage.aws.client("rds", account)
        ids = [volume["VolumeId"] for volume in ec2.describe_volumes()["Volumes"]]
        machines = [machine for group in ec2.describe_instances()["Reservations"] for machine in group["Instances"]]
        ids += [machine["InstanceId"] for machine in machines if machine["State"]["Name"] != "terminated"]
        ids += [address["AllocationId"] for address in ec2.describe_addresses()["Addresses"]]
        ids += [database["DBInstanceIdentifier"] for database in rds.describe_db_instances()["DBInstances"]]
        ids += [bucket["Name"] for bucket in stage.aws.client("s3", account).list_buckets()["Buckets"]]
        yield from (names.get(id, id) for id in ids)


def _gcp(stage: Stage) -> Iterator[str]:
    for collection in ("disks", "instances", "addresses"):
        yield from (thing["name"] for thing in stage.gcp.all(PROJECT, collection))


def _cases(stage: Stage) -> list[Case]:
    """Every case there ever was."""
    cases, cursor = stage.service.ledger.cases(limit=1000)
    assert cursor is None  # a story of eighty resources
    return cases


def _deleted(stage: Stage) -> list[Case]:
    return [case for case in _cases(stage) if _was_deleted(stage, case)]


def _was_deleted(stage: Stage, case: Case) -> bool:
    return any(intent.verb is Verb.DELETE and intent.status == "done" for intent in stage.service.ledger.intents(case.id))


def kept(stage: Stage) -> Claim:
    """Kept and snoozed."""
    wanted = {*KEPT, *SNOOZED}
    return Claim(f"what was kept or snoozed is there ({_names(wanted)})", wanted <= _there(stage))


def protected(stage: Stage) -> Claim:
    """Protected, in use, managed."""
    return Claim(f"what is protected, in use or managed elsewhere is there ({len(STAYS)} resources)", _there(stage) >= STAYS)


def came_back(stage: Stage) -> Claim:
    """In use again after its approval."""
    case = next(case for case in _cases(stage) if case.name == COMES_BACK)
    spared = case.closed is not None and not stage.service.ledger.intents(case.id) and COMES_BACK in _there(stage)
    return Claim(f"{COMES_BACK}, in use again after its approval, was spared at the last look", spared)


def undecided(stage: Stage) -> Claim:
    """A bucket whose tags are denied."""
    there = DENIED in _there(stage) and all(case.name != DENIED for case in _cases(stage))
    return Claim(f"{DENIED}, whose tags could not be read, has no case and is there", there)


def gone(stage: Stage) -> Claim:
    """Deleted things are gone, and only those."""
    deleted = [case for case in _deleted(stage) if case.name != RESTORED]
    left = {case.name for case in deleted} & _there(stage)
    return Claim(f"{len(deleted)} resources that were deleted are gone", bool(deleted) and not left)


def backed_up(stage: Stage) -> Claim:
    """Each of them left a backup, where its kind has one."""
    wanted = [case for case in _deleted(stage) if "backup" in case.terms.before_delete]
    left = all(_has_backup(stage, case) for case in wanted)
    return Claim(f"each of the {len(wanted)} that can be backed up left a verified backup", left)


def _has_backup(stage: Stage, case: Case) -> bool:
    memory = case.memory.get(Verb.BACKUP, {})
    if case.key.cloud == "gcp":
        return any(case.id == each.get("labels", {}).get("sexton-case") for each in _gcp_backups(stage))
    account = case.key.account
    ec2, rds = stage.aws.client("ec2", account), stage.aws.client("rds", account)
    tag = [{"Name": "tag:sexton:case", "Values": [case.id]}]
    if case.key.kind == "aws.rds_instance":
        snapshots = [each["DBSnapshotIdentifier"] for each in rds.describe_db_snapshots()["DBSnapshots"]]
        return memory.get("snapshot") in snapshots
    return bool(ec2.describe_snapshots(Filters=tag)["Snapshots"] or ec2.describe_images(Filters=tag)["Images"])


def _gcp_backups(stage: Stage) -> list[dict[str, Any]]:
    return [*stage.gcp.all(PROJECT, "snapshots"), *stage.gcp.all(PROJECT, "machineImages")]


def restored(stage: Stage) -> Claim:
    """What was wanted back is back."""
    disk = stage.gcp.look(HERE, "disks", RESTORED)
    return Claim(f"{RESTORED} is back, with its labels", disk is not None and disk.get("labels", {}).get("owner") == "data")


def once(stage: Stage) -> Claim:
    """What the clouds received is what the ledger says, one call each."""
    intents = [intent for case in _cases(stage) for intent in stage.service.ledger.intents(case.id) if intent.verb is Verb.DELETE]
    received = sum(call.action in DELETES for call in stage.aws.calls)
    received += sum(call.method.endswith(".delete") for call in stage.gcp.calls)
    one_each = received == len(intents) > 0
    return Claim(f"the clouds received {received} delete calls, one for each of {len(intents)} intents", one_each)


def witnessed(stage: Stage) -> Claim:
    """What the clouds saw is what the trail says, in both directions."""
    count = sum(call.ours and call.mutating for call in stage.aws.calls)
    count += sum(call.ours and call.mutating for call in stage.gcp.calls)
    told = unexplained(stage.service.ledger, stage.aws.calls, stage.gcp.calls, whole=True)
    but = f" (but {told[0]})" if told else ""
    return Claim(f"each of the {count} changes that the clouds were asked for is in the trail, and the reverse{but}", not told)


def privileged(stage: Stage) -> Claim:
    """Every call was one that the generated role of whoever made it allows, conditions and all."""
    denied = [*stage.aws.door.roles.denied, *stage.gcp.door.denied]
    count = sum(call.ours for call in stage.aws.calls) + sum(call.ours for call in stage.gcp.calls)
    but = f" (but {denied[0]})" if denied else ""
    return Claim(f"each of {count} calls was within the role that `sexton permissions` writes for it{but}", not denied)


def chained(stage: Stage) -> Claim:
    """The audit trail is whole."""
    trail = stage.service.ledger.verify_audit()
    return Claim(f"the audit trail of {trail.rows} rows is whole", trail.ok)


def lawful(stage: Stage) -> Claim:
    """Every request and answer fits Google's own documents."""
    return Claim("every request to GCP and every answer fits Google's discovery documents", not stage.gcp.violations)


def ended(stage: Stage) -> Claim:
    """Nothing is half done."""
    stuck = [case.name for case in _cases(stage) if case.state in (State.STUCK, State.STOPPING, State.DELETING, State.RESTORING)]
    return Claim("nothing is stuck or half done" + (f" (but {_names(stuck)})" if stuck else ""), not stuck)


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


CLAIMS: tuple[Callable[[Stage], Claim], ...] = (
    kept, protected, undecided, came_back, gone, backed_up, restored, once, witnessed, privileged, chained, lawful, ended,
)  # fmt: skip
