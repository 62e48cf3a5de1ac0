"""Verdicts: every conjunct in its three values, and the first reason that spares."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from engine.attached import carriers
from engine.judge import judge, judge_all, judge_one, protects
from engine.managed import NOWHERE, STATE
from engine.model import Mode, Unknown, Verb
from engine.policy import AccountRow, Approval, Duration, Environment, Exemption, Meta, Organization, PolicySet, Protect, Reap
from engine.verdict import Finding, Reason, Spared, Undecided, Verdict
from engine.view import view
from makers.cases import KINDS, NOW, context, days, inventory, policies, reap, resource, selection

DENIED = Unknown("denied")


def verdict(under: PolicySet, server: Mode = Mode.DELETE, **more: object) -> Verdict:
    policy = next(iter(under.reaps.values()))
    thing = resource(**more)  # type: ignore[arg-type]  # fields of Resource, as the test names them
    return judge(view(thing, context(under, server), NOW), policy, context(under, server), NOW)


def spared(reason: Reason) -> Spared:
    return Spared(policy="unattached", reason=reason)


def organization(**more: object) -> Organization:
    rows = (AccountRow(match={"cloud": "aws"}, environment="dev", mode=Mode.DELETE),)
    return replace(Organization(platform=("platform",), accounts=rows), **more)  # type: ignore[arg-type]


def test_a_match() -> None:
    found = verdict(policies())
    assert isinstance(found, Finding)
    assert (found.policy, found.mode) == ("unattached", Mode.DELETE)


def test_what_does_not_match_is_spared() -> None:
    assert verdict(policies(), fields={"state": "in-use", "size_gb": 1}) == spared(Reason.NO_MATCH)


def test_a_field_that_could_not_be_read_leaves_it_undecided() -> None:
    found = verdict(policies(), fields={"state": DENIED})
    assert found == Undecided(policy="unattached", missing=("state",))


def test_unreadable_tags_may_hide_a_keep_tag_and_the_owner() -> None:
    assert verdict(policies(), tags=DENIED) == Undecided(policy="unattached", missing=("owner", "tags"))


def test_what_is_false_spares_whatever_is_unknown_beside_it() -> None:
    assert verdict(policies(), tags=DENIED, fields={"state": "in-use"}) == spared(Reason.NO_MATCH)


@pytest.mark.parametrize("tag", ["do-not-delete", "Do-Not-Delete", "sexton:keep", "sexton-keep"])
def test_any_value_of_a_protecting_tag_protects(tag: str) -> None:
    assert verdict(policies(), tags={"owner": "payments", tag: ""}) == spared(Reason.PROTECTED)


def test_our_own_bookkeeping_protects_nothing() -> None:
    assert not protects("sexton:case", ["sexton:case"])


@pytest.mark.parametrize(
    "protect",
    [
        Protect(accounts=("111122223333",)),
        Protect(resources=("vol-1",)),
        Protect(resources=("aws.ebs_volume/111122223333/us-east-1/vol-1",)),
    ],
)
def test_listed_accounts_and_resources_are_protected(protect: Protect) -> None:
    assert verdict(policies(organization=organization(protect=protect)), tags=DENIED) == spared(Reason.PROTECTED)


def exemption(*lines: str, **more: object) -> Exemption:
    made = Exemption(meta=Meta(name="e"), of=("unattached",), selects=selection(*lines), until=date(2026, 12, 31), reason="OPS-1")
    return replace(made, **more)  # type: ignore[arg-type]


def exempted(*exemptions: Exemption, **more: object) -> Verdict:
    return verdict(policies(exemptions=exemptions), **more)


def test_an_exemption_spares_until_the_end_of_its_day() -> None:
    assert exempted(exemption("id == 'vol-1'")) == spared(Reason.EXEMPT)
    assert exempted(exemption(of=("*",))) == spared(Reason.EXEMPT)
    assert exempted(exemption(until=NOW.date())) == spared(Reason.EXEMPT)
    assert isinstance(exempted(exemption(until=NOW.date() - timedelta(days=1))), Finding)


def test_an_exemption_of_something_else_spares_nothing() -> None:
    assert isinstance(exempted(exemption("id == 'vol-2'")), Finding)
    assert isinstance(exempted(exemption(of=("other",))), Finding)
    assert isinstance(exempted(exemption(only_team="search")), Finding)


def test_an_exemption_that_cannot_be_read_leaves_it_undecided() -> None:
    maybe = exempted(exemption("size_gb > 5"), fields={"state": "available", "size_gb": DENIED})
    assert maybe == Undecided(policy="unattached", missing=("size_gb",))


def test_the_young_are_left_alone_unless_their_own_ttl_ran_out() -> None:
    from engine.policy import TTL

    young = NOW - timedelta(days=3)
    assert verdict(policies(), created=young) == spared(Reason.TOO_YOUNG)
    ttl = TTL(meta=Meta(name="ttl"))
    tags = {"owner": "payments", "ttl": "1d"}
    assert isinstance(verdict(policies(ttl=ttl), created=young, tags=tags), Finding)


def test_a_rules_longest_is_not_the_owners_word() -> None:
    from engine.policy import TTL, TTLRule

    young = NOW - timedelta(days=3)
    ttl = TTL(meta=Meta(name="ttl"), rules=(TTLRule(longest=Duration(hours=24)),))
    for text in ("30d", "never"):
        assert verdict(policies(ttl=ttl), created=young, tags={"owner": "payments", "ttl": text}) == spared(Reason.TOO_YOUNG)


def test_without_a_creation_time_age_counts_from_when_we_first_saw_it() -> None:
    assert verdict(policies(), created=None, since={"seen": NOW - timedelta(days=2)}) == spared(Reason.TOO_YOUNG)
    assert isinstance(verdict(policies(), created=None), Finding)


def test_a_teams_own_document_speaks_of_its_own_resources_only() -> None:
    mine = replace(reap(), only_team="payments")
    assert isinstance(verdict(policies(mine)), Finding)
    assert verdict(policies(mine), tags={"owner": "platform"}) == spared(Reason.NO_MATCH)
    assert verdict(policies(mine), tags=DENIED) == Undecided(policy="unattached", missing=("owner", "tags"))


def test_everything_is_judged_by_the_policies_of_its_kind_at_the_inventorys_own_time() -> None:
    under = policies(reap(), reap("machines", "state == 'running'", kinds=("aws.ec2_instance",)))
    (judged,) = judge_all(inventory(resource()), context(under))
    assert [verdict.policy for verdict in judged.verdicts] == ["unattached"]
    assert judged.findings
    assert judged.undecided == ()


# --- how far, and on which terms ----------------------------------------------------------------------------------


def mode(under: PolicySet, server: Mode = Mode.DELETE, **more: object) -> tuple[Mode, str]:
    found = verdict(under, server, **more)
    assert isinstance(found, Finding)
    return found.mode, found.because


def test_the_lowest_ceiling_holds_and_says_its_name() -> None:
    assert mode(policies()) == (Mode.DELETE, "the server's mode")
    assert mode(policies(), Mode.NOTIFY) == (Mode.NOTIFY, "the server's mode")
    assert mode(policies(reap(mode=Mode.STOP))) == (Mode.STOP, "the mode of policy unattached")
    lower = organization(accounts=(AccountRow(match={"id": "1111*"}, mode=Mode.NOTIFY),))
    assert mode(policies(organization=lower)) == (Mode.NOTIFY, "the mode of account 111122223333")


def test_an_account_that_no_row_matches_is_only_observed() -> None:
    assert mode(policies(organization=organization(accounts=())))[0] is Mode.OBSERVE


def test_what_another_tool_manages_is_only_told_of() -> None:
    tags = {"owner": "payments", "aws:cloudformation:stack-name": "shop"}
    assert mode(policies(), tags=tags) == (Mode.NOTIFY, "another tool manages it")


@pytest.mark.parametrize("protected", [True, DENIED])
def test_the_clouds_own_protection_is_never_taken_away(protected: object) -> None:
    fields = {"state": "available", "deletion_protected": protected}
    assert mode(policies(), fields=fields) == (Mode.NOTIFY, "its own deletion protection")


def test_a_ladder_reaches_no_further_than_its_rungs_and_the_kind() -> None:
    told = policies(reap(after={Mode.NOTIFY: days(0)}))
    assert mode(told) == (Mode.NOTIFY, "what this kind of resource allows")
    bucket = policies(reap("unattached", "region == 'us-east-1'", kinds=("aws.s3_bucket",)))
    assert mode(bucket, kind="aws.s3_bucket", fields={})[0] is Mode.NOTIFY
    assert mode(replace(bucket, kinds={"aws.s3_bucket": replace(KINDS["aws.s3_bucket"], acts=frozenset(Verb))}),
                kind="aws.s3_bucket", fields={})[0] is Mode.NOTIFY  # fmt: skip


def test_a_kind_that_nobody_knows_is_only_observed() -> None:
    from engine.ladder import mode_of

    under = policies()
    seen = view(resource(), context(under), NOW)
    assert mode_of(seen, reap(), context(replace(under, kinds={})))[0] is Mode.OBSERVE


def approval(policy: Reap, environment: Environment | None = None, kind: str = "aws.ebs_volume") -> dict[Mode, Approval]:
    environments = {"dev": environment} if environment else {}
    found = verdict(policies(policy, organization=organization(environments=environments)), kind=kind)
    assert isinstance(found, Finding)
    return dict(found.terms.approval)


def test_the_strongest_approval_counts() -> None:
    assert approval(reap()) == {Mode.DELETE: Approval.OWNER}
    assert approval(reap(), Environment(delete=Approval.OWNER_AND_PLATFORM)) == {Mode.DELETE: Approval.OWNER_AND_PLATFORM}
    assert approval(reap(before_delete=())) == {Mode.DELETE: Approval.OWNER_AND_PLATFORM}


def test_silence_deletes_only_where_the_environment_says_so_and_the_kind_can_be_restored() -> None:
    none = reap(approval={Mode.DELETE: Approval.NONE})
    assert approval(none) == {Mode.DELETE: Approval.OWNER}
    assert approval(none, Environment(silent_delete=True)) == {Mode.DELETE: Approval.NONE}
    both = Environment(silent_delete=True, delete=Approval.OWNER_AND_PLATFORM)
    assert approval(none, both) == {Mode.DELETE: Approval.OWNER_AND_PLATFORM}


def test_a_rung_that_the_kind_cannot_do_is_left_out_and_the_dates_stay() -> None:
    policy = reap(after={Mode.NOTIFY: days(0), Mode.STOP: days(3), Mode.DELETE: days(14)})
    found = verdict(policies(policy))
    assert isinstance(found, Finding)
    assert dict(found.terms.after) == {Mode.NOTIFY: days(0), Mode.DELETE: days(14)}


def test_a_stop_needs_what_policy_and_environment_say() -> None:
    after = {Mode.NOTIFY: days(0), Mode.STOP: days(3)}
    policy = reap("unattached", "state == 'running'", kinds=("aws.ec2_instance",), after=after)
    under = policies(policy, organization=organization(environments={"dev": Environment(stop=Approval.OWNER)}))
    found = verdict(under, kind="aws.ec2_instance", fields={"state": "running"})
    assert isinstance(found, Finding)
    assert dict(found.terms.approval) == {Mode.STOP: Approval.OWNER}


@pytest.mark.parametrize(("tags", "expected"), [({"do-not-delete": ""}, Mode.STOP), (DENIED, Mode.STOP), ({}, Mode.DELETE)])
def test_a_machine_does_not_take_a_protected_disk_with_it(tags: Any, expected: Mode) -> None:
    after = {Mode.NOTIFY: days(0), Mode.STOP: days(3), Mode.DELETE: days(14)}
    under = policies(reap("idle", "state == 'running'", kinds=("aws.ec2_instance",), after=after))
    machine = resource("aws.ec2_instance", "i-1", fields={"state": "running"})
    disk = resource(id="vol-1", tags=tags, fields={"state": "in-use", "attached_to": "i-1"})
    carrying = replace(context(under), carriers=carriers([machine, disk], under))
    (found,) = judge_one(view(machine, carrying, NOW), carrying, NOW).findings
    assert found.mode is expected
    assert (found.because == "something protected is attached to it") is (expected is Mode.STOP)


@pytest.mark.parametrize(
    ("state", "tags", "mode", "approval"),
    [
        (NOWHERE, {"terraform": "true"}, Mode.DELETE, Approval.OWNER_AND_PLATFORM),
        (NOWHERE, {}, Mode.DELETE, Approval.OWNER),
        ("aws_ebs_volume.data in prod.tfstate", {}, Mode.NOTIFY, Approval.OWNER),
        (DENIED, {"terraform": "true"}, Mode.NOTIFY, Approval.OWNER),
        (DENIED, {}, Mode.NOTIFY, Approval.OWNER),
        (None, {"terraform": "true"}, Mode.NOTIFY, Approval.OWNER),
        (None, {}, Mode.DELETE, Approval.OWNER),
    ],
)
def test_state_files_hold_back_what_they_hold_and_let_go_what_only_a_tag_claims(
    state: str | Unknown | None, tags: dict[str, str], mode: Mode, approval: Approval
) -> None:
    fields = {"state": "available", "size_gb": 10} | ({} if state is None else {STATE: state})
    found = verdict(policies(), tags={"owner": "payments", **tags}, fields=fields)
    assert isinstance(found, Finding)
    assert (found.mode, found.terms.approval[Mode.DELETE]) == (mode, approval)


def test_no_silence_deletes_what_is_left_over() -> None:
    quiet = organization(environments={"dev": Environment(silent_delete=True)})
    fields = {"state": "available", STATE: NOWHERE}
    found = verdict(policies(organization=quiet), tags={"owner": "payments", "terraform": "true"}, fields=fields)
    assert isinstance(found, Finding)
    assert found.terms.approval[Mode.DELETE] is Approval.OWNER_AND_PLATFORM
