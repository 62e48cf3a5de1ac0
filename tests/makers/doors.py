"""Policies, people and cases for the tests of the doors."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.case import Agreement, Case, State, Told
from engine.model import Key, Mode
from engine.money import Money
from engine.policy import Approval, Duration
from engine.schedule import action_of
from engine.teams import Access, Person
from engine.verdict import Finding, Terms

NOW = datetime(2026, 11, 10, 11, 0, tzinfo=UTC)
"""A Tuesday within the hours of acts."""

FILES = {
    "organization.yaml": """
apiVersion: sexton/v1
kind: Organization
metadata: {name: acme, owner: platform}
spec:
  platform: [platform]
  accounts: [{match: {id: "111122223333"}, environment: dev, team: payments, mode: delete}]
""",
    "platform.yaml": """
apiVersion: sexton/v1
kind: Team
metadata: {name: platform}
spec: {people: [pia@acme.example, qi@acme.example], slack: "#platform"}
""",
    "payments.yaml": """
apiVersion: sexton/v1
kind: Team
metadata: {name: payments}
spec: {people: [ann@acme.example, bo@acme.example], approvers: [ann@acme.example], slack: "#payments"}
""",
    "search.yaml": """
apiVersion: sexton/v1
kind: Team
metadata: {name: search}
spec: {people: [dee@acme.example], aliases: [find], slack: "#search"}
""",
    "ebs.yaml": """
apiVersion: sexton/v1
kind: Reap
metadata: {name: ebs-unattached, owner: platform}
spec:
  resource: aws.ebs_volume
  when: [state == 'available']
  after: {notify: 0d, delete: 14d}
""",
}

KEY = Key("aws.ebs_volume", "111122223333", "us-east-1", "vol-1", "2026-01-01T00:00:00Z")


def terms_of(delete: Approval = Approval.OWNER, stop: Approval = Approval.NONE) -> Terms:
    return Terms(
        policy="ebs-unattached",
        after={Mode.NOTIFY: Duration(), Mode.DELETE: Duration(hours=14 * 24)},
        before_delete=("backup",),
        approval={Mode.STOP: stop, Mode.DELETE: delete},
    )


def commit(folder: Path, files: Mapping[str, str]) -> Path:
    """A git repository in a folder whose branch main has these files below policies/. Returns the folder."""
    for name, text in files.items():
        file = folder / "policies" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    who = {f"GIT_{role}_{what}": "tests@acme.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Policies"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True, env={**os.environ, **who, **alone})
    return folder


def case_of(number: int = 1, needs: Approval = Approval.OWNER, **changes: Any) -> Case:
    """A case that awaits approval to delete a volume of payments."""
    told = Told(at=NOW - timedelta(days=15), channel="#payments", receipt="C1:1.2", promised={Mode.DELETE: NOW}, mode=Mode.DELETE)
    case = Case(
        id=f"c-{number:010x}",
        key=replace(KEY, id=f"vol-{number}"),
        name=f"data-{number}",
        opened=NOW - timedelta(days=16),
        state=State.AWAITING_APPROVAL,
        findings=(Finding(terms=terms_of(needs), mode=Mode.DELETE),),
        team="payments",
        owner="payments",
        environment="dev",
        monthly=Money.of(8),
        fingerprint="f1",
        due=NOW - timedelta(hours=1),
        rung=Mode.NOTIFY,
        rung_at=NOW - timedelta(days=15),
        told=told,
        called=(NOW - timedelta(days=2),),
        agreed=3,
        agreed_since=NOW - timedelta(days=18),
        agreed_as_of=NOW - timedelta(days=16),
        approve_by=NOW + timedelta(days=13),
    )
    return replace(case, **changes)


def approved(number: int = 1, **changes: Any) -> Case:
    """A case whose owner has agreed."""
    case = case_of(number, **changes)
    action = action_of(case)
    assert action
    yes = Agreement(role="owner", who="ann@acme.example", at=NOW, action=action.hash)
    return replace(case, state=State.APPROVED, agreements=(yes,), execute_by=NOW + timedelta(days=7))


def person_of(name: str, access: Access = Access.APPROVER) -> Person:
    return Person(email=f"{name}@acme.example", access=access)


class StillClock:
    """A clock that moves when a test says so."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
