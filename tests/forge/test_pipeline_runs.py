"""The steps of the pipelines, run as a forge's runner runs them: bash or sh, a git repository, recorded APIs, a real server."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import yaml

from api.http.app import create_app
from api.http.house import house_of
from api.pipelines import Pipelines, Trusted
from api.serving import listen
from engine.load import load
from engine.render.markdown import MARKER
from makers.changes import FOUR, organization
from makers.doors import FILES, NOW, StillClock
from makers.issuer import Issuer, issuing
from makers.recorded import Recorded
from makers.repositories import Proposed, proposed
from reapers.kind import kinds, tables
from reapers.notify import PrintNotifier
from reapers.prices import book
from reapers.service import Service
from reapers.situation import HeadState, Situation
from reapers.sources.git import Repository
from reapers.sources.snapshots import Store
from reapers.store import open_ledger
from reapers.watch import Watch
from reapers.world import World

ROOT = Path(__file__).parents[2]
SEXTON = Path(sys.executable).parent / "sexton"
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "github" / "action.yml").read_text())
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "gitlab" / "sexton.yml").read_text())
EXPRESSION = re.compile(r"\$\{\{ inputs\.([a-z-]+).*? \}\}")


@dataclass(frozen=True)
class Ran:
    """How a step ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def change(tmp_path: Path) -> Proposed:
    return proposed(tmp_path)


@pytest.fixture
def runner(change: Proposed, recorded: Recorded, tmp_path: Path) -> Callable[..., Ran]:
    """`runner("Validate", head=…)`: a step of the action in the workspace, with the inputs given and the others as by default."""

    def run(name: str, environment: dict[str, str] | None = None, **inputs: str) -> Ran:
        (step,) = [step for step in ACTION["runs"]["steps"] if step["name"] == name]
        values = {
            "policies": "policies",
            "base": change.base,
            "head": change.head,
            "pull-request": "7",
            "token": "ghs_secret",
            "sexton": str(SEXTON),
            "server-url": "",
            "inventory": "",
            **{key.replace("_", "-"): value for key, value in inputs.items()},
        }
        given = {key: EXPRESSION.sub(lambda found: values[found[1]], text) for key, text in step.get("env", {}).items()}
        assert "${{" not in str(given)
        forge = {
            "GITHUB_REPOSITORY": "acme/policies",
            "GITHUB_API_URL": recorded.url,
            "GITHUB_STEP_SUMMARY": str(tmp_path / "page.md"),
        }
        script = tmp_path / "step.sh"
        script.write_text(step["run"])
        words = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]  # as a runner calls `shell: bash`
        return ran(words, change.folder, {**forge, **given, **(environment or {})})

    return run


