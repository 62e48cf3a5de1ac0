"""The clouds as witnesses: whatever they were asked to change stands in the ledger, and what stands there they were asked for.

The doubles write down every call that they receive. Each call of Sexton's that changes something must be one that a case's
trail explains: a stop or delete by an intent of its own and the row that began it, a backup by the row that began it, what is
brought back by somebody's word. A call that no row of this table knows is unexplained: a new act needs a line here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from demo.aws.calls import Call as AWSCall
from demo.gcp.calls import Call as GCPCall
from demo.marks import aws_mark, gcp_mark
from engine.case import Case
from engine.model import Key, Verb
from engine.spent import MADE

if TYPE_CHECKING:
    from reapers.store import AuditRow, Intent
    from reapers.store.ledger import Ledger

ONCE = (Verb.STOP, Verb.DELETE)
"""What is sent once for each intent."""

BEGINNINGS: Mapping[Verb, tuple[str, ...]] = {
    Verb.BACKUP: ("backup began",),
    Verb.CONDEMN: ("condemn began",),
    Verb.SPARE: ("spare began", "restore_asked"),  # what comes out of the Recycle Bin still carries the tag
    Verb.RESTORE: ("restore_asked",),
    Verb.START: ("restore_asked",),
}
"""The rows of the trail without one of which an act of no intent may not happen."""

MACHINE, VOLUME, ADDRESS, DATABASE = "aws.ec2_instance", "aws.ebs_volume", "aws.elastic_ip", "aws.rds_instance"
IMAGE, SNAPSHOT, DATABASE_SNAPSHOT = "aws.ami", "aws.ebs_snapshot", "aws.rds_snapshot"

AWS: Mapping[tuple[str, str], tuple[Verb, str, str]] = {
    ("ec2", "StopInstances"): (Verb.STOP, MACHINE, "InstanceId.1"),
    ("ec2", "StartInstances"): (Verb.START, MACHINE, "InstanceId.1"),
    ("ec2", "TerminateInstances"): (Verb.DELETE, MACHINE, "InstanceId.1"),
    ("ec2", "CreateImage"): (Verb.BACKUP, MACHINE, "InstanceId"),
    ("ec2", "RunInstances"): (Verb.RESTORE, MACHINE, ""),
    ("ec2", "DeleteVolume"): (Verb.DELETE, VOLUME, "VolumeId"),
    ("ec2", "CreateSnapshot"): (Verb.BACKUP, VOLUME, "VolumeId"),
    ("ec2", "CreateVolume"): (Verb.RESTORE, VOLUME, ""),
    ("ec2", "ReleaseAddress"): (Verb.DELETE, ADDRESS, "AllocationId"),
    ("ec2", "DeleteSnapshot"): (Verb.DELETE, SNAPSHOT, "SnapshotId"),
    ("ec2", "RestoreSnapshotFromRecycleBin"): (Verb.RESTORE, SNAPSHOT, "SnapshotId"),
    ("ec2", "DisableImage"): (Verb.STOP, IMAGE, "ImageId"),
    ("ec2", "EnableImage"): (Verb.START, IMAGE, "ImageId"),
    ("ec2", "DeregisterImage"): (Verb.DELETE, IMAGE, "ImageId"),
    ("ec2", "RestoreImageFromRecycleBin"): (Verb.RESTORE, IMAGE, "ImageId"),
    ("rds", "DeleteDBSnapshot"): (Verb.DELETE, DATABASE_SNAPSHOT, "DBSnapshotIdentifier"),
    ("rds", "StopDBInstance"): (Verb.STOP, DATABASE, "DBInstanceIdentifier"),
    ("rds", "StartDBInstance"): (Verb.START, DATABASE, "DBInstanceIdentifier"),
    ("rds", "DeleteDBInstance"): (Verb.DELETE, DATABASE, "DBInstanceIdentifier"),
    ("rds", "CreateDBSnapshot"): (Verb.BACKUP, DATABASE, "DBInstanceIdentifier"),
    ("rds", "AddTagsToResource"): (Verb.BACKUP, DATABASE, ""),
    ("rds", "RestoreDBInstanceFromDBSnapshot"): (Verb.RESTORE, DATABASE, "DBInstanceIdentifier"),
}
"""Operation -> what it does to which kind, and the parameter that names the resource; "" where only the tag names the case."""

GCP: Mapping[str, tuple[Verb, str]] = {
    "compute.instances.stop": (Verb.STOP, "gcp.instance"),
    "compute.instances.start": (Verb.START, "gcp.instance"),
    "compute.instances.delete": (Verb.DELETE, "gcp.instance"),
    "compute.instances.insert": (Verb.RESTORE, "gcp.instance"),
    "compute.disks.delete": (Verb.DELETE, "gcp.disk"),
    "compute.disks.insert": (Verb.RESTORE, "gcp.disk"),
    "compute.disks.createSnapshot": (Verb.BACKUP, ""),
    "compute.regionDisks.delete": (Verb.DELETE, "gcp.disk"),
    "compute.regionDisks.insert": (Verb.RESTORE, "gcp.disk"),
    "compute.regionDisks.createSnapshot": (Verb.BACKUP, ""),
    "compute.snapshots.delete": (Verb.DELETE, "gcp.snapshot"),
    "compute.machineImages.delete": (Verb.DELETE, "gcp.machine_image"),
    "compute.addresses.delete": (Verb.DELETE, "gcp.address"),
    "compute.globalAddresses.delete": (Verb.DELETE, "gcp.address"),
}
"""As above. A snapshot of a disk may be of the disk's case or of its instance's: only the label says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One call as a sentence of the trail would have it. `verb` is None for a call that is in no table."""

    said: str
    verb: Verb | None = None
    key: str = ""
    """The resource's key text, where the call names the resource."""
    case: str = ""
    """The case, where the call carries its tag."""


