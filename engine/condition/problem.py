"""What can be wrong with a condition, as values for the loader and as the exceptions that carry them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class ConditionProblem:
    """One fault of a condition: which line (0-based), at which character of it, what is wrong, and what to do."""

    line_index: int
    offset: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class ConditionError(ValueError):
    """A condition that cannot be compiled, with every problem that was found in it."""

    def __init__(self, problems: Sequence[ConditionProblem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(sorted(problems))


class Fault(Exception):
    """A problem of one expression while it is being read or checked: the line is not known there yet."""

    def __init__(self, message: str, offset: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint

    def on_line(self, index: int) -> ConditionProblem:
        """The problem that this fault is, in line `index` of the condition."""
        return ConditionProblem(index, self.offset, self.message, self.hint)


class UnknownField(Fault):
    """A name that the field table of one kind does not have."""

    def __init__(self, name: str, offset: int, hint: str = "") -> None:
        super().__init__(f"unknown field {name!r}", offset, hint)
        self.name = name
