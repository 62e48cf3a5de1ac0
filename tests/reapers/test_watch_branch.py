"""The policy branch: forward it is followed; whatever else it does, nothing acts until a person or a commit makes it good."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from engine.case import State
from makers.world import FILES, World, git, somebody
from reapers.desk import Refused
from reapers.watch import LAST_GOOD

BROKEN = "kind: Reap\nmetadata: {name: volumes, owner: platform}\nspec: {resource: aws.ebs_volume, when: [nonsense == 1]}"


def repository(world: World) -> Path:
    return world.folder / "repository"


def ready(world: World) -> str:
    """A volume whose deletion is approved and may begin with the next round."""
    volume = world.volume()
    world.to(volume, State.APPROVED)
    return volume


def blocks(world: World) -> set[str]:
    plan = world.service.plan()
    assert plan is not None
    assert plan.actions == ()
    return {guard for skipped in plan.skipped for guard in skipped.blocked_by}


def test_a_branch_that_goes_forward_is_in_force_at_once(world: World) -> None:
    world.tick()
    newer = world.commit({"addresses.yaml": None})
    world.tick()
    assert world.service.situation.commit == newer
    assert world.service.situation.head.valid
    assert world.ledger.get(LAST_GOOD) == newer


def test_a_rewound_branch_freezes_until_a_person_accepts_it(world: World) -> None:
    first = git(repository(world), "rev-parse", "HEAD")
    world.commit({"addresses.yaml": None})
    volume = ready(world)
    before = world.service.situation.commit
    git(repository(world), "reset", "-q", "--hard", first)
    world.tick(3)
    frozen = world.ledger.frozen()
    assert frozen is not None
    assert (frozen.who, frozen.reason) == (
        "sexton",
        f"the policy branch went from {before[:12]} to {first[:12]}, which is not forward; unfreeze to accept it",
    )
    assert world.service.situation.commit == before, "judged by what was in force"
    assert {"freeze", "git"} <= blocks(world)
    assert world.state(volume) is State.APPROVED
    assert world.deletes() == 0
    world.desk.unfreeze(somebody("pia"))
    world.tick()
    assert world.ledger.frozen() is None
    assert world.service.situation.commit == first
    world.go(lambda: world.state(volume) is State.DELETED)


def test_a_person_of_the_wrong_sort_does_not_unfreeze(world: World) -> None:
    from engine.teams import Access

    first = git(repository(world), "rev-parse", "HEAD")
    world.commit({"addresses.yaml": None})
    world.tick()
    git(repository(world), "reset", "-q", "--hard", first)
    world.tick()
    with pytest.raises(Refused, match="operator"):
        world.desk.unfreeze(somebody("ann", Access.APPROVER))
    world.tick()
    assert world.ledger.frozen() is not None


def test_another_history_freezes_even_after_a_restart(world: World) -> None:
    volume = ready(world)
    world.restart()
    world.commit({"volumes.yaml": FILES["volumes.yaml"].replace("24h", "25h")}, "--amend")
    world.tick(2)
    assert world.ledger.frozen() is not None
    policies = world.service.situation.policies
    assert policies is not None
    assert str(policies.reaps["volumes"].after["delete"]) == "1d", "the commit that was in force last"  # type: ignore[index]  # a Mode is a str
    assert world.deletes() == 0
    assert world.state(volume) is State.APPROVED


def test_somebodys_own_freeze_stays_when_the_branch_is_rewound_and_back(world: World) -> None:
    first = git(repository(world), "rev-parse", "HEAD")
    second = world.commit({"addresses.yaml": None})
    world.tick()
    world.desk.freeze(somebody("pia"), "audit week")
    git(repository(world), "reset", "-q", "--hard", first)
    world.tick()
    frozen = world.ledger.frozen()
    assert frozen is not None
    assert frozen.reason == "audit week"
    git(repository(world), "reset", "-q", "--hard", second)
    world.tick()
    assert world.service.situation.head.valid
    assert world.ledger.frozen() is not None


def test_a_head_that_does_not_load_judges_and_tells_by_the_last_good_one_and_lets_nothing_act(world: World) -> None:
    volume = ready(world)
    good = world.service.situation.commit
    world.commit({"volumes.yaml": BROKEN})
    new = world.volume("new")
    world.later(hours=6)
    world.tick()
    situation = world.service.situation
    assert (situation.commit, situation.head.valid) == (good, False)
    assert any("nonsense" in problem.message for problem in situation.head.problems)
    assert world.state(new) is State.GRACE or world.case(new).tell == "found", "told all the same"
    assert "git" in blocks(world)
    assert world.state(volume) is State.APPROVED
    world.commit({"volumes.yaml": FILES["volumes.yaml"]})
    world.go(lambda: world.state(volume) is State.DELETED)
    assert world.deletes() == 1


def test_a_head_that_cannot_be_read_lets_nothing_act_and_not_in_a_quarter_of_an_hour(world: World) -> None:
    volume = ready(world)
    good = world.service.situation.commit
    (repository(world) / "policies" / "notes.txt").write_bytes(b"caf\xe9\n")
    bad = world.commit({})
    world.tick(2)
    head = world.service.situation.head
    assert (world.service.situation.commit, head.sha, head.valid, head.freeze) == (good, bad, False, None)
    assert "policies/notes.txt" in head.error
    assert blocks(world) == {"git"}
    assert (world.state(volume), world.deletes()) == (State.APPROVED, 0)
    (repository(world) / "policies" / "notes.txt").unlink()
    world.commit({})
    world.go(lambda: world.state(volume) is State.DELETED)


def test_a_rewound_head_that_cannot_be_read_freezes(world: World) -> None:
    first = git(repository(world), "rev-parse", "HEAD")
    world.commit({"addresses.yaml": None})
    volume = ready(world)
    git(repository(world), "reset", "-q", "--hard", first)
    (repository(world) / "policies" / "link.yaml").symlink_to("/etc/passwd")
    world.commit({})
    world.tick(2)
    assert world.ledger.frozen() is not None
    assert {"freeze", "git"} <= blocks(world)
    assert (world.state(volume), world.deletes()) == (State.APPROVED, 0)


def test_a_restart_with_a_broken_head_goes_on_with_the_last_good_commit(world: World) -> None:
    volume = ready(world)
    good = world.service.situation.commit
    world.commit({"volumes.yaml": BROKEN})
    world.restart()
    world.tick()
    assert world.service.situation.commit == good
    assert blocks(world) == {"git"}
    assert world.state(volume) is State.APPROVED
    assert world.deletes() == 0


def test_a_first_start_with_a_broken_head_does_nothing(build: Callable[..., World]) -> None:
    world = build({"volumes.yaml": BROKEN})
    world.volume()
    world.tick(2)
    assert world.service.situation.policies is None
    assert world.service.plan() is None
    assert world.cases() == []
    assert world.messages() == ()


def test_without_the_repository_for_a_quarter_of_an_hour_nothing_acts(world: World) -> None:
    volume = ready(world)
    away = repository(world).rename(world.folder / "elsewhere")
    world.later(minutes=14)
    standing = world.service.standing()
    assert standing is not None
    assert standing.head_current
    world.later(minutes=2)
    world.tick(2)
    assert world.service.situation.head.error
    assert blocks(world) == {"git"}
    assert world.deletes() == 0
    away.rename(repository(world))
    world.go(lambda: world.state(volume) is State.DELETED)


def test_within_the_quarter_the_last_poll_still_counts(world: World) -> None:
    volume = ready(world)
    shutil.move(repository(world), world.folder / "elsewhere")
    world.later(minutes=5)
    world.tick()
    assert world.state(volume) is State.DELETED


def test_the_last_good_commit_may_be_lost_with_the_repository(world: World, caplog: pytest.LogCaptureFixture) -> None:
    volume = ready(world)
    world.restart()
    shutil.move(repository(world), world.folder / "elsewhere")
    world.later(hours=1)
    world.tick()
    assert world.service.situation.policies is None
    assert "cannot be read" in caplog.text
    assert world.state(volume) is State.APPROVED
    assert world.deletes() == 0


def test_the_repository_is_asked_no_more_often_than_settings_say(world: World) -> None:
    from dataclasses import replace

    world.service.options = replace(world.service.options, poll_every=timedelta(minutes=5))
    world.tick()
    newer = world.commit({"addresses.yaml": None})
    world.tick()
    assert world.service.situation.commit != newer
    world.later(minutes=5)
    world.tick()
    assert world.service.situation.commit == newer