def ran(words: list[str], folder: Path, environment: dict[str, str]) -> Ran:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_", "SEXTON_", "ACTIONS_"))}
    done = subprocess.run(
        words, cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False, timeout=120
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_validate_annotates_problems_at_their_lines(runner: Callable[..., Ran], change: Proposed) -> None:
    assert runner("Validate").code == 0
    change.change(ebs=FILES["ebs.yaml"].replace("state ==", "colour =="))
    found = runner("Validate")
    assert found.code == 1
    assert re.search(r"^::error file=policies/ebs\.yaml,line=7,col=\d+,title=sexton condition::", found.out, re.MULTILINE)


def test_policy_tests_are_run(runner: Callable[..., Ran], change: Proposed) -> None:
    change.change(
        **{
            "ebs.test": """
apiVersion: sexton/v1
kind: PolicyTest
metadata: {name: ebs-test, owner: platform}
spec:
  policies: [ebs.yaml]
  as_of: 2026-11-01T00:00:00Z
  resources: [{kind: aws.ebs_volume, id: vol-1, state: available}]
  expect: [{policy: ebs-unattached, id: vol-1, verdict: spared}]
"""
        }
    )
    found = runner("Test")
    assert found.code == 1, found.err
    assert "vol-1" in found.out + found.err


def test_review_by_inventory_comments_once_and_annotates(
    runner: Callable[..., Ran], change: Proposed, recorded: Recorded, tmp_path: Path
) -> None:
    recorded.comment("LGTM", "ann")
    found = runner("Review", inventory=str(change.inventory))
    assert found.code == 0, found.err
    assert found.out.startswith(
        "::warning file=policies/ebs.yaml,line=4,title=sexton%3A ebs-unattached::Changed policy: 1 newly match"
    )
    assert len(recorded.bodies) == 2
    assert recorded.bodies[1].startswith(MARKER)
    assert "1 resource newly matches ($10.00/mo)" in recorded.bodies[1]
    assert (tmp_path / "page.md").read_text() == recorded.bodies[1]
    assert runner("Review", inventory=str(change.inventory)).code == 0
    assert len(recorded.bodies) == 2
    assert len(recorded.writes) == 1  # nothing has changed: nobody is notified again


def test_a_second_push_changes_the_comment(runner: Callable[..., Ran], change: Proposed, recorded: Recorded) -> None:
    runner("Review", inventory=str(change.inventory))
    runner("Review", inventory=str(change.inventory), head=change.change(ebs=None))
    assert len(recorded.bodies) == 1
    assert "2 resources no longer match" in recorded.bodies[0]


def test_a_change_that_needs_platform_fails_by_the_numbers_of_its_base(tmp_path: Path, recorded: Recorded) -> None:
    strict, lax = organization(review="{resources: 0, dollars: 9999}"), organization(review="{resources: 9999, dollars: 9999}")
    change = proposed(
        tmp_path, base={"organization.yaml": strict}, head={"organization.yaml": lax, "ebs.yaml": FILES["ebs.yaml"]}
    )
    words = [str(SEXTON), "review", "--base", change.base, "--head", change.head, "--inventory", str(change.inventory)]
    found = ran(words, change.folder, {})
    assert found.code == 1
    assert "::error title=sexton%3A needs platform::This needs platform: 1 resources newly match, more than 0." in found.out


def test_what_main_did_since_is_not_shown_as_taken_back(tmp_path: Path, recorded: Recorded) -> None:
    change = proposed(tmp_path)
    subprocess.run(["git", "-C", str(change.folder), "checkout", "-q", "main"], check=True)
    newer = change.change(late=FILES["ebs.yaml"].replace("ebs-un", "late-un"))
    words = [str(SEXTON), "review", "--base", newer, "--head", change.head, "--inventory", str(change.inventory)]
    found = ran(words, change.folder, {})
    assert found.code == 0, found.err
    assert "late-unattached" not in found.out


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"ebs": FILES["ebs.yaml"].replace("state ==", "colour ==")}, "does not load (1 errors"),
        ({"ebs": "["}, "does not load (1 errors"),
    ],
)
def test_a_head_that_does_not_load_replaces_the_comment(
    files: dict[str, str], said: str, runner: Callable[..., Ran], change: Proposed, recorded: Recorded
) -> None:
    runner("Review", inventory=str(change.inventory))
    found = runner("Review", inventory=str(change.inventory), head=change.change(**files))
    assert (found.code, said in found.err) == (1, True)
    assert len(recorded.bodies) == 1
    assert recorded.bodies[0].startswith(f"{MARKER}\n### Sexton: this change cannot be judged")


def test_a_base_that_does_not_load_is_said(tmp_path: Path, recorded: Recorded) -> None:
    change = proposed(tmp_path, base={"bad.yaml": "kind: Nonsense\n"})
    words = [str(SEXTON), "review", "--base", change.base, "--head", change.head, "--inventory", str(change.inventory)]
    found = ran(words, change.folder, {})
    assert found.code == 1


def test_without_an_inventory_an_older_comment_does_not_stay(
    runner: Callable[..., Ran], change: Proposed, recorded: Recorded
) -> None:
    runner("Review", inventory=str(change.inventory))
    found = runner("Review", inventory="nowhere")
    assert found.code == 1
    assert "There is no file or folder nowhere" in recorded.bodies[0]


