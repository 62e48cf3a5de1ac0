"""PolicyTest: resources in, expected verdicts out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from engine.condition import table_of
from engine.documents.draft import Draft, World
from engine.documents.selection import unknown_kind
from engine.documents.wording import shown
from engine.model import Field
from engine.policy import Expect, PolicyTest
from engine.strict_yaml import Path
from engine.suggest import did_you_mean

NOT_FIELDS = ("kind", "id", "unknown")
FITS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "double": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "tags": lambda value: isinstance(value, dict),
}


def build(draft: Draft, world: World) -> PolicyTest:
    """The value of a PolicyTest document. Policy files become paths from the root where they are found."""
    spec = draft.spec
    for index, row in enumerate(spec["resources"]):
        _row(draft, world, ("spec", "resources", index), row)
    files = tuple(_file(draft, world, index, path) for index, path in enumerate(spec["policies"]))
    _expectations(draft, world, files)
    return PolicyTest(
        meta=draft.meta(),
        policies=files,
        as_of=_moment(draft),
        resources=tuple(spec["resources"]),
        expect=tuple(_expect(draft, index, written) for index, written in enumerate(spec["expect"])),
    )


def _moment(draft: Draft) -> datetime:
    text: str = draft.spec["as_of"]
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        draft.error("schema", ("spec", "as_of"), f"{text} is not in the calendar", "write a moment such as 2026-11-01T00:00:00Z")
        return datetime.min.replace(tzinfo=UTC)


def _row(draft: Draft, world: World, path: Path, row: Mapping[str, Any]) -> None:
    """A resource's fields are those of its kind, with values of their types."""
    if row["kind"] not in world.kinds:
        unknown_kind(draft, world, row["kind"], (*path, "kind"))
        return
    table = table_of(world.kinds[row["kind"]])
    named = [((*path, name), name) for name in row if name not in NOT_FIELDS]
    named += [((*path, "unknown", index), name) for index, name in enumerate(row.get("unknown", ()))]
    for at, name in named:
        if name not in table:
            hint = did_you_mean(name, table)
            draft.problem("condition", draft.source.key(at), f"{row['kind']} has no field {name!r}", hint)
        elif at[-1] == name and not _fits(row[name], table[name]):
            draft.error(
                "schema", at, f"{name} is of type {table[name].type}, and {shown(row[name])} is not", _allowed(table[name])
            )


def _fits(value: Any, field: Field) -> bool:
    return FITS[field.type](value) and (not field.enum or value in field.enum)


def _allowed(field: Field) -> str:
    return f"write one of {', '.join(field.enum)}" if field.enum else "write such a value, or list the field under unknown"


def _file(draft: Draft, world: World, index: int, path: str) -> str:
    found = draft.lookup(path, world)
    if found is None and world.complete:
        hint = did_you_mean(path, world.files) or "write its path from this file"
        draft.error("reference", ("spec", "policies", index), f"there is no policy file {path!r}", hint)
    return found or path


def _expectations(draft: Draft, world: World, files: tuple[str, ...]) -> None:
    for index, written in enumerate(draft.spec["expect"]):
        for key, message, hint in _faults(draft, world, files, written):
            draft.error("reference", ("spec", "expect", index, key), message, hint)


def _faults(draft: Draft, world: World, files: tuple[str, ...], written: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, message and hint of everything that an expectation cannot mean."""
    ids = [row["id"] for row in draft.spec["resources"]]
    if written["id"] not in ids:
        yield "id", f"no resource of this test has the id {written['id']!r}", did_you_mean(written["id"], ids)
    tested = [name for name, file in world.policies.items() if file in files]
    if world.complete and written["policy"] not in tested:
        hint = did_you_mean(written["policy"], tested) or "list its file under policies"
        yield "policy", f"no file of this test holds the policy {written['policy']!r}", hint
    for key, verdict in (("reason", "spared"), ("missing", "undecided")):
        if key in written and written["verdict"] != verdict:
            yield (
                key,
                f"only what is {verdict} has a {key}" if key == "reason" else f"only what is {verdict} misses fields",
                "take it out",
            )


def _expect(draft: Draft, index: int, written: Mapping[str, Any]) -> Expect:
    return Expect(
        policy=written["policy"],
        id=written["id"],
        verdict=written["verdict"],
        reason=written.get("reason", ""),
        missing=tuple(written.get("missing", ())),
        line=draft.source.value(("spec", "expect", index)).line,
    )
