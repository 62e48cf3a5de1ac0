"""`sexton explain`: every verdict with what decides it, where that comes from and which line says so; and what is gone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model import Account, CellRead, Gap, Inventory, Outcome, Resource, Source, Unknown
from engine.money import Money
from makers.doors import FILES, KEY, NOW, commit
from reapers.sources.snapshots import Store
from reapers.sources.states import StateFiles

DAY = timedelta(days=1)
PLACE = f"aws.ebs_volume/{KEY.account}/us-east-1"
MORE = {
    "organization.yaml": FILES["organization.yaml"] + "  protect: {tags: [do-not-delete]}\n",
    "idle.yaml": """
apiVersion: sexton/v1
kind: Reap
metadata: {name: idle, owner: search}
spec:
  resource: aws.ebs_volume
  when:
    - size_gb > 5
    - idle_days > 30
    - tags.env == 'dev'
  after: {notify: 0d, delete: 14d}
""",
    "atlas.yaml": """
apiVersion: sexton/v1
kind: Exemption
metadata: {name: atlas, owner: platform}
spec: {of: [ebs-unattached], resource: aws.ebs_volume, when: ["tags.project == 'atlas'"], until: 2026-12-31, reason: OPS-1}
""",
}
READ = Source("ec2:DescribeVolumes", NOW - timedelta(minutes=5))


def volume(number: int, **changes: Any) -> Resource:
    made = Resource(
        key=replace(KEY, id=f"vol-{number}"),
        name=f"data-{number}",
        created=NOW - 400 * DAY,
        tags={"owner": "payments", "env": "dev"},
        fields={"state": "available", "size_gb": 10},
        seen_at=NOW,
        monthly_cost=Money.of(number),
        sources=dict.fromkeys(("state", "size_gb", "tags"), READ),
        since={"seen": NOW - 400 * DAY, "detached": NOW - 40 * DAY},
    )
    return replace(made, **changes)


def inventory(days_ago: int, *resources: Resource, denied: str = "") -> Inventory:
    outcome = Outcome.DENIED if denied else Outcome.OK
    return Inventory(
        id="",
        as_of=NOW - days_ago * DAY,
        resources=resources,
        cells=(CellRead("aws.ebs_volume", KEY.account, "us-east-1", outcome),),
        gaps=(Gap("aws.ebs_volume", KEY.account, "us-east-1", denied),) if denied else (),
        accounts=(Account("aws", KEY.account),),
    )


@pytest.fixture
def store(home: Path) -> Store:
    """Volume 1 matches, 2 is protected, 3 exempt, 4 young, 5 unreadable; 6 went two days ago, 7 before that."""
    commit(home, {**FILES, **MORE})
    store = Store(home / ".sexton" / "inventory")
    there = [
        volume(1),
        volume(2, tags={"owner": "payments", "Do-Not-Delete": ""}),
        volume(3, tags={"owner": "payments", "project": "atlas"}),
        volume(4, created=NOW - 2 * DAY),
        volume(5, tags=Unknown("AccessDenied")),
    ]
    store.write(inventory(4, *there, volume(6), volume(7)))
    store.write(inventory(3, *there, volume(6)))
    store.write(inventory(2, *there))
    store.write(inventory(0, *there))
    return store


def explained(sexton: Any, what: str, *words: str) -> dict[str, Any]:
    said = sexton("explain", what, "--json", *words)
    assert said.code == 0, said.err
    shape: dict[str, Any] = json.loads(said.out)
    return shape


def verdict(shape: dict[str, Any], policy: str) -> dict[str, Any]:
    return next(each for each in shape["verdicts"] if each["policy"] == policy)


def guard(shape: dict[str, Any], policy: str, name: str) -> dict[str, Any]:
    return next(each for each in verdict(shape, policy)["guards"] if each["guard"] == name)


def test_every_test_has_its_value_source_time_and_line(sexton: Any, store: Store) -> None:
    shape = explained(sexton, "vol-1")
    assert {"key", "name", "as_of", "inventory", "commit", "environment", "monthly", "mode", "owner", "verdicts", "case"} <= set(
        shape
    )
    assert (len(shape["commit"]), shape["case"]) == (40, None)
    idle = verdict(shape, "idle")
    assert (idle["file"], idle["line"]) == ("policies/idle.yaml", 4)
    size, days, tag = idle["tests"]
    assert (size["text"], size["line"], size["outcome"]) == ("size_gb > 5", 8, True)
    assert size["values"] == {"size_gb": {"value": 10, "source": "ec2:DescribeVolumes", "at": "2026-11-10T10:55:00Z"}}
    assert (days["line"], days["values"]["idle_days"]["source"]) == (9, "detached since 2026-10-01T11:00:00Z")
    assert tag["values"]["tags.env"] == {"value": "dev", "source": "ec2:DescribeVolumes", "at": "2026-11-10T10:55:00Z"}
    assert (idle["verdict"], idle["reason"]) == ("spared", "no_match"), "it speaks only of team search"
    scope = guard(shape, "idle", "scope")
    assert (scope["holds"], scope["says"]) == (False, "speaks only of team search; this is payments's")
    match = verdict(shape, "ebs-unattached")
    assert match["verdict"] == "match"
    assert [each["holds"] for each in match["guards"]] == [True] * 4


@pytest.mark.parametrize(
    ("number", "reason", "name", "says", "file"),
    [
        (2, "protected", "protected", "tagged Do-Not-Delete", "policies/organization.yaml"),
        (3, "exempt", "exempt", "atlas until 2026-12-31: OPS-1", "policies/atlas.yaml"),
        (4, "too_young", "min_age", "2.0 days old", "policies/organization.yaml"),
    ],
)
def test_what_spares_is_named_with_its_place(
    number: int, reason: str, name: str, says: str, file: str, sexton: Any, store: Store
) -> None:
    shape = explained(sexton, f"data-{number}")
    found = verdict(shape, "ebs-unattached")
    assert (found["verdict"], found["reason"]) == ("spared", reason)
    row = guard(shape, "ebs-unattached", name)
    assert (row["holds"], row["says"], row["file"]) == (False, says, file)
    said = sexton("explain", f"data-{number}")
    assert f"{says}   {file}:{row['line']}" in said.out


def test_what_is_not_known_says_which_question_failed(sexton: Any, store: Store) -> None:
    shape = explained(sexton, "vol-5")
    found = verdict(shape, "ebs-unattached")
    assert (found["verdict"], found["missing"]) == ("undecided", ["owner", "tags"])
    assert guard(shape, "ebs-unattached", "protected")["says"] == "its tags are not known: AccessDenied"
    assert {each["guard"] for each in found["guards"] if each["holds"] == "unknown"} == {"protected", "exempt", "owner"}


def test_the_text_has_sources_and_lines(sexton: Any, store: Store) -> None:
    said = sexton("explain", "vol-1")
    assert "ebs-unattached: match  policies/ebs.yaml:4" in said.out
    assert "  yes state == 'available'   policies/ebs.yaml:7\n" in said.out
    assert "        state = available (ec2:DescribeVolumes, 2026-11-10T10:55:00Z)\n" in said.out


@pytest.mark.parametrize("what", ["vol-6", "data-6", f"{PLACE}/vol-6", f"arn:aws:ec2:us-east-1:{KEY.account}:volume/vol-6"])
def test_what_is_gone_is_explained_as_it_was_last_seen(what: str, sexton: Any, store: Store) -> None:
    shape = explained(sexton, what)
    assert (shape["key"], shape["as_of"]) == (f"{PLACE}/vol-6", "2026-11-07T11:00:00Z")
    assert shape["gone"]["at"] == "2026-11-08T11:00:00Z"
    assert "its list, read to the end, is without it" in shape["gone"]["how"]
    assert verdict(shape, "ebs-unattached")["verdict"] == "match"
    assert "gone since 2026-11-08T11:00:00Z: last seen 2026-11-07 11:00 UTC" in sexton("explain", what).out


def test_what_went_before_is_found_too_and_what_is_there_is_not_gone(sexton: Any, store: Store) -> None:
    assert explained(sexton, "vol-7")["gone"]["at"] == "2026-11-07T11:00:00Z"
    assert "gone" not in explained(sexton, "vol-1")


def test_a_list_that_was_not_read_is_no_proof_that_it_is_gone(sexton: Any, home: Path) -> None:
    commit(home, {**FILES, **MORE})
    store = Store(home / ".sexton" / "inventory")
    store.write(inventory(2, volume(1)))
    store.write(inventory(0, denied="AccessDenied"))
    shape = explained(sexton, "vol-1")
    assert shape["gone"]["at"] is None
    assert shape["gone"]["how"].endswith("its list has not been read to the end since (AccessDenied)")
    assert "perhaps gone: last seen 2026-11-08 11:00 UTC" in sexton("explain", "vol-1").out


def test_what_never_was_is_said_with_where_it_was_looked_for(sexton: Any, store: Store) -> None:
    said = sexton("explain", "vol-9")
    assert (said.code, said.out) == (1, "")
    assert "There is no 'vol-9' in the inventory of 2026-11-10 11:00 UTC, nor on the 4 days of the history." in said.err


def test_a_single_snapshot_has_no_history(sexton: Any, store: Store) -> None:
    _, newest = store.daily()[-1]
    said = sexton("explain", "vol-6", "--inventory", f".sexton/inventory/{newest}")
    assert (said.code, "nor on" in said.err) == (1, False)
    assert explained(sexton, "vol-6", "--inventory", ".sexton/inventory")["gone"]["at"]


def test_several_are_listed_and_an_arn_tells_regions_apart(sexton: Any, home: Path) -> None:
    commit(home, FILES)
    store = Store(home / ".sexton" / "inventory")
    west = volume(1, key=replace(KEY, id="vol-1", region="us-west-2"))
    store.write(inventory(0, volume(1), west))
    said = sexton("explain", "vol-1")
    assert said.code == 1
    assert f"'vol-1' may mean 2 resources; name one by its key:\n  {PLACE}/vol-1\n" in said.err
    assert explained(sexton, f"arn:aws:ec2:us-west-2:{KEY.account}:volume/vol-1")["key"] == west.key.ref


def test_a_state_file_names_the_module_and_address_to_change(sexton: Any, store: Store, home: Path) -> None:
    held = {"mode": "managed", "module": "module.shop", "type": "aws_ebs_volume", "name": "data"}
    whole = {"version": 4, "resources": [{**held, "instances": [{"attributes": {"id": "vol-1"}}]}]}
    (home / "prod.tfstate").write_text(json.dumps(whole))
    states = StateFiles((str(home / "prod.tfstate"),)).read(NOW)
    left = volume(2, tags={"owner": "payments", "terraform": "true"})
    store.write(inventory(-1, states.told(volume(1)), states.told(left)))
    shape = explained(sexton, "vol-1")
    assert shape["managed_by"] == f"terraform: module.shop.aws_ebs_volume.data in {home / 'prod.tfstate'}"
    assert shape["mode"]["effective"] != "delete"
    assert f"managed by {shape['managed_by']}" in sexton("explain", "vol-1").out
    assert "it is in none of the state files: deleting it takes owner and platform" in sexton("explain", "vol-2").out


def test_a_state_that_was_not_read_is_told_as_such(sexton: Any, store: Store, home: Path) -> None:
    store.write(inventory(-1, StateFiles((str(home / "none.tfstate"),)).read(NOW).told(volume(1))))
    shape = explained(sexton, "vol-1")
    assert "is not there" in shape["managed_by"]["unknown"]
    assert "managed by something not known (The Terraform state " in sexton("explain", "vol-1").out
