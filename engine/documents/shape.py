"""Whether a document has the shape of its kind: the keywords of JSON Schema that engine/schema/*.json use, in our own words.

The schemas are written for editors; a library that reads all of draft-07 takes longer to import than everything else that
`sexton validate` does, and words its errors for programmers. tests/engine/load compares the verdicts with that library's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from engine.documents.wording import WORDS, dotted, found, shown
from engine.strict_yaml import Path
from engine.suggest import did_you_mean, nearest

Schema = Mapping[str, Any]

TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One fault of shape. `path` leads to the value, or (`on_key`) to what is called by a key that should not be there."""

    path: Path
    message: str
    hint: str = ""
    on_key: bool = False
    code: str = "schema"
    missing: bool = False
    """Whether something should be in the value, which is itself right."""


@cache
def schema_of(kind: str) -> Schema:
    """The JSON Schema of a document kind."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()
    text = resources.files("engine.schema").joinpath(f"{name}.json").read_text(encoding="utf-8")
    schema: Schema = json.loads(text)
    return schema


def wrongs(kind: str, data: Any) -> list[Wrong]:
    """Everything that keeps data from being a document of a kind."""
    schema = schema_of(kind)
    return list(_Shape(schema.get("definitions", {})).check(schema, data, ()))


class _Shape:
    """A walk over data and schema together."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions

    def _resolve(self, schema: Schema) -> Schema:
        reference = schema.get("$ref")
        return schema if reference is None else self._definitions[reference.removeprefix("#/definitions/")]

    def check(self, schema: Schema, value: Any, path: Path) -> Iterator[Wrong]:
        """What is wrong with one value and everything in it."""
        schema = self._resolve(schema)
        if "const" in schema and value != schema["const"]:
            yield Wrong(path, f"{dotted(path)} is {shown(value)}, not {schema['const']!r}", f"write {schema['const']}")
            return
        if not _has_type(schema, value):
            yield _wrong_type(schema, _types(schema), value, path)
        elif isinstance(value, dict):
            yield from self._mapping(schema, value, path)
        elif isinstance(value, list):
            yield from self._list(schema, value, path)
        elif isinstance(value, str):
            yield from _text(schema, value, path)
        else:
            yield from _number(schema, value, path)

    def _mapping(self, schema: Schema, value: Mapping[str, Any], path: Path) -> Iterator[Wrong]:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        strangers = [] if others is not False else [key for key in value if key not in properties]
        for key in strangers:
            yield _stranger(key, properties, path)
        meant = {nearest(key, properties) for key in strangers}
        for key in schema.get("required", ()):
            if key not in value and key not in meant:
                yield _missing(key, {**properties[key], **self._resolve(properties[key])}, path)
        yield from _size(schema, value, path, "Properties")
        for key, inner in value.items():
            if key in properties or isinstance(others, dict):
                yield from self.check(properties.get(key, others), inner, (*path, key))

    def _list(self, schema: Schema, value: list[Any], path: Path) -> Iterator[Wrong]:
        yield from _size(schema, value, path, "Items")
        if schema.get("uniqueItems"):
            yield from _twice(value, path)
        for index, item in enumerate(value):
            yield from self.check(schema.get("items", {}), item, (*path, index))