def test_a_change_without_policies_writes_nothing_and_updates_what_is_there(
    runner: Callable[..., Ran], change: Proposed, recorded: Recorded
) -> None:
    recorded.files = ["README.md"]
    found = runner("Review", inventory=str(change.inventory))
    assert (found.code, found.out, recorded.bodies) == (0, "This change touches nothing below policies.\n", [])
    recorded.comment(f"{MARKER}\nold")
    runner("Review", inventory=str(change.inventory))
    assert "this change touches no policy" in recorded.bodies[0]


def test_a_forge_that_refuses_the_comment_fails_the_run(runner: Callable[..., Ran], change: Proposed, recorded: Recorded) -> None:
    recorded.refusals["POST .*"] = (403, {}, {"message": "Resource not accessible by integration"})
    found = runner("Review", inventory=str(change.inventory))
    assert found.code == 3
    assert "GitHub does not let this token use /repos/acme/policies/issues/7/comments" in found.err
    assert "ghs_secret" not in found.out + found.err


HOSTILE = ("$(touch pwned)", '"; touch pwned; "', "--upload-pack=touch pwned", "a b\n`touch pwned`")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("head", text) for text in HOSTILE),
        *(("policies", text) for text in HOSTILE),
        ("base", HOSTILE[0]),
        ("base", HOSTILE[2]),
        ("inventory", HOSTILE[0]),
        ("pull_request", HOSTILE[1]),
    ],
)
def test_no_input_is_a_command(name: str, text: str, runner: Callable[..., Ran], change: Proposed) -> None:
    inputs = {"inventory": str(change.inventory), name: text}
    for step in ("Validate", "Review") if name == "policies" else ("Review",):
        found = runner(step, **inputs)
        assert found.code != 0, found.out
        assert "Traceback" not in found.err
    assert not list(change.folder.parent.rglob("pwned"))


def test_a_folder_that_is_not_there_does_not_pass(runner: Callable[..., Ran], change: Proposed, recorded: Recorded) -> None:
    found = runner("Review", inventory=str(change.inventory), policies="polices")
    assert (found.code, "There is no folder polices" in found.err) == (3, True)
    assert "cannot be judged" in recorded.bodies[0]


def test_nothing_of_the_workspace_runs(runner: Callable[..., Ran], change: Proposed, tmp_path: Path) -> None:
    """Files that Python, git or Sexton would take as theirs, if they looked into the current folder."""
    evil = "import pathlib; pathlib.Path('pwned').touch()\n"
    for name in ("sitecustomize", "usercustomize", "pip", "click", "yaml", "requests", "engine", "api"):
        (change.folder / f"{name}.py").write_text(evil)
    (change.folder / "sexton.yaml").write_text("inventory: {store: 's3://stolen'}\nnonsense: 1\n")
    hooks = change.folder / ".githooks"
    hooks.mkdir()
    (hooks / "post-checkout").write_text("#!/bin/sh\ntouch pwned\n")
    (hooks / "post-checkout").chmod(0o755)
    (change.folder / ".gitattributes").write_text("* filter=evil\n")
    assert runner("Validate").code == 0
    assert runner("Review", inventory=str(change.inventory)).code == 0
    assert not list(tmp_path.rglob("pwned"))


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as running:
        yield running


