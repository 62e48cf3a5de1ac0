"""`sexton plan --base --head` as a whole process over a snapshot: wall-clock, CPU and memory, as a pipeline would see them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.columns_policies import KIND
from benchmarks.estate import AS_OF, TEAMS
from benchmarks.questions import lines, questions
from benchmarks.validate import SEXTON

SECONDS, MEGABYTES = 0.5, 200
"""What issue 3 promises of the whole process."""

KNOWN_TEAMS = 40
"""Teams that have a document; all other owner tags name nobody."""

HEADER = "apiVersion: sexton/v1\nkind: {kind}\nmetadata: {{name: {name}, owner: platform}}\nspec:\n"


@dataclass(slots=True)
class Runs:
    """Of each run: seconds by the clock, seconds of CPU (git's included), and megabytes at the peak."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)

    def broken(self) -> list[str]:
        """The promises that were not kept."""
        said = (
            (statistics.median(self.wall) <= SECONDS, f"`sexton plan` takes {statistics.median(self.wall):.2f} s"),
            (max(self.peak) <= MEGABYTES, f"`sexton plan` takes {max(self.peak):.0f} MB"),
        )
        return [sentence for kept, sentence in said if not kept]


def run(snapshot: Path, rounds: int) -> Runs:
    """Plan one changed policy of a hundred. The first run is not measured: it encodes what is new and compiles our modules."""
    runs = Runs()
    with tempfile.TemporaryDirectory(prefix="sexton-plan-") as folder:
        repository = _repository(Path(folder) / "repository")
        # A package is compiled when it is installed; here that is done by the first run, apart from everybody's own caches.
        compiled = {"PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | compiled
        words = [str(SEXTON), "plan", "--base", "main", "--head", "change", "--inventory", str(snapshot.resolve())]
        for turn in range(rounds + 1):
            _one(runs if turn else Runs(), words, repository, environment)
    return runs


def _one(runs: Runs, words: list[str], folder: Path, environment: Mapping[str, str]) -> None:
    result = folder.parent / "measured.json"
    alone = [sys.executable, "-m", "benchmarks.alone", str(result), *words]
    around = {**environment, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(alone, cwd=folder, env=around, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = done.stdout.decode(errors="replace")
    if done.returncode not in (0, 1) or "newly match" not in said:  # 1: so large a change needs a review
        raise SystemExit(f"{' '.join(words)} failed with {done.returncode}: {said}")
    found = json.loads(result.read_text())
    runs.wall.append(found["wall"])
    runs.cpu.append(found["cpu"])
    runs.peak.append(found["peak"])


# --- the repository -----------------------------------------------------------------------------------------------------


def _repository(folder: Path) -> Path:
    """A repository with two branches: on `change` one policy has another condition."""
    policies = folder / "policies"
    policies.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    for name, text in _documents():
        (policies / f"{name}.yaml").write_text(text)
    _commit(folder)
    _git(folder, "switch", "--quiet", "--create", "change")
    (policies / "p003.yaml").write_text(
        _reap("p003", ["state == 'stopped' || type.startsWith('m5.')", "age_days > 20", "!has(tags.ttl)"])
    )
    _commit(folder)
    return folder


def _commit(folder: Path) -> None:
    _git(folder, "add", ".")
    _git(folder, "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "--quiet", "--message=policies")


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True)


def _documents() -> Iterator[tuple[str, str]]:
    """Accounts, teams, owners, lifetimes, an exemption, and the hundred conditions."""
    accounts = "".join(
        f'    - {{match: {{id: "1000000000{place:02}"}}, environment: {("dev", "prod")[place % 2]}, '
        f"team: {TEAMS[place % KNOWN_TEAMS]}, mode: delete}}\n"
        for place in range(100)
    )
    yield "organization", HEADER.format(kind="Organization", name="acme") + f"  platform: [platform]\n  accounts:\n{accounts}"
    for team in ("platform", *TEAMS[:KNOWN_TEAMS]):
        head = HEADER.format(kind="Team", name=team).replace(", owner: platform", "")
        yield team, f"{head}  people: [{team}@example.com]\n  time_zone: Europe/Berlin\n"
    yield (
        "owners",
        HEADER.format(kind="Ownership", name="owners") + "  from: [{tag: [owner, team]}, {account: {}}]\n  counts: [tag]\n",
    )
    yield (
        "lifetimes",
        HEADER.format(kind="TTL", name="lifetimes") + "  tag: [ttl]\n  rules: [{environment: [dev], default: 30d}]\n",
    )
    until = f"{AS_OF.year + 1}-01-01"
    spec = f"  of: ['*']\n  resource: {KIND}\n  when: [\"tags.project == 'p7'\"]\n  until: {until}\n  reason: OPS-1\n"
    yield "atlas", HEADER.format(kind="Exemption", name="atlas") + spec
    for place, question in enumerate(questions()):
        yield f"p{place:03}", _reap(f"p{place:03}", lines(question))


def _reap(name: str, when: list[str]) -> str:
    said = "".join(f'    - "{line}"\n' for line in (line.replace("\\", "\\\\") for line in when))
    return HEADER.format(kind="Reap", name=name) + f"  resource: {KIND}\n  when:\n{said}  after: {{notify: 3d, delete: 14d}}\n"


def report(runs: Runs) -> str:
    """Lines of the table, as Markdown."""
    wall, cpu = (f"{statistics.median(some):.2f} s [{min(some):.2f}-{max(some):.2f}]" for some in (runs.wall, runs.cpu))
    return "\n".join(
        [
            f"| `sexton plan --base --head` as a whole process, at most {SECONDS} s promised | {wall} |",
            f"| the same in CPU time, git included | {cpu} |",
            f"| its memory at the peak, at most {MEGABYTES} MB promised | {max(runs.peak):.0f} MB |",
        ]
    )
