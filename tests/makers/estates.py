"""Generated estates: every way in which a field can be known, absent or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from itertools import product
from typing import Any

from hypothesis import strategies as st

from engine.managed import NOWHERE
from engine.model import Account, Field, Gap, Inventory, Key, KindTable, Mode, Resource, Unknown, Verb
from engine.money import FREE, Money
from makers.cases import NOW

ACCOUNTS = ["111122223333", "444455556666", "project-a"]
REGIONS = ["us-east-1", "eu"]


def linked(resource: Resource) -> tuple[Key, ...]:
    """Whatever has the id that a resource is attached to, wherever that is."""
    name = resource.fields.get("attached_to")
    places = product(sorted(KINDS), ACCOUNTS, REGIONS)
    return tuple(Key(*place, str(name)) for place in places) if name else ()


KINDS = {
    "aws.ebs_volume": KindTable(
        name="aws.ebs_volume",
        title="",
        main_fact="detached",
        links=linked,
        acts=frozenset({Verb.BACKUP, Verb.DELETE, Verb.RESTORE}),
        fields={
            "state": Field(type="string", doc=""),
            "size_gb": Field(type="int", doc=""),
            "cpu": Field(type="double", doc="", optional=True),
            "public": Field(type="bool", doc="", optional=True),
            "zone": Field(type="string", doc="", optional=True),
        },
    ),
    "aws.ec2_instance": KindTable(
        name="aws.ec2_instance",
        title="",
        main_fact="stopped",
        links=linked,
        acts=frozenset({Verb.STOP, Verb.START, Verb.DELETE}),
        fields={
            "state": Field(type="string", doc="", optional=True),
            "size_gb": Field(type="int", doc="", optional=True),
            "cpu": Field(type="double", doc=""),
            "public": Field(type="bool", doc=""),
            "zone": Field(type="string", doc=""),
        },
    ),
    "gcp.disk": KindTable(
        name="gcp.disk",
        title="",
        links=linked,
        acts=frozenset({Verb.STOP, Verb.DELETE}),
        max_mode=Mode.STOP,
        fields={
            "state": Field(type="bool", doc=""),  # another type than elsewhere
            "size_gb": Field(type="double", doc=""),
            "cpu": Field(type="string", doc="", optional=True),
        },
    ),
}
WORDS = ["", "a", "dev", "prod", "team-1", "Payments", "é", "a\nb", "it's", "b\\c", "١٢", "z😀", "\ud7ff", "\uffff"]
TAG_WORDS = [
    *WORDS,
    " ",
    "\t",
    "payments",
    " search ",
    "squad-payments",
    "ann@x.example",
    "30d",
    "2d",
    "1w",
    "2026-11-30",
    "never",
    "soon",
]
TAG_KEYS = [
    "owner",
    "Owner",
    "OWNER",
    "team",
    "Team",
    "ttl",
    "Ttl",
    "TTL",
    "expires",
    "env",
    "do-not-delete",
    "sexton:keep",
    "sexton:until",
    "terraform",
]
HIDDEN = st.just(Unknown("denied"))

words, whole, broken = st.sampled_from(WORDS), st.integers(-3, 6), st.sampled_from([-1.5, 0.0, 0.5, 2.0, 3.25, 1e6])
moments = st.integers(-40, 3000).map(lambda hours: NOW - timedelta(hours=hours, microseconds=hours * 7919))
tags = st.one_of(
    st.dictionaries(st.sampled_from(TAG_KEYS), st.sampled_from(TAG_WORDS), max_size=4),
    HIDDEN,
)
GAPS = st.lists(st.just(Gap("aws.ebs_volume", "1", "eu", "denied")), max_size=1).map(tuple)
VALUES: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
    "aws.ebs_volume": {"state": words, "size_gb": whole, "cpu": broken, "public": st.booleans(), "zone": words},
    "aws.ec2_instance": {"state": words, "size_gb": whole, "cpu": broken, "public": st.booleans(), "zone": words},
    "gcp.disk": {"state": st.booleans(), "size_gb": broken, "cpu": words},
}
EXTRA: Mapping[str, st.SearchStrategy[Any]] = {
    "idle_days": broken | HIDDEN,
    "owner": words | HIDDEN,
    "operator": words,
    "terraform_state": st.sampled_from([NOWHERE, NOWHERE, "aws_ebs_volume.data in prod.tfstate"]) | HIDDEN,
    "environment": words,
    "deletion_protection": st.booleans() | HIDDEN,
    "attached_to": st.sampled_from(["r-0", "r-1", "r-2", "r-3"]),
}
"""Raw fields that are called like derived ones, and those that say how far anybody may go."""


@cache
def fields_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Some of a kind's fields, some of them unknown."""
    every = {name: value | HIDDEN for name, value in VALUES[kind].items()}
    return st.fixed_dictionaries({}, optional={**every, **EXTRA})


@st.composite
def resources(draw: st.DrawFn, number: int = 0) -> Resource:
    """One resource."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    facts = st.sampled_from(["seen", "seen", "detached", "stopped"])
    return Resource(
        key=Key(kind, draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from(REGIONS)), f"r-{number}"),
        name=draw(words),
        created=draw(st.none() | moments),
        tags=draw(tags),
        fields=draw(fields_of(kind)),
        seen_at=NOW,
        monthly_cost=draw(
            st.sampled_from([FREE, Money.of("8.10"), Money.of("0.33333333333"), Money.unknown("no price"), Money.unknown("?")])
        ),
        since=draw(st.dictionaries(facts, moments, max_size=3)),
    )


@st.composite
def inventories(draw: st.DrawFn, most: int = 12) -> Inventory:
    """Up to `most` resources."""
    found = tuple(draw(resources(number)) for number in range(draw(st.integers(0, most))))
    listed = tuple(Account("gcp" if name == "project-a" else "aws", name) for name in ACCOUNTS[draw(st.integers(0, 2)) :])
    return Inventory(id="", as_of=NOW, resources=found, accounts=listed, gaps=draw(GAPS))
