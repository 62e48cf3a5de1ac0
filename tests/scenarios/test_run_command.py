"""`sexton run` as people start it: settings from the environment, killed with -9 at any moment, started again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from engine.case import State
from makers.world import FILES, REGION, World, small_world
from reapers.clock import SystemClock

SEXTON = [sys.executable, "-c", "from api.main import main; main()"]
PATIENCE = 60
"""Real seconds for one command on a busy machine."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The story ends six hours before the machine's own time, which is the one that the command goes by."""
    files = {"organization.yaml": FILES["organization.yaml"] + "  approvals: {approve_by: 900d, execute_by: 900d}\n"}
    with small_world(tmp_path / "world", files, begin=SystemClock().now() - timedelta(hours=31)) as made:
        yield made


def variables(world: World, **more: str) -> Mapping[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SEXTON_"))}
    return {
        **own,
        **world.aws.environment(),
        "PYTHONPATH": os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")]),
        "SEXTON_POLICIES__REPOSITORY": str(world.folder / "repository"),
        "SEXTON_AWS__REGIONS": REGION,
        "SEXTON_INVENTORY__STORE": str(world.folder / "inventory"),
        "SEXTON_LEDGER__URL": f"sqlite:///{world.folder}/ledger.db",
        "SEXTON_SLACK__TOKEN": "xoxb-tests",
        "SEXTON_SLACK__BASE_URL": world.slack.api_url,
        "SEXTON_MODE": "delete",
        **more,
    }


def start(world: World, *words: str, **more: str) -> subprocess.Popen[str]:
    pipe, place = subprocess.PIPE, str(world.folder)
    environment = variables(world, **more)
    return subprocess.Popen([*SEXTON, *words], env=environment, cwd=place, stdout=pipe, stderr=pipe, text=True)


def once(world: World, **more: str) -> tuple[int, str]:
    """One round: its exit code and what it said."""
    program = start(world, "run", "--once", **more)
    out, errors = program.communicate(timeout=PATIENCE)
    return program.returncode, out + errors


def approved(world: World) -> str:
    volume = world.volume()
    world.to(volume, State.APPROVED)
    assert world.clock.now() < SystemClock().now()
    world.clock.jump(SystemClock().now())  # the cloud dates its answers by it, and the command goes by the machine
    world.aws.forget_calls()
    return volume


def test_one_round_does_what_is_due(world: World) -> None:
    volume = approved(world)
    code, said = once(world)
    assert code == 0, said
    assert "Traceback" not in said
    assert world.state(volume) is State.DELETED
    assert [call.action for call in world.called()] == ["CreateTags", "CreateSnapshot", "DeleteVolume"]


def test_it_is_killed_at_any_moment_and_goes_on(world: World) -> None:
    volume = approved(world)
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    killed = 0
    for _ in range(3):
        program = start(world, "run")
        time.sleep(chance.uniform(1.0, 5.0))
        killed += program.poll() is None
        program.kill()
        program.communicate(timeout=PATIENCE)
        world.pass_database_time()
    assert killed == 3, f"seed {seed}"
    for _ in range(6):
        code, said = once(world)
        assert code == 0, said
        if world.state(volume) is State.DELETED:
            break
        world.pass_database_time()
        if world.state(volume) is State.AWAITING_APPROVAL and not world.case(volume).tell:
            world.approve(volume)
    assert world.state(volume) is State.DELETED, f"seed {seed}"
    voided = sum(intent.status == "void" for intent in world.intents(volume))
    assert world.deletes() <= 1 + voided, f"seed {seed}"
    assert volume not in world.volumes()
    assert world.ledger.open_intents() == []
    assert world.ledger.verify_audit().ok


def test_told_to_end_it_ends_its_round(world: World) -> None:
    volume = approved(world)
    program = start(world, "run")
    end = time.monotonic() + PATIENCE
    while world.state(volume) is State.APPROVED and time.monotonic() < end:
        time.sleep(0.05)
    program.send_signal(signal.SIGTERM)
    _, said = program.communicate(timeout=PATIENCE)
    assert program.returncode == 0, said
    assert world.state(volume) is State.DELETED, "a round that has begun is finished"
    assert world.ledger.open_intents() == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"SEXTON_LEDGER__URL": "sqlite:////dev/null/ledger.db"}, "ledger"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "does not answer"),
        ({"AWS_SECRET_ACCESS_KEY": "", "AWS_ACCESS_KEY_ID": ""}, "no AWS credentials"),
    ],
    ids=["ledger", "endpoint", "credentials"],
)
def test_what_cannot_be_reached_is_one_sentence_and_changes_nothing(world: World, settings: Mapping[str, str], says: str) -> None:
    volume = approved(world)
    world.later(hours=1)
    code, said = once(world, **settings)
    assert code == 3, said
    assert says in said
    assert "Traceback" not in said
    assert world.state(volume) is State.APPROVED
    assert volume in world.volumes()


def test_a_round_says_when_the_head_of_the_branch_is_not_taken(world: World) -> None:
    volume = approved(world)
    world.commit({"broken.yaml": "kind: Reep\n"})
    code, said = once(world)
    assert code == 1
    assert "is not taken, so nothing acts and" in said
    assert "broken.yaml" in said
    assert world.case(volume).is_open
