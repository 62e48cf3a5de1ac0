"""`sexton test`: run policy tests, rewrite what they expect, and see whether they would notice a missing line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.table import put_json
from api.ending import DONE, FAILED, MISUSE, Stop, there
from engine.wording import clean

if TYPE_CHECKING:
    from engine.condition import Test
    from engine.policy import PolicySet
    from reapers.mutation import Mutations
    from reapers.trial import Trial

MARKS = {True: "yes", False: "no ", None: "?  "}


@click.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--update", is_flag=True, help="Rewrite the expectations that do not hold to what the policies say now.")
@click.option("--mutate", is_flag=True, help="Also leave out each line of each condition in turn: some test must fail then.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(paths: tuple[Path, ...], update: bool, mutate: bool, as_json: bool) -> int:
    """Run the PolicyTest documents below each PATH against the policies that they name. Exit 1 when one does not hold."""
    if update and mutate:
        raise Stop(
            "--update changes what the tests expect and --mutate asks whether that is enough: run one after the other.", MISUSE
        )
    there(*paths)
    where = " and ".join(map(str, paths))
    policies, trials = _run(paths, where)
    if update:
        updated = _update(policies, trials)
        policies, trials = _run(paths, where) if updated else (policies, trials)
        if updated and not as_json:
            click.echo(f"Rewrote {sum(updated.values())} expectations in {len(updated)} files.")
    failed = [trial for trial in trials if not trial.passed]
    mutations = _mutate(policies) if mutate and not failed else None
    if as_json:
        put_json(_shape(policies, trials, mutations))
    else:
        click.echo("\n".join(_told(policies, trials, mutations, wanted=mutate)))
    return FAILED if failed or (mutations and mutations.survivors) else DONE


def _run(paths: Sequence[Path], where: str) -> tuple[PolicySet, list[Trial]]:
    from api.judging import policies_of
    from reapers.kind import kinds
    from reapers.sources.folder import read
    from reapers.trial import run

    policies = policies_of(read(paths).files, where)
    if not policies.tests:
        raise Stop(f"There is no PolicyTest in {where}; they are files *.test.yaml.")
    return policies, [trial for test in policies.tests for trial in run(test, policies, kinds())]


def _mutate(policies: PolicySet) -> Mutations:
    from reapers.kind import kinds
    from reapers.mutation import mutate

    return mutate(policies, kinds())


# Rewriting


def _update(policies: PolicySet, trials: Sequence[Trial]) -> Mapping[str, int]:
    """How many expectations were rewritten, by file. What could not be tried at all stays as it is."""
    from engine.expectations import Uneditable, Verdict, rewrite
    from reapers.trial import outcome

    changed: dict[str, int] = {}
    for test in policies.tests:
        its = [trial for trial in trials if trial.test == test.meta.name]  # one for each expectation, in its order
        verdicts = [
            Verdict(index, *outcome(trial.got)) for index, trial in enumerate(its) if trial.got is not None and not trial.passed
        ]
        if not verdicts:
            continue
        file = Path(test.meta.file)
        try:
            text = rewrite(file.read_bytes().decode("utf-8"), verdicts)
        except Uneditable as error:
            raise Stop(f"{file} was not rewritten: {error}.") from None
        file.write_bytes(text.encode("utf-8"))
        changed[test.meta.file] = len(verdicts)
    return changed


# Telling


def _told(policies: PolicySet, trials: Sequence[Trial], mutations: Mutations | None, *, wanted: bool) -> Iterator[str]:
    failed = [trial for trial in trials if not trial.passed]
    for trial in failed:
        yield from _difference(trial)
    yield f"{len(policies.tests)} tests, {len(trials)} verdicts, {len(failed)} not as expected."
    if mutations:
        for survivor in mutations.survivors:
            yield clean(str(survivor), 400)
        yield f"{mutations.lines} lines left out in turn, {len(mutations.survivors)} of them not missed by any test."
    elif wanted:
        yield "No line was left out: the tests must hold first."


def _difference(trial: Trial) -> Iterator[str]:
    """Where it stands, what was expected, what it is instead, and the tests of the policy that make it so."""
    from reapers.trial import outcome, said

    wanted = trial.expected
    yield f"{clean(trial.file)}:{wanted.line}: {clean(f'{trial.test}: {wanted.policy} on {wanted.id}')}"
    yield f"  - expected {said(wanted.verdict, wanted.reason, wanted.missing)}"
    yield f"  + got {said(*outcome(trial.got)) if trial.got else clean(trial.problem, 300)}"
    for test in trial.tests:
        yield f"      {MARKS[test.outcome]} {clean(test.text, 200)}   {_values(test)}"


def _values(test: Test) -> str:
    from engine.model import Unknown

    shown = {
        name: "is absent" if value is None else "is unknown" if isinstance(value, Unknown) else f"= {clean(str(value))}"
        for name, value in test.values.items()
    }
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def _shape(policies: PolicySet, trials: Sequence[Trial], mutations: Mutations | None) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "schema": "sexton/test@1",
        "ok": all(trial.passed for trial in trials) and not (mutations and mutations.survivors),
        "tests": len(policies.tests),
        "results": [_result(trial) for trial in trials],
    }
    if mutations:
        shape["mutated"] = mutations.lines
        shape["survivors"] = [
            {"policy": one.policy, "file": one.file, "line": one.line, "text": one.text, "tested": one.tested}
            for one in mutations.survivors
        ]
    return shape


def _result(trial: Trial) -> dict[str, Any]:
    from reapers.trial import outcome

    wanted = trial.expected
    result: dict[str, Any] = {
        "test": trial.test,
        "file": trial.file,
        "line": wanted.line,
        "policy": wanted.policy,
        "id": wanted.id,
        "passed": trial.passed,
        "expected": _verdict(wanted.verdict, wanted.reason, wanted.missing),
        "got": _verdict(*outcome(trial.got)) if trial.got else None,
        "says": str(trial),
    }
    return result


def _verdict(verdict: str, reason: str, missing: tuple[str, ...]) -> dict[str, Any]:
    shape: dict[str, Any] = {"verdict": verdict}
    return shape | ({"reason": reason} if reason else {}) | ({"missing": list(missing)} if missing else {})
