"""What a condition can read of a resource: known, absent or unknown."""

from __future__ import annotations

from datetime import timedelta

from engine.history import carry
from engine.model import Gap, Key, Unknown, fingerprint, is_ours
from engine.money import Money
from engine.view import floor_of, view
from makers.cases import NOW, context, inventory, policies, resource


def row(**more: object) -> dict[str, object]:
    return dict(view(resource(**more), context(policies()), NOW).row)  # type: ignore[arg-type]  # fields of Resource


def test_common_and_derived_fields() -> None:
    seen = row()
    assert (seen["team"], seen["owner"], seen["owner_source"], seen["environment"]) == ("payments", "payments", "tag", "dev")
    assert (seen["age_days"], seen["idle_days"], seen["monthly_dollars"]) == (100.0, 30.0, 8.0)
    assert {"ttl_days_left", "managed_by"}.isdisjoint(seen)


def test_idle_days_are_absent_while_the_fact_does_not_hold_and_unknown_where_nobody_knows() -> None:
    assert "idle_days" not in row(since={})
    denied = Unknown("denied")
    assert row(since={}, fields={"idle_days": denied})["idle_days"] == denied
    assert "idle_days" not in row(kind="aws.s3_bucket", since={}, fields={})


def test_an_unknown_price_is_never_nothing() -> None:
    assert row(monthly_cost=Money.unknown("no list price"))["monthly_dollars"] == Unknown("no list price")
    assert row(monthly_cost=Money(free=True))["monthly_dollars"] == 0.0


def test_an_environment_without_a_floor_has_the_default_one() -> None:
    under = policies()
    assert floor_of(view(resource(), context(under), NOW), under).silent_delete is False


DETACHED = {"aws.ebs_volume": {"detached": lambda thing: thing.fields["state"] == "available"}}


def test_since_is_carried_and_begins_anew_after_a_gap() -> None:
    later = NOW + timedelta(days=1)
    before = inventory(resource())
    (carried,) = carry([resource(since={})], before, DETACHED, later)
    assert carried.since == {"seen": NOW - timedelta(days=90), "detached": NOW - timedelta(days=30)}
    (anew,) = carry([resource(since={})], inventory(), DETACHED, later)
    assert anew.since == {"seen": later, "detached": later}


def test_a_fact_that_stopped_holding_is_forgotten() -> None:
    used = resource(fields={"state": "in-use"}, since={})
    (now,) = carry([used], inventory(resource()), DETACHED, NOW)
    assert now.since == {"seen": NOW - timedelta(days=90)}


def test_the_providers_own_date_counts_before_ours() -> None:
    detached = NOW - timedelta(days=3)
    (seeded,) = carry([resource(since={"detached": detached})], inventory(resource()), DETACHED, NOW)
    assert seeded.since["detached"] == detached


def test_a_fact_that_cannot_be_read_makes_idle_days_unknown() -> None:
    denied = Unknown("denied")
    (thing,) = carry([resource(since={})], inventory(resource()), {"aws.ebs_volume": {"detached": lambda _: denied}}, NOW)
    assert thing.fields["idle_days"] == denied
    assert "detached" not in thing.since


def test_a_fingerprint_notices_what_matters_and_not_our_own_tags() -> None:
    names = ("tags", "size_gb")
    same = fingerprint(resource(), names)
    assert fingerprint(resource(tags={"owner": "payments", "sexton:case": "c-1"}), names) == same
    assert fingerprint(resource(tags={"owner": "search"}), names) != same
    assert fingerprint(resource(tags={"owner": "payments", "sexton:keep": ""}), names) != same
    assert fingerprint(resource(fields={"size_gb": 11}), names) != same
    assert fingerprint(resource(tags=Unknown("denied")), names) == Unknown("denied")
    assert fingerprint(resource(fields={"size_gb": Unknown("denied")}), names) == Unknown("denied")
    assert is_ours("sexton-case")


def test_gaps_cover_a_location_an_account_or_a_cloud() -> None:
    key = Key("aws.ebs_volume", "1", "us-east-1", "vol-1")
    assert Gap("aws.ebs_volume", "1", "us-east-1", "").covers(key)
    assert Gap("aws.ebs_volume", "*", "*", "").covers(key)
    assert not Gap("aws.ebs_volume", "1", "eu-west-1", "").covers(key)
    assert not Gap("aws.ec2_instance", "1", "*", "").covers(key)
    assert inventory(gaps=(Gap("aws.ebs_volume", "1", "*", "x"),)).in_gap(key) is not None


def test_keys_are_text_and_back() -> None:
    key = Key("aws.ebs_volume", "1", "us-east-1", "a/b", "born")
    assert str(key) == "aws.ebs_volume/1/us-east-1/a/b"
    assert Key.parse(str(key)) == Key("aws.ebs_volume", "1", "us-east-1", "a/b")
    assert key.cloud == "aws"
