"""Recycle Bin, which moto has not: rules, and what they keep of deleted EBS snapshots and deregistered images.

As AWS documents it: a rule without tags covers every resource of its sort in the region but those with a tag that it excludes;
one with tags covers what has any of them; of several the longest counts. What is kept comes back with its id and tags until its
time is over; an image only while the snapshots that it is made of are there. Rules of other resources are not played.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from demo.aws import answers
from demo.aws.answers import Answer
from demo.aws.calls import Call, Environ, body, form
from demo.aws.clock import MotoClock

SNAPSHOT, IMAGE = "EBS_SNAPSHOT", "EC2_IMAGE"

Place = tuple[str, str]
"""Account and region."""

DELETES = {("ec2", "DeleteSnapshot"): (SNAPSHOT, "SnapshotId"), ("ec2", "DeregisterImage"): (IMAGE, "ImageId")}
_NOT_FOUND = {SNAPSHOT: "InvalidSnapshot.NotFound", IMAGE: "InvalidAMIID.NotFound"}


@dataclass(slots=True, kw_only=True)
class Rule:
    """A retention rule as its owner wrote it."""

    id: str
    sort: str
    days: int
    asked: Mapping[str, Any]

    def covers(self, sort: str, tags: Mapping[str, str]) -> bool:
        """Whether it keeps a resource with these tags."""
        if sort != self.sort:
            return False
        only = self.asked.get("ResourceTags") or ()
        without = self.asked.get("ExcludeResourceTags") or ()
        return _any(only, tags) if only else not _any(without, tags)


def _any(wanted: Sequence[Mapping[str, str]], tags: Mapping[str, str]) -> bool:
    return any(tags.get(tag["ResourceTagKey"]) == tag.get("ResourceTagValue", "") for tag in wanted)


@dataclass(slots=True, kw_only=True)
class Kept:
    """Something in the bin: moto's own object, and until when."""

    sort: str
    thing: Any
    entered: datetime
    leaves: datetime


@dataclass(slots=True)
class RecycleBin:
    """The bins of all accounts and regions. Not locked: the door holds its lock around calls that change something."""

    clock: MotoClock
    rules: dict[Place, dict[str, Rule]] = field(default_factory=dict)
    kept: dict[Place, dict[str, Kept]] = field(default_factory=dict)

    def answer(self, call: Call, environ: Environ) -> Answer | None:
        """The answer to one of the bin's own calls; None for any other."""
        play = _PLAYS.get((call.service, call.action))
        return play(self, call, environ) if play else None

    def watch(self, call: Call) -> Callable[[], None]:
        """What to do once a delete was carried out: keep the resource if a rule covers it."""
        sort, parameter = DELETES.get((call.service, call.action), ("", ""))
        thing = _store(call, sort).get(call.asked.get(parameter, "")) if sort else None
        if thing is None:
            return lambda: None
        tags = {tag["key"]: tag["value"] for tag in thing.get_tags()}
        days = max((rule.days for rule in self._rules(call).values() if rule.covers(sort, tags)), default=0)
        return lambda: self._keep(call, sort, thing, days)

    def _keep(self, call: Call, sort: str, thing: Any, days: int) -> None:
        now = self.clock.now()
        if days:
            self._here(call)[thing.id] = Kept(sort=sort, thing=thing, entered=now, leaves=now + timedelta(days=days))

    def _here(self, call: Call) -> dict[str, Kept]:
        """What is in the bin now; what has been there for its time is gone for good."""
        here = self.kept.setdefault((call.account, call.region), {})
        for id in [id for id, one in here.items() if one.leaves <= self.clock.now()]:
            del here[id]
        return here

    def _rules(self, call: Call) -> dict[str, Rule]:
        return self.rules.setdefault((call.account, call.region), {})

    # --- the service rbin ---------------------------------------------------------------------------------------------

    def create_rule(self, call: Call, environ: Environ) -> Answer:
        """A rule of 1 to 365 days."""
        asked = json.loads(body(environ))
        days = int(asked["RetentionPeriod"]["RetentionPeriodValue"])
        if not 1 <= days <= 365 or asked["RetentionPeriod"]["RetentionPeriodUnit"] != "DAYS":
            return _json(400, {"__type": "ValidationException", "Message": "The retention period must be 1 to 365 days."})
        rule = Rule(id=f"rule{len(self._rules(call)) + 1:07}", sort=asked["ResourceType"], days=days, asked=asked)
        self._rules(call)[rule.id] = rule
        return _json(201, _shown(rule))

    def list_rules(self, call: Call, environ: Environ) -> Answer:
        """The rules of one sort, in one page, without their tags."""
        sort = json.loads(body(environ))["ResourceType"]
        shown = [_shown(rule) for rule in self._rules(call).values() if rule.sort == sort]
        return _json(200, {"Rules": [{name: one[name] for name in ("Identifier", "RetentionPeriod")} for one in shown]})

    def get_rule(self, call: Call, environ: Environ) -> Answer:
        """One rule, with its tags."""
        rule = self._rules(call).get(environ["PATH_INFO"].rsplit("/", 1)[-1])
        if rule is None:
            return _json(404, {"__type": "ResourceNotFoundException", "Message": "Rule not found."}, "ResourceNotFoundException")
        return _json(200, _shown(rule))

    def delete_rule(self, call: Call, environ: Environ) -> Answer:
        """What it kept stays its time."""
        self._rules(call).pop(environ["PATH_INFO"].rsplit("/", 1)[-1], None)
        return _json(204, {})

    # --- EC2's calls on what is kept ----------------------------------------------------------------------------------

    def listed(self, call: Call, environ: Environ, sort: str) -> Answer:
        """What is in the bin."""
        asked = form(environ)
        wanted = {value for name, value in asked.items() if re.match(r"(Snapshot|Image)Id\.", name)}
        found = {id: one for id, one in self._here(call).items() if one.sort == sort and (not wanted or id in wanted)}
        for id in sorted(wanted - set(found)):
            return answers.error(environ, call, _NOT_FOUND[sort], f"'{id}' is not in the Recycle Bin", 400)
        tag = "snapshot" if sort == SNAPSHOT else "image"
        items = "".join(
            f"<item><{tag}Id>{id}</{tag}Id><description>{escape(one.thing.description or '')}</description>"
            f"<recycleBinEnterTime>{_time(one.entered)}</recycleBinEnterTime>"
            f"<recycleBinExitTime>{_time(one.leaves)}</recycleBinExitTime></item>"
            for id, one in sorted(found.items())
        )
        return _xml(call, f"<{tag}Set>{items}</{tag}Set>")

    def restored(self, call: Call, environ: Environ, sort: str) -> Answer:
        """Back with its id and tags."""
        id = form(environ).get("SnapshotId" if sort == SNAPSHOT else "ImageId", "")
        one = self._here(call).get(id)
        if one is None or one.sort != sort:
            return answers.error(environ, call, _NOT_FOUND[sort], f"'{id}' is not in the Recycle Bin", 400)
        if sort == IMAGE and one.thing.ebs_snapshot.id not in _store(call, SNAPSHOT):
            gone = one.thing.ebs_snapshot.id
            return answers.error(environ, call, "InvalidSnapshot.NotFound", f"The snapshot '{gone}' does not exist.", 400)
        del self._here(call)[id]
        _store(call, sort)[id] = one.thing
        if sort == IMAGE:
            _backend(call).deleted_amis.remove(id)
            return _xml(call, "<return>true</return>")
        return _xml(call, f"<snapshotId>{id}</snapshotId><status>{one.thing.status}</status>")