@pytest.fixture
def server(change: Proposed, issuer: Issuer, tmp_path: Path) -> Iterator[str]:
    """A real Sexton over HTTP whose policy repository is the one with the change."""
    repository = Repository(f"file://{change.folder}", cache_dir=tmp_path / "git")
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        watch = Watch(repository=repository, ledger=ledger, kinds=tables())
        world = World(
            ledger=ledger,
            clock=StillClock(),
            clouds={},
            kinds=kinds(),
            prices=book(),
            snapshots=Store(tmp_path / "there"),
            watch=watch,
            notifier=PrintNotifier(io.StringIO()),
        )
        service = Service(world=world)
        head = repository.poll(NOW)
        policies = load(head.files, tables(), head.sha).policies
        service.situation = Situation(policies=policies, head=HeadState(sha=head.sha, polled_at=NOW, valid=True), inventory=FOUR)
        trusted = [
            Trusted(forge="github", issuer=issuer.url, audience="sexton", repository_id="74"),
            Trusted(forge="gitlab", issuer=issuer.url, audience="sexton", repository_id="28", keys=f"{issuer.url}/keys"),
        ]
        app = create_app(replace(house_of(service, pipelines=Pipelines(trusted))))
        with listen("127.0.0.1", 0) as sock:
            running = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
            thread = threading.Thread(target=running.run, kwargs={"sockets": [sock]}, daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
            running.should_exit = True
            thread.join()


def run_token(recorded: Recorded, token: str) -> dict[str, str]:
    """The environment of a run with `id-token: write`, whose forge hands out a token."""
    recorded.refusals["GET /token"] = (200, {}, {"count": 1, "value": token})
    return {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{recorded.url}/token?v=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "run"}


def test_review_by_the_server_with_the_runs_own_token(
    runner: Callable[..., Ran], server: str, issuer: Issuer, recorded: Recorded
) -> None:
    found = runner("Review", run_token(recorded, issuer.github()), server_url=server)
    assert found.code == 0, found.err
    assert found.out.startswith("::warning file=policies/ebs.yaml,line=4,")
    assert "1 resource newly matches ($10.00/mo)" in recorded.bodies[0]


def test_the_server_says_no_to_another_repository_and_the_comment_says_so(
    runner: Callable[..., Ran], server: str, issuer: Issuer, recorded: Recorded
) -> None:
    recorded.comment(f"{MARKER}\nan older one")
    found = runner("Review", run_token(recorded, issuer.github(repository_id="75")), server_url=server)
    assert (found.code, "auth.pipelines" in found.err) == (1, True)
    assert recorded.bodies[0].startswith(f"{MARKER}\n### Sexton: this change cannot be judged")


def test_without_any_token_the_run_says_what_to_grant(runner: Callable[..., Ran], server: str, recorded: Recorded) -> None:
    found = runner("Review", server_url=server)
    assert (found.code, "id-token: write" in found.err) == (1, True)


def test_a_server_that_is_not_sexton_is_not_believed(runner: Callable[..., Ran], recorded: Recorded) -> None:
    recorded.refusals["POST /v1/impact"] = (
        200,
        {},
        {"schema": "sexton/impact@1", "comment": "@everyone", "plan": {}, "annotations": ""},
    )
    found = runner("Review", {"SEXTON_TOKEN": "sxt_x"}, server_url=recorded.url)
    assert (found.code, "is no review" in found.err) == (3, True)
    assert "@everyone" not in "".join(recorded.bodies)


@pytest.mark.parametrize("url", ["http://sexton.example", "http://localhost.evil.example", "ftp://x", "-x"])
def test_the_runs_token_goes_over_https_only(url: str, runner: Callable[..., Ran], recorded: Recorded) -> None:
    found = runner("Review", {"SEXTON_TOKEN": "sxt_x"}, server_url=url)
    assert (found.code, "must begin with https://" in found.err) == (1, True)


def test_the_gitlab_job_runs_too(change: Proposed, server: str, issuer: Issuer, recorded: Recorded, tmp_path: Path) -> None:
    recorded.me = "sexton-bot"
    environment = {
        "PATH": f"{SEXTON.parent}:{os.environ['PATH']}",
        "SEXTON_SERVER_URL": server,
        "SEXTON_POLICIES": "policies",
        "SEXTON_TOKEN": issuer.gitlab(),
        "GITLAB_TOKEN": "glpat-secret",
        "CI_PROJECT_ID": "28",
        "CI_API_V4_URL": recorded.url,
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": change.base,
        "CI_COMMIT_SHA": change.head,
    }
    for line in GITLAB["sexton-review"]["script"]:
        found = ran(["sh", "-c", line], change.folder, environment)
        assert found.code == 0, found.err
    assert found.out == "1 resource newly matches ($10.00/mo). 1 resource is as undecided as before.\n"
    assert "1 resource newly matches" in recorded.bodies[0]
    for line in GITLAB["sexton-validate"]["script"][:1]:
        assert ran(["sh", "-c", line], change.folder, environment).code == 0
