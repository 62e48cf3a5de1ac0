"""The proof by numbers: so many seeds, each a world of its own. What it prints is all that is needed to go on, or to look again.

make prove                                      100 seeds
make prove ARGS="--seeds 0:10000 --jobs 8"      in ranges, resumable: what was printed as done needs not be run again
make prove ARGS="--seed 4711"                   one seed with its whole trace
make prove ARGS="--profile faults --seeds 0:500"
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from simulation.chance import PROFILES
from simulation.outcome import DAYS, THINGS, Outcome, Size
from simulation.replay import simulate

CHUNK = 20
"""So many seeds are reported at once: the range that follows is where a stopped proof goes on."""


@dataclass(slots=True)
class Sums:
    """What all seeds so far came to."""

    seeds: int = 0
    cases: int = 0
    ended: int = 0
    acts: int = 0
    crashes: int = 0
    bad: int = 0

    def add(self, outcome: Outcome) -> None:
        """One seed more."""
        self.seeds += 1
        self.cases += outcome.cases
        self.ended += outcome.ended
        self.acts += outcome.deleted + outcome.stopped
        self.crashes += outcome.crashes
        self.bad += not outcome.good

    def __str__(self) -> str:
        share = 100 * self.ended / self.cases if self.cases else 100.0
        return (
            f"{self.seeds} seeds, {self.bad} bad; {self.cases} cases, {share:.1f} % ended;"
            f" {self.acts} acts; {self.crashes} crashes"
        )


def main(words: list[str] | None = None) -> int:
    """Exit code 1 when a seed is bad."""
    asked = _parser().parse_args(words)
    size = Size(things=asked.things, days=asked.days)
    if asked.seed is not None:
        return _one(asked.seed, asked.profile, size)
    first, _, last = asked.seeds.partition(":")
    sums, began = Sums(), time.monotonic()
    for outcome in _run(range(int(first or 0), int(last)), asked.profile, size, asked.jobs):
        sums.add(outcome)
        if not outcome.good:
            print(f"BAD seed {outcome.seed}: {outcome.broken or f'{outcome.ended} of {outcome.cases} cases ended'}", flush=True)
        if sums.seeds % CHUNK == 0:
            left = f"{outcome.seed + 1}:{last}"
            print(f"{sums}; {time.monotonic() - began:.0f} s; go on with --seeds {left}", flush=True)
    print(f"{asked.profile}: {sums}; {time.monotonic() - began:.0f} s")
    return 1 if sums.bad else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make prove", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0:100", help="FIRST:END (%(default)s)")
    parser.add_argument("--seed", type=int, help="one seed, with its trace")
    parser.add_argument("--profile", default="usual", choices=sorted(PROFILES))
    parser.add_argument("--jobs", type=int, default=2, help="processes (%(default)s)")
    parser.add_argument("--things", type=int, default=THINGS, help="resources of a seed (%(default)s)")
    parser.add_argument("--days", type=int, default=DAYS, help="days of a seed (%(default)s)")
    return parser


def _run(seeds: range, profile: str, size: Size, jobs: int) -> Iterator[Outcome]:
    """In the order of the seeds."""
    work = partial(_outcome, profile=profile, size=size)
    if jobs <= 1:
        yield from map(work, seeds)
        return
    with ProcessPoolExecutor(jobs, max_tasks_per_child=200) as pool:
        yield from pool.map(work, seeds)


def _outcome(seed: int, profile: str, size: Size) -> Outcome:
    return simulate(seed, PROFILES[profile], size)


def _one(seed: int, profile: str, size: Size) -> int:
    outcome = simulate(seed, PROFILES[profile], size, trace=True)
    print("\n".join(outcome.trace))
    print("\n".join(f"waiting: {line}" for line in outcome.waiting))
    print(f"seed {seed}: {outcome.broken or 'nothing broke'}; {outcome.ended} of {outcome.cases} cases ended")
    return 0 if outcome.good else 1


if __name__ == "__main__":
    raise SystemExit(main())
