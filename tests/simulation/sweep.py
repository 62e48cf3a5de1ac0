"""kill -9 at every step: a reaper in a process of its own dies before or after each transaction and each call of an act, another
one goes on, and afterwards everything must hold.

The steps are not listed here: a first reaper that is not killed says which there are, so that a new one is swept as soon as it
is there. Every trial begins with a copy of one ledger, on SQLite a file, on PostgreSQL a database made from a template.
"""

from __future__ import annotations

import argparse
import copy
import json
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from unittest.mock import patch

from sqlalchemy import select

from engine.case import Case, Ending
from reapers.desk import Desk
from reapers.store import open_ledger
from reapers.store.tables import cases as case_table
from simulation.arrivals import Broken
from simulation.documents import people_of
from simulation.memory import Inline
from simulation.people import person
from simulation.scenarios import SCENARIOS, Scenario
from simulation.shelves import Files, Server
from simulation.trial import Kill, Trial

ROUNDS = 60
"""So many rounds a world may take to where a scenario begins, and a rescuer to its end."""


@dataclass(slots=True)
class Sums:
    """What the sweep came to."""

    kills: int = 0
    effective: int = 0
    """The victim held a lease when it died."""
    violations: list[str] = field(default_factory=list)
    points: Counter[str] = field(default_factory=Counter)


def sweep(shelf: Files | Server, kills: int, seed: int = 0) -> Sums:
    """So many effective kills, spread evenly over every step of every scenario."""
    sums, random = Sums(), Random(seed)
    with patch("reapers.scan.ThreadPoolExecutor", Inline):
        prepared = [(scenario, *_prepare(shelf, scenario)) for scenario in SCENARIOS]
        points = [(scenario, start, kill) for scenario, start, steps in prepared for kill in steps]
        number = 0
        while sums.effective < kills:
            if number and number % len(points) == 0 and not sums.effective:
                raise RuntimeError("no kill hits a reaper that holds a lease")
            if number % len(points) == 0:
                random.shuffle(points)
            scenario, start, kill = points[number % len(points)]
            _kill(shelf, scenario, start, kill, sums)
            number += 1
    return sums


def _prepare(shelf: Files | Server, scenario: Scenario) -> tuple[Trial, list[Kill]]:
    """A world that stands where the scenario begins, kept under its name; and the steps that lead on from there."""
    shelf.fresh()
    trial = Trial(shelf, scenario)
    _to(trial, scenario.begins)
    if scenario.asks:
        with open_ledger(shelf.url) as ledger:
            case = trial.case()
            assert case is not None
            Desk(ledger, trial.clock, lambda: trial.situation(ledger)).restore(
                case.id, person(people_of("platform")[0]), "needed"
            )
    name = scenario.name.replace(" ", "_")
    shelf.keep(name)
    start = copy.deepcopy(trial)
    steps: list[Kill] = []
    assert trial.there(None, steps) == 0
    return start, steps


def _to(trial: Trial, there: Callable[[Case], bool]) -> None:
    for _ in range(ROUNDS):
        trial.here()
        case = trial.case()
        if case is not None and there(case):
            return
        trial.people()
        case = trial.case()
        if case is not None and there(case):
            return
        trial.pass_time()
    raise RuntimeError(f"{trial.scenario.name} never began: {trial.case()}")


def _kill(shelf: Files | Server, scenario: Scenario, start: Trial, kill: Kill, sums: Sums) -> None:
    shelf.take(scenario.name.replace(" ", "_"))
    trial = copy.deepcopy(start)
    trial.shelf = shelf
    ended = trial.there(kill)
    sums.kills += 1
    sums.points[f"{scenario.name}: {kill}"] += 1
    if ended != -9:
        sums.violations.append(f"{scenario.name}: {kill}: the victim ended with {ended}")
        return
    with open_ledger(shelf.url) as ledger, ledger.database.reading() as connection:
        held = connection.execute(select(case_table.c.id).where(case_table.c.lease_until > 0)).all()
    sums.effective += bool(held)
    try:
        _rescue(trial)
    except (Broken, AssertionError) as broken:
        sums.violations.append(f"{scenario.name}: {kill}: {broken}")


def _rescue(trial: Trial) -> None:
    """Others go on, with people answering what they are asked, until it is over; then everything is looked at."""
    for _ in range(ROUNDS):
        trial.pass_time()
        assert trial.there(None) == 0, "a rescuer failed"
        case = trial.case()
        if case is not None and trial.scenario.over(case):
            break
        trial.people()
    else:
        raise AssertionError(f"it never ended: {case}")
    _holds(trial)


def _holds(trial: Trial) -> None:
    with open_ledger(trial.shelf.url) as ledger:
        assert ledger.verify_audit().ok, "the trail is broken"
        assert not ledger.open_intents(), "an intent is open"
        intents = [intent for case in ledger.cases(limit=100)[0] for intent in ledger.intents(case.id)]
        for verb in ("stop", "delete"):
            sent = Counter(call.generation for call in trial.cloud.log if call.verb == verb)
            begun = {intent.generation for intent in intents if str(intent.verb) == verb}
            assert set(sent) <= begun, f"{verb} was sent in generations {sorted(sent)} and begun in {sorted(begun)}"
            assert all(count == 1 for count in sent.values()), f"{verb} was sent more than once in a generation: {dict(sent)}"
            took = sum(call.verb == verb and call.effect for call in trial.cloud.log)
            assert took <= 1, f"{verb} took effect {took} times"
        closed = [case.closed.reason for case in ledger.cases(limit=100)[0] if case.closed]
        assert Ending.VANISHED not in closed, "what we deleted is said to have vanished"
        backups = Counter(backup.generation for backup in trial.estate.backups.values())
        assert all(count == 1 for count in backups.values()), f"{dict(backups)} backups by generation"


def main(words: list[str] | None = None) -> int:
    """Prints one JSON line; exit code 1 where something broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=80)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--postgresql", default="", help="URL of a server's database `postgres`; SQLite without it")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        shelf = Server(asked.postgresql) if asked.postgresql else Files(Path(folder))
        sums = sweep(shelf, asked.kills, asked.seed)
    where = "postgresql" if asked.postgresql else "sqlite"
    told = {
        "database": where,
        "kills": sums.kills,
        "effective": sums.effective,
        "points": len(sums.points),
        "violations": sums.violations,
    }
    print(json.dumps(told))
    return 1 if sums.violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
