"""gcp.address and gcp.project beyond the contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from demo.gcp.networks import use
from demo.gcp.specimens import PROJECT
from demo.gcp.world import GCPWorld
from engine.model import Gone, Key, Mode, Resource, Role, Verb
from engine.money import FREE, Money
from reapers.clouds.gcp_errors import Refused
from reapers.kind import ROLE_OF, Order, Partial, Progress
from reapers.kinds.gcp import address, project
from reapers.prices import book

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
INSTANCE = "https://www.googleapis.com/compute/v1/projects/acme-dev/zones/us-central1-a/instances/web"
RULE = "https://www.googleapis.com/compute/v1/projects/acme-dev/regions/us-central1/forwardingRules/web"


@pytest.fixture
def google() -> Iterator[GCPWorld]:
    world = GCPWorld()
    yield world
    world.stop()


def parsed(**raw: Any) -> Resource:
    cell = SimpleNamespace(account="acme-dev", region="*", now=NOW)
    return address.KIND.parse(cell, {**address.KIND.example, **raw})


def listed(google: GCPWorld) -> dict[str, Resource]:
    return {found.key.region: found for found in address.KIND.list(google.cell("gcp.address", Role.SCAN))}


def test_global_and_regional_ones_once_each(google: GCPWorld) -> None:
    google.gcp.seed(f"{PROJECT}/us-central1", "addresses", {"name": "a"})
    google.gcp.seed(f"{PROJECT}/global", "addresses", {"name": "a"})
    found = list(address.KIND.list(google.cell("gcp.address", Role.SCAN)))
    assert sorted(each.key.region for each in found) == ["global", "us-central1"]


@pytest.mark.parametrize("place", ["us-central1", "global"])
def test_deletes_where_it_is(google: GCPWorld, place: str) -> None:
    for each in ("us-central1", "global"):
        google.gcp.seed(f"{PROJECT}/{each}", "addresses", {"name": "a"})
    found = listed(google)[place]
    told = Order(case="c-1", generation=0, key=found.key, resource=found, token="t")
    address.KIND.acts[Verb.DELETE].do(google.cell("gcp.address", ROLE_OF[Verb.DELETE]), told)
    assert address.KIND.acts[Verb.DELETE].check(google.cell("gcp.address", Role.SCAN), told) is Progress.PENDING
    google.settle()
    assert address.KIND.acts[Verb.DELETE].check(google.cell("gcp.address", Role.SCAN), told) is Progress.DONE
    assert set(listed(google)) == {"us-central1", "global"} - {place}
    assert isinstance(address.KIND.get(google.cell("gcp.address", Role.SCAN), found.key), Gone)


def test_one_in_use_is_refused(google: GCPWorld) -> None:
    google.gcp.seed(f"{PROJECT}/us-central1", "addresses", {"name": "a"})
    found = listed(google)["us-central1"]
    use(google.gcp.door.estate.find((PROJECT, "us-central1", "addresses", "a")), "forwardingRules/web")
    used = listed(google)["us-central1"]
    assert (used.fields["state"], used.fields["in_use"], used.fields["used_by"]) == ("IN_USE", True, "us-central1/web")
    told = Order(case="c-1", generation=0, key=found.key, resource=found, token="t")
    with pytest.raises(Refused, match="already being used"):
        address.KIND.acts[Verb.DELETE].do(google.cell("gcp.address", Role.DELETE), told)


def test_a_silent_region_is_a_gap(google: GCPWorld) -> None:
    google.gcp.seed(f"{PROJECT}/global", "addresses", {"name": "a"})
    google.gcp.silence("europe-west1")
    found = address.KIND.list(google.cell("gcp.address", Role.SCAN))
    assert next(found).key.region == "global"
    with pytest.raises(Partial) as partial:
        next(found)
    assert [(gap.kind, gap.region) for gap in partial.value.gaps] == [("gcp.address", "europe-west1")]


@pytest.mark.parametrize(
    ("raw", "price"),
    [
        ({}, Money.of("7.30")),
        ({"status": "IN_USE", "users": [INSTANCE]}, Money.of("3.65")),
        ({"status": "IN_USE", "users": [RULE]}, FREE),
        ({"addressType": "INTERNAL"}, FREE),
        ({"ipVersion": "IPV6"}, None),
        ({"region": "x/regions/mars-north1"}, None),
        ({"region": None}, None),
    ],
)
def test_price(raw: dict[str, Any], price: Money | None) -> None:
    found = address.KIND.price(parsed(**raw), book())
    assert found == price if price else (found.unpriced == 1 and found.why)


def test_links_to_instances_alone() -> None:
    assert address.KIND.links(parsed(users=[INSTANCE, RULE])) == (Key("gcp.instance", "acme-dev", "us-central1-a", "web"),)


def test_cannot_be_had_again() -> None:
    assert not {Verb.BACKUP, Verb.RESTORE} & set(address.KIND.acts)


def test_projects_are_only_reported(google: GCPWorld) -> None:
    kind = project.KIND
    cell = google.cell(kind.name, Role.SCAN)
    (found,) = kind.list(cell)
    assert (found.key.id, found.key.region, found.fields["parent"]) == (PROJECT, "global", "folders/1001")
    assert found.key.born == found.fields["number"]
    assert (kind.max_mode, dict(kind.acts), kind.price(found, book())) == (Mode.NOTIFY, {}, FREE)
    google.gcp.project(PROJECT, "folders/1001", state="DELETE_REQUESTED")
    dying = kind.get(cell, found.key)
    assert isinstance(dying, Resource)
    assert dying.fields["state"] == "DELETE_REQUESTED"
