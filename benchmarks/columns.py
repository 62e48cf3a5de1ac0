"""A hundred policies over a million resources: against Cloud Custodian's own filter classes and Polars, in turns."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import columns_plan
from benchmarks.columns_policies import TABLES, bare, full, policy
from benchmarks.estate import write
from benchmarks.questions import KEYS, questions
from benchmarks.rivals import SAMPLE, custodian, plain, polars, sample
from engine.columns import Columns, judge_columns
from engine.columns.column import Numbers
from engine.columns.impact import impact_of
from engine.columns.inventory import DOLLARS
from engine.columns.rules import Rules
from engine.columns.verdicts import evaluated
from engine.columns.views import Views
from engine.view import Context
from reapers.sources.codes import names_of, open_columns

AGAIN = 3
"""Our rounds for each of a peer's, which take ten times as long and more."""

CUSTODIAN, POLARS, OPEN, CHANGED = 5000, 5, 0.100, 0.010
"""What issue 3 promises: times as fast as both, seconds to open a snapshot, seconds for one changed policy."""


@dataclass(slots=True)
class Times:
    """Seconds of each round: for all resources and policies, but Custodian's for one of each."""

    ours: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Ours once more, in CPU seconds."""
    full: list[float] = field(default_factory=list)
    custodian: list[float] = field(default_factory=list)
    polars: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    compared: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one run."""

    rows: int
    policies: int
    times: Times
    made: float
    floor: float
    parquet_bytes: int
    codes_bytes: int
    plan: columns_plan.Runs

    @property
    def custodian(self) -> float:
        """How many times as fast as Cloud Custodian, CPU for CPU: both run on one thread."""
        return statistics.median(self.times.custodian) * self.rows * self.policies / statistics.median(self.times.cpu)

    @property
    def polars(self) -> float:
        """How many times as fast as Polars, by the clock: it uses every core."""
        return statistics.median(self.times.polars) / statistics.median(self.times.ours)


def run(rounds: int, rows: int) -> Measured:
    """Make the estate, check that all three give the same answers, and measure in turns."""
    with tempfile.TemporaryDirectory() as folder:
        snapshot = write(Path(folder), rows)
        begun = time.perf_counter()
        names = names_of(("state", "type", "volumes", "routes"), (*KEYS, "do-not-delete"))
        columns = open_columns(snapshot, TABLES, names)
        made = time.perf_counter() - begun
        file = plain(snapshot, Path(folder) / "plain.parquet")
        _agree(columns, file)
        times = Times()
        for turn in range(rounds):
            _turn(times, columns, snapshot, file, turn)
        sizes = [sum(path.stat().st_size for path in snapshot.glob(what)) for what in ("resources.parquet", "codes/*")]
        plan = columns_plan.run(snapshot, rounds)
        return Measured(rows, len(questions()), times, made, _floor(columns), sizes[0], sizes[1], plan)


def _turn(times: Times, columns: Columns, snapshot: Path, file: Path, turn: int) -> None:
    alone, whole = Context(policies=bare(), accounts={}), Context(policies=full(), accounts={})
    times.polars.append(polars(file, 1)["seconds"][0])
    for _ in range(AGAIN):
        begun = time.process_time()
        times.ours.append(_seconds(lambda: _conditions(columns, alone)))
        times.cpu.append(time.process_time() - begun)
    times.custodian.append(custodian(columns)["seconds"] / SAMPLE / len(questions()))
    times.full.append(_seconds(lambda: judge_columns(columns, whole)))
    times.opened.append(_seconds(lambda: _touched(open_columns(snapshot, TABLES))))
    verdicts = judge_columns(columns, whole)
    changed = policy("p003", ["state == 'stopped'", f"age_days > {14 + turn}", "!has(tags.ttl)"])
    times.changed.append(_seconds(lambda: verdicts.again(changed)))
    head = replace(whole.policies, reaps={**whole.policies.reaps, "p003": changed})
    times.compared.append(_seconds(lambda: _compared(columns, whole, replace(whole, policies=head))))


def _conditions(columns: Columns, context: Context) -> Mapping[str, Any]:
    """The conditions alone, in both passes, from their trees to bitmaps: what the peers do."""
    rules = Rules(Views(columns, context))
    return evaluated(rules, {name: rules.selected(reap.selects) for name, reap in context.policies.reaps.items()})


