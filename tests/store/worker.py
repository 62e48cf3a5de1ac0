"""A second process for the tests: `python worker.py TASK URL [ARGUMENT…]`. Prints its results, one a line."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import create_engine

import reapers.store.ledger  # noqa: F401 - now, not late: see give_up_root
from engine.case import Action, State
from engine.model import Verb
from reapers.store import AlreadyBegun, Blocked, Control, Fenced, Ledger, LedgerUnavailable, Stale, Usage, open_ledger

AT = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)


def wait() -> None:
    """Says that it is ready and waits for a line, so that several begin together."""
    print("ready", flush=True)
    sys.stdin.readline()


def claim(ledger: Ledger, worker: str) -> None:
    """Claims every open case once."""
    wait()
    for case in ledger.open_cases():
        if lease := ledger.claim(case.id, worker, 60):
            print(lease.case, flush=True)


def save(ledger: Ledger, worker: str, times: str) -> None:
    """Raises the number of snoozes of case c-1 so many times, again whenever somebody else was faster."""
    wait()
    done = 0
    while done < int(times):
        before = ledger.case("c-1")
        assert before is not None
        try:
            ledger.save(before, replace(before, snoozes=before.snoozes + 1), "snoozed", AT, who=worker)
        except Stale:
            print("stale", flush=True)
        else:
            done += 1


def act(ledger: Ledger, worker: str, limit: str) -> None:
    """Begins to delete every case that it can claim, while fewer than `limit` acts were begun by all."""

    def check(usage: Usage, control: Control) -> str:
        if control.frozen or len(usage.acts) >= int(limit):
            return "freeze" if control.frozen else "caps"
        time.sleep(0.05)  # long enough for the others to come to this point too, if anything lets them
        return ""

    wait()

    for case in ledger.open_cases():
        lease = ledger.claim(case.id, worker, 60)
        if lease is None:
            continue
        action = Action(
            case=case.id,
            generation=0,
            key=case.key,
            fingerprint="",
            verb=Verb.DELETE,
            restore={},
            terms=case.terms,
            monthly=case.monthly,
        )
        try:
            ledger.begin(lease, replace(case, state=State.DELETING), action, 30, check, AT)
        except (Blocked, Stale, Fenced, AlreadyBegun) as error:
            print(type(error).__name__, flush=True)
        else:
            print("begun", case.id, flush=True)


def die(ledger: Ledger, moment: str) -> None:
    """Begins to delete case c-1 and kills itself: inside the transaction, or right after it."""

    def check(usage: Usage, control: Control) -> str:
        if moment == "inside":
            os.kill(os.getpid(), 9)
        return ""

    case = ledger.case("c-1")
    lease = ledger.claim("c-1", "victim", 0.2)
    assert case is not None
    assert lease is not None
    action = Action(
        case=case.id,
        generation=0,
        key=case.key,
        fingerprint="",
        verb=Verb.DELETE,
        restore={},
        terms=case.terms,
        monthly=case.monthly,
    )
    ledger.begin(lease, replace(case, state=State.DELETING), action, 30, check, AT)
    os.kill(os.getpid(), 9)


def hold(ledger: Ledger) -> None:
    """Holds the one writer's lock until its standard input ends."""
    with ledger.database.recording():
        print("held", flush=True)
        sys.stdin.read()


def write(ledger: Ledger, size: str) -> None:
    """Stores facts of so many bytes until the ledger refuses."""
    for number in range(100_000):
        try:
            ledger.set(f"fact {number}", "x" * int(size))
        except LedgerUnavailable as error:
            print(number, error, sep="\n", flush=True)
            return
        time.sleep(0)


def opened(_: Ledger) -> None:
    """Only opens it."""
    print("open", flush=True)


def give_up_root() -> None:
    """Goes on as a user without rights, for whom folders can be read-only. What root alone may read is imported before."""
    create_engine("sqlite://").dispose()
    os.setgid(65534)
    os.setuid(65534)


if __name__ == "__main__":
    if "SEXTON_TEST_NOBODY" in os.environ and os.geteuid() == 0:
        give_up_root()
    task, url, *arguments = sys.argv[1:]
    try:
        with open_ledger(url) as it:
            globals()[task](it, *arguments)
    except LedgerUnavailable as error:
        print(error, flush=True)
        sys.exit(3)
