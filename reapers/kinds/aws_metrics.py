"""CloudWatch as evidence: whole days up to the last midnight, complete or Unknown. Missing data is not zero."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.model import Unknown

if TYPE_CHECKING:
    from reapers.clouds.aws_cell import AWSCell

DAYS = 14
"""Compute Optimizer's default look-back for idle instances and databases."""

COMPLETE = 0.95
"""The share of the days that must have data."""

QUERIES = 500
"""AWS: the most queries that one GetMetricData takes."""

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

    def query(self, number: int, resource: str) -> dict[str, Any]:
        """A query of GetMetricData for one value a day."""
        dimensions = [{"Name": name, "Value": value} for name, value in ((self.dimension, resource), *self.fixed)]
        metric = {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}
        return {"Id": f"q{number}", "MetricStat": {"Metric": metric, "Period": 86400, "Stat": self.statistic}}


def daily(cell: AWSCell, metric: Metric, resources: Sequence[str]) -> Mapping[str, Series]:
    """The last 14 whole days of a metric for each resource."""
    return {name: _complete(series) for name, series in newest(cell, metric, resources).items()}


def newest(cell: AWSCell, metric: Metric, resources: Sequence[str]) -> Mapping[str, Series]:
    """What there is of the last 14 whole days, however little."""
    end = cell.now.replace(hour=0, minute=0, second=0, microsecond=0)
    found: dict[str, Series] = {}
    for start in range(0, len(resources), QUERIES):
        found |= _batch(cell, metric, resources[start : start + QUERIES], end)
    return found


def _batch(cell: AWSCell, metric: Metric, resources: Sequence[str], end: datetime) -> dict[str, Series]:
    queries = [metric.query(number, name) for number, name in enumerate(resources)]
    read = cell.attempt(lambda: _read(cell, queries, end))
    return {name: read if isinstance(read, Unknown) else read[f"q{number}"] for number, name in enumerate(resources)}


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


def _complete(series: Series) -> Series:
    if isinstance(series, Unknown) or len(series) >= math.ceil(COMPLETE * DAYS):
        return series
    return Unknown(f"CloudWatch has data of {len(series)} of {DAYS} days")
