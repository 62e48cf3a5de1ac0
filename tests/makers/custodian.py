"""Raw answers of providers and filters of Cloud Custodian's, drawn by chance; and a tree of a filter without a file.

Drawn from a seeded generator, not by hypothesis: there is so much of each that shrinking takes minutes.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from engine.custodian.keys import Key, Sort, tag
from engine.custodian.resources import Resource
from engine.custodian.tree import Node
from reapers.kind import kinds

NOW = datetime.now(UTC)  # noqa: TID251 - Custodian asks the machine for the time, so ours must be the same
ASCII = ("a", "A", "abc", "prod", "Prod", "prod-1", "available", "in-use", "x.large", "i-1", "100", "Off")
FREE = (
    *ASCII,
    "",
    "\u0130",
    "\u0131d",
    "\u212a",
    "\u017f",
    "prod\n",
    "\n",
    "ink",
    "INK",
    "present",
    "not-null",
    "a\nb",
    "9\u0663",
)
"""Letters that fold to ASCII ones, line breaks at the end, digits of other scripts: where two engines may part."""

TAGS = ("Owner", "env", "cost-center")
PATTERNS = (
    "prod", "^prod$", "^prod", "pro.$", ".*", "i.*", "^[a-k]+$", "(prod|abc)-?", "a|b", "^(a|A)$", "[^a]+", "k", "s", "pro.{1,3}",
    r"x\.large", r"\d+", r"\w+", "^(?!prod).*$", "A", "[A-Z]", "in.", "a*?b", "^$", "", r"(a)\1", "x{,2}", "p++", "a$b", "^a|b$",
)  # fmt: skip
GLOBS = ("*", "prod*", "*od", "*r*", "p?od", "[ap]*", "prod", "", "[!a]*", "x.*", "a*b", "[]", "[a-k]*", "?", "**")
OPERATORS = (
    "eq", "equal", "ne", "not-equal", "gt", "greater-than", "ge", "gte", "lt", "less-than", "le", "lte", "in", "ni", "not-in",
    "contains", "glob", "regex", "regex-case",
)  # fmt: skip
WORDS = ("absent", "present", "not-null", "empty")
NUMBERS = (0, 1, 2, 7, 100, -1, 1.5)


def scalar(draw: Random) -> Any:
    """What a filter may compare with."""
    return draw.choice([*WORDS, *WORDS, *FREE, *PATTERNS, *GLOBS, *NUMBERS, *NUMBERS, True, False, True, False, None])


def near(draw: Random, key: Key, enum: Sequence[str]) -> Any:
    """A value that some resource may well have."""
    found = values(draw, key, enum)
    return scalar(draw) if isinstance(found, datetime) else [] if isinstance(found, list) else found


def enum_of(resource: Resource, key: Key) -> Sequence[str]:
    """The values that a field of ours may have."""
    fields = kinds()[resource.kind].table.fields
    return fields[key.field.name].enum if key.field.name in fields else ()


def raw_of(draw: Random, resource: Resource) -> dict[str, Any]:
    """One raw answer as the provider would give it: the kind's example with other values."""
    raw = copy.deepcopy(dict(kinds()[resource.kind].example))
    for path, key in resource.keys.items():
        if "[" not in path:
            put(raw, path, values(draw, key, enum_of(resource, key)))
    put_tags(raw, resource, {name: draw.choice(FREE) for name in TAGS if draw.random() < 0.6})
    COHERENT.get(resource.kind, lambda raw: None)(raw)
    return raw


def values(draw: Random, key: Key, enum: Sequence[str]) -> Any:
    """A raw value of a key; None where it is missing."""
    missing = [*key.blanks, *(raw for _, raw in key.also)]
    if missing and draw.random() < 0.4:
        return draw.choice(missing)
    match key.sort:
        case Sort.TEXT:
            texts = [one for one in enum if one != "Off"] or (ASCII if key.ascii_only else [text for text in FREE if text])
            return draw.choice(texts)
        case Sort.NUMBER:
            return draw.choice((0, 1, 2, 7, 8, 100, 3000))
        case Sort.DIGITS:
            return draw.choice(("1", "2", "7", "100", "3000"))
        case Sort.TRUTH:
            return draw.random() < 0.5
        case Sort.ID:
            return draw.choice(("id-1", "id-2"))
        case Sort.LIST:
            return ["one", "two", "three"][: draw.randint(1, 3)]
        case Sort.MADE:
            return NOW - timedelta(days=draw.randint(0, 60), hours=12)


