"""A hundred thousand open cases on one worker: from start to first act, one act from claim to release, and steps a second.

Run by `make bench`. The ledger is a file, the database's clock and the machine's are real; only the cloud and the calendar are
simulated, so that what is measured is Sexton and SQLite.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from engine.case import Case, State
from engine.model import Resource, fingerprint
from engine.schedule import action_of, case_id
from reapers.service import Service
from reapers.store import Change, open_ledger
from reapers.store.ledger import Ledger
from simulation.documents import ORGANIZATION, PER_DAY, PER_HOUR, files
from simulation.kinds import KINDS
from simulation.memory import Inline
from simulation.scenarios import SCENARIOS
from simulation.shelves import Files
from simulation.sweep import _to
from simulation.trial import Trial

READY = 400
"""So many of them are approved: the acts that are measured."""

BATCH = 1000


def main() -> None:
    """Prints one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    with tempfile.TemporaryDirectory() as folder, patch("reapers.scan.ThreadPoolExecutor", Inline):
        print(json.dumps(measure(Path(folder), parser.parse_args().cases)))


def measure(folder: Path, count: int) -> dict[str, float]:
    """Seconds, but for `steps` and `moved`, which are steps of cases a second."""
    trial = Trial(Files(folder), next(each for each in SCENARIOS if each.name == "delete an address"))
    trial.branch.merge({**files(), "policies/organization.yaml": _without_limits()}, frozenset())
    _to(trial, trial.scenario.begins)
    model = trial.case()
    assert model is not None  # it has just begun
    _multiply(trial, model, count)
    first, service, ledger = _start(trial)
    with ledger:
        trial.clock.ahead(trial.clock.true + timedelta(hours=1, minutes=1))
        service.tick()  # the few of the canary
        trial.clock.ahead(trial.clock.true + timedelta(hours=1, minutes=1))
        acts, steps = _acts(trial, service, ledger)
        moved = _moved(trial, service, ledger)
    return {
        "cases": count,
        "first": first,
        "p50": acts[len(acts) // 2],
        "p99": acts[len(acts) * 99 // 100],
        "steps": steps,
        "moved": moved,
    }


def _without_limits() -> str:
    text = ORGANIZATION.replace(f"per_hour: {PER_HOUR}\n", "per_hour: 100000\n").replace(
        f"per_day: {PER_DAY}\n", "per_day: 100000\n"
    )
    text = text.replace("percent_per_day: 40", "percent_per_day: 100").replace(
        "dollars_per_day: 100000", "dollars_per_day: 100000000"
    )
    return "\n".join(line for line in text.splitlines() if "organization: {per_hour" not in line) + "\n"


def _multiply(trial: Trial, model: Case, count: int) -> None:
    """As many cases as that, with their resources in the estate and in the newest inventory."""
    thing = trial.estate.get(model.key.ref, trial.clock.true)
    inventory = trial.store.newest()
    assert thing is not None
    assert inventory is not None
    (seen,) = [each for each in inventory.resources if each.key == model.key]
    resources = tuple(_resources(seen, count))
    made = list(_copies(model, resources))
    for case in made:
        trial.estate.put(replace(thing, key=case.key), trial.clock.true)
    trial.store.kept = [replace(inventory, id="many", resources=(*inventory.resources, *resources), as_of=trial.clock.true)]
    with open_ledger(trial.shelf.url) as ledger:
        for start in range(0, count, BATCH):
            ledger.save_all([Change(None, case, "opened") for case in made[start : start + BATCH]], trial.clock.true)


def _resources(seen: Resource, count: int) -> Iterator[Resource]:
    for number in range(count):
        key = replace(seen.key, id=f"many-{number}", born=f"many-life-{number}")
        other = replace(seen, key=key, name=key.id)
        yield replace(other, fingerprint=fingerprint(other, KINDS[key.kind].fingerprint))


def _copies(model: Case, resources: Sequence[Resource]) -> Iterator[Case]:
    """The first ones are approved like the model; the others have some weeks of grace, five thousand of them an hour less."""
    far = model.told.at + timedelta(days=60) if model.told else model.opened
    for number, seen in enumerate(resources):
        known = {"key": seen.key, "name": seen.name, "fingerprint": str(seen.fingerprint)}
        copy = replace(model, id=case_id(seen.key, model.opened), version=0, **known)  # type: ignore[arg-type]  # fields of a case
        if number >= READY:
            due = far - timedelta(days=10) if number < READY + 5000 else far
            yield replace(copy, state=State.GRACE, due=due, agreements=(), execute_by=None)
            continue
        action = action_of(copy)
        assert action is not None
        yield replace(copy, agreements=tuple(replace(yes, action=action.hash) for yes in copy.agreements))


def _start(trial: Trial) -> tuple[float, Service, Ledger]:
    """Seconds from opening the ledger to the first call at the cloud's door."""
    arrived: list[float] = []
    trial.cloud.log.clear()
    trial.cloud.door.received = lambda call: arrived.append(time.perf_counter())
    began = time.perf_counter()
    ledger = open_ledger(trial.shelf.url)
    service = trial.service(ledger, trial.cloud, trial.channel)
    service.tick()
    if not arrived:
        raise RuntimeError(f"nothing was done: {_why(service)}")
    return arrived[0] - began, service, ledger


def _why(service: Service) -> str:
    plan = service.plan()
    return str(Counter(skipped.blocked_by for skipped in plan.skipped)) if plan else "no policies"


def _acts(trial: Trial, service: Service, ledger: Ledger) -> tuple[Sequence[float], float]:
    """Seconds of each act, from claim to release, sorted; and steps of cases a second while they are done."""
    times: list[float] = []
    real = type(service.doing().executor()).act

    def timed(self: object, *about: object) -> object:
        began = time.perf_counter()
        try:
            return real(self, *about)  # type: ignore[arg-type]  # passed on as they came
        finally:
            times.append(time.perf_counter() - began)

    service._poll()
    before, began = ledger.audit_head().seq, time.perf_counter()
    with patch("reapers.execute.executor.Executor.act", timed):
        service.doing().act()
    steps = (ledger.audit_head().seq - before) / (time.perf_counter() - began)
    if len(times) < READY // 2:
        raise RuntimeError(f"{len(times)} acts only: {_why(service)}")
    return sorted(times), steps


def _moved(trial: Trial, service: Service, ledger: Ledger) -> float:
    """Steps a second when the grace of five thousand ends at once."""
    trial.clock.ahead(trial.clock.true + timedelta(days=55))
    before, began = ledger.audit_head().seq, time.perf_counter()
    service._advance()
    return (ledger.audit_head().seq - before) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
