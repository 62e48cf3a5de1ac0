"""A service that demands signatures: an unsigned head is like one that does not load; a missing tool is no verdict."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from makers.world import World, git
from reapers.watch import LAST_GOOD

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here (Debian: openssh-client)")


@pytest.fixture
def world(build: Callable[..., World], tmp_path: Path) -> World:
    """A world whose first commit nobody signed, and whose repository signs with ann's key when it is asked to."""
    key = tmp_path / "ann"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", str(key)], check=True)
    allowed = tmp_path / "allowed_signers"
    allowed.write_text(f"ann@acme.example {' '.join(key.with_suffix('.pub').read_text().split()[:2])}\n")
    repository = {"repository": str(tmp_path / "world" / "repository"), "allowed_signers": str(allowed)}
    made = build(policies=repository)
    git(made.folder / "repository", "config", "gpg.format", "ssh")
    git(made.folder / "repository", "config", "user.signingkey", str(key.with_suffix(".pub")))
    return made


def answers(world: World, path: str) -> tuple[int, str]:
    """What a probe answers."""
    from starlette.testclient import TestClient

    from api.http.app import create_app
    from api.http.house import house_of

    answer = TestClient(create_app(house_of(world.service, None))).get(path)
    return answer.status_code, answer.text


def test_an_unsigned_head_is_not_taken_and_nothing_acts(world: World) -> None:
    world.tick()
    assert world.service.situation.policies is None
    code, text = answers(world, "/readyz")
    assert code == 503
    assert "is not vouched for by a listed signer: it is not signed" in text
    signed = world.commit({}, "-S")
    world.tick()
    assert world.service.situation.commit == signed == world.ledger.get(LAST_GOOD)
    assert answers(world, "/readyz") == (200, "ready\n")
    unsigned = world.commit({"volumes.yaml": None})
    world.tick()
    head = world.service.situation.head
    assert (head.sha, head.valid, head.is_current(world.clock.now())) == (unsigned, False, False)
    assert [problem.code for problem in head.problems] == ["signature"]
    assert world.service.situation.commit == signed, "what was in force stays"
    assert "volumes" in world.service.situation.policies.reaps
    assert world.ledger.get(LAST_GOOD) == signed
    code, text = answers(world, "/readyz")
    assert code == 200
    assert f"the branch's head {unsigned[:12]} is not in force: the commit {unsigned[:12]} is not vouched" in text
    assert "sexton_policy_head_valid 0.0" in answers(world, "/metrics")[1]


def test_one_signed_commit_on_top_of_an_unsigned_one_is_not_enough(world: World) -> None:
    first = world.commit({}, "-S")
    world.tick()
    world.commit({"volumes.yaml": None})
    world.commit({}, "-S")
    world.tick()
    assert world.service.situation.commit == first
    world.restart()
    world.tick()
    assert world.service.situation.commit == first, "a restart forgets nothing"
    assert not world.service.situation.head.valid


def test_a_missing_tool_is_an_error_and_no_verdict(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = world.commit({}, "-S")
    world.tick()
    newer = world.commit({"volumes.yaml": None}, "-S")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(str(shutil.which("git")))
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(tmp_path / "bin"))
        world.tick()
    head = world.service.situation.head
    assert head.error.startswith("ssh-keygen is not installed")
    assert (head.sha, world.service.situation.commit) == (signed, signed)
    world.tick()
    assert (world.service.situation.commit, world.service.situation.head.error) == (newer, "")