def unexplained(ledger: Ledger, aws: Iterable[AWSCall] = (), gcp: Iterable[GCPCall] = (), *, whole: bool = False) -> list[str]:
    """What clouds and ledger do not agree on, as sentences; empty when all is explained.

    `whole`: the logs hold every call since the ledger began, so that what it says was done must be in them as well.
    """
    heard = [*(hear_aws(call) for call in aws if _changes(call)), *(hear_gcp(call) for call in gcp if _changes(call))]
    book = Book.of(ledger)
    told = [why for call in heard for why in [book.why_not(call)] if why]
    told += book.too_often(heard)
    return told + (list(book.unheard(heard)) if whole else [])


def _changes(call: AWSCall | GCPCall) -> bool:
    return call.ours and call.mutating


def hear_aws(call: AWSCall) -> Heard:
    """What a call to AWS does to which resource, for which case."""
    said = f"{call.service}:{call.action} in {call.region} of {call.account}"
    if mark := aws_mark(call):
        return Heard(said=said, verb=mark.verb, key=mark.key, case=mark.case)
    verb, kind, named = AWS.get((call.service, call.action), (None, "", ""))
    id = call.asked.get(named, "")
    key = Key(kind, call.account, call.region, id).ref if id else ""
    return Heard(said=f"{said} {id}".strip(), verb=verb, key=key, case=_tag(call.asked))


def _tag(asked: Mapping[str, str]) -> str:
    """The value of `sexton:case` among a request's tags, however the service spells its lists."""
    found = (name.removesuffix(".Key") for name, value in asked.items() if name.endswith(".Key") and value == "sexton:case")
    return next((asked.get(f"{name}.Value", "") for name in found), "")


