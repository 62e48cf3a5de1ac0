"""The Prometheus rules hold, and rules and dashboard ask only for metrics that Sexton serves."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.metrics import METRICS

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "sexton.rules.yml"
DASHBOARD = json.loads((DEPLOY / "grafana" / "sexton.json").read_text())

SERVED = {f"sexton_{measure.name}": set(measure.labels) for measure in METRICS}
"""Metric -> labels, as the server has them."""


def expressions() -> Iterator[str]:
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


@pytest.mark.parametrize("expression", list(expressions()))
def test_only_known_metrics_and_labels(expression: str) -> None:
    names = set(re.findall(r"\bsexton_\w+", expression))
    assert names
    assert names <= set(SERVED)
    labels = {label for name in names for label in SERVED[name]}
    used = {label for group in re.findall(r"\bby \(([^)]*)\)", expression) for label in re.split(r"\s*,\s*", group)}
    used |= set(re.findall(r"[{,]\s*(\w+)=", expression))
    assert used <= labels


def test_dashboard_panels_do_not_overlap_and_have_their_own_ids() -> None:
    panels: list[dict[str, Any]] = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in panels):
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_each_alert_is_tried() -> None:
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    alerts = {rule["alert"] for rule in rules if "alert" in rule}
    trials = yaml.safe_load((RULES.parent / "sexton.test.yml").read_text())["tests"]
    fired = {trial["alertname"] for test in trials for trial in test.get("alert_rule_test", ()) if trial.get("exp_alerts")}
    assert fired == alerts


@pytest.mark.parametrize("words", [["check", "rules", "sexton.rules.yml"], ["test", "rules", "sexton.test.yml"]])
def test_promtool_agrees(words: list[str], program: Callable[..., str]) -> None:
    promtool = program("prometheus", "promtool")
    result = subprocess.run([promtool, *words], cwd=RULES.parent, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
