"""`make bench`: run the benchmarks, print ratios, and fail where a promise is not kept."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

from benchmarks import cases, columns, validate

RESULTS = Path(__file__).with_name("results.md")


def main() -> None:
    """Measure, print, and leave with 1 when a ratio is above what was promised."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="measured rounds of each command (%(default)s)")
    parser.add_argument("--turns", type=int, default=5, help="turns of the columns' benchmark (%(default)s)")
    parser.add_argument("--resources", type=int, default=1_000_000, help="resources of its estate (%(default)s)")
    parser.add_argument("--cases", type=int, default=100_000, help="open cases of the ledger's benchmark (%(default)s)")
    parser.add_argument("--write", action="store_true", help="also write the figures to benchmarks/results.md")
    options = parser.parse_args()
    checked = validate.run(options.rounds)
    found = columns.run(options.turns, options.resources)
    opened = cases.run(options.cases)
    print(text := f"{report(checked, options.rounds)}\n\n{columns.report(found)}\n\n{cases.report(opened)}")
    if options.write:
        RESULTS.write_text(f"# Results\n\nWritten by `make bench ARGS=--write`. Compare ratios, not seconds.\n\n{text}\n")
    broken = [*checked.broken(), *columns.broken(found), *opened.broken()]
    if broken:
        raise SystemExit(f"Not kept: {'; '.join(broken)}.")


def report(found: validate.Found, rounds: int) -> str:
    """The table, as Markdown."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return "\n".join(
        [
            f"CPU time, user and system; {rounds} rounds in turns after one to warm up; median [min-max]. {machine}.",
            "",
            "| what | CPU |",
            "|---|---|",
            f"| `sexton validate` of one file | {found.one.ours} |",
            f"| `custodian version` (c7n 0.9.53) | {found.one.theirs} |",
            f"| ratio, at most {validate.PROMISED} promised | **{found.one}** |",
            f"| `sexton validate` of {validate.MANY:,} documents ({validate.MANY_ROUNDS} rounds) | {found.many.ours} |",
            f"| `custodian validate` of {validate.MANY:,} policies | {found.many.theirs} |",
            f"| ratio, at most {validate.PROMISED_MANY:.2f} promised | **{found.many.median:.3f}** |",
        ]
    )


if __name__ == "__main__":
    main()
