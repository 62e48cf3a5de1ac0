"""`sexton serve` and the commands of people: two real processes that speak HTTP."""

from __future__ import annotations

import http.server
import json
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from engine.case import Case, State
from engine.holds.hold import Cause
from engine.holds.look import Opening
from makers.doors import NOW, case_of
from reapers.clock import SystemClock
from reapers.store import open_ledger

SPAN = SystemClock().now() - NOW
"""The server's clock is the machine's: what a case remembers is moved to where it is now."""

Signed = Callable[..., dict[str, str]]


def case_now(number: int = 1, **changes: Any) -> Case:
    case = case_of(number, **changes)
    assert case.told
    assert case.due
    assert case.approve_by
    told = replace(case.told, at=case.told.at + SPAN, promised={rung: at + SPAN for rung, at in case.told.promised.items()})
    return replace(case, told=told, due=case.due + SPAN, approve_by=case.approve_by + SPAN, opened=case.opened + SPAN)


@pytest.fixture
def cases(repository: Path) -> list[Case]:
    """Cases in the ledger before the server starts."""
    (repository / ".sexton").mkdir()
    with open_ledger(f"sqlite:///{repository}/.sexton/ledger.db") as ledger:
        stuck = case_now(3, state=State.STUCK, stuck="denied", stuck_from=State.GRACE)
        return [ledger.open(case, SystemClock().now()) for case in (case_now(1), case_now(2), stuck)]


@contextmanager
def serving(home: Path, serve: Any, **variables: str) -> Iterator[str]:
    """The address of a server that has loaded its policies; it must end in order when it is told to."""
    with serve("serve", SEXTON_SERVE__PORT="0", **variables) as process:
        found = next(filter(None, (re.search(r"serves (http://\S+),", line) for line in process.stderr)), None)
        assert found, "the server ended at once"
        for _ in range(300):
            if requests.get(f"{found[1]}/readyz", timeout=5).status_code == 200:
                break
            time.sleep(0.1)
        yield found[1]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0


@pytest.fixture
def signed(sexton: Any) -> Signed:
    """`signed(url, "ann", "approver")`: the environment of that person."""

    def variables(url: str, name: str, role: str = "approver") -> dict[str, str]:
        made = sexton("token", f"{name}@acme.example", "--role", role)
        assert made.code == 0, made.err
        assert "It is not shown again." in made.err
        return {"SEXTON_URL": url, "SEXTON_TOKEN": made.out.strip()}

    return variables


def test_people_answer_cases(sexton: Any, serve: Any, repository: Path, cases: list[Case], signed: Signed) -> None:
    with serving(repository, serve) as url:
        file = repository / ".sexton" / "token"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        local = {"SEXTON_URL": url}

        listed = sexton("cases", **local)
        assert (listed.code, listed.err) == (0, "")
        assert "data-1" in listed.out
        assert "to delete; waiting for the yes of owner" in listed.out
        assert len(json.loads(sexton("cases", "--json", **local).out)["cases"]) == 3

        shown = sexton("cases", "show", "vol-1", **local)
        assert "needs owner" in shown.out
        assert "policy ebs-unattached, team payments, owned, $8.00/mo" in shown.out
        action = json.loads(sexton("cases", "show", "data-1", "--json", **local).out)["approval"]["action"]

        refused = sexton("cases", "approve", "data-1", "--action", action, **local)
        assert (refused.code, refused.err) == (
            1,
            f"sexton: operator@localhost may not approve case {cases[0].id}: an approver of team payments can.\n",
        )
        ann = signed(url, "ann")
        assert sexton("cases", "approve", "data-1", "--action", action, **ann).code == 0
        assert "to delete, as soon as" in sexton("cases", "show", "data-1", **ann).out

        late = sexton("cases", "keep", "data-2", "--reason", "rollback", "--until", "2099-01-01", **ann)
        assert (late.code, "Keep until a date in the next 90d" in late.err) == (1, True)
        kept = sexton("cases", "keep", "data-2", "--reason", "rollback", **ann)
        assert (kept.code, "kept until" in kept.out) == (0, True)
        assert sexton("cases", "retry", "data-3", **ann).code == 0

        unknown = sexton("cases", "show", "nonsense", **ann)
        assert (unknown.code, unknown.err) == (1, "sexton: There is no case 'nonsense'; `sexton cases` lists them.\n")
        several = sexton("cases", "snooze", "c-0000", **ann)
        assert (several.code, "may mean" in several.err) == (1, True)
        wrong = sexton("cases", "keep", "data-3", "--until", "tomorrow", **ann)
        assert (wrong.code, "until: expected a date" in wrong.err) == (1, True)
        assert sexton("cases", "--state", "nonsense", **ann).code == 1

        frozen = sexton("freeze", "--reason", "incident", **ann)
        assert (frozen.code, "by ann@acme.example: incident" in frozen.out) == (0, True)
        assert sexton("unfreeze", **ann).code == 1
        assert sexton("unfreeze", **local).out.startswith("Unfrozen")
        assert sexton("freeze", **local).out.startswith("Nothing is frozen.")

        explained = sexton("explain", "vol-77", **local)
        assert explained.code == 3  # no inventory was taken: there are no credentials
        assert sexton("restore", "data-2", **ann).code == 1


def test_approving_shows_what_and_asks(sexton: Any, serve: Any, repository: Path, cases: list[Case], signed: Signed) -> None:
    with serving(repository, serve) as url:
        ann = signed(url, "ann")
        said = sexton("cases", "approve", "data-1", stdin="n\n", **ann)
        assert (said.code, "Nothing was approved." in said.err, "Delete it?" in said.err) == (1, True, True)
        said = sexton("cases", "approve", "data-1", stdin="y\n", **ann)
        assert (said.code, "to delete, as soon as" in said.out) == (0, True)
        said = sexton("cases", "approve", "data-1", **ann)
        assert (said.code, "does not wait for approval" in said.err) == (1, True)


