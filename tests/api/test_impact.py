"""What a change of policies would do: the comparison, its sums, its hurdles, and the JSON of the contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from api.judging import context_of
from api.shapes.explain import explain_json
from api.shapes.impact import impact_json
from engine.impact import Compared, Seen, Side, impact
from engine.judge import judge_one
from engine.load import load
from engine.matches import Change, Judged
from engine.model import Account, Inventory, Resource, Unknown
from engine.money import Money
from engine.policy import Limits, PolicySet
from engine.view import view
from makers.changes import judged
from makers.doors import FILES, KEY, NOW
from reapers.kind import tables

OLDER = FILES["ebs.yaml"]
LARGER = OLDER.replace("state == 'available'", "state == 'available', size_gb > 100")


def volume(number: int, size: int = 10, monthly: Money | None = None, tags: dict[str, str] | Unknown | None = None) -> Resource:
    return Resource(
        key=replace(KEY, id=f"vol-{number}"),
        name=f"data-{number}",
        created=NOW - timedelta(days=400),
        tags={"owner": "payments"} if tags is None else tags,
        fields={"state": "available", "size_gb": size, "in_use": False},
        seen_at=NOW,
        monthly_cost=monthly or Money.of(size),
        since={"seen": NOW - timedelta(days=400), "detached": NOW - timedelta(days=40)},
    )


ESTATE = Inventory(
    id="a" * 64,
    as_of=NOW,
    resources=(volume(1), volume(2, 500), volume(3, 200, Money.unknown("no price")), volume(4, 300, tags=Unknown("denied"))),
    accounts=(Account("aws", KEY.account),),
)


def under(ebs: str | None = OLDER, **more: str) -> Judged:
    """The estate under FILES with another policy for volumes, or none, and more files."""
    files = {**FILES, "ebs.yaml": ebs, **{f"{name}.yaml": text for name, text in more.items()}}
    loaded = load({name: text for name, text in files.items() if text}, tables())
    assert loaded.policies, loaded.problems
    return judged(loaded.policies, ESTATE)


def with_organization(one: Judged, **changes: object) -> Judged:
    policies: PolicySet = replace(one.policies, organization=replace(one.policies.organization, **changes))  # type: ignore[arg-type]  # by name
    return judged(policies, ESTATE)


def changes(base: Judged | None, head: Judged) -> dict[str, Change]:
    return {row.name: row.change for row in impact(base, head, NOW).rows}


def test_without_a_base_it_lists_what_matches() -> None:
    found = changes(None, under())
    assert found == {"data-1": Change.SAME, "data-2": Change.SAME, "data-3": Change.SAME, "data-4": Change.UNDECIDED}


def test_a_narrower_policy_removes() -> None:
    assert changes(under(), under(LARGER))["data-1"] is Change.REMOVED


def test_a_wider_policy_adds() -> None:
    assert changes(under(LARGER), under())["data-1"] is Change.ADDED


def test_a_policy_that_goes_removes_all_it_matched() -> None:
    found = impact(under(), under(None), NOW)
    assert {row.change for row in found.rows} == {Change.REMOVED}
    assert [(policy.name, policy.change) for policy in found.policies] == [("ebs-unattached", Change.REMOVED)]


def test_a_policy_that_comes_adds_all_it_matches() -> None:
    found = impact(under(None), under(), NOW)
    assert [row.change for row in found.rows] == [Change.ADDED] * 3 + [Change.UNDECIDED]
    assert found.policies[0].change is Change.ADDED


def test_layout_is_no_change_and_a_mode_is_one() -> None:
    laid_out = OLDER.replace("when: [state == 'available']", "# why\n  when:\n    - \"state=='available'\"")
    assert impact(under(), under(laid_out), NOW).policies[0].change is Change.SAME
    assert impact(under(), under(OLDER + "  mode: notify\n"), NOW).policies[0].change is Change.CHANGED


def test_unknown_prices_are_counted_and_never_zero() -> None:
    weight = impact(under(None), under(), NOW).policies[0].weight
    assert str(weight.monthly_added) == "≥ $510.00/mo (1 unpriced)"
    assert (weight.before, weight.added, weight.undecided) == (0, 3, 1)


def test_limits_say_how_long_it_takes() -> None:
    head = with_organization(under(), limits=Limits(per_day=2), total=Limits(per_day=1))
    met = {one.scope: (one.would, one.allowed, one.days_to_drain) for one in impact(None, head, NOW).limits}
    assert met[f"account {KEY.account}"] == (3, 2, 2)
    assert met["team payments"] == (3, 2, 2)
    assert met["the organization"] == (3, 1, 3)


def test_what_is_only_told_meets_no_limit() -> None:
    assert impact(None, with_organization(under(OLDER + "  mode: notify\n"), total=Limits(per_day=1)), NOW).limits == ()


@pytest.mark.parametrize(("resources", "dollars", "needs"), [(500, 10_000, 0), (2, 10_000, 1), (500, 500, 1), (2, 500, 2)])
def test_a_large_change_needs_platform_by_the_numbers_of_the_base(resources: int, dollars: int, needs: int) -> None:
    base = with_organization(under(None), review_resources=resources, review_dollars=Decimal(dollars))
    assert [need.role for need in impact(base, under(), NOW).needs] == ["platform"] * needs


def test_a_change_cannot_raise_the_numbers_it_is_measured_by() -> None:
    base = with_organization(under(None), review_resources=1)
    head = with_organization(under(), review_resources=500)
    assert impact(base, head, NOW).needs


def test_exemptions_that_end_soon_are_counted() -> None:
    exemption = """
