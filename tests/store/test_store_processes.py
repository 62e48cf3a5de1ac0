"""Several processes on one ledger: never do two win, and a killed one leaves what happened to be read."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from engine.case import Case, State
from reapers.store import Lease, Ledger

Start = Callable[..., subprocess.Popen[str]]
Make = Callable[..., Case]

AT = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
"""When the worker's acts happen."""


def outputs(programs: list[subprocess.Popen[str]]) -> list[list[str]]:
    """Lets them all go at the same time; what each printed."""
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    lines = [program.communicate()[0].splitlines() for program in programs]
    assert [program.returncode for program in programs] == [0] * len(programs), lines
    return lines


def test_a_case_is_claimed_by_one(ledger: Ledger, url: str, start: Start, new_case: Make, noon: datetime) -> None:
    for number in range(40):
        ledger.open(new_case(f"c-{number:02}"), noon)
    claimed = outputs([start("claim", url, f"worker-{n}") for n in range(3)])
    everything = [id for lines in claimed for id in lines]
    assert sorted(everything) == [f"c-{number:02}" for number in range(40)]


def test_no_step_is_lost_among_many(ledger: Ledger, url: str, start: Start, new_case: Make, noon: datetime) -> None:
    ledger.open(new_case(), noon)
    outputs([start("save", url, f"worker-{n}", "25") for n in range(3)])
    [case] = ledger.open_cases()
    assert (case.snoozes, case.version) == (75, 76)
    assert len(ledger.history("c-1")) == 76
    assert ledger.verify_audit().ok


def test_limits_hold_among_many(ledger: Ledger, url: str, start: Start, acting: Make, noon: datetime) -> None:
    for number in range(20):
        acting(f"c-{number:02}")
    lines = outputs([start("act", url, f"worker-{n}", "5") for n in range(3)])
    begun = [line for worker in lines for line in worker if line.startswith("begun")]
    assert len(begun) == len(set(begun)) == 5
    assert len(ledger.open_intents()) == len(ledger.usage(AT).acts) == 5
    assert sorted(case.id for case in ledger.cases(state=State.DELETING)[0]) == sorted(line.split()[1] for line in begun)
    assert ledger.verify_audit().ok


def test_killed_after_the_intent_it_is_found_and_settled(ledger: Ledger, url: str, start: Start, acting: Make) -> None:
    case = acting()
    victim = start("die", url, "after")
    victim.communicate()
    assert victim.returncode == -9
    [intent] = ledger.open_intents()
    stuck = ledger.case("c-1")
    assert stuck == replace(case, state=State.DELETING, version=intent.version)
    lease = _claim(ledger, "c-1")
    assert lease.fence > intent.fence
    assert stuck is not None
    ledger.settle(lease, intent, "done", replace(stuck, state=State.DELETED), "deleted", AT)
    assert ledger.open_intents() == []
    assert ledger.verify_audit().ok


def test_killed_before_the_commit_nothing_happened(ledger: Ledger, url: str, start: Start, acting: Make) -> None:
    case = acting()
    victim = start("die", url, "inside")
    victim.communicate()
    assert victim.returncode == -9
    lease = _claim(ledger, "c-1")
    assert (ledger.case("c-1"), ledger.open_intents()) == (case, [])
    assert ledger.save(case, replace(case, state=State.KEPT), "kept", AT, lease=lease).version == 3
    assert ledger.verify_audit().ok


def test_a_freeze_stands_between_the_acts_of_others(ledger: Ledger, url: str, start: Start, acting: Make, noon: datetime) -> None:
    acting()
    holder = start("hold", url)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    worker = start("act", url, "worker", "5")
    assert worker.stdout is not None
    assert worker.stdin is not None
    assert worker.stdout.readline() == "ready\n"
    worker.stdin.write("go\n")
    worker.stdin.flush()
    # The worker cannot begin while the lock is held; whichever of the two comes next, the trail has one order of both.
    holder.communicate("")
    ledger.freeze("ada@example.com", "audit", noon)
    worker.communicate()
    events = [row.event for row in ledger.audit_rows()]
    assert events[2:] in (["began", "frozen"], ["frozen"])
    assert ledger.verify_audit().ok


def _claim(ledger: Ledger, id: str) -> Lease:
    until = time.monotonic() + 10
    while (lease := ledger.claim(id, "rescuer", 60)) is None:
        assert time.monotonic() < until, "the dead worker's lease never ended"
        time.sleep(0.02)
    return lease
