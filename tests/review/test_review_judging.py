"""Found by a hostile reading: ways in which a verdict could take what somebody needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.history import carry
from engine.judge import judge_one
from engine.model import UNREAD, Account, Mode, Resource, Unknown
from engine.owner import account_row
from engine.policy import TTL, AccountRow, Duration, Meta, Organization, PolicySet, Protect, TTLRule
from engine.verdict import Finding, Reason, Spared, Verdict
from engine.view import view
from makers.cases import NOW, context, inventory, policies, resource

DAY = timedelta(days=1)
OPEN = Organization(platform=("platform",), accounts=(AccountRow(match={"cloud": "aws"}, environment="dev", mode=Mode.DELETE),))


def verdict(thing: Resource, under: PolicySet) -> Verdict:
    (only,) = judge_one(view(thing, context(under), NOW), context(under), NOW).verdicts
    return only


# --- tags that differ only in case ----------------------------------------------------------------------------------


@pytest.mark.parametrize("tags", [{"Owner": "payments", "owner": ""}, {"owner": "", "Owner": "payments"}])
def test_a_blank_tag_does_not_hide_the_owner_that_another_spelling_names(tags: dict[str, str]) -> None:
    owner = view(resource(tags=tags), context(policies()), NOW).owner
    assert owner.owner == "payments"


@pytest.mark.parametrize("tags", [{"TTL": "never", "ttl": " "}, {"ttl": "", "TTL": "never"}])
def test_a_blank_tag_does_not_hide_the_lifetime_that_another_spelling_gives(tags: dict[str, str]) -> None:
    ttl = TTL(meta=Meta(name="l"), rules=(TTLRule(default=Duration(hours=24)),))
    seen = view(resource(tags=tags), context(policies(ttl=ttl)), NOW)
    assert seen.ttl.days_left is None


# --- protections ----------------------------------------------------------------------------------------------------


def test_whatever_tag_an_organization_names_protects() -> None:
    guarded = replace(OPEN, protect=Protect(tags=("sexton:hands-off",)))
    thing = resource(tags={"owner": "payments", "sexton:hands-off": ""})
    assert verdict(thing, policies(organization=guarded)) == Spared(policy="unattached", reason=Reason.PROTECTED)


def test_a_manager_that_could_not_be_read_caps_the_mode() -> None:
    thing = resource(fields={"state": "available", "size_gb": 10, "operator": Unknown("denied")})
    found = verdict(thing, policies())
    assert isinstance(found, Finding)
    assert found.mode is Mode.NOTIFY


# --- accounts of which not everything could be read ------------------------------------------------------------------


def test_a_project_that_was_not_read_matches_no_laxer_row() -> None:
    """Resource Manager refuses the project: it may stand in the folder that is only observed."""
    rows = (
        AccountRow(match={"folder": "folders/9"}, environment="prod", mode=Mode.OBSERVE),
        AccountRow(match={"cloud": "gcp"}, environment="dev", mode=Mode.DELETE),
    )
    under = policies(organization=Organization(platform=("platform",), accounts=rows))
    assert account_row(Account("gcp", "acme-unread", parents=(UNREAD,)), under).mode is Mode.OBSERVE


# --- history --------------------------------------------------------------------------------------------------------


def test_what_nobody_watched_for_weeks_was_not_idle_for_weeks() -> None:
    """Sexton was off for three weeks: the volume may have been in use all the time."""
    facts = {"aws.ebs_volume": {"detached": lambda thing: thing.fields["state"] == "available"}}
    before = inventory(resource(), as_of=NOW - 21 * DAY)
    (now,) = carry([resource(since={})], before, facts, NOW)
    assert now.since["detached"] == NOW
    assert now.since["seen"] == NOW - 90 * DAY, "that it was there is not in doubt"


def test_a_missed_scan_or_two_is_no_gap() -> None:
    facts = {"aws.ebs_volume": {"detached": lambda thing: thing.fields["state"] == "available"}}
    before = inventory(resource(), as_of=NOW - 2 * DAY)
    (now,) = carry([resource(since={})], before, facts, NOW)
    assert now.since["detached"] == NOW - 30 * DAY
