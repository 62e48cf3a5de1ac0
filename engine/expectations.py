"""Expectations of a PolicyTest, rewritten in its text: only the words that are wrong, so that comments and layout stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

Path = tuple[str | int, ...]

BELONGS = {"spared": "reason", "undecided": "missing"}
"""What a verdict says beside itself."""

BEHIND_COMMA = re.compile(r",[ \t]*(?:\r?\n[ \t]*)?\Z")
BEFORE_COMMA = re.compile(r"[ \t]*(?:\r?\n[ \t]*)?,[ \t]*")


class Uneditable(ValueError):
    """A layout in which nothing can be changed safely: a sentence for people."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an expectation shall say."""

    index: int
    """Which row of `expect`, from 0."""
    verdict: str
    reason: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Where a node stands in the text: its first character, the one behind its last, and whether it is written with braces."""

    start: int
    end: int
    flow: bool = False


Edit = tuple[int, int, str]


def rewrite(text: str, verdicts: Sequence[Verdict]) -> str:
    """The text with these expectations. It must be a PolicyTest that loads. Raises Uneditable."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix("\ufeff")
    values, keys = spans(body)
    edits = sorted(edit for verdict in verdicts for edit in _edits(body, verdict, values, keys))
    for start, end, new in reversed(edits):
        body = body[:start] + new + body[end:]
    return mark + body


def _edits(text: str, wanted: Verdict, values: Mapping[Path, Span], keys: Mapping[Path, Span]) -> Iterator[Edit]:
    """What must change in one row."""
    row: Path = ("spec", "expect", wanted.index)
    verdict = values[(*row, "verdict")]
    yield verdict.start, verdict.end, wanted.verdict
    for name in BELONGS.values():
        path = (*row, name)
        new = _written(wanted, name)
        if path in keys and new:
            yield values[path].start, values[path].end, new
        elif path in keys:
            yield _without(text, keys[path], values[path], flow=values[row].flow)
        elif new:
            yield _with(text, f"{name}: {new}", keys[(*row, "verdict")], verdict, flow=values[row].flow)


def _written(wanted: Verdict, name: str) -> str:
    """The new value of `reason` or `missing`; empty where the verdict has none."""
    if BELONGS.get(wanted.verdict) != name:
        return ""
    return wanted.reason if name == "reason" else f"[{', '.join(wanted.missing)}]"


def _with(text: str, pair: str, key: Span, verdict: Span, *, flow: bool) -> Edit:
    """A pair more, behind the verdict; in a block on a line of its own, below the verdict's comment."""
    if flow:
        return verdict.end, verdict.end, f", {pair}"
    line_end = text.find("\n", verdict.end)
    at = len(text) if line_end < 0 else line_end + 1
    indent = " " * (key.start - (text.rfind("\n", 0, key.start) + 1))
    return at, at, f"{'' if line_end >= 0 else chr(10)}{indent}{pair}\n"


def _without(text: str, key: Span, value: Span, *, flow: bool) -> Edit:
    """A pair less, with the comma or the line that it took."""
    if not flow:
        start = text.rfind("\n", 0, key.start) + 1
        end = text.find("\n", value.end)
        if text[start : key.start].strip():
            raise Uneditable("the row begins with what has to go: write `policy` first")
        return start, len(text) if end < 0 else end + 1, ""
    before = BEHIND_COMMA.search(text, 0, key.start)
    if before:
        return before.start(), value.end, ""
    after = BEFORE_COMMA.match(text, value.end)
    if after:
        return key.start, after.end(), ""
    raise Uneditable("a comment stands inside the braces: write the row on one line")


def spans(text: str) -> tuple[Mapping[Path, Span], Mapping[Path, Span]]:
    """Where every value and every key of a text stands, by path."""
    return _Spans(text).read()


class _Spans:
    """A walk over the parser's events."""

    def __init__(self, text: str) -> None:
        self._events = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._values: dict[Path, Span] = {}
        self._keys: dict[Path, Span] = {}

    def read(self) -> tuple[Mapping[Path, Span], Mapping[Path, Span]]:
        next(self._events)  # the stream's start
        next(self._events)  # the document's start
        self._node(next(self._events), ())
        return self._values, self._keys

    def _node(self, event: yaml.Event, path: Path) -> None:
        last = event
        if isinstance(event, yaml.SequenceStartEvent):
            last = self._sequence(path)
        elif isinstance(event, yaml.MappingStartEvent):
            last = self._mapping(path)
        flow = isinstance(event, yaml.CollectionStartEvent) and bool(event.flow_style)
        self._values[path] = _span(event, last, flow=flow)

    def _sequence(self, path: Path) -> yaml.Event:
        index = 0
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            self._node(event, (*path, index))
            index += 1
        return event

    def _mapping(self, path: Path) -> yaml.Event:
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            name = event.value if isinstance(event, yaml.ScalarEvent) else ""
            self._keys[(*path, name)] = _span(event, event)
            self._node(next(self._events), (*path, name))
        return event


def _span(first: yaml.Event, last: yaml.Event, *, flow: bool = False) -> Span:
    start, end = first.start_mark, last.end_mark
    return Span(start.index if start else 0, end.index if end else 0, flow)
