"""Whether policy tests would notice: each line of each policy's condition is left out in turn, and some test must fail then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.condition import Condition, ConditionError, compile_condition, tables_of, wildcard_table
from engine.condition.condition import Clause
from engine.policy import PolicySet, Reap
from reapers import trial
from reapers.kind import Kind


@dataclass(frozen=True, slots=True, order=True)
class Survivor:
    """A line whose loss no test notices, and why."""

    file: str
    line: int
    policy: str
    text: str
    tested: bool
    """Whether any test names the policy at all."""

    def __str__(self) -> str:
        why = "every test still passes without it" if self.tested else "no test expects anything of this policy"
        return f"{self.file}:{self.line}: {self.policy}: {self.text}: {why}"


@dataclass(frozen=True, slots=True)
class Mutations:
    """How many lines were left out, and those that nobody missed."""

    lines: int
    survivors: tuple[Survivor, ...]


def mutate(policies: PolicySet, kinds: Mapping[str, Kind]) -> Mutations:
    """Every policy of a set whose tests pass. Reads nothing but its arguments."""
    tried = [(reap, index) for reap in policies.reaps.values() for index in range(len(reap.selects.lines))]
    return Mutations(len(tried), tuple(sorted(_survivors(policies, kinds))))


def _survivors(policies: PolicySet, kinds: Mapping[str, Kind]) -> Iterator[Survivor]:
    for reap in policies.reaps.values():
        tests = [test for test in policies.tests if any(wanted.policy == reap.meta.name for wanted in test.expect)]
        for index, line in enumerate(reap.selects.lines):
            mutant = without(reap, index, kinds)
            if mutant is None:
                continue
            changed = replace(policies, reaps={**policies.reaps, reap.meta.name: mutant})
            if all(tried.passed for test in tests for tried in trial.run(test, changed, kinds)):
                yield Survivor(reap.meta.file, line.line, reap.meta.name, line.text, bool(tests))


def without(reap: Reap, index: int, kinds: Mapping[str, Kind]) -> Reap | None:
    """The policy without one line; None where the loader would refuse what is left (a test that wanted it as a guard)."""
    when = reap.selects.when
    assert when is not None
    left = _left(when, index)
    if left is not None and not _loads(left, reap, kinds):
        return None
    lines = tuple(line for number, line in enumerate(reap.selects.lines) if number != index)
    return replace(reap, selects=replace(reap.selects, when=left, lines=lines))


def _left(when: Condition, index: int) -> Condition | None:
    """The condition without a line; None, which is everything, where it was the only one."""
    if len(when.texts) == 1:
        return None
    parts = [(text, normal, part) for text, normal, part in zip(when.texts, when.normal, when.root.parts, strict=True)]
    texts, normal, clauses = zip(*(part for number, part in enumerate(parts) if number != index), strict=True)
    return Condition(tuple(texts), tuple(normal), Clause(True, tuple(clauses)))


def _loads(condition: Condition, reap: Reap, kinds: Mapping[str, Kind]) -> bool:
    """Whether the lines pass the checks of the loader: over the listed kinds, or as a pattern's, over the common fields."""
    names = sorted(reap.selects.kinds)
    for tables in ([wildcard_table(names)], tables_of(kinds[name].table for name in names)):
        try:
            compile_condition(condition.texts, tables)
        except ConditionError:
            continue
        return True
    return False
