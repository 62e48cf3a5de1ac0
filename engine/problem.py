"""A problem of a policy file: where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps the whole set from loading, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem at line and column, both from 1. `file` is empty where it is about the whole set; `code` is a kebab word."""

    file: str
    line: int
    col: int
    severity: Severity
    code: str
    message: str
    hint: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong and what to do."""
        return f"{self.message}; {self.hint}" if self.hint else self.message
