"""`resource` and `when`: which resources a document speaks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from engine.condition import Condition, ConditionError, ConditionProblem, compile_condition, tables_of, wildcard_table
from engine.documents.draft import Draft, World, many
from engine.model import Field
from engine.policy import Line, Selection
from engine.strict_yaml import Path
from engine.suggest import did_you_mean

Tables = tuple[Sequence[Mapping[str, Field]], Sequence[str]]
"""Field tables and their names for messages."""

RESOURCE: Path = ("spec", "resource")
WHEN: Path = ("spec", "when")


def select(draft: Draft, world: World) -> Selection:
    """The kinds and the compiled condition of a document, with problems where they do not fit each other."""
    patterns = many(draft.spec.get("resource"))
    kinds = frozenset[str]().union(*(_matched(draft, world, patterns, index) for index in range(len(patterns))))
    when = condition(draft, _tables(patterns, kinds, world)) if "when" in draft.spec else None
    return Selection(kinds=kinds, when=when, lines=lines(draft))


def matching(pattern: str, world: World) -> frozenset[str]:
    """The kinds that a name or a pattern means."""
    return frozenset(name for name in world.kinds if fnmatchcase(name, pattern))


def _matched(draft: Draft, world: World, patterns: Sequence[str], index: int) -> frozenset[str]:
    found = matching(patterns[index], world)
    if not found:
        unknown_kind(draft, world, patterns[index], _item(draft, RESOURCE, index))
    return found


def unknown_kind(draft: Draft, world: World, name: str, path: Path) -> None:
    """Tell that nothing is called so."""
    hint = did_you_mean(name, world.kinds) or "`sexton kinds` lists them"
    draft.error("reference", path, f"there is no kind of resource {name!r}", hint)


def _tables(patterns: Sequence[str], kinds: frozenset[str], world: World) -> Tables:
    """What the condition may name: the common fields for a pattern, else what all of the listed kinds have."""
    wild = [pattern for pattern in patterns if not pattern.replace(".", "").replace("_", "").isalnum()]
    if wild:
        return [wildcard_table(kinds or world.kinds)], [wild[0]]
    listed = sorted(kinds)
    return tables_of(world.kinds[name] for name in listed), listed


def lines(draft: Draft) -> tuple[Line, ...]:
    """The lines of `when` and where they stand."""
    texts = many(draft.spec.get("when"))
    places = [draft.source.inside(_item(draft, WHEN, index), 0) for index in range(len(texts))]
    return tuple(Line(text=text, line=at.line, column=at.column) for text, at in zip(texts, places, strict=True))


def condition(draft: Draft, tables: Tables) -> Condition | None:
    """The compiled `when`; None and problems where it cannot be."""
    try:
        return compile_condition(many(draft.spec["when"]), *tables)
    except ConditionError as error:
        for problem in error.problems:
            _tell(draft, problem)
        return None


def _tell(draft: Draft, problem: ConditionProblem) -> None:
    path = _item(draft, WHEN, problem.line_index)
    hint = problem.hint
    if "no closing quote" in problem.message and draft.source.is_plain(path) and _cut(draft, path):
        hint = "YAML takes ' #' for the start of a comment: put the whole line in quotes"
    draft.problem("condition", draft.source.inside(path, problem.offset), problem.message, hint)


def _cut(draft: Draft, path: Path) -> bool:
    """Whether a comment follows on the line where a scalar begins."""
    return " #" in draft.source.text.split("\n")[draft.source.value(path).line - 1]


def _item(draft: Draft, path: Path, index: int) -> Path:
    """The path of one of several, or of the only one."""
    return path if isinstance(draft.spec[str(path[-1])], str) else (*path, index)
