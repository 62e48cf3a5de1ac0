"""Strict YAML with positions: one document of mappings, lists and scalars, built straight from the parser's events.

Nothing is composed by the YAML library, so an alias is refused when it is read and never followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from engine.strict_yaml.complaint import complaint
from engine.strict_yaml.place import Place, Scalar, inside, place_of
from engine.strict_yaml.problem import YAMLError, YAMLProblem
from engine.strict_yaml.scalars import AMBIGUOUS, plain

Path = tuple[str | int, ...]

LARGEST = 256 * 1024
"""Bytes of UTF-8 of one file."""
DEEPEST = 20
MOST_NODES = 20_000
MOST_PROBLEMS = 100
"""A file with more is broken as a whole; reading stops."""

STRANGE = re.compile(
    "[^\t\n\r -~\xa0-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\r(?!\n)"
)
"""Control characters, line breaks other than LF and CRLF, byte order marks, and the marks that turn the direction of writing."""


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document: its data, and the events that tell where every key and value of it stands."""

    text: str
    data: Any
    values: Mapping[Path, yaml.Event]
    keys: Mapping[Path, yaml.Event]

    def value(self, path: Path) -> Place:
        """Where a value starts; for a path that is not there, the nearest thing around it."""
        while path not in self.values:
            path = path[:-1]
        return _start(self.values[path])

    def key(self, path: Path) -> Place:
        """Where the key of a value stands; for items of lists the value itself."""
        return _start(self.keys[path]) if path in self.keys else self.value(path)

    def is_plain(self, path: Path) -> bool:
        """Whether a value is a scalar that was written without quotes."""
        event = self.values.get(path)
        return isinstance(event, yaml.ScalarEvent) and not event.style

    def inside(self, path: Path, offset: int) -> Place:
        """Where a character of a scalar stands, whatever its style."""
        event = self.values[path]
        if not isinstance(event, yaml.ScalarEvent) or event.start_mark is None or event.end_mark is None:
            return self.value(path)
        scalar = Scalar(event.value, event.style or "", event.start_mark.index, event.end_mark.index)
        return inside(self.text, scalar, offset)


def read(text: str) -> Document | None:
    """The one document of a file; None where there are only comments. Raises YAMLError with its problems."""
    text = text.removeprefix("\ufeff")
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise _refusal(Place(1, 1), f"the file is larger than {LARGEST // 1024} KB", "split it into several files")
    strange = STRANGE.search(text)
    if strange:
        message = f"the character U+{ord(strange.group()):04X} can hide what a file says"
        raise _refusal(place_of(text, strange.start()), message, "remove it")
    if len(text) > MOST_NODES:
        _count(text)
    return _Reader(text).document()


def _refusal(place: Place, message: str, hint: str) -> YAMLError:
    return YAMLError([YAMLProblem(place, message, hint)])


def _count(text: str) -> None:
    """Refuses too many values in a third of the time that building them would take. Other faults wait for the reader."""
    nodes = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            nodes += isinstance(event, yaml.NodeEvent)
            if nodes > MOST_NODES:
                raise _refusal(_start(event), f"the file has more than {MOST_NODES} values", "split it into several files")
    except yaml.MarkedYAMLError:
        return


class _Stop(Exception):
    """Reading cannot go on."""


class _Reader:
    """Builds one document from events, collecting problems and positions on the way."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._problems: list[YAMLProblem] = []
        self._values: dict[Path, yaml.Event] = {}
        self._keys: dict[Path, yaml.Event] = {}

    def document(self) -> Document | None:
        """Everything, or YAMLError."""
        data: Any = None
        try:
            data = self._stream()
        except yaml.MarkedYAMLError as error:
            self._problems.append(complaint(self._text, error))
        except _Stop:
            pass
        if self._problems:
            raise YAMLError(self._problems)
        return Document(self._text, data, self._values, self._keys) if self._values else None

    def _stream(self) -> Any:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        data = self._node(next(self._events), (), 1)
        next(self._events)  # the document's end
        event = next(self._events)
        if isinstance(event, yaml.DocumentStartEvent):
            self._refuse(event, "a second document begins here", "put each document into a file of its own")
        return data

    def _refuse(self, event: yaml.Event, message: str, hint: str) -> None:
        self._problems.append(YAMLProblem(_start(event), message, hint))
        if len(self._problems) >= MOST_PROBLEMS:
            raise _Stop

    def _node(self, event: yaml.Event, path: Path, depth: int) -> Any:
        """The value that begins with `event`."""
        if depth > DEEPEST:
            self._refuse(event, f"values nest deeper than {DEEPEST} levels here", "no document needs that")
            raise _Stop
        self._values[path] = event
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.CollectionStartEvent):
            if event.anchor is not None or event.tag is not None:
                self._refuse_mark(event, event.anchor)
            return self._sequence(path, depth) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path, depth)
        self._refuse(event, "aliases are not allowed", "write the value out; put an expression that begins with * in quotes")
        return None

    def _refuse_mark(self, event: yaml.Event, anchor: str | None) -> None:
        what = "a leading '!' as a tag" if anchor is None else "a leading '&' as an anchor"
        self._refuse(event, f"YAML reads {what}", "put an expression in quotes or below '|'; anchors and tags are not allowed")

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        if event.anchor is not None or event.tag is not None:
            self._refuse_mark(event, event.anchor)
        elif not event.style:
            if event.value in AMBIGUOUS:
                message = f"{event.value} is a truth to some YAML readers and a text to others"
                self._refuse(event, message, f'write true or false, or "{event.value}"')
            return plain(event.value)
        return event.value

    def _sequence(self, path: Path, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items)), depth + 1))
        return items

    def _mapping(self, path: Path, depth: int) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path, depth)
            inner = (*path, key)
            if inner in self._keys:
                first = _start(self._keys[inner]).line
                self._refuse(event, f"the key {key!r} stands here a second time", f"its first place is line {first}; keep one")
            self._keys.setdefault(inner, event)
            items[key] = self._node(next(self._events), inner, depth + 1)
        return items

    def _key(self, event: yaml.Event, path: Path, depth: int) -> str:
        """A key, which must be text."""
        key = self._node(event, (*path, ""), depth + 1)
        if isinstance(event, yaml.ScalarEvent):
            if key == "<<" and not event.style:
                self._refuse(event, "merge keys are not allowed", "write the keys out")
            elif not isinstance(key, str) and event.tag is None:
                self._refuse(event, f"the key {event.value or '(nothing)'} is not text", f'write "{event.value}"')
            return str(event.value)
        self._refuse(event, "a key must be text", "put it in quotes")
        return ""


def _start(event: yaml.Event) -> Place:
    mark = event.start_mark
    return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)
