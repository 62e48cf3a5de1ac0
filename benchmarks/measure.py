"""CPU time of whole commands, taken in turns: what else the machine does then hits all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """CPU seconds (user and system, children included) of each round of one command, in order."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:.3f} s [{min(self.seconds):.3f}-{max(self.seconds):.3f}]"


@dataclass(frozen=True, slots=True)
class Ratio:
    """One command's CPU time over another's: of the medians, and of each round by itself."""

    ours: Sample
    theirs: Sample

    @property
    def median(self) -> float:
        """Median over median."""
        return self.ours.median / self.theirs.median

    @property
    def rounds(self) -> tuple[float, ...]:
        """Round by round: the spread of it says how far to trust the median."""
        return tuple(ours / theirs for ours, theirs in zip(self.ours.seconds, self.theirs.seconds, strict=True))

    def __str__(self) -> str:
        return f"{self.median:.2f} [{min(self.rounds):.2f}-{max(self.rounds):.2f}]"


def in_turns(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, Sample]:
    """Run every command once per round, after one unmeasured round that fills the caches."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for round_ in range(rounds + 1):
        for name, words in commands.items():
            used = cpu_seconds(words)
            if round_:
                seconds[name].append(used)
    return {name: Sample(tuple(values)) for name, values in seconds.items()}


def cpu_seconds(words: Sequence[str]) -> float:
    """CPU seconds of one command. It must succeed: a command that fails early would look fast."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} failed with {process.returncode}: {said.decode(errors='replace').strip()}")
    return usage.ru_utime + usage.ru_stime
