"""Workflow commands of GitHub Actions: annotations at lines of files. A message cannot end its command or begin another."""

from __future__ import annotations

from engine.wording import harmless

SHOWN = 10
"""GitHub shows so many annotations of each level for one step and drops the others without a word."""


def annotation(level: str, message: str, title: str, place: tuple[str, int, int] | None = None) -> str:
    """One annotation; `level` is notice, warning or error, `place` a file with line and column from 1 (column 0: none)."""
    properties: list[tuple[str, object]] = []
    if place:
        file, line, column = place
        properties = [("file", file), ("line", line), *((("col", column),) if column else ())]
    written = ",".join(f"{name}={_property(value)}" for name, value in (*properties, ("title", title)))
    return f"::{level} {written}::{_data(message)}"


def _data(text: str) -> str:
    """A message of a workflow command."""
    return harmless(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(value: object) -> str:
    """A property of a workflow command."""
    return _data(str(value)).replace(":", "%3A").replace(",", "%2C")
