"""Lines of text to a Condition, or to every problem that they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.condition.check import Table, faults
from engine.condition.condition import Clause, Condition
from engine.condition.guard import present, unguarded
from engine.condition.leaf import Leaf, leaf
from engine.condition.normal import normal
from engine.condition.parser import parse
from engine.condition.printer import label, text
from engine.condition.problem import ConditionError, ConditionProblem, Fault, UnknownField
from engine.condition.tree import All, AnyOf, Expression, Has, tests
from engine.model import Field

WILDCARD_HINT = "with a pattern of kinds only the common fields may be used"


def compile_condition(lines: Sequence[str], fields: Sequence[Mapping[str, Field]], names: Sequence[str] = ()) -> Condition:
    """The condition that all `lines` hold, checked against every field table.

    `names` are the tables' names for messages (a kind's, or a pattern such as `aws.*`). Raises ConditionError with all problems.
    """
    if not lines:
        raise ConditionError([ConditionProblem(0, 0, "a condition needs at least one line")])
    parsed, problems = _parse(lines)
    problems += _always(parsed, fields)
    normals = {index: normal(tree) for index, tree in parsed.items()}
    problems += _checked(parsed, normals, fields, names or [""] * len(fields))
    if problems:
        raise ConditionError(problems)
    trees = list(normals.values())
    parts = tuple(clause_of(tree, index) for index, tree in enumerate(trees))
    return Condition(tuple(lines), tuple(text(tree) for tree in trees), Clause(True, parts))


def _parse(lines: Sequence[str]) -> tuple[dict[int, Expression], list[ConditionProblem]]:
    """The lines that can be read, by index, and the problems of the others."""
    trees: dict[int, Expression] = {}
    problems: list[ConditionProblem] = []
    for index, line in enumerate(lines):
        try:
            trees[index] = parse(line)
        except Fault as fault:
            problems.append(fault.on_line(index))
    return trees, problems


def _always(trees: Mapping[int, Expression], tables: Sequence[Table]) -> list[ConditionProblem]:
    """has() of a field that no table lets be absent."""
    return [
        ConditionProblem(index, test.start, f"{label(test.ref)} is always there, so this says nothing", "leave it out")
        for index, tree in trees.items()
        for test in tests(tree)
        if isinstance(test, Has) and test.ref.key is None and _required(test.ref.name, tables)
    ]


def _required(name: str, tables: Sequence[Table]) -> bool:
    fields = [table[name] for table in tables if name in table]
    return bool(fields) and len(fields) == len(tables) and not any(field.optional or field.type == "tags" for field in fields)


def _checked(
    trees: Mapping[int, Expression], normals: Mapping[int, Expression], tables: Sequence[Table], names: Sequence[str]
) -> list[ConditionProblem]:
    """The problems over all tables: one that every table has is told once, others name their tables."""
    found: dict[tuple[int, int, str], tuple[Fault, list[str]]] = {}
    for table, name in zip(tables, names, strict=True):
        for index, fault in _faults(trees, normals, table):
            found.setdefault((index, fault.offset, fault.message), (fault, []))[1].append(name)
    return [_tell(index, fault, where, len(tables)) for (index, _, _), (fault, where) in found.items()]


def _faults(trees: Mapping[int, Expression], normals: Mapping[int, Expression], table: Table) -> Iterator[tuple[int, Fault]]:
    """Faults of type by line; lines without one are also searched for unguarded negative tests."""
    sound: list[int] = []
    for index, tree in trees.items():
        wrong = list(faults(tree, table))
        yield from ((index, fault) for fault in wrong)
        if not wrong:
            sound.append(index)
    known = present(normals.values())
    for index in sound:
        yield from ((index, fault) for fault in unguarded(normals[index], table, known))


def _tell(index: int, fault: Fault, where: Sequence[str], of: int) -> ConditionProblem:
    """A fault as a problem that names the kinds it is about, unless it is about every kind of several."""
    who = " and ".join(dict.fromkeys(name for name in where if name))
    hint = fault.hint
    if isinstance(fault, UnknownField) and len(where) < of:
        hint = ""  # the name is right for another kind: a look-alike would be wrong advice
    if isinstance(fault, UnknownField) and "*" in who:
        hint = hint or WILDCARD_HINT
    message = fault.message
    if isinstance(fault, UnknownField) and who and (len(where) < of or of == 1):
        message = f"{who} {'have' if len(where) > 1 else 'has'} no field {fault.name!r}"
    elif who and len(where) < of:
        message = f"{message} (for {who})"
    return ConditionProblem(index, fault.offset, message, hint)


def clause_of(node: Expression, line: int) -> Clause | Leaf:
    """A tree of the normal form, compiled."""
    match node:
        case All(parts=parts) | AnyOf(parts=parts):
            return Clause(isinstance(node, All), tuple(clause_of(part, line) for part in parts))
        case _:
            return leaf(node, line)
