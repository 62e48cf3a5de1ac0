"""The policy of spent backups: what its name allows, and what it is refused for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from engine.columns import Columns, judge_columns
from engine.judge import judge
from engine.ladder import terms_of
from engine.load import load
from engine.model import Inventory, Mode, Resource, Unknown
from engine.policy import Approval, PolicySet
from engine.spent import SPENT_BACKUPS
from engine.verdict import Finding, Reason, Spared, Undecided
from engine.view import Context, view
from reapers.kind import kinds, tables

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TABLES = tables()
ORGANIZATION = """
apiVersion: sexton/v1
kind: Organization
metadata: {name: acme, owner: platform}
spec:
  platform: [platform]
  accounts:
    - {match: {id: "111122223333"}, environment: prod, mode: delete}
    - {match: {cloud: aws}, environment: dev, mode: delete}
  environments: {prod: {approval: {delete: owner+platform}}}
"""
TEAM = """
apiVersion: sexton/v1
kind: Team
metadata: {{name: {0}}}
spec: {{people: [{0}@acme.example]}}
"""
POLICY = """
apiVersion: sexton/v1
kind: Reap
metadata: {{name: {name}, owner: {owner}}}
spec:
  resource: {resource}
  when: {when}
  after: {{notify: 0d, delete: 7d}}
  before_delete: {before_delete}
  approval: {{delete: {approval}}}
"""
GOOD = {
    "name": SPENT_BACKUPS,
    "owner": "platform",
    "resource": "[aws.ebs_snapshot, gcp.snapshot]",
    "when": "[backup_days_left < 0, '!in_use']",
    "before_delete": "[]",
    "approval": "none",
}


def problems(**changes: str) -> list[str]:
    return [str(problem.message) for problem in loaded(**changes)[1]]


def loaded(**changes: str) -> tuple[PolicySet | None, Any]:
    files = {"organization.yaml": ORGANIZATION, "platform.yaml": TEAM.format("platform"), "pay.yaml": TEAM.format("payments")}
    found = load({**files, "spent.yaml": POLICY.format(**{**GOOD, **changes})}, TABLES)
    return found.policies, found.problems


def policies() -> PolicySet:
    found, told = loaded()
    assert found, told
    return found


def snapshot(account: str = "444455556666", left: float | Unknown | None = -1.0, **tags: str) -> Resource:
    kind = kinds()["aws.ebs_snapshot"]
    found = kind.parse(SimpleNamespace(account=account, region="us-east-1", now=NOW), kind.example)
    fields = {"backup_of": "c-1", "backup_days_left": left} if left is not None else {}
    since = {"unused": NOW - timedelta(days=20), "seen": NOW - timedelta(days=20)}
    return replace(found, fields={**found.fields, **fields}, since=since, tags=tags)


def test_it_may_delete_without_approval() -> None:
    assert problems() == []
    assert policies().reaps[SPENT_BACKUPS].approval[Mode.DELETE] is Approval.NONE


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"resource": "[aws.ebs_snapshot, aws.ebs_volume]", "when": "[age_days > 3]"}, "aws.ebs_volume is no kind of backup"),
        ({"when": "['!in_use']"}, "`when` has no line `backup_days_left < 0`"),
        ({"when": "[backup_days_left < 9]"}, "`when` has no line `backup_days_left < 0`"),
        ({"when": "[backup_days_left < 0 || in_use]"}, "`when` has no line `backup_days_left < 0`"),
        ({"owner": "payments"}, "its owner payments is not of `platform`"),
    ],
)
def test_the_name_is_kept_for_this(changes: dict[str, str], said: str) -> None:
    told = problems(**changes)
    assert f"{SPENT_BACKUPS} may delete without approval, and so only backups of ours that are spent: {said}" in told
    assert "deleting without a backup (before_delete: []) takes platform's approval" in told


def test_no_other_name_may() -> None:
    assert problems(name="tidy") == ["deleting without a backup (before_delete: []) takes platform's approval"]


def test_no_other_policy_is_let_off_by_a_backup_in_the_cloud() -> None:
    found, told = loaded(name="tidy", before_delete="[backup]")
    assert found, told
    seen = view(snapshot(), Context(policies=found, accounts={}), NOW)
    assert terms_of(seen, found.reaps["tidy"], found).approval[Mode.DELETE] is Approval.OWNER


@pytest.mark.parametrize(("account", "needs"), [("444455556666", Approval.NONE), ("111122223333", Approval.OWNER_AND_PLATFORM)])
def test_an_environment_that_asks_for_both_is_asked(account: str, needs: Approval) -> None:
    found = policies()
    seen = view(snapshot(account), Context(policies=found, accounts={}), NOW)
    assert terms_of(seen, found.reaps[SPENT_BACKUPS], found).approval[Mode.DELETE] is needs


CASES = [
    (snapshot(), Finding),
    (snapshot(left=3.0), Spared),
    (snapshot(left=None), Spared),
    (snapshot(left=Unknown("no time")), Undecided),
]


@pytest.mark.parametrize(("resource", "verdict"), CASES)
def test_both_ways_of_judging_agree(resource: Resource, verdict: type) -> None:
    found = policies()
    context = Context(policies=found, accounts={})
    inventory = Inventory(id="", as_of=NOW, resources=(resource,))
    columns = judge_columns(Columns.of(inventory, TABLES), context)
    one = judge(view(resource, context, NOW), found.reaps[SPENT_BACKUPS], context, NOW)
    assert isinstance(one, verdict)
    assert list(columns.matches(SPENT_BACKUPS)) == ([0] if verdict is Finding else [])
    assert list(columns.undecided(SPENT_BACKUPS)) == ([0] if verdict is Undecided else [])
    if isinstance(one, Undecided):
        assert columns.missing(SPENT_BACKUPS, columns.undecided(SPENT_BACKUPS)) == [one.missing] == [("backup_days_left",)]


ANY = {"name": "old", "when": "[age_days > 30]", "approval": "owner+platform"}


@pytest.mark.parametrize(
    ("resource", "verdict", "missing"),
    [
        (snapshot(left=0.0), Spared(policy="old", reason=Reason.PROTECTED), ()),
        (snapshot(left=12.0), Spared(policy="old", reason=Reason.PROTECTED), ()),
        (snapshot(left=-0.1), None, ()),
        (snapshot(left=None), None, ()),
        (snapshot(left=Unknown("no time")), Undecided(policy="old", missing=("backup_days_left",)), ("backup_days_left",)),
        (replace(snapshot(left=Unknown("x")), tags=Unknown("x")), None, ("backup_days_left", "owner", "tags")),
    ],
    ids=["today", "later", "spent", "not ours", "unread", "nothing read"],
)
def test_a_backup_of_ours_is_protected_from_every_policy(
    resource: Resource, verdict: Spared | Undecided | None, missing: tuple[str, ...]
) -> None:
    found, told = loaded(**ANY)
    assert found, told
    context = Context(policies=found, accounts={})
    one = judge(view(resource, context, NOW), found.reaps["old"], context, NOW)
    assert verdict is None or one == verdict
    columns = judge_columns(Columns.of(Inventory(id="", as_of=NOW, resources=(resource,)), TABLES), context)
    assert bool(len(columns.matches("old"))) is isinstance(one, Finding)
    if missing:
        assert isinstance(one, Undecided)
        assert columns.missing("old", columns.undecided("old")) == [one.missing]
    if isinstance(one, Spared):
        assert list(columns.spared("old")[Reason.PROTECTED]) == [0]
