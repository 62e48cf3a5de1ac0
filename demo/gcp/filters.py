"""The `filter` of list methods: comparisons joined by AND (or a blank), OR, NOT and parentheses, and the older `eq` and `ne`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from demo.gcp.refusals import Refusal

Test = Callable[[Mapping[str, Any]], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<mark>[()])
      | (?P<word>AND|OR|NOT)\b
      | (?P<field>-?[\w.\-/]+?)\s*(?P<op>!=|>=|<=|=|:|<|>|\beq\b|\bne\b)\s*(?P<value>"[^"]*"|'[^']*'|[^\s()]+)
    )\s*""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a field with a value."""

    field: str
    op: str
    value: str

    def holds(self, thing: Mapping[str, Any]) -> bool:
        """Whether it holds for a resource."""
        found = _at(thing, self.field.split("."))
        if self.op == "!=":
            return not any(_equal(item, self.value) for item in found)
        return any(self._one(item) for item in found)

    def _one(self, found: Any) -> bool:
        if self.op == ":" and isinstance(found, Mapping):
            return self.value in found or (self.value == "*" and bool(found))
        if self.op == ":":
            return found not in (None, "", [], {}) and (self.value == "*" or self.value.lower() in _text(found).lower())
        if self.op in ("eq", "ne"):
            return bool(re.fullmatch(self.value, _text(found))) is (self.op == "eq")
        if self.op == "=":
            return _equal(found, self.value)
        return found is not None and _ordered(found, self.op, self.value)


def parse(text: str) -> Test:
    """A filter as a test. Refusal when it is not one."""
    if not text.strip():
        return lambda thing: True
    reader = _Reader(text, _tokens(text))
    test = reader.any_of()
    if reader.rest:
        raise _bad(text)
    return test


@dataclass(slots=True)
class _Reader:
    """Reads tokens from the left."""

    text: str
    rest: list[str | Comparison] = field(default_factory=list)

    def any_of(self) -> Test:
        tests = [self.all_of()]
        while self.rest and self.rest[0] == "OR":
            self.rest.pop(0)
            tests.append(self.all_of())
        return lambda thing: any(test(thing) for test in tests)

    def all_of(self) -> Test:
        tests = [self.one()]
        while self.rest and self.rest[0] not in ("OR", ")"):
            if self.rest[0] == "AND":
                self.rest.pop(0)
            tests.append(self.one())
        return lambda thing: all(test(thing) for test in tests)

    def one(self) -> Test:
        if not self.rest:
            raise _bad(self.text)
        token = self.rest.pop(0)
        if isinstance(token, Comparison):
            return token.holds
        if token == "NOT":
            inner = self.one()
            return lambda thing: not inner(thing)
        if token != "(":
            raise _bad(self.text)
        group = self.any_of()
        if not self.rest or self.rest.pop(0) != ")":
            raise _bad(self.text)
        return group


def _tokens(text: str) -> list[str | Comparison]:
    found: list[str | Comparison] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _bad(text)
        if match["field"]:
            name = match["field"]
            found += ["NOT"] if name.startswith("-") else []
            found.append(Comparison(name.lstrip("-"), match["op"], match["value"].strip("\"'")))
        else:
            found.append(match["mark"] or match["word"])
        at = match.end()
    return found


def _at(thing: Any, path: Sequence[str]) -> list[Any]:
    """The values at a path, through lists; [None] where there is none."""
    if not path:
        return list(thing) if isinstance(thing, list) else [thing]
    if isinstance(thing, list):
        return [value for item in thing for value in _at(item, path)]
    return _at(thing.get(path[0]), path[1:]) if isinstance(thing, Mapping) else [None]


def _equal(found: Any, wanted: str) -> bool:
    pattern = re.escape(wanted).replace(r"\*", ".*")
    return found is not None and re.fullmatch(pattern, _text(found)) is not None


def _text(found: Any) -> str:
    if isinstance(found, bool):
        return str(found).lower()
    return "" if found is None else str(found)


def _ordered(found: Any, op: str, wanted: str) -> bool:
    left, right = _comparable(str(found)), _comparable(wanted)
    if type(left) is not type(right):
        left, right = str(found), wanted
    return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[op])


def _comparable(text: str) -> Any:
    for read in (float, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _bad(text: str) -> Refusal:
    return Refusal(400, "invalid", f"Invalid value for field 'filter': '{text}'. Invalid list filter expression.")
