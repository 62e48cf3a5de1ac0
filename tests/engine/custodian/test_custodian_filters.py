"""Filters whose translation was checked by hand, with the reason where there is none. Needs no Custodian."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.condition import compile_condition, table_of
from engine.condition.printer import text
from engine.custodian.compare import Test, holds
from engine.custodian.filters import Speaker
from engine.custodian.parts import NotSaid
from engine.custodian.patterns import NoPattern, glob, regex
from engine.custodian.resources import RESOURCES
from makers.custodian import node
from reapers.kind import kinds

Filter = Any


def value(key: str, **rest: Any) -> Filter:
    return {"type": "value", "key": key, **rest}


def said(resource: str, wanted: Filter) -> str | bool:
    found = Speaker(RESOURCES[resource]).one(node(wanted))
    if not isinstance(found, bool):
        compile_condition([text(found)], [table_of(kinds()[RESOURCES[resource].kind].table)])
    return found if isinstance(found, bool) else text(found)


def unsaid(resource: str, wanted: Filter) -> str:
    with pytest.raises(NotSaid) as caught:
        said(resource, wanted)
    return str(caught.value)


SAID: list[tuple[str, Filter, str | bool]] = [
    ("aws.ebs", {"State": "available"}, "state == 'available'"),
    ("aws.ebs", {"Attachments": []}, "!has(attached_to) && state != 'in-use'"),
    ("aws.ebs", value("Attachments", value_type="size", op="gt", value=0), "has(attached_to) || state == 'in-use'"),
    ("aws.ebs", value("CreateTime", value_type="age", op="greater-than", value=30), "age_days > 30"),
    ("aws.ebs", {"not": [value("CreateTime", value_type="age", op="lt", value=7)]}, "!(age_days < 7)"),
    ("aws.ebs", value("Size", op="gte", value=100), "size_gb >= 100"),
    ("aws.ebs", value("VolumeType", op="in", value=["gp2", "io1"]), "type in ['gp2', 'io1']"),
    ("aws.ebs", value("Iops", value_type="integer", op="lt", value=100), "!has(iops) || iops < 100"),
    ("aws.ebs", value("Iops", op="lt", value=100), "iops < 100"),
    ("aws.ebs", {"Encrypted": False}, "!encrypted"),
    ("aws.ebs", {"Size": "not-null"}, "size_gb > 0"),
    ("aws.ebs", value("Size", op="ni", value="gp2"), False),
    ("aws.ebs", {"Iops": "empty"}, "!has(iops) || iops == 0"),
    ("aws.ebs", {"not": [{"Attachments": []}]}, "has(attached_to) || state == 'in-use'"),
    ("aws.ebs", {"not": [{"or": [{"and": [{"tag:a": "empty"}]}]}]}, "has(tags.a) && tags.a != '' && tags.a != 'empty'"),
    ("aws.ebs", {"SnapshotId": "empty"}, "!has(from_snapshot)"),
    ("aws.ebs", {"VolumeId": "present"}, True),
    ("aws.ebs", {"VolumeId": "absent"}, False),
    ("aws.ebs", value("Size", op="gt", value="100"), False),
    ("aws.ec2", {"State.Name": "stopped"}, "state == 'stopped'"),
    ("aws.ec2", {"tag:Owner": "absent"}, "!has(tags.Owner)"),
    ("aws.ec2", {"not": [{"tag:Owner": "absent"}]}, "has(tags.Owner) && tags.Owner != 'absent'"),
    ("aws.ec2", {"tag:Owner": "present"}, "has(tags.Owner)"),
    ("aws.ec2", {"tag:cost-center": "absent"}, "!('cost-center' in tags)"),
    ("aws.ec2", {"tag:Owner": "empty"}, "!has(tags.Owner) || tags.Owner == ''"),
    ("aws.ec2", {"tag:Owner": "not-null"}, "has(tags.Owner) && tags.Owner != ''"),
    ("aws.ec2", value("tag:env", op="ne", value="prod"), "!has(tags.env) || tags.env != 'prod'"),
    ("aws.ec2", value("tag:env", op="not-in", value=["prod"]), "!has(tags.env) || tags.env != 'prod'"),
    ("aws.ec2", value("tag:env", op="ni", value=["prod", None]), "has(tags.env) && tags.env != 'prod'"),
    ("aws.ec2", value("tag:env", op="not-in", value=["prod", None]), "!has(tags.env) || tags.env != 'prod'"),
    ("aws.ec2", {"not": [{"tag:env": "prod"}]}, "!has(tags.env) || tags.env != 'prod'"),
    ("aws.ec2", value("tag:env", op="contains", value="x"), "tags.env.contains('x')"),
    ("aws.ec2", value("tag:env", value_type="size", op="gt", value=3), "size(tags.env) > 3"),
    ("aws.ec2", value("tag:env", value_type="size", op="lt", value=3), "!has(tags.env) || size(tags.env) < 3"),
    ("aws.ec2", value("tag:env", op="regex", value="^Test.*$"), r"tags.env.matches('^(?i:Test.*)\\n?$')"),
    ("aws.ec2", value("tag:env", op="regex", value="dev"), "tags.env.matches('^(?i:dev)')"),
    ("aws.ec2", value("tag:env", op="regex-case", value="dev|int"), "tags.env.matches('^(?:dev|int)')"),
    ("aws.ec2", value("InstanceType", op="regex", value=r"m\d\..*"), r"type.matches('^(?i:m[0-9]\\..*)')"),
    ("aws.ec2", value("InstanceType", op="glob", value="m5.*"), "type.startsWith('m5.')"),
    ("aws.ec2", {"or": [{"tag:a": "absent"}, {"tag:b": "absent"}]}, "!has(tags.a) || !has(tags.b)"),
    ("aws.ec2", {"not": [{"tag:a": "present"}, {"State.Name": "running"}]}, "!has(tags.a) || state != 'running'"),
    ("aws.ec2", {"not": [{"or": [{"tag:a": "present"}, {"not": [{"tag:b": "x"}]}]}]}, "!has(tags.a) && tags.b == 'x'"),
    ("aws.ec2", "termination-protected", "termination_protected"),
    ("aws.ec2", {"not": ["stop-protected"]}, "!stop_protected"),
    ("aws.ec2", {"SourceDestCheck": False}, "routes"),
    ("aws.elastic-ip", {"AssociationId": "absent"}, "!associated"),
    ("aws.network-addr", {"AssociationId": "present"}, "associated"),
    ("aws.rds", {"ReadReplicaDBInstanceIdentifiers": "empty"}, "replicas == 0"),
    ("aws.rds", value("InstanceCreateTime", value_type="age", op="ge", value=30), "state != 'creating' && age_days >= 30"),
    ("aws.s3", {"Versioning.Status": "absent"}, "versioning == 'Off'"),
    ("aws.s3", {"Versioning.Status": "Enabled"}, "versioning != 'Off' && versioning == 'Enabled'"),
    ("gcp.instance", {"status": "TERMINATED"}, "state == 'TERMINATED'"),
    ("gcp.instance", {"labels.owner": "absent"}, "!has(tags.owner)"),
    ("gcp.instance", {'labels."cost-center"': "x"}, "tags['cost-center'] == 'x'"),
    ("gcp.instance", value("deletionProtection", op="ne", value=True), "!deletion_protection"),
    ("gcp.disk", {"users": "absent"}, "!attached"),
    ("gcp.disk", value("sizeGb", value_type="integer", op="gt", value=100), "size_gb > 100"),
    ("gcp.loadbalancer-address", {"addressType": "INTERNAL"}, "type == 'INTERNAL'"),
    ("gcp.project", {"lifecycleState": "ACTIVE"}, "state == 'ACTIVE'"),
    ("gcp.project", {"tag:owner": "absent"}, "!has(tags.owner)"),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "wanted", "line"), SAID)
def test_said_exactly(resource: str, wanted: Filter, line: str | bool) -> None:
    assert said(resource, wanted) == line


UNSAID: list[tuple[str, Filter, str]] = [
    ("aws.ebs", {"Atachments": "absent"}, "no field for the key 'Atachments'; did you mean 'Attachments'?"),
    ("aws.ebs", {"SnapshotId": "absent"}, "`empty` and `not-null` are clear"),
    ("aws.ebs", {"MultiAttachEnabled": False}, "none and False are one to Sexton"),
    ("aws.ebs", value("Attachments", value_type="size", op="gt", value=1), "does not know how long the list is"),
    ("aws.ebs", value("CreateTime", value_type="age", op="gt", value="14 days"), "a number of days"),
    ("aws.ebs", value("CreateTime", op="gt", value="2020-01-01"), "value_type: age"),
    ("aws.ebs", {"State": "{state}"}, "Custodian fills in '{state}' when it runs"),
    ("aws.ebs", value("State", op="in", value="available"), "make it a list"),
    ("aws.ebs", {"type": "modifyable"}, "Sexton knows nothing of the kind about aws.ebs_volume"),
    ("aws.ebs", value("tag:a", value_type="normalize", value="x"), "nothing like value_type 'normalize'"),
    ("aws.ebs", value("tag:a", value_from={"url": "s3://x"}, value="x"), "nothing like value_from"),
    ("aws.ebs", value("tag:a", op="intersect", value=["x"]), "nothing like the operator 'intersect'"),
    ("aws.ebs", value("tag:a", value_type="age", op="gt", value=3), "the only age that Sexton keeps"),
    ("aws.ebs", value("tag:a", value_type="integer", op="gt", value=3), "reads a text as a number"),
    ("aws.ebs", value("tag:a", op="regex", value="(?!prod).*"), "has no counterpart in RE2"),
    ("aws.ebs", value("tag:a", op="regex", value=r"\d+"), "write [0-9]"),
    ("aws.ebs", {"a": 1, "b": 2}, "several keys needs a type"),
    ("aws.ebs", {"or": []}, "or takes a list of filters"),
    ("aws.ebs", {"or": [{"type": "marked-for-op", "op": "delete"}]}, "only stand by itself"),
    ("aws.ebs", {}, "this is no filter"),
    ("aws.ebs", [], "this is no filter"),
    ("aws.ebs", {"type": "value", "key": "State"}, "needs key and value"),
    ("aws.ebs", {"State": date(2026, 1, 1)}, "its value is a date"),
    ("aws.ebs", {"State": {"a": 1}}, "its value is a mapping"),
    ("aws.ebs", value("tag:a", op="regex", value=3), "a pattern is a text"),
    ("aws.ebs", value("tag:a", op="regex", value="[^a]"), "excludes letters"),
    ("aws.ebs", value("tag:a", op="regex", value=r"[\d]"), "the class"),
    ("aws.ebs", value("tag:a", op="regex", value="a{1001}"), "RE2 does not take it"),
    ("aws.ec2", value("LaunchTime", value_type="age", op="gt", value=3), "starts anew with every start"),
    ("aws.ec2", {"type": "state-age", "op": "gt", "days": 3}, "transition reason"),
    ("aws.ec2", {"Tags": "absent"}, "no field for the key 'Tags'"),
    ("gcp.disk", value("sizeGb", op="gt", value=100), "value_type: integer"),
    ("gcp.instance", {"machineType": "e2-small"}, "a whole URL"),
    ("gcp.instance", {"tag:items": "absent"}, "network tags"),
    ("gcp.loadbalancer-address", value("addressType", op="regex", value="((((.*)*)*)*)*!"), "name the values"),
    ("gcp.loadbalancer-address", {"addressType": "EXTERNAL"}, "none and EXTERNAL are one to Sexton"),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "wanted", "why"), UNSAID)
def test_left_behind_with_the_reason(resource: str, wanted: Filter, why: str) -> None:
    assert why in unsaid(resource, wanted)


def test_every_part_of_a_block_is_told() -> None:
    wanted = {"or": [{"Nope": 1}, {"State": "available"}, {"not": [{"Neither": 2}]}]}
    assert [part[1] for part in _parts("aws.ebs", wanted)] == ["filter Nope", "filter Neither"]


def _parts(resource: str, wanted: Filter) -> tuple[tuple[int, str, str], ...]:
    with pytest.raises(NotSaid) as caught:
        said(resource, wanted)
    return caught.value.parts


METRIC = {"type": "metrics", "name": "CPUUtilization", "statistics": "Maximum", "value": 5, "period-start": "start-of-day"}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({}, "cpu_max_14d < 5"),
        ({"days": 14, "period": 86400, "op": "le"}, "cpu_max_14d <= 5"),
        ({"op": "gt", "namespace": "AWS/EC2"}, "cpu_max_14d > 5"),
    ],
)
def test_a_metric_that_means_the_same(change: Filter, line: str) -> None:
    assert said("aws.ec2", METRIC | change) == line


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"statistics": "Average"}, "the highest value only"),
        ({"days": 7}, "14 days"),
        ({"period-start": "auto"}, "whole days"),
        ({"op": "gt", "period": 86400}, "the lowest one"),
        ({"missing-value": 0}, "what was not measured is undecided"),
        ({"dimensions": {"a": "b"}}, "nothing like dimensions"),
        ({"name": "NetworkIn"}, "Sexton measures other things"),
        ({"namespace": "CWAgent"}, "measures it in AWS/EC2"),
        ({"value": "5"}, "no number"),
        ({"op": "eq"}, "gt, ge, lt or le"),
    ],
)
def test_a_metric_that_does_not(change: Filter, why: str) -> None:
    assert why in unsaid("aws.ec2", METRIC | change)


def test_missing_values_take_part_in_comparisons_there() -> None:
    assert holds(Test("ne", "prod"), None)
    assert holds(Test("ni", ["prod"]), None)
    assert not holds(Test("ni", ["prod", None]), None)
    assert holds(Test("not-in", ["prod", None]), None)  # the missing value is () there
    assert not holds(Test("gt", 3), None)
    assert holds(Test("lt", 3, "integer"), None)
    assert holds(Test("", None), None)
    assert holds(Test("", "absent"), None)
    assert holds(Test("", "absent"), "absent")


@pytest.mark.parametrize(
    "pattern", ["(?i)a", r"(a)\1", "a++", "a{,3}", "a$b", "^a|b$", r"\bx", "(?<=a)b", "[", "a{2}{3}", "é", "[^a]"]
)
def test_patterns_that_two_engines_read_differently(pattern: str) -> None:
    with pytest.raises(NoPattern):
        regex(pattern, ignore_case=True, ascii_only=False)


@pytest.mark.parametrize(
    ("pattern", "shape"),
    [
        ("prod", ("==", "prod")),
        ("*", ("matches", "(?s)^.*$")),
        ("*x*", ("contains", "x")),
        ("*.x", ("endsWith", ".x")),
        ("a?[!b]", ("matches", "(?s)^a.[^b]$")),
    ],
)
def test_globs(pattern: str, shape: tuple[str, str]) -> None:
    assert glob(pattern) == shape
