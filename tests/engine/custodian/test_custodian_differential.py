"""Every translated filter says the same of a resource as Cloud Custodian's own classes do, in its release 0.9.53."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.condition import ConditionError, compile_condition, table_of
from engine.condition.printer import text
from engine.custodian.filters import Speaker
from engine.custodian.parts import NotSaid
from engine.custodian.resources import RESOURCES, Resource
from engine.policy import PolicySet
from engine.view import Context, view
from makers.custodian import NOW, filter_on, node, raw_of
from reapers.kind import kinds
from reapers.trial import ExampleCell

PYTHON = Path(__file__).parents[3] / "benchmarks" / ".venv" / "bin" / "python"
PEER = Path(__file__).with_name("peer.py")
EXAMPLES = int(os.environ.get("CUSTODIAN_FILTERS", "60"))
"""Filters that are translated and compared, of each of ten resources; a nightly run may ask for more."""

Ask = Callable[[str, Sequence[Any], Sequence[Any]], Any]


@pytest.fixture(scope="module")
def custodian() -> Iterator[Ask]:
    """Cloud Custodian in a process of its own: resource, filters, raw answers -> the indexes that it lets through."""
    if not PYTHON.with_name("custodian").exists():
        pytest.skip("Cloud Custodian is not installed; `make benchmarks/.venv/ok` installs it")
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
    with subprocess.Popen(
        [PYTHON, "-W", "ignore", PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as peer:
        assert peer.stdin
        assert peer.stdout
        writes, reads = peer.stdin, peer.stdout

        def ask(resource: str, filters: Sequence[Any], found: Sequence[Any]) -> Any:
            writes.write(json.dumps({"resource": resource, "filters": filters, "found": found}, default=_dated) + "\n")
            writes.flush()
            return json.loads(reads.readline())

        yield ask
        writes.close()


def _dated(value: datetime) -> dict[str, str]:
    return {"$date": value.isoformat()}


def _project(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Custodian asks version 1 of the API, Sexton version 3."""
    number, name = raw.get("projectNumber"), raw.get("name")
    v3 = {"name": f"projects/{number}", "displayName": name, "state": raw["lifecycleState"]}
    rest = {key: value for key, value in raw.items() if key != "displayName"}
    return rest | {key: value for key, value in v3.items() if value is not None}


ASKED: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "gcp.project": _project,
    "aws.rds_instance": lambda raw: {**raw, "TagList": raw.get("Tags", [])},
}
"""How the same resource looks in the answer that our kind reads."""


def ours(resource: Resource, filters: Sequence[Any], raw: Mapping[str, Any], metrics: Mapping[str, float] | None = None) -> bool:
    """What our condition says of the same answer; NotSaid where there is none."""
    said = Speaker(resource).all([node(one) for one in filters])
    if isinstance(said, bool):
        return said
    kind = kinds()[resource.kind]
    condition = compile_condition([text(said)], [table_of(kind.table)])
    cell = ExampleCell("111122223333" if kind.cloud == "aws" else "acme", "us-east-1", NOW)
    seen = kind.parse(cell, ASKED.get(kind.name, dict)(raw))
    row = view(seen, Context(policies=PolicySet(kinds={kind.name: kind.table}), accounts={}), NOW).row
    evidence = {"versioning": raw.get("Versioning", {}).get("Status", "Off")} if resource.kind == "aws.s3_bucket" else {}
    found = condition.judge({**row, **evidence, **(metrics or {})})
    assert found.outcome is not None, (text(said), found.missing)
    return found.outcome


