"""What each of Sexton's roles may do in a cloud, worked out from the kinds: IAM policies for AWS, custom roles for GCP.

    scan      reads
    stop      stops and starts
    condemn   makes backups, brings back, and writes the condemn tag: no other tag of what is there
    delete    deletes what carries the condemn tag and no protecting one; writes and creates nothing

Nobody who may delete may tag, and nobody who may tag may delete: a fault of Sexton's in one role cannot do what takes two.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.mark import TAG
from engine.model import Mode, Role
from engine.policy import PolicySet, Protect
from engine.spent import SPENT_BACKUPS
from reapers.kind import Kind, kinds

EVERY_SCAN = {
    "aws": frozenset({"ec2:DescribeRegions", "sts:GetCallerIdentity"}),
    "gcp": frozenset({"resourcemanager.projects.get"}),
}
"""What scanning asks before it asks for any kind: which regions and projects there are."""

OURS = (TAG, "sexton:case", "sexton:until")
"""The only tags that the role condemn may write on what it has not just made."""

_READS = re.compile(r"[a-z0-9-]+:(Describe|List|Get|Lookup)")

TAGGING = frozenset({"ec2:CreateTags", "ec2:DeleteTags", "rds:AddTagsToResource", "rds:RemoveTagsFromResource"})
"""Actions that write tags: allowed under conditions only."""

WRITTEN = {"Null": {"aws:TagKeys": "false"}}
"""`ForAllValues` is true of no values at all: a request that names no tag, as the one that deletes them all, is none of ours."""

Statement = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """For which kinds, and what policies say that bears on permissions."""

    only: frozenset[str] = frozenset()
    """Names of kinds; empty for all."""
    protect: tuple[str, ...] = field(default_factory=lambda: Protect().tags)
    """Tags whose bearer the role delete is denied."""
    untied: frozenset[str] | None = None
    """Kinds that the cloud would delete uncondemned and a policy deletes all the same; None where no policies are given."""

    @classmethod
    def of(cls, policies: PolicySet, only: Iterable[str] = ()) -> Wish:
        """What a policy repository says."""
        reaps = [
            reap for reap in policies.reaps.values() if reap.without_condemn or reap.meta.name == SPENT_BACKUPS
        ]  # fmt: skip
        deletes = (reap.selects.kinds for reap in reaps if Mode.DELETE in reap.after and reap.mode is Mode.DELETE)
        return cls(
            only=frozenset(only), protect=policies.organization.protect.tags, untied=frozenset().union(*deletes)
        )  # fmt: skip


def permissions(cloud: str, role: Role, wish: Wish | None = None) -> list[str]:
    """The permissions of a role in a cloud, sorted."""
    wish = wish or Wish()
    always = EVERY_SCAN[cloud] if role is Role.SCAN else frozenset()
    return sorted(always.union(*(kind.needs.get(role, frozenset()) for kind in _chosen(cloud, role, wish))))


def _chosen(cloud: str, role: Role, wish: Wish) -> Iterator[Kind]:
    for kind in kinds().values():
        wanted = kind.cloud == cloud and (not wish.only or kind.name in wish.only)
        if wanted and (role is not Role.DELETE or _deletes(kind, wish)):
            yield kind


def _deletes(kind: Kind, wish: Wish) -> bool:
    """Where policies are given, what nothing ties is deleted only if one of them says so."""
    return not kind.untied or wish.untied is None or kind.name in wish.untied


def role_of(cloud: str, role: Role, wish: Wish | None = None) -> dict[str, Any]:
    """The document that creates a role."""
    wish = wish or Wish()
    return iam_policy(role, wish) if cloud == "aws" else custom_role(role, permissions(cloud, role, wish))


def iam_policy(role: Role, wish: Wish) -> dict[str, Any]:
    """An AWS policy document. What only reads, and all that needs no condition, is one statement a service."""
    actions = permissions("aws", role, wish)
    conditional = _conditional(role, actions, wish)
    free = [action for action in actions if action not in conditional]
    statements = [*_by_service(role, free), *_statements(role, sorted(conditional), wish)]
    return {"Version": "2012-10-17", "Statement": statements}


def _conditional(role: Role, actions: Collection[str], wish: Wish) -> frozenset[str]:
    """The actions of a role that are allowed under conditions."""
    if role is Role.DELETE:
        return frozenset(action for action in actions if not _READS.match(action)) - _untied_writes(wish)
    if role is Role.CONDEMN:
        return frozenset(actions) & (TAGGING | {"iam:PassRole"})
    return frozenset()


def _untied_writes(wish: Wish) -> frozenset[str]:
    untied = (kind for kind in _chosen("aws", Role.DELETE, wish) if kind.untied)
    tied = (kind for kind in _chosen("aws", Role.DELETE, wish) if not kind.untied)
    return _needed(untied) - _needed(tied)


def _needed(some: Iterable[Kind]) -> frozenset[str]:
    return frozenset[str]().union(*(kind.needs.get(Role.DELETE, frozenset()) for kind in some))


def _by_service(role: Role, actions: Iterable[str]) -> Iterator[Statement]:
    services: defaultdict[str, list[str]] = defaultdict(list)
    for action in actions:
        services[action.split(":", 1)[0]].append(action)
    for service, names in sorted(services.items()):
        yield _allow(f"Sexton{str(role).title()}{_word(service)}", names)


def _statements(role: Role, actions: list[str], wish: Wish) -> Iterator[Statement]:
    if role is Role.DELETE and actions:
        yield _allow("SextonDeleteCondemned", actions, {"StringLike": {f"aws:ResourceTag/{TAG}": "?*"}})
        for number, tag in enumerate(wish.protect, 1):
            condition = {"Null": {f"aws:ResourceTag/{tag}": "false"}}
            yield {**_allow(f"SextonProtected{number}", actions, condition), "Effect": "Deny"}
    if role is Role.CONDEMN:
        yield from (statement for statement in _tagging(permissions("aws", role, wish)) if statement["Action"] in actions)


def _tagging(actions: Iterable[str]) -> Iterator[Statement]:
    """Our tags on anything; all of a resource's own tags only on what is being made: a backup, or what is brought back."""
    makes = sorted(action.split(":", 1)[1] for action in actions if re.match(r"ec2:(Create(?!Tags)|Run)", action))
    ours = {"ForAllValues:StringEquals": {"aws:TagKeys": list(OURS)}, **WRITTEN}
    condemned = {"ForAllValues:StringEquals": {"aws:TagKeys": [TAG]}, **WRITTEN}
    back = {"StringLike": {"aws:RequestTag/sexton:case": "?*"}}
    yield _allow("SextonCondemn", "ec2:CreateTags", ours)
    if makes:
        yield _allow("SextonTagWhatIsMade", "ec2:CreateTags", {"StringEquals": {"ec2:CreateAction": makes}})
    yield _allow("SextonSpare", "ec2:DeleteTags", condemned)
    yield _allow("SextonCondemnDatabase", "rds:AddTagsToResource", ours)
    yield _allow("SextonTagBackups", "rds:AddTagsToResource", resource="arn:*:rds:*:*:snapshot:sexton-*")
    yield _allow("SextonTagWhatComesBack", "rds:AddTagsToResource", back, "arn:*:rds:*:*:db:*")
    yield _allow("SextonSpareDatabase", "rds:RemoveTagsFromResource", condemned)
    yield _allow("SextonPassRole", "iam:PassRole", {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})


def _allow(sid: str, actions: list[str] | str, condition: Mapping[str, Any] | None = None, resource: str = "*") -> Statement:
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": dict(condition)} if condition else statement


def _word(service: str) -> str:
    """A service's name as a statement id may hold it: letters and digits."""
    return "".join(part.title() for part in service.split("-"))


def custom_role(role: Role, names: Iterable[str]) -> dict[str, Any]:
    """A role file for `gcloud iam roles create sexton_scan --project=… --file=…`, which reads JSON as YAML."""
    return {
        "title": f"Sexton {role}",
        "description": f"Made by `sexton permissions gcp --role {role}`.",
        "stage": "GA",
        "includedPermissions": list(names),
    }
