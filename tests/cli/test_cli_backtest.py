"""`sexton backtest` on a history on disk: what it says to a reviewer, as text and as JSON, and how it ends without one."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.model import Unknown
from engine.money import Money
from makers.days import DAY, FILES, FIRST, Estate, attached, volume
from makers.doors import commit
from reapers.sources.snapshots import Store

TEXTS = {name: f"apiVersion: sexton/v1\n{text.lstrip()}" for name, text in FILES.items()}
STRICTER = TEXTS["volumes.yaml"].replace("state == 'available'", "state == 'available', size_gb > 50")


@pytest.fixture
def repository(home: Path) -> Path:
    return commit(home, TEXTS)


@pytest.fixture
def history(home: Path) -> Store:
    """Two weeks with two missing days: one volume is used again, one is not, one is not known, and one is large and stays."""
    large = replace(volume("vol-large"), fields={"state": "available", "size_gb": 100}, monthly_cost=Money.of(40))
    wanted, unwanted, hidden = volume("vol-wanted"), volume("vol-unwanted", monthly_cost=Money.of(3)), volume("vol-hidden")
    estate = Estate(denied={12: "AccessDenied"}).from_to(0, 8, wanted, unwanted, hidden, large)
    estate.from_to(9, 11, attached(wanted), unwanted, replace(hidden, tags=Unknown("denied")), large)
    estate.from_to(13, 14, attached(wanted), unwanted, hidden, large)
    del estate.days[3]
    store = Store(home / ".sexton" / "inventory")
    for inventory in estate.inventories():
        store.write(inventory)
    return store


def read(said: Any, code: int = 0) -> dict[str, Any]:
    assert said.code == code, said.err
    shape: dict[str, Any] = json.loads(said.out)
    return shape


def test_it_says_how_often_a_policy_would_have_been_wrong(sexton: Any, repository: Path, history: Store) -> None:
    shape = read(sexton("backtest", "--days", "15", "--json"))
    assert shape["schema"] == "sexton/backtest@1"
    assert (shape["base"], shape["head"]["ref"], len(shape["head"]["sha"])) == (None, "policies", 40)
    assert shape["days"] == {
        "asked": 15, "from": "2026-09-01", "to": "2026-09-15", "read": 14, "missing": ["2026-09-04"], "unreadable": [],
    }  # fmt: skip
    (gap,) = shape["gaps"]
    assert (gap["kind"], gap["days"], gap["first"], gap["why"]) == ("aws.ebs_volume", 1, "2026-09-13", "AccessDenied")
    (policy,) = shape["policies"]
    found = policy["head"]
    assert (found["matched"], found["taken"], found["regretted"], found["undecided"]) == (4, 4, 1, 3)
    assert (found["rate"], found["rate_at_most"]) == (1.0, 1.0)
    assert found["signs"] == {"in_use": 1, "kept": 0, "reowned": 0, "extended": 0}
    assert found["monthly_taken"] == {"known": "59.00", "unpriced": 0, "currency": "USD"}
    assert found["monthly_regretted"]["known"] == "8.00"
    rows = {row["name"]: row for row in shape["resources"]}
    row = rows["name-vol-wanted"]
    assert (row["taken"], row["rung"], row["outcome"]) == ("2026-09-08T12:00:00Z", "delete", "regretted")
    assert row["regret"] == {"sign": "in_use", "at": "2026-09-10T12:00:00Z", "why": "not detached any more"}
    assert (rows["name-vol-hidden"]["days_unread"], rows["name-vol-unwanted"]["days_unread"]) == (4, 1)


def test_a_reviewer_can_read_it(sexton: Any, repository: Path, history: Store) -> None:
    said = sexton("backtest", "--days", "16")
    assert said.code == 0, said.err
    assert "over 2026-08-31 to 2026-09-15: 14 of 16 days can be read." in said.out
    assert "The history begins on 2026-09-01: nothing is said of the days before." in said.out
    assert "No inventory on 1 day, on which every clock stands still: 2026-09-04." in said.out
    assert "Not read on 1 day (2026-09-13 to 2026-09-13): aws.ebs_volume 111122223333 us-east-1, AccessDenied" in said.out
    assert "As if nobody answered" in said.out
    assert "volumes        4       0        0      4          1          3  100.0%      $59.00           $8.00" in said.out
    assert "2026-09-08 deleted  2026-09-10 in use: not detached any more  $8.00/mo" in said.out
    assert "Not known, the dearest first:" in said.out


def test_a_change_is_compared_with_what_it_changes(sexton: Any, repository: Path, history: Store) -> None:
    (repository / "policies" / "volumes.yaml").write_text(STRICTER)
    shape = read(sexton("backtest", "--base", "main", "--json"))
    (policy,) = shape["policies"]
    assert (policy["change"], policy["base"]["taken"], policy["head"]["taken"]) == ("changed", 4, 1)
    assert (policy["added"]["taken"], policy["removed"]["taken"], policy["removed"]["regretted"]) == (0, 3, 1)
    assert sorted(row["change"] for row in shape["resources"]) == ["removed", "removed", "removed", "same"]
    commit(repository, {"volumes.yaml": STRICTER})
    shape = read(sexton("backtest", "--base", "main", "--head", "main~1", "--json"))
    assert (shape["policies"][0]["added"]["taken"], shape["policies"][0]["added"]["regretted"]) == (3, 1)
    said = sexton("backtest", "--base", "main", "--head", "main~1")
    assert "from main (" in said.out
    assert "NEWLY TAKEN" in said.out
    assert "vol-wanted" in said.out
    assert "vol-large" not in said.out, "taken before and after the change"


def test_a_new_and_a_removed_policy_are_compared_with_nothing(sexton: Any, repository: Path, history: Store) -> None:
    (repository / "policies" / "other.yaml").write_text(STRICTER.replace("name: volumes", "name: other"))
    (repository / "policies" / "volumes.yaml").unlink()
    shape = read(sexton("backtest", "--base", "main", "--json"))
    other, volumes = shape["policies"]
    assert (other["change"], other["base"], other["added"]["taken"]) == ("added", None, 1)
    assert (volumes["change"], volumes["head"], volumes["removed"]["taken"]) == ("removed", None, 4)
    assert sexton("backtest", "--base", "main").code == 0


def test_modes_that_allow_nothing_are_said_and_may_be_left_out(sexton: Any, repository: Path, history: Store) -> None:
    text = TEXTS["organization.yaml"].replace("mode: delete", "mode: observe")
    (repository / "policies" / "organization.yaml").write_text(text)
    said = sexton("backtest")
    assert "volumes: 3 more match on the last day and nothing would be done, by the mode of account 111122223333." in said.out
    assert "as if every account and policy were in mode delete" in sexton("backtest", "--any-mode").out
    shape = read(sexton("backtest", "--any-mode", "--json"))
    assert (shape["any_mode"], shape["policies"][0]["head"]["taken"]) == (True, 4)


def test_days_that_are_too_few_say_so(sexton: Any, repository: Path, history: Store) -> None:
    said = sexton("backtest", "--days", "3")
    assert "volumes: the dates of all 3 lie after these days" in said.out


@pytest.mark.parametrize("file", ["resources.parquet", "manifest.json"])
def test_a_damaged_day_is_told_and_left_out(sexton: Any, repository: Path, history: Store, home: Path, file: str) -> None:
    day, ident = history.daily()[5]
    damaged = home / ".sexton" / "inventory" / ident / file
    damaged.write_bytes(damaged.read_bytes() + b"\n")
    shape = read(sexton("backtest", "--days", "15", "--json"))
    assert (shape["days"]["read"], [one["day"] for one in shape["days"]["unreadable"]]) == (13, [f"{day}"])
    assert f"Not readable, {day}: " in sexton("backtest", "--days", "15").out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--head", "main"), 2, "--head compares with a --base"),
        (("--base", "nonsense"), 1, "There is no commit nonsense"),
        (("--policies", "nowhere"), 1, "There is no file or folder nowhere"),
        (("--inventory", "nowhere"), 1, "There is no file or folder nowhere"),
        (("--days", "0"), 2, "0 is not in the range"),
    ],
)
def test_what_cannot_be_played_is_one_sentence(
    words: tuple[str, ...], code: int, says: str, sexton: Any, repository: Path, history: Store
) -> None:
    said = sexton("backtest", *words)
    assert (said.code, says in said.err) == (code, True), said


def test_without_a_history_nothing_can_be_read(sexton: Any, repository: Path, home: Path) -> None:
    said = sexton("backtest")
    assert said.code == 3
    assert "There is no inventory in .sexton/inventory; `sexton scan` takes one, and one a day is kept." in said.err


def test_a_place_of_snapshots_may_be_named(sexton: Any, repository: Path, history: Store, home: Path) -> None:
    shutil.move(home / ".sexton" / "inventory", home / "elsewhere")
    assert read(sexton("backtest", "--inventory", "elsewhere", "--json"))["policies"][0]["head"]["taken"] == 4


def test_the_days_are_the_utc_days_of_the_newest_inventories(sexton: Any, repository: Path, history: Store) -> None:
    """Several inventories of one day are one day: the last of it."""
    last = history.newest()
    assert last
    history.write(replace(last, as_of=FIRST + 14 * DAY + DAY / 4))
    assert read(sexton("backtest", "--days", "2", "--json"))["days"]["read"] == 2