apiVersion: sexton/v1
kind: Exemption
metadata: {name: atlas, owner: platform}
spec: {of: [ebs-unattached], resource: aws.ebs_volume, when: [size_gb > 100], until: %s, reason: OPS-1}
"""
    soon = impact(None, under(soon=exemption % "2026-11-20"), NOW)
    assert [(one.name, one.until, one.resources) for one in soon.ending] == [("atlas", "2026-11-20", 3)]
    assert impact(None, under(late=exemption % "2027-06-01"), NOW).ending == ()


def test_the_json_of_the_contract() -> None:
    base, head, seen = Side(ref="main", sha="a" * 40), Side(ref="head", sha="b" * 40), Seen.of(ESTATE)
    body = impact_json(Compared(impact=impact(under(LARGER), under(), NOW), base=base, head=head, seen=seen))
    assert set(body) == {
        "schema", "base", "head", "inventory", "policies", "teams", "resources", "limits", "exemptions_ending", "needs",
        "documents",
    }  # fmt: skip
    assert body["base"] == {"ref": "main", "sha": "a" * 40}
    assert body["policies"][0]["matches"] == {"base": 2, "head": 3, "added": 1, "removed": 0, "undecided": 1}
    assert body["policies"][0]["monthly_added"] == {"known": "10.00", "unpriced": 0, "currency": "USD"}
    assert body["policies"][0]["monthly_removed"] == {"known": "0.00", "unpriced": 0, "currency": "USD"}
    assert body["resources"][0] == {
        "key": "aws.ebs_volume/111122223333/us-east-1/vol-1",
        "name": "data-1",
        "team": "payments",
        "policy": "ebs-unattached",
        "change": "added",
        "rung": "delete",
        "missing": [],
        "monthly": {"known": "10.00", "unpriced": 0, "currency": "USD"},
        "was": {"rung": None, "team": "payments", "undecided": False},
    }
    alone = impact_json(Compared(impact=impact(None, under(), NOW), base=None, head=head, seen=seen))
    assert alone["base"] is None
    assert "was" not in alone["resources"][0]


def explained(number: int, head: Judged) -> dict[str, object]:
    context = context_of(head.policies, ESTATE)
    judgement = judge_one(view(ESTATE.resources[number - 1], context, NOW), context, NOW)
    return explain_json(judgement, context, ESTATE, "c" * 40)


def test_an_explanation_shows_each_test_with_its_values() -> None:
    body = explained(1, under(LARGER))
    assert set(body) == {
        "schema", "key", "name", "as_of", "inventory", "commit", "environment", "monthly", "mode", "owner", "verdicts", "case",
    }  # fmt: skip
    verdicts = body["verdicts"]
    assert isinstance(verdicts, list)
    assert (verdicts[0]["verdict"], verdicts[0]["reason"], verdicts[0]["file"]) == ("spared", "no_match", "ebs.yaml")
    first, second = verdicts[0]["tests"]
    assert (first["outcome"], first["line"]) == (True, 7)
    assert first["values"]["state"]["value"] == "available"
    assert (second["outcome"], second["values"]["size_gb"]["value"]) == (False, 10)


def test_an_explanation_says_what_is_not_known() -> None:
    body = explained(4, under())
    verdicts, owner = body["verdicts"], body["owner"]
    assert isinstance(verdicts, list)
    assert isinstance(owner, dict)
    assert (verdicts[0]["verdict"], verdicts[0]["missing"]) == ("undecided", ["owner", "tags"])
    assert owner["owner"] == {"unknown": "denied"}


def test_an_explanation_names_the_evidence_of_ownership() -> None:
    owner = explained(1, under())["owner"]
    assert owner == {
        "team": "payments",
        "owner": "payments",
        "source": "tag",
        "evidence": [
            {"source": "tag", "value": "payments", "team": "payments", "at": "2026-11-10T11:00:00Z"},
            {"source": "account", "value": "payments", "team": "payments", "at": "2026-11-10T11:00:00Z"},
        ],
    }