def _backend(call: Call) -> Any:
    from moto.backends import get_backend

    return get_backend("ec2")[call.account][call.region]


def _store(call: Call, sort: str) -> dict[str, Any]:
    """moto's own table of snapshots or images."""
    found: dict[str, Any] = _backend(call).snapshots if sort == SNAPSHOT else _backend(call).amis
    return found


def _shown(rule: Rule) -> dict[str, Any]:
    kept = {name: rule.asked[name] for name in ("ResourceTags", "ExcludeResourceTags", "Description") if name in rule.asked}
    period = {"RetentionPeriodValue": rule.days, "RetentionPeriodUnit": "DAYS"}
    return {"Identifier": rule.id, "ResourceType": rule.sort, "RetentionPeriod": period, "Status": "available", **kept}


def _json(status: int, shown: Mapping[str, Any], error: str = "") -> Answer:
    content = json.dumps(shown).encode() if shown else b""
    named = [("x-amzn-errortype", error or str(shown["__type"]))] if "__type" in shown else []
    return status, [("Content-Type", "application/json"), *named, ("Content-Length", str(len(content)))], content


def _xml(call: Call, inner: str) -> Answer:
    name = f"{call.action}Response"
    content = f'<{name} xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>local</requestId>{inner}</{name}>'.encode()
    return 200, [("Content-Type", "text/xml"), ("Content-Length", str(len(content)))], content


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


Play = Callable[[RecycleBin, Call, Environ], Answer]

_PLAYS: Mapping[tuple[str, str], Play] = {
    ("rbin", "CreateRule"): RecycleBin.create_rule,
    ("rbin", "ListRules"): RecycleBin.list_rules,
    ("rbin", "GetRule"): RecycleBin.get_rule,
    ("rbin", "DeleteRule"): RecycleBin.delete_rule,
    ("ec2", "ListSnapshotsInRecycleBin"): lambda bin, call, environ: bin.listed(call, environ, SNAPSHOT),
    ("ec2", "ListImagesInRecycleBin"): lambda bin, call, environ: bin.listed(call, environ, IMAGE),
    ("ec2", "RestoreSnapshotFromRecycleBin"): lambda bin, call, environ: bin.restored(call, environ, SNAPSHOT),
    ("ec2", "RestoreImageFromRecycleBin"): lambda bin, call, environ: bin.restored(call, environ, IMAGE),
    ("ec2", "DescribeFastLaunchImages"): lambda bin, call, environ: _xml(call, "<fastLaunchImageSet></fastLaunchImageSet>"),
}
