"""An estate as days: volumes that are changed from day to day, and policies that would have taken them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.backtest import Fold, Look, PolicyHistory
from engine.load import load
from engine.model import Account, CellRead, Gap, Inventory, Key, Outcome, Resource
from engine.money import Money
from engine.policy import PolicySet
from reapers.kind import tables

FIRST = datetime(2026, 9, 1, 12, tzinfo=UTC)
"""A Tuesday."""
ACCOUNT = "111122223333"
DAY = timedelta(days=1)

ORGANIZATION = """
kind: Organization
metadata: {name: acme, owner: platform}
spec:
  platform: [platform]
  accounts: [{match: {id: "111122223333"}, environment: dev, team: payments, mode: delete}]
  protect: {tags: [do-not-delete]}
  grace: {stop: 1d, delete: 2d, unowned: 7d}
  persistence: {scans: 1, over: 24h}
  min_age: 1d
"""
FILES = {
    "organization.yaml": ORGANIZATION,
    "platform.yaml": "kind: Team\nmetadata: {name: platform}\nspec: {people: [pia@acme.example]}\n",
    "payments.yaml": "kind: Team\nmetadata: {name: payments}\nspec: {people: [ann@acme.example]}\n",
    "search.yaml": "kind: Team\nmetadata: {name: search}\nspec: {people: [cy@acme.example]}\n",
    "ttl.yaml": "kind: TTL\nmetadata: {name: ttl, owner: platform}\nspec: {tag: [ttl]}\n",
    "volumes.yaml": """
kind: Reap
metadata: {name: volumes, owner: platform}
spec:
  resource: aws.ebs_volume
  when: [state == 'available']
  after: {notify: 0d, delete: 5d}
""",
}


def policies_of(files: Mapping[str, str | None] | None = None) -> PolicySet:
    """FILES with some of them changed; None leaves one out."""
    texts = {name: f"apiVersion: sexton/v1\n{text.lstrip()}" for name, text in {**FILES, **(files or {})}.items() if text}
    loaded = load(texts, tables(), "c0ffee")
    assert loaded.policies is not None, loaded.problems
    return loaded.policies


def volume(ident: str = "vol-1", **changes: Any) -> Resource:
    """A detached volume of payments."""
    made = Resource(
        key=Key("aws.ebs_volume", ACCOUNT, "us-east-1", ident, f"born-{ident}"),
        name=f"name-{ident}",
        created=FIRST - 100 * DAY,
        tags={"owner": "payments"},
        fields={"state": "available", "size_gb": 10},
        seen_at=FIRST,
        monthly_cost=Money.of(8),
        since={"seen": FIRST - 90 * DAY, "detached": FIRST - 40 * DAY},
    )
    return replace(made, **changes)


def attached(resource: Resource) -> Resource:
    """Somebody uses it."""
    since = {name: at for name, at in resource.since.items() if name != "detached"}
    return replace(resource, fields={**resource.fields, "state": "in-use"}, since=since)


def tagged(resource: Resource, **tags: str) -> Resource:
    """With more tags; `_` stands for `-`."""
    assert isinstance(resource.tags, Mapping)
    return replace(resource, tags={**resource.tags, **{key.replace("_", "-"): value for key, value in tags.items()}})


@dataclass
class Estate:
    """A history that is written day by day. `days[n]` is day n; a missing one has no inventory."""

    days: dict[int, list[Resource]] = field(default_factory=dict)
    denied: dict[int, str] = field(default_factory=dict)
    """Days on which the volumes' list could not be read, and why."""

    def from_to(self, first: int, last: int, *resources: Resource) -> Estate:
        """These resources on each of these days."""
        for day in range(first, last + 1):
            self.days.setdefault(day, []).extend(replace(one, seen_at=FIRST + day * DAY) for one in resources)
        return self

    def inventories(self) -> Iterable[Inventory]:
        """Oldest first."""
        for day in sorted({*self.days, *self.denied}):
            why = self.denied.get(day, "")
            gaps = (Gap("aws.ebs_volume", ACCOUNT, "us-east-1", why),) if why else ()
            outcome = Outcome.DENIED if why else Outcome.OK
            yield Inventory(
                id=f"{day}",
                as_of=FIRST + day * DAY,
                resources=tuple(self.days.get(day, ())),
                cells=(CellRead("aws.ebs_volume", ACCOUNT, "us-east-1", outcome),),
                gaps=gaps,
                accounts=(Account("aws", ACCOUNT),),
            )

    def played(self, policies: PolicySet | None = None, look: Look | None = None) -> Mapping[str, PolicyHistory]:
        """What the policies would have done."""
        fold = Fold(policies or policies_of(), look)
        for inventory in self.inventories():
            fold.day(inventory)
        return fold.histories()
