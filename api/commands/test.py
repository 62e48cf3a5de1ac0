"""`sexton test`: run policy tests."""

from __future__ import annotations

from pathlib import Path

import click

from api.commands.table import put_json
from api.ending import DONE, FAILED, Stop, there


@click.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(paths: tuple[Path, ...], as_json: bool) -> int:
    """Run the PolicyTest documents below each PATH against the policies that they name."""
    there(*paths)
    from api.judging import policies_of
    from reapers.kind import kinds
    from reapers.sources.folder import read
    from reapers.trial import Trial, run

    policies = policies_of(read(paths).files, " and ".join(map(str, paths)))
    if not policies.tests:
        raise Stop(f"There is no PolicyTest in {' and '.join(map(str, paths))}; they are files *.test.yaml.")
    trials: list[Trial] = [trial for test in policies.tests for trial in run(test, policies, kinds())]
    failed = [trial for trial in trials if not trial.passed]
    if as_json:
        results = [
            {"test": one.test, "policy": one.expected.policy, "id": one.expected.id, "passed": one.passed, "says": str(one)}
            for one in trials
        ]
        put_json({"schema": "sexton/test@1", "ok": not failed, "tests": len(policies.tests), "results": results})
    else:
        for trial in failed:
            click.echo(str(trial))
        click.echo(f"{len(policies.tests)} tests, {len(trials)} verdicts, {len(failed)} not as expected.")
    return FAILED if failed else DONE
