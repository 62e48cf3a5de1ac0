"""Metrics: every one that is promised is served, with its labels, and none carries a name of a resource."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.judging import context_of
from api.metrics import METRICS
from engine.case import Case, Closed, Ending, State
from engine.judge import judge_all
from engine.model import Account, CellRead, Gap, Inventory, Outcome, Resource, Unknown
from engine.money import Money
from engine.policy import PolicySet
from makers.doors import KEY, NOW, case_of
from reapers.service import Service
from reapers.store.ledger import Ledger

CANARY = "canary-name-of-a-resource"


def volume(number: int, tags: dict[str, str] | Unknown, monthly: Money) -> Resource:
    return Resource(
        key=replace(KEY, id=f"{CANARY}-{number}"),
        name=CANARY,
        created=NOW - timedelta(days=400),
        tags=tags,
        fields={"state": "available"},
        seen_at=NOW,
        monthly_cost=monthly,
        since={"seen": NOW - timedelta(days=400), "detached": NOW - timedelta(days=40)},
    )


@pytest.fixture
def seen(service: Service, policies: PolicySet) -> Inventory:
    """Three volumes: one found, one found without a price, one whose tags were denied; a backup of ours; a throttled cell."""
    cells = (
        CellRead("aws.ebs_volume", KEY.account, "us-east-1", Outcome.OK),
        CellRead("aws.ec2_instance", KEY.account, "us-east-1", Outcome.THROTTLED),
    )
    backup = volume(4, {"owner": "payments", "sexton:case": "c-1", "sexton:until": "2027-01-01T00:00:00Z"}, Money.of("4.50"))
    marked = {**backup.fields, "backup_of": "c-1", "backup_days_left": 20.0}
    resources = (
        volume(1, {"owner": "payments"}, Money.of("7.50")),
        volume(2, {"owner": "payments"}, Money.unknown("no price")),
        volume(3, Unknown("denied"), Money.of(3)),
        replace(backup, key=replace(backup.key, kind="aws.ebs_snapshot"), fields=marked),
    )
    inventory = Inventory(
        id="a" * 64,
        as_of=NOW,
        resources=resources,
        cells=cells,
        gaps=(Gap("aws.ec2_instance", KEY.account, "us-east-1", "throttled"),),
        accounts=(Account("aws", KEY.account),),
    )
    judged = judge_all(inventory, context_of(policies, inventory))
    service.situation = replace(service.situation, inventory=inventory, judged=judged, scan_seconds=1.5)
    return inventory


def scrape(http: TestClient) -> dict[str, dict[tuple[str, ...], float]]:
    """Metric -> the values of its labels -> number."""
    labels = {f"sexton_{measure.name}": measure.labels for measure in METRICS}
    families = text_string_to_metric_families(http.get("/metrics").text)
    return {
        sample.name: {
            tuple(one.labels[name] for name in labels[one.name]): one.value for one in family.samples if one.name in labels
        }
        for family in families
        for sample in family.samples
        if sample.name in labels
    }


def test_every_metric_is_described_even_before_the_first_scan(http: TestClient) -> None:
    text = http.get("/metrics").text
    for measure in METRICS:
        assert f"# TYPE sexton_{measure.name} {'counter' if measure.grows else 'gauge'}" in text


def test_what_a_scan_and_its_cases_show(http: TestClient, service: Service, ledger: Ledger, seen: Inventory) -> None:
    ledger.open(case_of(1), NOW)
    ledger.open(case_of(2, state=State.DELETED, monthly=Money.of(20)), NOW)
    ledger.open(case_of(3, state=State.CLOSED, closed=Closed(reason=Ending.DONE, at=NOW), monthly=Money.of(5)), NOW)
    ledger.open(case_of(4, state=State.CLOSED, closed=Closed(reason=Ending.VANISHED, at=NOW), monthly=Money.of(99)), NOW)
    spent = replace(case_of(5), state=State.DELETED, monthly=Money.of(3), key=replace(KEY, kind="aws.ebs_snapshot", id="snap-5"))
    lead = replace(spent.lead, terms=replace(spent.lead.terms, policy="spent-backups"))
    ledger.open(replace(spent, findings=(lead,)), NOW)
    ledger.set("last_tick", NOW.isoformat())
    service.tally.counts["notices_total", "delivered", ""] = 3
    service.tally.counts["actions_total", "delete", "done"] = 2
    found = scrape(http)
    commit = service.situation.commit
    assert found["sexton_inventory_resources"] == {("aws", "aws.ebs_snapshot"): 1, ("aws", "aws.ebs_volume"): 3}
    assert found["sexton_inventory_gaps"] == {("aws.ec2_instance", "throttled"): 1}
    assert found["sexton_findings"] == {("ebs-unattached", "match"): 2, ("ebs-unattached", "undecided"): 1}
    assert found["sexton_undecided"][("tags",)] == 1
    assert found["sexton_cases"] == {
        ("awaiting_approval", "ebs-unattached", "payments"): 1,
        ("deleted", "ebs-unattached", "payments"): 1,
        ("deleted", "spent-backups", "payments"): 1,
    }
    assert found["sexton_savings_monthly_dollars"] == {("payments",): 25}
    assert found["sexton_retained_backup_monthly_dollars"] == {("payments",): 4.5}
    assert found["sexton_waste_monthly_dollars"] == {("payments",): 7.5}
    assert found["sexton_oldest_unanswered_notice_seconds"] == {(): 15 * 86400}
    assert found["sexton_notices_total"] == {("delivered",): 3}
    assert found["sexton_actions_total"] == {("delete", "done"): 2}
    assert found["sexton_last_scan_timestamp_seconds"] == {(KEY.account,): NOW.timestamp()}
    assert found["sexton_last_tick_timestamp_seconds"] == {(): NOW.timestamp()}
    assert found["sexton_policy_commit_info"] == {(commit,): 1}
    assert found["sexton_scan_seconds"] == {(): 1.5}
    assert (found["sexton_policy_head_valid"], found["sexton_policy_head_lag_seconds"]) == ({(): 1}, {(): 0})
    assert (found["sexton_frozen"], found["sexton_outbox_pending"]) == ({(): 0}, {(): 0})


def test_frozen_shows(http: TestClient, ledger: Ledger) -> None:
    ledger.freeze("ann@acme.example", "incident", NOW)
    assert scrape(http)["sexton_frozen"] == {(): 1}


def test_no_name_of_a_resource_is_ever_a_label(http: TestClient, ledger: Ledger, seen: Inventory) -> None:
    ledger.open(case_of(1, name=CANARY, key=replace(KEY, id=CANARY)), NOW)
    assert CANARY not in http.get("/metrics").text


def test_findings_and_inventory_over_http(http: TestClient, signed: Any, seen: Inventory) -> None:
    headers = signed("zoe", "viewer")
    body = http.get("/v1/findings", headers=headers).json()
    assert [one["verdict"] for one in body["findings"]] == ["match", "match", "undecided"]
    assert set(body["findings"][0]["mode"]) == {"effective", "because"}
    assert body["findings"][2]["missing"] == ["owner", "tags"]
    assert (body["inventory"], body["next"]) == ("a" * 64, None)
    assert http.get("/v1/findings?limit=2", headers=headers).json()["next"] == 2
    assert len(http.get("/v1/findings?limit=2&cursor=2", headers=headers).json()["findings"]) == 1
    assert http.get("/v1/findings?team=search", headers=headers).json()["findings"] == []
    assert http.get("/v1/findings?policy=other", headers=headers).json()["findings"] == []
    shown = http.get("/v1/inventory", headers=headers).json()
    assert shown["resources"] == [
        {"kind": "aws.ebs_snapshot", "account": KEY.account, "count": 1},
        {"kind": "aws.ebs_volume", "account": KEY.account, "count": 3},
    ]
    assert shown["gaps"][0]["why"] == "throttled"


def test_a_prometheus_that_wants_openmetrics_gets_it(http: TestClient, waiting: Case) -> None:
    answer = http.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
