"""What Custodian's value filter answers for one concrete value of a resource. Facts of release 0.9.53, checked against it by
tests/engine/custodian: a missing value is None there, and takes part in comparisons."""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT, PRESENT, NOT_NULL, EMPTY = "absent", "present", "not-null", "empty"
WORDS = (ABSENT, PRESENT, NOT_NULL, EMPTY)
"""Values that ask for presence. Each also equals a value that reads the same, as in a tag whose value is the word `absent`."""

SAME: Mapping[str, str] = {
    "equal": "eq",
    "not-equal": "ne",
    "greater-than": "gt",
    "gte": "ge",
    "less-than": "lt",
    "lte": "le",
}
"""Other spellings of operators. `ni` is not quite `not-in`: only the latter (and `in`) turns a missing value into ()."""

CONVERSIONS = ("", "integer", "float", "size")
"""The value types whose meaning is carried over here; age has a place of its own."""


@dataclass(frozen=True, slots=True)
class Test:
    """A value filter: operator ('' for equality as written without one), the value to compare with, the conversion."""

    __test__ = False

    op: str
    value: Any
    convert: str = ""

    @property
    def is_equal(self) -> bool:
        """Whether it asks for the very value."""
        return self.op in ("", "eq")


def _matched(flags: int) -> Callable[[Any, Any], bool]:
    return lambda found, pattern: isinstance(found, str) and re.match(pattern, found, flags) is not None


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "in": lambda found, wanted: found in wanted,
    "ni": lambda found, wanted: found not in wanted,
    "not-in": lambda found, wanted: found not in wanted,
    "contains": operator.contains,
    "glob": lambda found, pattern: isinstance(found, str) and fnmatch.fnmatchcase(found, pattern),
    "regex": _matched(re.IGNORECASE),
    "regex-case": _matched(0),
}


def holds(test: Test, found: Any) -> bool:
    """Whether the filter lets through a resource with this value (None where it has none)."""
    if test.op in ("in", "not-in") and found is None:
        found = ()
    found = _converted(test.convert, found)
    if (found is None and test.value == ABSENT) or (found is not None and test.value == PRESENT):
        return True
    if (test.value == NOT_NULL and found) or (test.value == EMPTY and not found):
        return True
    if not test.op:
        return bool(found == test.value)
    try:
        return bool(OPERATORS[test.op](found, test.value))
    except TypeError:
        return False


def _converted(convert: str, found: Any) -> Any:
    """The value as its value type makes it: what is no number counts as 0, and so does what has no length."""
    if convert == "size":
        return len(found) if isinstance(found, str | list | tuple | dict) else 0
    if convert not in ("integer", "float"):
        return found
    try:
        return int(str(found).strip()) if convert == "integer" else float(str(found).strip())
    except ValueError:
        return 0
