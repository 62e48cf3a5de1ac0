"""What can be wrong with a file before anyone asks what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.strict_yaml.place import Place


@dataclass(frozen=True, slots=True, order=True)
class YAMLProblem:
    """One fault, where it stands, and what to do."""

    place: Place
    message: str
    hint: str = ""


class YAMLError(ValueError):
    """A text that is not the YAML we take, with every problem found before reading had to stop."""

    def __init__(self, problems: Sequence[YAMLProblem]) -> None:
        super().__init__("; ".join(f"{problem.place}: {problem.message}" for problem in problems))
        self.problems = tuple(sorted(problems))
