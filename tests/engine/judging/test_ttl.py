"""Lifetimes: tags, rules, and texts that nobody can read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.model import Unknown
from engine.policy import TTL, Meta, TTLRule
from engine.ttl import Lifetime, Subject, lifetime
from makers.cases import NOW, days, resource

SUBJECT = Subject(environment="dev", kind="aws.ebs_volume", team="payments", zone="Europe/Berlin")


def left(tag: str | None, *rules: TTLRule, **more: object) -> Lifetime:
    tags = {"owner": "payments"} if tag is None else {"TTL": tag}
    thing = resource(tags=tags, created=NOW - timedelta(days=10), **more)  # type: ignore[arg-type]  # fields of Resource
    return lifetime(thing, TTL(meta=Meta(name="t"), rules=rules), SUBJECT, NOW)


@pytest.mark.parametrize(("tag", "expected"), [("30d", 20.0), ("12h", -9.5), ("2w", 4.0), ("0d", -10.0)])
def test_spans_count_from_creation(tag: str, expected: float) -> None:
    assert left(tag).days_left == expected


def test_a_date_is_the_end_of_that_day_in_the_teams_zone() -> None:
    end = left("2026-11-02").days_left
    assert isinstance(end, float)
    assert end == pytest.approx(14 / 24)  # 23:00 UTC is midnight in Berlin


@pytest.mark.parametrize("tag", ["soon", "30", "2026-13-01", "9999-12-31", "-3d", "1d 2h", "１d"])
def test_what_cannot_be_read_is_unknown_and_never_expired(tag: str) -> None:
    read = left(tag)
    assert isinstance(read.days_left, Unknown)
    assert read.invalid


def test_never_has_no_end_unless_a_rule_knows_a_longest() -> None:
    assert left("never").days_left is None
    assert left("NEVER", TTLRule(longest=days(12))).days_left == 2.0
    assert left("30d", TTLRule(longest=days(12))).days_left == 2.0


def test_a_default_counts_from_the_later_of_creation_and_first_seen() -> None:
    seen = left(None, TTLRule(default=days(14)), since={"seen": NOW - timedelta(days=1)})
    assert (seen.days_left, seen.source) == (13.0, "rule")


def test_the_first_rule_that_matches_counts() -> None:
    rules = (
        TTLRule(environment=("prod",), default=days(1)),
        TTLRule(resource=("aws.s3_bucket",), default=days(2)),
        TTLRule(team=("search",), default=days(3)),
        TTLRule(default=days(40)),
    )
    assert left(None, *rules, since={"seen": NOW}).days_left == 40.0


def test_without_a_tag_a_rule_or_a_document_it_has_no_end() -> None:
    assert left(None).days_left is None
    assert left(None, TTLRule(longest=days(5))).days_left is None
    assert lifetime(resource(), None, SUBJECT, NOW) == Lifetime()


def test_unreadable_tags_leave_it_unknown() -> None:
    read = lifetime(resource(tags=Unknown("denied")), TTL(meta=Meta(name="t")), SUBJECT, NOW)
    assert isinstance(read.days_left, Unknown)
    assert not read.invalid