@pytest.mark.parametrize("name", [name for name in RESOURCES if name != "aws.network-addr"])
def test_translated_filters_agree(custodian: Ask, name: str) -> None:
    """So many filters of each resource, each over several resources: the same ones come through."""
    draw, resource = Random(name), RESOURCES[name]
    compared, let_through = 0, 0
    while compared < EXAMPLES:
        filters = [filter_on(draw, resource)]
        found = distinct(draw, name, 5)
        try:
            verdicts = [ours(resource, filters, raw) for raw in found]
        except NotSaid:
            continue
        except ConditionError as error:
            if "is never" in str(error):
                continue  # a state that the cloud does not have: the loader refuses it, and so do we
            raise
        kept = custodian(name, filters, found)
        assert kept == [index for index, verdict in enumerate(verdicts) if verdict], said(resource, filters, found)
        compared += 1
        let_through += any(verdicts) and not all(verdicts)
    assert let_through > EXAMPLES / 10  # agreement on filters that tell nothing apart would say little


IDS = {"aws.ec2": "InstanceId", "aws.ebs": "VolumeId", "aws.elastic-ip": "AllocationId", "aws.rds": "DBInstanceIdentifier"}
IDS |= {"aws.s3": "Name", "gcp.project": "projectId"}


def distinct(draw: Random, name: str, count: int) -> list[dict[str, Any]]:
    """Raw answers with ids of their own, by which Custodian's blocks tell them apart."""
    found: dict[str, dict[str, Any]] = {}
    while len(found) < count:
        raw = raw_of(draw, RESOURCES[name])
        found[raw[IDS.get(name, "name")]] = raw
    return list(found.values())


def said(resource: Resource, filters: Sequence[Any], found: Sequence[Any]) -> str:
    """What did not agree, to be read."""
    condition = Speaker(resource).all([node(one) for one in filters])
    return f"{filters} was said as {condition if isinstance(condition, bool) else text(condition)} of {found}"


@pytest.mark.parametrize("word", ["absent", "empty"])
@pytest.mark.parametrize("negated", [False, True])
def test_a_tag_that_is_the_very_word_is_only_ever_spared(custodian: Ask, word: str, negated: bool) -> None:
    """The one difference: `tag:Owner: absent` also takes an Owner called absent there. Under `not` we say the same."""
    raw = {**kinds()["aws.ebs_volume"].example, "Tags": [{"Key": "Owner", "Value": word}]}
    filters = [{"not": [{"tag:Owner": word}]}] if negated else [{"tag:Owner": word}]
    assert custodian("aws.ebs", filters, [raw]) == ([] if negated else [0])
    assert not ours(RESOURCES["aws.ebs"], filters, raw)


@pytest.mark.parametrize(("name", "metric"), [("aws.ec2", "CPUUtilization"), ("aws.rds", "DatabaseConnections")])
@pytest.mark.parametrize(("op", "period"), [("lt", 86400), ("le", 86400), ("less-than", None), ("gt", None), ("ge", None)])
@pytest.mark.parametrize("negated", [False, True])
def test_metrics_agree(custodian: Ask, name: str, metric: str, op: str, period: int | None, negated: bool) -> None:
    resource = RESOURCES[name]
    measured = resource.metrics[metric]
    wanted: dict[str, Any] = {"type": "metrics", "name": metric, "statistics": "Maximum", "op": op, "value": 5}
    wanted |= {"period-start": "start-of-day", "days": 14} | ({"period": period} if period else {})
    filters = [{"not": [wanted]}] if negated else [wanted]
    found, verdicts = [], []
    for index, series in enumerate(([1.0, 2.0, 4.9], [5.0, 5.0], [1.0, 5.0], [9.0, 6.0], [0.0])):
        points = series if period else [max(series)]
        raw = {**kinds()[resource.kind].example, "InstanceId": f"i-{index}", "DBInstanceIdentifier": f"db-{index}"}
        key = f"{measured.namespace}.{metric}.Maximum.14"
        found.append({**raw, "c7n.metrics": {key: [{"Maximum": point} for point in points]}})
        verdicts.append(ours(resource, filters, raw, {measured.field: max(series)}))
    assert custodian(name, filters, found) == [index for index, verdict in enumerate(verdicts) if verdict]
    assert len(set(verdicts)) == 2