def hear_gcp(call: GCPCall) -> Heard:
    """What a call to GCP does to which resource, for which case."""
    verb, kind = GCP.get(call.method, (None, ""))
    name = call.name or str(call.body.get("name", ""))
    said = f"{call.method} {call.location}/{name} of {call.project}"
    if mark := gcp_mark(call):
        return Heard(said=said, verb=mark.verb, key=mark.key, case=mark.case)
    key = Key(kind, call.project, call.location, name).ref if kind else ""
    labels: Mapping[str, Any] = call.body.get("labels", {})
    return Heard(said=said, verb=verb, key=key, case=labels.get("sexton-case", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The ledger's side, read once."""

    cases: Mapping[str, Case]
    intents: Mapping[tuple[str, Verb], list[Intent]]
    """(key text, verb) -> every intent that there was."""
    rows: Mapping[str, list[AuditRow]]
    """Case -> its trail."""

    @classmethod
    def of(cls, ledger: Ledger) -> Book:
        """Everything that the ledger has."""
        cases = {case.id: case for case in _all_cases(ledger)}
        intents: defaultdict[tuple[str, Verb], list[Intent]] = defaultdict(list)
        for case in cases.values():
            for intent in ledger.intents(case.id):
                intents[intent.action.key.ref, intent.verb].append(intent)
        rows: defaultdict[str, list[AuditRow]] = defaultdict(list)
        for row in ledger.audit_rows():
            rows[row.case].append(row)
        return cls(cases=cases, intents=intents, rows=rows)

    def why_not(self, call: Heard) -> str:
        """Why a call is unexplained; empty when it is explained."""
        if call.verb is None:
            return f"{call.said}: no act of Sexton's is known to make this call"
        if call.verb in ONCE:
            begun = any(self._began(intent) for intent in self.intents.get((call.key, call.verb), ()))
            return "" if begun else f"{call.said}: the trail has no intent to {call.verb} {call.key}"
        beginnings = BEGINNINGS[call.verb]
        possible = [self.cases[call.case]] if call.case in self.cases else []
        if call.verb is Verb.START or "FromRecycleBin" in call.said:  # it makes nothing that could carry a tag
            possible = [case for case in self.cases.values() if case.key.ref == call.key]
        mine = [case for case in possible if call.key in ("", case.key.ref)]
        explained = any(self._has(case, beginning) for case in mine for beginning in beginnings)
        return "" if explained else f"{call.said}: the trail has no {beginnings[0]!r} for it (case {call.case or 'not named'})"

    def _began(self, intent: Intent) -> bool:
        wanted = {"verb": str(intent.verb), "generation": intent.generation, "action": intent.action.hash}
        return any(row.event == "began" and wanted.items() <= row.data.items() for row in self.rows.get(intent.case, ()))

    def _has(self, case: Case, event: str) -> bool:
        return any(row.event == event for row in self.rows.get(case.id, ()))

    def too_often(self, heard: Iterable[Heard]) -> list[str]:
        """Stops and deletes that were sent more often than there are intents."""
        counts = Counter((call.key, call.verb) for call in heard if call.verb in ONCE)
        return [
            f"{count} calls to {verb} {key} for {len(self.intents[key, verb])} intents"
            for (key, verb), count in sorted(counts.items())
            if verb and 0 < len(self.intents.get((key, verb), ())) < count
        ]

    def unheard(self, heard: Iterable[Heard]) -> Iterator[str]:
        """What the ledger says was done, and no cloud was asked for."""
        calls = [(call.verb, call.key, call.case) for call in heard]
        by_key = {(key, verb) for verb, key, _ in calls}
        for (key, verb), intents in self.intents.items():
            if any(intent.status == "done" and not self._was_gone(intent) for intent in intents) and (key, verb) not in by_key:
                yield f"the trail says {verb} of {key} was done, and no cloud received the call"
        by_case = {(case, verb) for verb, _, case in calls}
        for case in self.cases.values():
            for verb in (Verb.BACKUP, Verb.CONDEMN, Verb.RESTORE):
                known = (case.id, verb) in by_case or (case.key.ref, verb) in by_key or self._makes_nothing(case, verb)
                if self._has(case, f"{verb} done") and not known:
                    yield f"the trail says {verb} of {case.key.ref} was done, and no cloud received the call"

    def _makes_nothing(self, case: Case, verb: Verb) -> bool:
        """A backup that only looks whether the cloud itself will keep what is deleted."""
        return verb is Verb.BACKUP and MADE not in case.memory.get(verb, {})

    def _was_gone(self, intent: Intent) -> bool:
        """Somebody else was faster: nothing was sent."""
        return bool(self.cases[intent.case].memory.get(intent.verb, {}).get("gone"))


def _all_cases(ledger: Ledger) -> Iterator[Case]:
    cursor: str | None = None
    while True:
        page, cursor = ledger.cases(cursor=cursor, limit=1000)
        yield from page
        if cursor is None:
            return
