"""What AWS wants allowed before it carries out a call: the call's own action on each resource that it names, with that resource's
tags as they are, and the actions that stand behind it (service authorization reference): tags of what is made, roles passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from demo.aws.calls import Call
from demo.aws.iam import Ask

_EC2_IDS = re.compile(r"(?:Volume|Instance|Allocation|Snapshot|Image|Resource)Id(?:\.\d+)?")
_TAG_KEY = re.compile(r"(?:TagSpecification\.\d+\.)?(?:Tag|Tags\.(?:member|Tag))\.\d+\.Key")
_KEY_ALONE = re.compile(r"TagKeys\.member\.\d+")
_MAKES = re.compile(r"Create|Run|Restore")


def asks(call: Call) -> Iterator[Ask]:
    """Everything that must be allowed."""
    written = _written(call.asked)
    resources = list(_resources(call)) or [("*", {})]
    for arn, tags in resources:
        yield Ask(action=call.iam, resource=arn, context=_context(tags, written))
    yield from _behind(call, written)


def _context(tags: Mapping[str, str], written: Mapping[str, str]) -> dict[str, list[str]]:
    context = {f"aws:ResourceTag/{key}": [value] for key, value in tags.items()}
    context |= {f"aws:RequestTag/{key}": [value] for key, value in written.items()}
    return context | ({"aws:TagKeys": sorted(written)} if written else {})


def _written(asked: Mapping[str, str]) -> dict[str, str]:
    """The tags of a request, however its service spells lists; "" for those that it only names."""
    named = {
        value: asked.get(f"{name.removesuffix('.Key')}.Value", "") for name, value in asked.items() if _TAG_KEY.fullmatch(name)
    }
    return named | {value: "" for name, value in asked.items() if _KEY_ALONE.fullmatch(name)}


def _behind(call: Call, written: Mapping[str, str]) -> Iterator[Ask]:
    if call.service == "ec2":
        if written and call.action not in ("CreateTags", "DeleteTags"):
            yield Ask(action="ec2:CreateTags", context={**_context({}, written), "ec2:CreateAction": [call.action]})
        if any(name.startswith("IamInstanceProfile") for name in call.asked):
            yield Ask(action="iam:PassRole", context={"iam:PassedToService": ["ec2.amazonaws.com"]})
    if call.service == "rds":
        if written and _MAKES.match(call.action):
            yield Ask(action="rds:AddTagsToResource", resource=_made(call), context=_context({}, written))
        if call.action == "StopDBInstance" and "DBSnapshotIdentifier" in call.asked:
            yield Ask(action="rds:CreateDBSnapshot", resource=_rds_arn(call, "snapshot", call.asked["DBSnapshotIdentifier"]))


def _made(call: Call) -> str:
    """What a call to RDS makes: a snapshot, or the instance that comes back from one."""
    if call.action == "CreateDBSnapshot":
        return _rds_arn(call, "snapshot", call.asked.get("DBSnapshotIdentifier", ""))
    return _rds_arn(call, "db", call.asked.get("DBInstanceIdentifier", ""))


def _rds_arn(call: Call, what: str, name: str) -> str:
    return f"arn:aws:rds:{call.region}:{call.account}:{what}:{name}"


def _resources(call: Call) -> Iterator[tuple[str, dict[str, str]]]:
    """ARN and tags, as moto has them now, of each resource that a call names."""
    if call.service == "ec2":
        backend = _backend(call)
        for id in (value for name, value in call.asked.items() if _EC2_IDS.fullmatch(name)):
            yield f"arn:aws:ec2:{call.region}:{call.account}:*/{id}", dict(backend.tags.get(id, {}))
    if call.service == "rds":
        for what, name in (("db", "DBInstanceIdentifier"), ("snapshot", "DBSnapshotIdentifier")):
            if name in call.asked and not _MAKES.match(call.action):
                yield _tagged(call, _rds_arn(call, what, call.asked[name]))
                return
        if "ResourceName" in call.asked:
            yield _tagged(call, call.asked["ResourceName"])


def _tagged(call: Call, arn: str) -> tuple[str, dict[str, str]]:
    what, name = arn.split(":")[5:7]
    backend = _backend(call)
    known = backend.databases if what == "db" else backend.database_snapshots
    found = known.get(name)
    return arn, {tag["Key"]: tag["Value"] for tag in found.tags} if found is not None else {}


def _backend(call: Call) -> Any:
    from moto.backends import get_backend

    name: Any = call.service
    return get_backend(name)[call.account][call.region]