def _compared(columns: Columns, base: Context, head: Context) -> object:
    before = judge_columns(columns, base)
    return impact_of(before, before.after(head)).news.weightiest(20)


def _touched(columns: Columns) -> None:
    """An opened snapshot from which the first resource can be read."""
    for name in ("kind", "id", "name", "age_days", DOLLARS, "tag/owner", "field/state"):
        column = columns.column(name)
        assert len(column.values if isinstance(column, Numbers) else column.codes) == columns.rows


def _seconds(what: Callable[[], object]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


def _agree(columns: Columns, file: Path) -> None:
    """SystemExit where a peer finds something else: a fast wrong answer is no answer. Neither knows of tags that were denied."""
    verdicts = judge_columns(columns, Context(policies=bare(), accounts={}))
    known = columns.coded("tags").codes == 0
    ours = [int(known[verdicts.matches(name)].sum()) for name in verdicts.names]
    if ours != polars(file, 0)["matches"]:
        raise SystemExit("Polars finds other resources than we do.")
    some = sample(columns)
    ours = [int(np.isin(some, verdicts.matches(name)).sum()) for name in verdicts.names]
    if ours != custodian(columns)["matches"]:
        raise SystemExit("Cloud Custodian finds other resources than we do.")


def _floor(columns: Columns) -> float:
    """Seconds to read every column that the conditions look at once, at the speed at which one core reads memory."""
    names = ["age_days", DOLLARS, "region", "kind", *names_of(("state", "type", "volumes", "routes"), KEYS)]
    arrays = [column.values if isinstance(column, Numbers) else column.codes for column in map(columns.column, names)]
    block = np.ones(1 << 25, np.uint64)
    best = min(_seconds(block.sum) for _ in range(5))
    return sum(array.nbytes for array in arrays) / (block.nbytes / best)


# --- the report ---------------------------------------------------------------------------------------------------------


def report(found: Measured) -> str:
    """The table, as Markdown."""
    times, evaluations = found.times, found.rows * found.policies
    whole = statistics.median(times.custodian) * evaluations
    return "\n".join(
        [
            f"{found.rows:,} resources × {found.policies} policies in turns, median [min-max], wall-clock, same answers.",
            "",
            "| what | time |",
            "|---|---|",
            f"| columns, the conditions alone, in both passes (one thread) | {_ms(times.ours)}; CPU {_ms(times.cpu)} |",
            f"| Polars, the same in one lazy query (all cores) | {_ms(times.polars)} |",
            f"| c7n's ValueFilter, Or, Not ({SAMPLE:,} resources sampled, CPU) | {whole:,.0f} s |",
            f"| times as fast as Polars, at least {POLARS} promised | **{found.polars:,.1f}** |",
            f"| times as fast as c7n, at least {CUSTODIAN:,} promised | **{found.custodian:,.0f}** |",
            f"| floor: reading each column once from memory | {found.floor * 1000:.1f} ms |",
            f"| columns, whole verdicts: owners, lifetimes, exemptions, protections, undecided | {_ms(times.full)} |",
            f"| base and head on columns, by team, with dollars | {_ms(times.compared)} |",
            f"| one changed policy, at most {CHANGED * 1000:.0f} ms promised | {_ms(times.changed)} |",
            f"| opening the snapshot, at most {OPEN * 1000:.0f} ms promised | {_ms(times.opened)} |",
            columns_plan.report(found.plan),
            f"| size on disk: Parquet | {_mb(found.parquet_bytes)} |",
            f"| size on disk: code columns, made once for each snapshot in {found.made:.1f} s | {_mb(found.codes_bytes)} |",
        ]
    )


def broken(found: Measured) -> list[str]:
    """The promises that this run did not keep."""
    said = (
        (found.custodian >= CUSTODIAN, f"{found.custodian:,.0f} times as fast as c7n; {CUSTODIAN:,} were promised"),
        (found.polars >= POLARS, f"{found.polars:.1f} times as fast as Polars; {POLARS} were promised"),
        (statistics.median(found.times.opened) <= OPEN, f"opening takes {_ms(found.times.opened)}"),
        (statistics.median(found.times.changed) <= CHANGED, f"one changed policy takes {_ms(found.times.changed)}"),
    )
    return [*(sentence for kept, sentence in said if not kept), *found.plan.broken()]


def _ms(seconds: list[float]) -> str:
    low, middle, high = (1000 * value for value in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{middle:,.1f} ms [{low:,.1f}-{high:,.1f}]"


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
