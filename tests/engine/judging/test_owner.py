"""Owners: where they are read from, which sources count, and whom to tell."""

from __future__ import annotations

import pytest

from engine.model import Account, Mode, Unknown
from engine.owner import Evidence, account_row, resolve
from engine.policy import AccountRow, Meta, Organization, Ownership, OwnerSource
from makers.cases import policies, resource

ROW = AccountRow(match={}, team="payments")
TAG = OwnerSource(source="tag", tags=("owner", "team"))
ACCOUNT = OwnerSource(source="account")


def ownership(*sources: OwnerSource, counts: tuple[str, ...] = ("tag", "map")) -> Ownership:
    return Ownership(meta=Meta(name="o"), sources=sources, counts=counts)


def test_a_tag_names_a_team_by_name_alias_or_person_without_regard_to_case() -> None:
    for value in ("payments", "Squad-Payments", "ann@x.example"):
        owner = resolve(resource(tags={"Owner": f" {value} "}), ROW, policies())
        assert (owner.team, owner.owner, owner.source) == ("payments", "payments", "tag")


def test_a_tag_that_no_document_knows_is_still_an_owner_but_somebody_else_is_told() -> None:
    owner = resolve(resource(tags={"owner": "left-the-company"}), ROW, policies())
    assert (owner.team, owner.owner) == ("payments", "left-the-company")


@pytest.mark.parametrize("tags", [{}, {"owner": "  "}])
def test_blank_is_absent_and_the_accounts_team_is_told_without_owning(tags: dict[str, str]) -> None:
    owner = resolve(resource(tags=tags), ROW, policies())
    assert (owner.team, owner.owner, owner.source) == ("payments", None, "")
    assert owner.evidence == (Evidence(source="account", value="payments", team="payments"),)


def test_without_anybody_the_first_platform_team_is_told() -> None:
    assert resolve(resource(tags={}), AccountRow(match={}), policies()).team == "platform"


def test_a_counting_source_that_could_not_be_read_ends_the_walk() -> None:
    denied = Unknown("denied")
    owner = resolve(resource(tags=denied), ROW, policies(ownership=ownership(TAG, ACCOUNT)))
    assert owner.owner == denied
    assert owner.evidence == ()


def test_one_that_does_not_count_ends_nothing() -> None:
    creator = OwnerSource(source="creator")
    owner = resolve(resource(), ROW, policies(ownership=ownership(creator, TAG)))
    assert owner.owner == "payments"
    counting = resolve(resource(), ROW, policies(ownership=ownership(creator, TAG, counts=("creator", "tag"))))
    assert isinstance(counting.owner, Unknown)


def test_the_map_is_read_like_codeowners_the_last_line_wins() -> None:
    rules = (("aws/**", "platform"), ("aws/*/us-east-1/ebs_volume/vol-*", "payments"), ("**/vol-2", ""))
    of_map = OwnerSource(source="map", rules=rules)
    under = policies(ownership=ownership(of_map))
    assert resolve(resource(tags={}), ROW, under).owner == "payments"
    assert resolve(resource(id="vol-2", tags={}), ROW, under).owner is None
    assert resolve(resource("aws.ec2_instance", "i-1", tags={}), ROW, under).owner == "platform"


def test_a_row_of_one_account_is_of_no_other_and_brackets_are_a_pattern() -> None:
    rows = (
        AccountRow(match={"id": "111122223333"}, team="one"),
        AccountRow(match={"name": "dev[12]"}, team="few"),
        AccountRow(match={"id": "my-shop"}, team="shop"),
    )
    under = policies(organization=Organization(accounts=rows))
    assert account_row(Account("aws", "111122223333", name="x"), under).team == "one"
    assert account_row(Account("aws", "111122223334", name="dev1"), under).team == "few"
    assert account_row(Account("aws", "111122223334", name="dev[12]"), under) == AccountRow(match={})
    assert account_row(Account("gcp", "my-shop", name="x"), under).team == "shop"


def test_the_first_row_that_matches_an_account_counts() -> None:
    rows = (
        AccountRow(match={"id": "9*"}, team="nine"),
        AccountRow(match={"cloud": "aws", "ou": "ou-dev-*"}, team="ou"),
        AccountRow(match={"name": "shop*", "cloud": "gcp"}, team="name"),
        AccountRow(match={"cloud": "aws"}, team="rest"),
    )
    under = policies(organization=Organization(accounts=rows))
    assert account_row(Account("aws", "999"), under).team == "nine"
    assert account_row(Account("aws", "1", name="a", parents=("r-root", "ou-dev-1")), under).team == "ou"
    assert account_row(Account("gcp", "p", name="shop-1"), under).team == "name"
    assert account_row(Account("aws", "1", name="a", parents=("r-root",)), under).team == "rest"
    assert account_row(Account("gcp", "p"), under) == AccountRow(match={})


def test_a_row_that_might_match_by_what_was_not_read_leaves_the_account_observed() -> None:
    rows = (
        AccountRow(match={"ou": "ou-prod-*"}, environment="prod", mode=Mode.NOTIFY),
        AccountRow(match={"cloud": "aws"}, mode=Mode.DELETE),
    )
    under = policies(organization=Organization(accounts=rows))
    assert account_row(Account("aws", "1"), under).mode is Mode.OBSERVE
    assert account_row(Account("aws", "1", name="a", parents=("ou-dev-1",)), under).mode is Mode.DELETE
    by_name = policies(organization=Organization(accounts=(AccountRow(match={"name": "prod"}), rows[1])))
    assert account_row(Account("aws", "1", parents=("ou-dev-1",)), by_name).mode is Mode.OBSERVE