def _types(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else types


def _has_type(schema: Schema, value: Any) -> bool:
    types = schema.get("type")
    if types is None:
        return True
    return TYPES[types](value) if isinstance(types, str) else any(TYPES[name](value) for name in types)


def _stranger(key: str, properties: Iterable[str], path: Path) -> Wrong:
    hint = did_you_mean(key, properties) or f"{dotted(path) or 'a document'} takes {', '.join(properties) or 'no keys'}"
    return Wrong((*path, key), f"unknown key {key!r}", hint, on_key=True)


def _missing(key: str, schema: Schema, path: Path) -> Wrong:
    if "x-missing" in schema:
        code, message, hint = schema["x-missing"]
        return Wrong(path, message, hint, on_key=True, code=code, missing=True)
    examples = schema.get("examples", [schema["const"]] if "const" in schema else [])
    hint = f"add {key}: {_example(examples[0])}" if examples else f"add {key}"
    return Wrong(path, f"{dotted(path) or 'the document'} has no {key!r}", hint, on_key=True, missing=True)


def _example(example: Any) -> str:
    return f"[{', '.join(str(item) for item in example)}]" if isinstance(example, list) else str(example)


def _wrong_type(schema: Schema, types: list[str], value: Any, path: Path) -> Wrong:
    where = dotted(path) or "the document"
    if value is None:
        hint = "write a value or leave the key out; a value that begins with # wants quotes"
        return Wrong(path, f"{where} has no value", hint)
    if schema.get("title") == "expression":
        parsed = "put the whole line in quotes: YAML reads ': ', [ and { itself"
        hint = parsed if isinstance(value, dict | list) else _write(schema)
        return Wrong(path, f"{where} must be an expression, not {found(value)}", hint)
    if "string" in types and isinstance(value, int | float) and re.search(schema.get("pattern", ""), str(value)):
        return Wrong(path, f"{where} is a number here, but must be a text", f'put it in quotes: "{shown(value)}"')
    return Wrong(path, f"{where} must be {' or '.join(WORDS[name] for name in types)}, not {found(value)}", _write(schema))


def _write(schema: Schema) -> str:
    examples = schema.get("examples", [])
    return f"write {' or '.join(_example(example) for example in examples)}" if examples else ""


def _text(schema: Schema, value: str, path: Path) -> Iterator[Wrong]:
    title = schema.get("title", "text")
    if "enum" in schema and value not in schema["enum"]:
        near = did_you_mean(value, schema["enum"])
        yield Wrong(path, f"{dotted(path)}: {shown(value)} is no {title}; it is one of {', '.join(schema['enum'])}", near)
    elif len(value) < schema.get("minLength", 0):
        yield Wrong(path, f"{dotted(path)} is empty", "write a text or leave the key out")
    elif "pattern" in schema and not re.search(schema["pattern"], value):
        yield Wrong(path, f"{dotted(path)}: {shown(value)} is no {title}", _write(schema))


def _number(schema: Schema, value: float, path: Path) -> Iterator[Wrong]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and value < least:
        yield Wrong(path, f"{dotted(path)} is {shown(value)}, but at least {least} is needed")
    if most is not None and value > most:
        yield Wrong(path, f"{dotted(path)} is {shown(value)}, but {most} is the most")


def _size(schema: Schema, value: Mapping[str, Any] | list[Any], path: Path, of: str) -> Iterator[Wrong]:
    what = "key" if of == "Properties" else "item"
    least, most = schema.get(f"min{of}", 0), schema.get(f"max{of}")
    if len(value) < least:
        yield Wrong(path, f"{dotted(path)} is empty", f"add a{'n' if what == 'item' else ''} {what} or leave it out")
    if most is not None and len(value) > most:
        yield Wrong(path, f"{dotted(path)} has {len(value)} {what}s, but {most} is the most")


def _twice(value: list[Any], path: Path) -> Iterator[Wrong]:
    for index, item in enumerate(value):
        if item in value[:index]:
            yield Wrong((*path, index), f"{dotted(path)} names {shown(item)} twice", "keep one")


def pruned(data: Any, faults: Iterable[Wrong]) -> Any:
    """The data without what is wrong in it, so that the rest can still be checked. Whole lists go: positions stay true."""
    paths = {_whole(fault.path) for fault in faults if not fault.missing}
    return _without(data, (), paths)


def _whole(path: Path) -> Path:
    """Up to the first list."""
    first = next((index for index, step in enumerate(path) if isinstance(step, int)), len(path))
    return path[:first]


def _without(data: Any, path: Path, gone: set[Path]) -> Any:
    if not isinstance(data, dict):
        return data
    return {key: _without(value, (*path, key), gone) for key, value in data.items() if (*path, key) not in gone}
