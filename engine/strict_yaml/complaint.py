"""The parser's own errors in our words."""

from __future__ import annotations

import re
from typing import Protocol

import yaml

from engine.strict_yaml.place import Place
from engine.strict_yaml.problem import YAMLProblem


class Mark(Protocol):
    """A position as libyaml counts it, from 0."""

    line: int
    column: int
    index: int


QUOTE = "put the value in quotes, or an expression below '|'"

MARKS = {
    "!": "YAML reads a leading '!' as a tag",
    "&": "YAML reads a leading '&' as an anchor",
    "*": "YAML reads a leading '*' as an alias",
}
"""What an expression that begins with such a character is to YAML."""

TOLD = {
    "mapping values are not allowed in this context": ("a ': ' inside a value begins a mapping", QUOTE),
    "did not find expected ',' or ']'": (
        "the list that opens with '[' ends in the middle of a value",
        "values with brackets or quotes want quotes",
    ),
    "did not find expected ',' or '}'": (
        "the mapping that opens with '{' ends in the middle of a value",
        "values with braces or quotes want quotes",
    ),
    "exceeded maximum nesting depth": ("values nest far too deep here", "no document needs that"),
    "did not find expected key": ("a key and a colon are expected here", "check the indentation of this line"),
    "did not find expected '-' indicator": ("a '-' is expected here", "check the indentation of this line"),
    "could not find expected ':'": ("a ':' is expected behind the key", "check the line before"),
    "found character that cannot start any token": ("no value begins with this character", QUOTE),
}
"""What libyaml says, and what it means to people."""


LEADING = re.compile(r"\s*(?:- +)*(?:[\w.-]+: +)?[\[{]?(?P<mark>[!&*])")
"""A line whose value begins with such a character: whatever libyaml stumbles over later, this is the cause."""


def complaint(text: str, error: yaml.MarkedYAMLError) -> YAMLProblem:
    """A problem with the place and the words that help most."""
    context, problem = error.context or "", error.problem or "this is not YAML"
    opened, at = error.context_mark, error.problem_mark or error.context_mark
    if at is None:
        return YAMLProblem(Place(1, 1), problem)
    line = text.split("\n")[at.line] if at.line <= text.count("\n") else ""
    leading = LEADING.match(line)
    if leading:
        return YAMLProblem(Place(at.line + 1, leading.start("mark") + 1), MARKS[leading["mark"]], QUOTE)
    if opened is not None and "quoted scalar" in context and "end of stream" in problem:
        return YAMLProblem(_place(opened), "the quote that opens here is never closed", "close it")
    if text[at.index : at.index + 1] == "\t":
        return YAMLProblem(_place(at), "a tab cannot indent", "use blanks")
    message, hint = TOLD.get(problem, (f"{context}: {problem}" if context else problem, "check the indentation and the quotes"))
    return YAMLProblem(_place(at), message, hint)


def _place(mark: Mark) -> Place:
    return Place(mark.line + 1, mark.column + 1)
