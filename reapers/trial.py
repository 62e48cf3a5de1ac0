"""Policy tests: resources as somebody wrote them down, judged like real ones, and the verdicts beside what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.condition import COMMON, Test
from engine.judge import judge
from engine.model import Key, Resource, Unknown, Value
from engine.money import Money
from engine.policy import Expect, PolicySet, PolicyTest
from engine.verdict import Spared, Undecided, Verdict
from engine.view import Context, view
from reapers.kind import Kind

ACCOUNTS = {"aws": "000000000000", "gcp": "example-project"}
"""Where a resource stands whose test does not say."""

SEEN_DAYS = 365
UNTOLD = Unknown("the test does not say")
GIVEN = frozenset({"kind", "id", "name", "account", "region", "tags", "age_days", "idle_days", "monthly_dollars", "unknown"})
"""What a test may say of any kind."""

DERIVED = frozenset(COMMON) - GIVEN
"""Common fields that a commit and a snapshot give; a test that set them would test something else than what runs."""


@dataclass(frozen=True, slots=True)
class ExampleCell:
    """Where an example is read: enough for a kind's `parse`."""

    account: str
    region: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One expectation and what came of it."""

    test: str
    expected: Expect
    got: Verdict | None
    """None where there was nothing to judge: `problem` says why."""
    problem: str = ""
    file: str = ""
    """The test's file; the line is the expectation's own."""
    tests: tuple[Test, ...] = ()
    """The policy's tests with the values that they saw."""

    @property
    def passed(self) -> bool:
        """Whether the verdict, and the reason or the missing fields where the test names them, are as expected."""
        if self.got is None:
            return False
        verdict, reason, missing = outcome(self.got)
        wanted = self.expected
        return verdict == wanted.verdict and wanted.reason in ("", reason) and wanted.missing in ((), missing)

    def __str__(self) -> str:
        """One line: what was expected of which resource, and what it is instead."""
        about = f"{self.test}: {self.expected.policy} on {self.expected.id}"
        if self.passed:
            return f"{about}: {self.expected.verdict}"
        wanted = said(self.expected.verdict, self.expected.reason, self.expected.missing)
        return f"{about}: expected {wanted}, got {said(*outcome(self.got)) if self.got else self.problem}"


def outcome(verdict: Verdict) -> tuple[str, str, tuple[str, ...]]:
    """A verdict in the words of a test: match, spared or undecided, the reason, the missing fields."""
    match verdict:
        case Spared(reason=reason):
            return "spared", str(reason), ()
        case Undecided(missing=missing):
            return "undecided", "", missing
        case _:
            return "match", "", ()


def run(test: PolicyTest, policies: PolicySet, kinds: Mapping[str, Kind]) -> tuple[Trial, ...]:
    """Every expectation of a test, in its order, under the files that it names. Reads nothing but its arguments."""
    rows = {row["id"]: row for row in test.resources}
    named = only(test, policies)
    return tuple(_trial(test, wanted, rows.get(wanted.id), named, kinds) for wanted in test.expect)


def only(test: PolicyTest, policies: PolicySet) -> PolicySet:
    """The set with the Reap and Exemption documents of the files that a test names; all else stays."""
    return replace(
        policies,
        reaps={name: reap for name, reap in policies.reaps.items() if reap.meta.file in test.policies},
        exemptions=tuple(exemption for exemption in policies.exemptions if exemption.meta.file in test.policies),
    )


def _trial(
    test: PolicyTest, wanted: Expect, row: Mapping[str, Any] | None, policies: PolicySet, kinds: Mapping[str, Kind]
) -> Trial:
    problem = _mistake(wanted, row, policies)
    if row is None or problem:
        return Trial(test=test.meta.name, expected=wanted, got=None, problem=problem, file=test.meta.file)
    context, policy = Context(policies=policies, accounts={}), policies.reaps[wanted.policy]
    seen = view(resource(row, kinds[row["kind"]], test.as_of), context, test.as_of)
    return Trial(
        test=test.meta.name,
        expected=wanted,
        got=judge(seen, policy, context, test.as_of),
        file=test.meta.file,
        tests=policy.selects.when.explain(seen.row) if policy.selects.when else (),
    )


def _mistake(wanted: Expect, row: Mapping[str, Any] | None, policies: PolicySet) -> str:
    """Why an expectation cannot be tried; empty where it can."""
    if row is None:
        return f"no resource {wanted.id}"
    if wanted.policy not in policies.reaps:
        return f"no policy {wanted.policy} in the files that it names"
    if row["kind"] not in policies.reaps[wanted.policy].selects.kinds:
        return f"that policy does not speak of {row['kind']}"
    derived = sorted(DERIVED & {*row, *row.get("unknown", ())})
    if derived:
        return f"{' and '.join(derived)} is worked out when judging: say what it comes from, such as tags or the account"
    return ""


def resource(row: Mapping[str, Any], kind: Kind, as_of: datetime) -> Resource:
    """A row as a Resource. What it leaves out comes from the kind's example where the kind always has it; the rest is absent."""
    cell = ExampleCell(row.get("account", ACCOUNTS[kind.cloud]), row.get("region", "us-east-1"), as_of)
    example = kind.parse(cell, kind.example)
    region = row.get("region", example.key.region)
    unknown = dict.fromkeys(row.get("unknown", ()), UNTOLD)
    return replace(
        example,
        key=Key(kind.name, cell.account, region, row["id"], row["id"]),
        name=row.get("name", row["id"]),
        created=as_of - timedelta(days=row["age_days"]) if "age_days" in row else example.created,
        tags=unknown.get("tags", row.get("tags", example.tags)),
        fields=_fields(row, kind, example) | {name: why for name, why in unknown.items() if name != "tags"},
        since=_since(row, kind, as_of),
        monthly_cost=Money.of(Decimal(str(row["monthly_dollars"]))) if "monthly_dollars" in row else Money.unknown(UNTOLD.why),
    )


def _fields(row: Mapping[str, Any], kind: Kind, example: Resource) -> dict[str, Value | Unknown]:
    always = {name: example.fields.get(name, UNTOLD) for name, field in kind.fields.items() if not field.optional}
    return always | {name: value for name, value in row.items() if name not in GIVEN}


def _since(row: Mapping[str, Any], kind: Kind, as_of: datetime) -> dict[str, datetime]:
    """`idle_days` is the time since the kind's main fact; a resource whose test does not say has been seen for a year."""
    days = {"seen": row.get("age_days", SEEN_DAYS)}
    if "idle_days" in row and kind.facts:
        days[next(iter(kind.facts))] = row["idle_days"]
    return {fact: as_of - timedelta(days=value) for fact, value in days.items()}


def said(verdict: str, reason: str, missing: tuple[str, ...]) -> str:
    """A verdict and what belongs to it: `spared (exempt)`."""
    more = ", ".join(missing) if missing else reason
    return f"{verdict} ({more})" if more else verdict