def test_approving_a_plan_by_its_hash(sexton: Any, serve: Any, repository: Path, cases: list[Case], signed: Signed) -> None:
    from api.client import Client

    with serving(repository, serve) as url:
        ann = signed(url, "ann")
        plan = Client(url, ann["SEXTON_TOKEN"]).get("/v1/plan")["awaiting"]
        said = sexton("cases", "approve", "--plan", plan["hash"], "--reason", "seen", **ann)
        assert (said.code, said.out.splitlines()[-1]) == (0, f"Agreed to {len(plan['actions'])} of {len(plan['actions'])}.")
        stale = sexton("cases", "approve", "--plan", plan["hash"], **ann)
        assert (stale.code, "no longer what you saw" in stale.err) == (1, True)
        assert sexton("cases", "approve", **ann).code == 2
        assert sexton("cases", "approve", "data-1", "--plan", plan["hash"], **ann).code == 2


def test_everything_that_halts_is_told_and_recovering_is_asked(sexton: Any, serve: Any, repository: Path, signed: Signed) -> None:
    halting = repository / ".sexton" / "FREEZE"
    with serving(repository, serve) as url:
        local = {"SEXTON_URL": url}
        assert sexton("recover", **local).code == 1, "nothing says that anything was restored"
        halting.write_text("the bill looks wrong")
        assert ".sexton/FREEZE: the bill looks wrong" in sexton("freeze", **local).out
        assert "the bill looks wrong" in sexton("freeze", "--local").out
        due = sexton("cases", "--due", **local).out
        assert (due.startswith("Frozen since"), "No open cases." in due) == (True, True)
        assert sexton("unfreeze", **local).code == 1, "it is lifted by removing the file"
        halting.unlink()
        assert sexton("freeze", "--reason", "restored", **local).code == 0
        said = sexton("recover", "--reason", "disk 3", **local)
        assert (said.code, "A recovery is under way." in said.out) == (0, True)


def test_the_second_start_keeps_the_token_of_the_first(serve: Any, repository: Path) -> None:
    with serving(repository, serve):
        first = (repository / ".sexton" / "token").read_text()
    with serving(repository, serve):
        assert (repository / ".sexton" / "token").read_text() == first


def test_a_freeze_without_the_server(sexton: Any, serve: Any, repository: Path) -> None:
    assert "With --reason" in sexton("freeze", "--local").out, "looking freezes nothing, and says how to"
    assert sexton("freeze", "--local", "--reason", "everything is on fire").code == 0
    again = json.loads(sexton("freeze", "--local", "--json").out)
    assert again["frozen"]["reason"] == "everything is on fire"
    with serving(repository, serve) as url:
        assert "(local): everything is on fire" in sexton("freeze", SEXTON_URL=url).out


def test_what_answers_is_not_sexton(sexton: Any) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as other:
        thread = threading.Thread(target=other.serve_forever, daemon=True)
        thread.start()
        said = sexton("cases", SEXTON_TOKEN="sxt_1_2", SEXTON_URL=f"http://127.0.0.1:{other.server_port}")
        other.shutdown()
    assert said.code == 3
    assert "is not Sexton" in said.err


def test_a_token_is_shown_once_and_nowhere_else(sexton: Any, repository: Path) -> None:
    text = sexton("token", "Ann@Acme.example", "--role", "approver").out.strip()
    assert re.fullmatch(r"sxt_[0-9a-f]{12}_\S{40,}", text)
    secret = text.split("_", 2)[2].encode()
    assert not [path for path in (repository / ".sexton").rglob("*") if path.is_file() and secret in path.read_bytes()]
    shape = json.loads(sexton("token", "bo@acme.example", "--json").out)
    assert (shape["person"], shape["role"]) == ("bo@acme.example", "viewer")


def test_the_demo_says_what_is_missing_when_its_packages_are(home: Path) -> None:
    code = """
import sys
from importlib import metadata
import api.commands.demo as demo
demo.entry_points = lambda group: ()
from api.main import run
sys.exit(run(["demo", "--headless"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "sexton: The demo needs more packages: pip install 'sexton[demo]'.\n")


def test_somebody_of_platform_releases_what_is_held(sexton: Any, serve: Any, repository: Path, signed: Signed) -> None:
    opening = Opening(
        cause=Cause.SURGE,
        subject="ebs-unattached",
        account="111122223333",
        until=None,
        data={"evidence": "e", "new": 300, "usual": 10},
    )
    (repository / ".sexton").mkdir()
    with open_ledger(f"sqlite:///{repository}/.sexton/ledger.db") as ledger:
        hold = ledger.holds.open(opening, SystemClock().now())
    assert hold
    with serving(repository, serve) as url:
        pia = signed(url, "pia")
        listed = sexton("release", **pia)
        assert (listed.code, hold.id in listed.out, "found 300 new resources" in listed.out) == (0, True, True)
        refused = sexton("release", hold.id, "--reason", "fine", **signed(url, "ann"))
        assert (refused.code, "an approver of platform can" in refused.err) == (1, True)
        unsaid = sexton("release", hold.id, **pia)
        assert (unsaid.code, "reason" in unsaid.err) == (1, True)
        released = sexton("release", hold.id, "--reason", "a new cluster", **pia)
        assert (released.code, "goes on in account 111122223333" in released.out) == (0, True)
        assert sexton("release", **pia).out == "Nothing is held.\n"
        assert json.loads(sexton("release", "--json", **pia).out)["holds"] == []
