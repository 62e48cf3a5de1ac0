"""Everything that halts acts: any one is enough, what cannot be read halts, and each is lifted where it was said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.case import State
from makers.world import World, git, somebody
from reapers.execute import Result
from reapers.halts import in_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "FREEZE"


@pytest.fixture
def world(build: Callable[..., World], file: Path) -> World:
    made: World = build(freeze={"file": str(file)})
    return made


def commit_freeze(world: World, text: str | None) -> None:
    """A file FREEZE beside the policies, or none any more."""
    repository = world.folder / "repository"
    here = repository / "policies" / "FREEZE"
    here.write_text(text) if text is not None else here.unlink()
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "FREEZE")


def says(world: World) -> list[tuple[str, str]]:
    return [(halt.by, halt.reason) for halt in world.service.halts()]


def test_a_file_freezes_by_being_there(world: World, file: Path) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    file.parent.mkdir()
    file.write_text("the bill\nlooks wrong\x1b[31m\n")
    world.tick(2)
    ((by, reason),) = says(world)
    assert (by, reason.startswith("the bill looks wrong"), "\x1b" in reason) == ("file", True, False)
    assert (world.state(volume), world.deletes()) == (State.APPROVED, 0)
    file.unlink()
    world.go(lambda: world.state(volume) is State.DELETED)


def test_a_file_in_git_freezes_by_being_there(world: World) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    commit_freeze(world, "INC-7, ask Pia\n")
    world.tick(2)
    head = world.service.situation.head
    ((by, reason),) = says(world)
    assert (by, reason, head.valid) == ("git", "INC-7, ask Pia", True)
    assert (world.state(volume), world.deletes()) == (State.APPROVED, 0)
    assert world.ledger.frozen() is None, "it is lifted where it was said"
    commit_freeze(world, None)
    world.go(lambda: world.state(volume) is State.DELETED)


def a_link(place: Path) -> None:
    place.symlink_to("nowhere")


def a_picture(place: Path) -> None:
    place.write_bytes(b"\x89PNG\r\n\xff\xfe")


def a_novel(place: Path) -> None:
    place.write_text("stop! " * 60_000)


def a_submodule(place: Path) -> None:
    """Where no file is: git only knows a commit of another repository there."""
    root = place.parents[1]
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{git(root, 'rev-parse', 'HEAD')},policies/FREEZE")


@pytest.mark.parametrize("made", [a_link, a_picture, a_novel, a_submodule])
def test_a_file_in_git_that_cannot_be_read_freezes_at_once(made: Callable[[Path], None], world: World) -> None:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    repository = world.folder / "repository"
    made(repository / "policies" / "FREEZE")
    if made is not a_submodule:
        git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "FREEZE")
    world.tick(2)
    head = world.service.situation.head
    assert says(world) == [("git", "the policy repository has a file FREEZE")]
    assert (head.valid, "policies/FREEZE" in head.error) == (False, True)
    assert (world.state(volume), world.deletes()) == (State.APPROVED, 0)
    git(repository, "reset", "-q", "--hard", "HEAD")
    git(repository, "revert", "--no-edit", "HEAD")
    world.go(lambda: world.state(volume) is State.DELETED)


def test_an_empty_file_freezes_too(world: World, file: Path) -> None:
    file.parent.mkdir()
    file.touch()
    commit_freeze(world, "")
    world.tick()
    assert says(world) == [("file", "the file is there"), ("git", "the policy repository has a file FREEZE")]


def test_all_of_them_show(world: World, file: Path) -> None:
    file.parent.mkdir()
    file.write_text("a")
    commit_freeze(world, "b")
    world.desk.freeze(somebody("ann"), "c")
    world.tick()
    assert says(world) == [("ledger", "c"), ("file", "a"), ("git", "b")]


def test_what_cannot_be_read_halts(file: Path, tmp_path: Path) -> None:
    assert in_file(file) is None, "not even its folder is there"
    file.mkdir(parents=True)
    halt = in_file(file)
    assert halt
    assert "cannot be read (Is a directory)" in halt.reason
    (tmp_path / "plain").touch()
    below = in_file(tmp_path / "plain" / "FREEZE")
    assert below
    assert "cannot be read (Not a directory)" in below.reason
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    assert in_file(link), "a link to nothing is somebody's, and there"


@pytest.mark.parametrize("way", ["file", "git", "ledger"])
def test_each_of_them_halts_between_the_plan_and_the_intent(way: str, world: World, file: Path) -> None:
    """The worker has planned, looked again and backed up; only then somebody halts everything."""
    volume = world.volume()
    world.to(volume, State.APPROVED)
    plan, standing, sight = world.service.plan(), world.service.standing(), world.service.situation.sight()
    assert plan
    assert standing
    assert sight

    def halt() -> None:
        if way == "file":
            file.parent.mkdir()
            file.write_text("now")
        elif way == "git":
            commit_freeze(world, "now")
            world.service.world.watch.look(world.clock.now())
            world.service.situation = replace(world.service.situation, head=world.service.world.watch.head)
        else:
            world.desk.freeze(somebody("ann"), "now")

    done: list[str] = []

    def hook(call: object, moment: str) -> None:
        if getattr(call, "action", "") == "CreateSnapshot" and moment == "after" and not done:
            done.append("halted")
            halt()

    with world.aws.on_call(hook):
        report = world.service.doing().executor().act(plan.actions[0], standing, sight)
    assert done
    assert (report.result, report.why) == (Result.BLOCKED, "freeze")
    assert (world.deletes(), world.ledger.intents(report.case)) == (0, [])