def put(raw: dict[str, Any], path: str, value: Any) -> None:
    """Sets a value below its dots; None is left out, as providers do."""
    *outer, last = path.split(".")
    for part in outer:
        raw = raw.setdefault(part, {}) if isinstance(raw.get(part, {}), dict) else raw.setdefault(f"no {part}", {})
    if value is None:
        raw.pop(last, None)
    else:
        raw[last] = value


def put_tags(raw: dict[str, Any], resource: Resource, tags: Mapping[str, str]) -> None:
    """Tags where each provider has them; none at all is left out, as an empty list, or as an empty mapping."""
    for name in ("Tags", "TagList", "labels"):
        raw.pop(name, None)
    if resource.labelled:
        raw |= {"labels": {key.lower(): value for key, value in tags.items()}} if tags else {}
    elif tags:
        raw["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]


def _ec2(raw: dict[str, Any]) -> None:
    profile = raw.get("IamInstanceProfile")
    raw["IamInstanceProfile"] = {"Arn": "prod", "Id": "one"} if profile else None
    if not profile:
        del raw["IamInstanceProfile"]


def _volume(raw: dict[str, Any]) -> None:
    """What is attached is in use, and what is in use is attached."""
    raw["Attachments"] = [{"InstanceId": one} for one in raw["Attachments"]]
    if raw["Attachments"]:
        raw["State"] = "in-use"
    elif raw["State"] == "in-use":
        raw["State"] = "available"


def _address(raw: dict[str, Any]) -> None:
    """An association has an id."""
    if "AssociationId" not in raw:
        for name in ("InstanceId", "NetworkInterfaceId"):
            raw.pop(name, None)


def _database(raw: dict[str, Any]) -> None:
    """A database has a time of creation as soon as it is made."""
    if raw["DBInstanceStatus"] == "creating" or "InstanceCreateTime" not in raw:
        raw["DBInstanceStatus"] = "creating"
        raw.pop("InstanceCreateTime", None)


def _bucket(raw: dict[str, Any]) -> None:
    raw.setdefault("Versioning", {})


def _users(raw: dict[str, Any]) -> None:
    place = "https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances"
    if raw.get("users"):
        raw["users"] = [f"{place}/{user}" for user in raw["users"]]


COHERENT = {
    "aws.ec2_instance": _ec2,
    "aws.ebs_volume": _volume,
    "aws.elastic_ip": _address,
    "aws.rds_instance": _database,
    "aws.s3_bucket": _bucket,
    "gcp.disk": _users,
    "gcp.address": _users,
}


def test_on(draw: Random, resource: Resource) -> dict[str, Any]:
    """A value filter, in the long or the short spelling."""
    tags = [f"tag:{name.lower() if resource.labelled else name}" for name in TAGS]
    key = draw.choice([*resource.keys, *tags, *tags])
    known = resource.keys.get(key) or tag("any")
    if known.sort is Sort.MADE and draw.random() < 0.9:
        compare = draw.choice(("gt", "ge", "lt", "le", "greater-than", "lte"))
        return {"type": "value", "key": key, "value_type": "age", "op": compare, "value": draw.randint(0, 60)}
    value = near(draw, known, enum_of(resource, known)) if draw.random() < 0.4 else scalar(draw)
    if draw.random() < 0.25:
        return {key: value}
    written: dict[str, Any] = {"type": "value", "key": key, "value": value}
    if draw.random() < 0.8:
        written["op"] = draw.choice(OPERATORS)
    if written.get("op") in ("regex", "regex-case", "glob"):
        written["value"] = draw.choice(GLOBS if written["op"] == "glob" else PATTERNS)
    elif written.get("op") in ("in", "ni", "not-in") and draw.random() < 0.9:
        several = [near(draw, known, enum_of(resource, known)) for _ in range(draw.randint(0, 2))]
        written["value"] = several + [scalar(draw) for _ in range(draw.randint(0, 2))]
    if draw.random() < 0.2:
        written["value_type"] = draw.choice(("integer", "float", "size"))
    return written


def filter_on(draw: Random, resource: Resource, depth: int = 0) -> dict[str, Any]:
    """A value filter, often below and, or and not."""
    if depth > 2 or draw.random() < 0.6:
        return test_on(draw, resource)
    parts = [filter_on(draw, resource, depth + 1) for _ in range(draw.randint(1, 2))]
    return {draw.choice(("and", "or", "not", "not")): parts}


def node(data: Any) -> Node:
    """A tree of plain data, all on line 1."""
    if isinstance(data, list):
        return Node([node(item) for item in data], 1)
    if isinstance(data, dict):
        return Node({key: node(value) for key, value in data.items()}, 1)
    return Node(data, 1)
