"""A specimen of each kind, for the contract suite: one file per kind, each with SPECIMEN."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from demo.aws.local import LocalAWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """How to make and change one in the local AWS, as a person would. Ids are those of the kind's keys."""

    make: Callable[[LocalAWS, int], str]
    """The number tells several apart where names must differ."""
    tag: Callable[[LocalAWS, str, Mapping[str, str]], None]
    changes: Mapping[str, Callable[[LocalAWS, str], object]]
    listed_by: tuple[str, str]
    """Service and operation of the list."""
    tagged_by: tuple[str, str] | None = None
    """Service and operation that read tags, where the list does not bring them."""
    evidence: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Evidence field -> service and operation."""


def specimen(kind: str) -> Specimen:
    """Of a kind by its name."""
    module = importlib.import_module(f"{__name__}.{kind.split('.', 1)[1]}")
    found: Specimen = module.SPECIMEN
    return found


def ec2_tags(aws: LocalAWS, id: str, tags: Mapping[str, str]) -> None:
    """Tags of anything in EC2."""
    aws.client("ec2").create_tags(Resources=[id], Tags=pairs(tags))


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As requests take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def owned(what: str) -> list[dict[str, object]]:
    """A TagSpecification with the specimen's owner."""
    return [{"ResourceType": what, "Tags": pairs(OWNED)}]


OWNED = {"owner": "payments"}


def kept(aws: LocalAWS, sort: str, days: int = 60) -> None:
    """A Recycle Bin rule for a sort of resource, unless there is one."""
    bin = aws.client("rbin")
    if not bin.list_rules(ResourceType=sort)["Rules"]:
        bin.create_rule(ResourceType=sort, RetentionPeriod={"RetentionPeriodValue": days, "RetentionPeriodUnit": "DAYS"})
