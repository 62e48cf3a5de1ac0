"""The `fields` parameter: which parts of an answer are sent. A mask that names what the schema does not have is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.gcp.documents import Document
from demo.gcp.refusals import Violation

Tree = dict[str, "Tree"]
"""Field name (or `*`) -> what is wanted of it; empty for all of it."""


def cut(answer: Any, text: str, document: Document, schema: str) -> Any:
    """The parts of an answer that a mask names. Violation when it names something unknown."""
    tree, rest = _read(text)
    if rest:
        raise _bad(text)
    _check(tree, {"$ref": schema}, document, text)
    return _cut(answer, tree)


def _read(text: str) -> tuple[Tree, str]:
    """A list of paths and what follows it: `a,b/c,d(e,f)`."""
    tree: Tree = {}
    while True:
        text = _path(text, tree)
        if not text.startswith(","):
            return tree, text
        text = text[1:]


def _path(text: str, tree: Tree) -> str:
    end = next((at for at, sign in enumerate(text) if sign in ",()/"), len(text))
    name, text = text[:end], text[end:]
    if not name:
        raise _bad(name + text)
    below = tree.setdefault(name, {})
    if text.startswith("/"):
        return _path(text[1:], below)
    if text.startswith("("):
        inner, text = _read(text[1:])
        if not text.startswith(")"):
            raise _bad(text)
        below |= inner
        return text[1:]
    return text


def _check(tree: Tree, schema: Mapping[str, Any], document: Document, text: str) -> None:
    while "$ref" in schema or schema.get("type") == "array":
        schema = document.schemas[schema["$ref"]] if "$ref" in schema else schema["items"]
    for name, below in tree.items():
        other = schema.get("additionalProperties")
        part = (other or {}) if name == "*" else schema.get("properties", {}).get(name, other)
        if part is None:
            raise _bad(name, text)
        if below:
            _check(below, part, document, text)


def _cut(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_cut(item, tree) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "*" in tree:
        return {name: _cut(item, tree["*"]) for name, item in value.items()}
    return {name: _cut(value[name], below) for name, below in tree.items() if name in value}


def _bad(part: str, text: str = "") -> Violation:
    return Violation(400, "invalidParameter", f"Invalid field selection {part}" + (f" in {text}" if text else ""))
