"""`sexton drill` against a server with a real world behind it: what it prints, how it ends, who may."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from click.testing import CliRunner

from api.commands.drill import command
from api.http.app import create_app
from api.http.house import house_of
from api.metrics import registry_of
from makers.world import World, small_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path / "world", {"volumes.yaml": None}) as made:
        yield made


@contextmanager
def serving(world: World) -> Iterator[str]:
    """The doors of this world and its rounds, until the test is over."""
    app = create_app(house_of(world.service))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    over = threading.Event()
    threads = [threading.Thread(target=server.run), threading.Thread(target=lambda: rounds(world, over))]
    for thread in threads:
        thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        over.set()
        server.should_exit = True
        for thread in threads:
            thread.join()


def rounds(world: World, over: threading.Event) -> None:
    while not over.wait(0.2):
        world.tick()


def run(world: World, url: str, *words: str, role: str = "operator", typed: str = "") -> tuple[int, str]:
    now = world.clock.now()
    token = world.ledger.add_token("pia@acme.example", role, now + timedelta(days=1), now)
    said = CliRunner().invoke(command, words, input=typed, env={"SEXTON_URL": url, "SEXTON_TOKEN": token}, standalone_mode=False)
    return (said.return_value if isinstance(said.return_value, int) else 9), f"{said.output}{said.exception or ''}"


def test_a_drill_by_hand(world: World) -> None:
    volume = world.volume("canary", 40, **{"sexton:drill": "weekly"})
    world.tick()
    with serving(world) as url:
        assert "nothing was begun" in run(world, url, typed="yes\n")[1]
        assert "this takes operator" in run(world, url, "--yes", role="approver")[1]
        assert world.volumes() == {volume}
        code, said = run(world, url, typed=f"aws.ebs_volume/111122223333/us-east-1/{volume}\n")
    (back,) = world.volumes()
    assert back != volume
    row = next(line for line in reversed(said.splitlines()) if line.startswith("aws.ebs_volume"))
    assert row.split()[2:4] == ["yes", back]
    assert row.endswith("none")
    assert "gcp.disk" in said
    assert "no canary: make one and tag it sexton:drill" in said
    assert code == 0, said
    (trail,) = [row for row in world.ledger.audit_rows() if row.event == "drill began"]
    assert (trail.who, trail.data["drill"]) == ("pia@acme.example", "typed")
    assert registry_of(world.service).get_sample_value("sexton_last_drill_timestamp_seconds", {"kind": "aws.ebs_volume"})


def test_what_is_refused_is_told_and_ends_with_1(world: World) -> None:
    plain = world.volume("plain")
    world.tick()
    with serving(world) as url:
        code, said = run(world, url, "--yes", plain)
        assert code == 1
        assert "does not carry the tag sexton:drill" in said
        assert run(world, url, "--yes")[0] == 1, "nothing was drilled"
    assert world.volumes() == {plain}
