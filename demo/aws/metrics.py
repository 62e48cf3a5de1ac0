"""CloudWatch's figures as services send them: many datapoints a day, of which one value stands for all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

A_DAY = 1440
"""One a minute."""


def whole_day(name: str, of: tuple[str, str], at: datetime, value: float, datapoints: int = A_DAY) -> dict[str, Any]:
    """A day's datapoints for PutMetricData, at one moment of it; each statistic but their number is `value`.

    `of`: the dimension that tells resources apart, and the resource's id.
    """
    figures = {"SampleCount": datapoints, "Sum": value, "Minimum": value, "Maximum": value}
    return {"MetricName": name, "Dimensions": [{"Name": of[0], "Value": of[1]}], "Timestamp": at, "StatisticValues": figures}
