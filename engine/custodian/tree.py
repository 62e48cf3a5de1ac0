"""Custodian's files as a tree with places. They are YAML 1.1 with anchors, which ours are not: people keep `vars:` in them.

Anchors and merge keys are followed by sharing the part that they name, never by copying it, and a file whose aliases would
unfold to more values than a large file can hold is refused before anything walks over them. Plain values mean what Custodian's
own reader takes them for (`yes` is true there).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import Resolver

from engine.strict_yaml.place import place_of
from engine.strict_yaml.reader import DEEPEST, LARGEST, MOST_NODES, STRANGE

LONGEST_NUMBER = 64
"""Characters of a number or date: longer ones only exist to make a reader busy."""

MERGE = "<<"
TYPED = ("bool", "int", "float", "null", "timestamp")


class Unreadable(ValueError):
    """A file that is no readable Custodian file: one sentence with its place."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the line where it is written (for an alias: where the anchor is)."""

    value: Any
    """A text, number, truth, date or None; a list of Nodes; a mapping of texts to Nodes."""
    line: int
    size: int = 1
    """How many values it unfolds to."""
    depth: int = 1

    @property
    def data(self) -> Any:
        """The plain value, without places."""
        if isinstance(self.value, list):
            return [item.data for item in self.value]
        if isinstance(self.value, dict):
            return {key: item.data for key, item in self.value.items()}
        return self.value

    def get(self, key: str) -> Any:
        """The plain value of a key of a mapping; None where there is none."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found.data if found is not None else None


def read(file: str, text: str) -> Node:
    """The one document of a file. Raises Unreadable."""
    text = text.removeprefix("\ufeff")
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise Unreadable(f"{file} is larger than {LARGEST // 1024} KB; split it into several files")
    strange = STRANGE.search(text)
    if strange:
        place = place_of(text, strange.start())
        raise Unreadable(f"{file}:{place}: the character U+{ord(strange.group()):04X} can hide what a file says; remove it")
    try:
        return _Builder(file, yaml.parse(text, Loader=yaml.CSafeLoader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(f"{file}:{line}: this is not YAML: {error.problem or error.context}") from None


class _Builder:
    """Builds the tree from the parser's events: no object of the file's choosing is ever made."""

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self._file = file
        self._events = events
        self._anchors: dict[str, Node | None] = {}
        self._constructor = SafeConstructor()

    def document(self) -> Node:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise Unreadable(f"{self._file} holds nothing")
        node = self._node(next(self._events), 1)
        next(self._events)  # the document's end
        event = next(self._events)
        if isinstance(event, yaml.DocumentStartEvent):
            raise self._refusal(event, "a second document begins here; Custodian reads one from a file")
        return node

    def _refusal(self, event: yaml.Event, message: str) -> Unreadable:
        return Unreadable(f"{self._file}:{_line(event)}: {message}")

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if depth > DEEPEST:
            raise self._refusal(event, f"values nest deeper than {DEEPEST} levels here")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            raise self._refusal(event, "this is not YAML")
        if event.tag is not None and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
            raise self._refusal(event, f"the YAML tag {event.tag} is not followed; write the value out")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node = self._built(event, depth)
        if node.size > MOST_NODES:
            raise self._refusal(event, f"with its aliases unfolded the file has more than {MOST_NODES} values")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _built(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return Node(self._scalar(event), _line(event))
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, depth)
        return self._mapping(event, depth)

    def _alias(self, event: yaml.AliasEvent, depth: int) -> Node:
        if event.anchor not in self._anchors:
            raise self._refusal(event, f"there is no anchor &{event.anchor} before this alias")
        node = self._anchors[event.anchor]
        if node is None:
            raise self._refusal(event, f"the alias *{event.anchor} stands inside its own anchor: that never ends")
        if depth + node.depth - 1 > DEEPEST:
            raise self._refusal(event, f"values nest deeper than {DEEPEST} levels here")
        return node

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        if event.style or event.tag == "!":
            return event.value
        tag = _sort(event.value)
        if tag not in TYPED:
            return event.value
        if len(event.value) > LONGEST_NUMBER:
            raise self._refusal(event, f"a number or date has at most {LONGEST_NUMBER} characters; put ids in quotes")
        node = yaml.ScalarNode(f"tag:yaml.org,2002:{tag}", event.value)
        try:
            return self._typed(node)
        except (ConstructorError, ValueError, OverflowError):
            raise self._refusal(event, f"{event.value} looks like a {tag} and is none; put it in quotes") from None

    def _typed(self, node: yaml.ScalarNode) -> Any:
        value = self._constructor.construct_object(node)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(node.value)
        return value

    def _sequence(self, event: yaml.Event, depth: int) -> Node:
        items: list[Node] = []
        size = 1
        while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(inner, depth + 1))
            size = self._grown(inner, size, items[-1])
        return Node(items, _line(event), size, 1 + max((item.depth for item in items), default=0))

    def _grown(self, event: yaml.Event, size: int, item: Node) -> int:
        """Checked at every item, so that nobody has to wait for the end of what is too large."""
        if size + item.size > MOST_NODES:
            raise self._refusal(event, f"with its aliases unfolded the file has more than {MOST_NODES} values")
        return size + item.size

    def _mapping(self, event: yaml.Event, depth: int) -> Node:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        size = 1
        while not isinstance(inner := next(self._events), yaml.MappingEndEvent):
            key = self._key(inner)
            value = self._node(next(self._events), depth + 1)
            size = self._grown(inner, size, value)
            if key is None:
                merged = {**self._merged(inner, value), **merged}
            elif key in own:
                raise self._refusal(inner, f"the key {key!r} stands here a second time; Custodian would take the last in silence")
            else:
                own[key] = value
        items = {**merged, **own}
        return Node(items, _line(event), size, 1 + max((item.depth for item in items.values()), default=0))

    def _key(self, event: yaml.Event) -> str | None:
        """A key as text; None for a merge key."""
        if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None or event.tag is not None:
            raise self._refusal(event, "a key must be plain text")
        if event.value == MERGE and not event.style:
            return None
        return str(event.value)

    def _merged(self, event: yaml.Event, value: Node) -> Mapping[str, Node]:
        """What `<<` brings in: one mapping, or several of which the first counts."""
        parts = value.value if isinstance(value.value, list) else [value]
        found: dict[str, Node] = {}
        for part in reversed(parts):
            if not isinstance(part.value, dict):
                raise self._refusal(event, "only mappings can be merged with <<")
            found |= part.value
        return found


def _sort(text: str) -> str:
    """What YAML 1.1 takes a plain scalar for: the first of its resolvers that fits."""
    resolvers: Sequence[tuple[str, re.Pattern[str]]] = Resolver.yaml_implicit_resolvers.get(text[:1], ())
    return next((tag.rpartition(":")[2] for tag, pattern in resolvers if pattern.match(text)), "str")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def is_date(value: Any) -> bool:
    """Whether Custodian's reader makes a date of it."""
    return isinstance(value, date)
