"""CloudWatch as evidence: whole days up to the last midnight, complete or Unknown. Missing data is not zero."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.model import Unknown

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

DAYS = 14
"""Compute Optimizer's default look-back for idle instances and databases."""

COMPLETE = 0.95
"""The share of the days, and of the datapoints in them, that there must be: guard 4 wants no less before anything is deleted."""

FIVE_MINUTES = 288
ONE_MINUTE = 1440
"""Datapoints of a whole day: EC2's basic monitoring sends one every five minutes, RDS one every minute."""

QUERIES = 500
"""AWS: the most queries that one GetMetricData takes."""

SAMPLES = "SampleCount"
"""CloudWatch's statistic of how many datapoints a value stands for."""

Series = tuple[float, ...] | Unknown
"""One value per day, oldest first."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of many resources, told apart by one dimension; `fixed` are the other dimensions."""

    namespace: str
    name: str
    statistic: str
    dimension: str
    fixed: tuple[tuple[str, str], ...] = ()
    a_day: int = FIVE_MINUTES
    """How many datapoints it has in a whole day at least, while the resource runs."""

    def query(self, id: str, resource: str) -> dict[str, Any]:
        """A query of GetMetricData for one value a day."""
        dimensions = [{"Name": name, "Value": value} for name, value in ((self.dimension, resource), *self.fixed)]
        metric = {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}
        return {"Id": id, "MetricStat": {"Metric": metric, "Period": 86400, "Stat": self.statistic}}


def daily(cell: AWSCell, metric: Metric, resources: Sequence[str]) -> Mapping[str, Series]:
    """The last 14 whole days of a metric for each resource; Unknown where days or datapoints are missing."""
    found = _asked(cell, (metric, replace(metric, statistic=SAMPLES)), resources)
    return {name: _complete(values, counts, metric.a_day) for name, (values, counts) in found.items()}


def newest(cell: AWSCell, metric: Metric, resources: Sequence[str]) -> Mapping[str, Series]:
    """What there is of the last 14 whole days, however little."""
    return {name: series for name, (series,) in _asked(cell, (metric,), resources).items()}


def _asked(cell: AWSCell, metrics: Sequence[Metric], resources: Sequence[str]) -> Mapping[str, Sequence[Series]]:
    """For each resource a series of each metric, in as few calls as may be."""
    end = cell.now.replace(hour=0, minute=0, second=0, microsecond=0)
    batch = QUERIES // len(metrics)
    found: dict[str, Sequence[Series]] = {}
    for start in range(0, len(resources), batch):
        found |= _batch(cell, metrics, resources[start : start + batch], end)
    return found


def _batch(cell: AWSCell, metrics: Sequence[Metric], resources: Sequence[str], end: datetime) -> dict[str, Sequence[Series]]:
    ids = {name: [f"q{number}_{which}" for which in range(len(metrics))] for number, name in enumerate(resources)}
    queries = [metric.query(id, name) for name in resources for id, metric in zip(ids[name], metrics, strict=True)]
    read = cell.attempt(lambda: _read(cell, queries, end))
    return {name: [read if isinstance(read, Unknown) else read[id] for id in asked] for name, asked in ids.items()}


def _read(cell: AWSCell, queries: Sequence[Mapping[str, Any]], end: datetime) -> Mapping[str, Series]:
    """All pages of one GetMetricData: a series may go on over several of them."""
    points: dict[str, dict[datetime, float]] = {query["Id"]: {} for query in queries}
    status: dict[str, str] = {}
    pages = cell.client("cloudwatch").get_paginator("get_metric_data")
    for page in pages.paginate(MetricDataQueries=queries, StartTime=end - timedelta(days=DAYS), EndTime=end):
        for result in page["MetricDataResults"]:
            points[result["Id"]].update(zip(result["Timestamps"], result["Values"], strict=True))
            status[result["Id"]] = result.get("StatusCode", "Complete")
    return {
        name: tuple(value for _, value in sorted(series.items()))
        if status.get(name, "Complete") == "Complete"
        else Unknown(f"CloudWatch answers {status[name]}")
        for name, series in points.items()
    }


def _complete(series: Series, counts: Series, a_day: int) -> Series:
    if isinstance(series, Unknown) or isinstance(counts, Unknown):
        return series if isinstance(series, Unknown) else counts
    if len(series) < math.ceil(COMPLETE * DAYS):
        return Unknown(f"CloudWatch has data of {len(series)} of {DAYS} days")
    there = sum(min(count, a_day) for count in counts) / (DAYS * a_day)
    return series if there >= COMPLETE else Unknown(f"CloudWatch has {there:.0%} of the datapoints of {DAYS} days")
