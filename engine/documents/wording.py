"""How messages name places and values of a document."""

from __future__ import annotations

from typing import Any

from engine.strict_yaml import Path

WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}

LONGEST_SHOWN = 60


def dotted(path: Path) -> str:
    """`spec.accounts[0].mode`; empty for the document itself."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def shown(value: Any) -> str:
    """A value in a message: short, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…")
    return str(value) if isinstance(value, int | float) else found(value)


def found(value: Any) -> str:
    """What sort of value stands there."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else ("a text" if isinstance(value, str) else "a number")
