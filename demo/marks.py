"""Calls that write or remove the condemn tag, as the doubles heard them: of which case, or of which resource."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from demo.aws.calls import Call as AWSCall
from demo.gcp.calls import Call as GCPCall
from engine.mark import LABEL, TAG
from engine.model import Key, Verb

WRITES = frozenset({("ec2", "CreateTags"), ("rds", "AddTagsToResource")})
REMOVES = frozenset({("ec2", "DeleteTags"), ("rds", "RemoveTagsFromResource")})

DATABASES = {"db": "aws.rds_instance", "snapshot": "aws.rds_snapshot"}
"""Sort of resource in an ARN of RDS -> kind."""

COLLECTIONS = {
    "disks": "gcp.disk", "instances": "gcp.instance", "addresses": "gcp.address", "snapshots": "gcp.snapshot",
    "machineImages": "gcp.machine_image",
}  # fmt: skip


class Mark(NamedTuple):
    """Whether it is written or removed, and whose it is: the case that it names, or the resource's key text."""

    verb: Verb
    case: str = ""
    key: str = ""


def aws_mark(call: AWSCall) -> Mark | None:
    """The mark of a call to AWS that writes or removes nothing but our tag."""
    keys = {value for name, value in call.asked.items() if re.fullmatch(r"(Tags?\.(\w+\.)?\d+\.Key)|(TagKeys\.\w+\.\d+)", name)}
    operation = (call.service, call.action)
    if keys != {TAG} or operation not in WRITES | REMOVES:
        return None
    said = next((value for name, value in call.asked.items() if re.fullmatch(r"Tags?\.(\w+\.)?\d+\.Value", name)), "")
    return Mark(Verb.CONDEMN if operation in WRITES else Verb.SPARE, said.rpartition(":")[0], "" if said else _database(call))


def _database(call: AWSCall) -> str:
    """RDS removes a tag by its name alone; the ARN says of what."""
    _, _, _, region, account, sort, name = call.asked["ResourceName"].split(":", 6)
    return Key(DATABASES[sort], account, region, name).ref


def gcp_mark(call: GCPCall) -> Mark | None:
    """The mark of a setLabels: it names the case where the label is written, and only the resource where it is removed."""
    if not call.method.endswith(".setLabels"):
        return None
    labels: Mapping[str, str] = call.body.get("labels", {})
    if LABEL in labels:
        return Mark(Verb.CONDEMN, labels[LABEL].rpartition("-")[0])
    return Mark(Verb.SPARE, key=Key(COLLECTIONS[call.collection], call.project, call.location, call.name).ref)
