"""The memory judges only what may have changed, and says what judging everything every day says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.backtest import Memory, Seen
from engine.backtest.evidence import evidence_of
from engine.judge import judge_all
from engine.model import Inventory, Key, Resource, Unknown
from engine.policy import PolicySet
from engine.view import Context
from makers.days import DAY, FIRST, Estate, attached, policies_of, tagged, volume


def reap(name: str, *when: str) -> str:
    lines = ", ".join(f'"{line}"' for line in when)
    spec = f"{{resource: aws.ebs_volume, when: [{lines}], after: {{notify: 0d, delete: 3d}}}}"
    return f"kind: Reap\nmetadata: {{name: {name}, owner: platform}}\nspec: {spec}\n"


POLICIES = policies_of(
    {
        "idle.yaml": reap("idle", "state == 'available'", "idle_days > 4"),
        "old.yaml": reap("old", "age_days >= 15 || size_gb > 50"),
        "young.yaml": reap("young", "age_days < 20"),
        "odd.yaml": reap("odd", "!(age_days <= 14.5)", "has(owner)"),
        "expired.yaml": reap("expired", "ttl_days_left < 0"),
        "soon.yaml": reap("soon", "ttl_days_left < 3", "!has(tags.note)"),
        "unowned.yaml": reap("unowned", "!has(owner)"),
        "dear.yaml": reap("dear", "monthly_dollars > 5"),
        "atlas.yaml": """
kind: Exemption
metadata: {name: atlas, owner: platform}
spec: {of: ["*"], resource: aws.ebs_volume, when: ["tags.project == 'atlas'"], until: 2026-09-09, reason: OPS-1}
""",
    }
)


class Everything:
    """Judges everything, every day."""

    def __init__(self, policies: PolicySet) -> None:
        self.policies = policies

    def __call__(self, inventory: Inventory, tracked: Callable[[Key], bool]) -> Iterator[Seen]:
        context = Context(policies=self.policies, accounts={account.id: account for account in inventory.accounts})
        for judgement in judge_all(inventory, context):
            evidence = evidence_of(judgement.view, self.policies, inventory.as_of)
            yield Seen(judgement.view, evidence, {verdict.policy: verdict for verdict in judgement.verdicts})


BORN = volume(created=FIRST - 12 * DAY, since={"seen": FIRST - 12 * DAY, "detached": FIRST - timedelta(days=2, hours=3)})
CHANGES: dict[str, Callable[[Resource], Resource]] = {
    "same": lambda one: one,
    "used": attached,
    "denied": lambda one: replace(one, tags=Unknown("denied")),
    "kept": lambda one: tagged(one, do_not_delete="x"),
    "atlas": lambda one: tagged(one, project="atlas"),
    "ttl": lambda one: tagged(one, ttl="18d"),
    "more": lambda one: tagged(one, ttl="40d"),
    "bad": lambda one: tagged(one, ttl="soon"),
    "search": lambda one: tagged(one, owner="search"),
    "nobody": lambda one: replace(one, tags={}),
    "large": lambda one: replace(one, fields={**one.fields, "size_gb": 100}),
    "idle": lambda one: replace(one, fields={**one.fields, "idle_days": Unknown("denied")}, since={"seen": one.since["seen"]}),
}


@given(st.lists(st.sampled_from(["gone", "gap", "none", *CHANGES, *["same"] * 12]), min_size=2, max_size=25))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_agrees_with_judging_everything_every_day(days: list[str]) -> None:
    estate = Estate()
    for number, word in enumerate(days):
        if word == "gap":
            estate.denied[number] = "denied"
        elif word == "gone":
            estate.days[number] = []
        elif word != "none":
            estate.from_to(number, number, CHANGES[word](BORN))
    told = estate.played(POLICIES)
    assert told == estate.played(POLICIES, Everything(POLICIES))
    assert told == estate.played(POLICIES, Memory(POLICIES))


def test_what_can_never_match_is_not_even_shown() -> None:
    memory = Memory(policies_of())
    (day,) = Estate().from_to(0, 0, attached(volume("vol-1")), volume("vol-2")).inventories()
    assert [seen.key.id for seen in memory(day, lambda key: False)] == ["vol-2"]
    assert [seen.key.id for seen in memory(day, lambda key: True)] == ["vol-1", "vol-2"]


def test_what_stays_the_same_is_the_same_object() -> None:
    memory = Memory(policies_of())
    days = [[*memory(day, lambda key: False)] for day in Estate().from_to(0, 3, volume()).inventories()]
    assert {id(seen) for day in days for seen in day} == {id(days[0][0])}


def test_another_estate_of_accounts_is_judged_anew() -> None:
    memory = Memory(policies_of())
    first, second = Estate().from_to(0, 1, volume()).inventories()
    (one,) = memory(first, lambda key: False)
    (other,) = memory(replace(second, accounts=()), lambda key: False)
    assert one is not other
    assert one.view.environment == other.view.environment == "dev"
