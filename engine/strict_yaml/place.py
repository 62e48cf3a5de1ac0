"""Where things stand in a text: lines and columns, and the characters of a YAML scalar of any style."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass

Pairs = Iterator[tuple[str, int]]
"""Characters of a scalar's value, each with the index in the text of the character that it comes from."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line and a column, both counted from 1, in characters."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar as it was read: its value, its style ('' plain, ' or " quoted, | literal, > folded), where it starts and ends."""

    value: str
    style: str
    start: int
    end: int


def place_of(text: str, index: int) -> Place:
    """The line and column of a character of a text."""
    return Place(text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1)


def inside(text: str, scalar: Scalar, offset: int) -> Place:
    """Where character `offset` of a scalar's value stands; just behind the last one where there is none."""
    if not scalar.value:
        return place_of(text, scalar.start)
    pairs = list(_pairs(text, scalar))
    if "".join(character for character, _ in pairs) != scalar.value:
        return place_of(text, scalar.start)  # a layout this module does not follow: the scalar's start is still true
    if offset < len(pairs):
        return place_of(text, pairs[offset][1])
    return place_of(text, pairs[-1][1] + 1)


def _pairs(text: str, scalar: Scalar) -> Pairs:
    if scalar.style == "|":
        return _literal(text, scalar)
    if scalar.style == ">":
        return _folded(text, scalar)
    return _flow(text, scalar)


# Block scalars: | and >


def _block_lines(text: str, start: int) -> Iterator[tuple[str, int]]:
    """The lines below a block scalar's header, without their line breaks, and the index of each one's first character."""
    at = text.find("\n", start) + 1
    while 0 < at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield text[at:end].removesuffix("\r"), at
        at = end + 1


def _literal(text: str, scalar: Scalar) -> Pairs:
    """Line by line: a line of the value is the end of a line of the text."""
    lines = scalar.value.split("\n")
    for number, (line, (raw, at)) in enumerate(zip(lines, _block_lines(text, scalar.start), strict=False)):
        indent = len(raw) - len(line)
        yield from ((character, at + max(indent, 0) + step) for step, character in enumerate(line))
        if number + 1 < len(lines):
            yield "\n", at + len(raw)


def _folded(text: str, scalar: Scalar) -> Pairs:
    """Each line's own characters come in order; between them stand a folded blank or line breaks."""
    value, at, last, indent = scalar.value, 0, scalar.start, -1
    end = len(value.rstrip("\n"))
    for raw, begin in _block_lines(text, scalar.start):
        if at >= end:
            break
        if not raw.strip(" "):
            continue
        gap = _gap(value, at)
        yield from ((character, last) for character in value[at:gap])
        if indent < 0:
            indent = _blanks(raw) - _blanks(value[gap : gap + len(raw)])
        own = raw[indent:]
        yield from ((character, begin + indent + step) for step, character in enumerate(own))
        at, last = gap + len(own), begin + len(raw)
    yield from ((character, last) for character in value[at:])


def _gap(value: str, at: int) -> int:
    """Behind the line breaks that begin at `at`, or behind the one blank that a single break folds to."""
    behind = at
    while value[behind : behind + 1] == "\n":
        behind += 1
    return behind if behind > at or at == 0 else at + 1


def _blanks(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


# Flow scalars: plain, ' and "

ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
NAMED = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
BREAK = re.compile(r"[ \t]*(?:\r?\n[ \t]*)+")


def _flow(text: str, scalar: Scalar) -> Pairs:
    """Character by character: line breaks fold, quotes escape."""
    quote = len(scalar.style)
    at, end = scalar.start + quote, scalar.end - quote
    while at < end:
        broken = BREAK.match(text, at, end)
        if broken:
            count = broken.group().count("\n")
            yield from (("\n", broken.start()) for _ in range(count - 1))
            if count == 1:
                yield " ", broken.start()
            at = broken.end()
        elif scalar.style == "'" and text[at] == "'":
            yield "'", at
            at += 2
        elif scalar.style == '"' and text[at] == "\\":
            at = yield from _escape(text, at, end)
        else:
            yield text[at], at
            at += 1


def _escape(text: str, at: int, end: int) -> Generator[tuple[str, int], None, int]:
    """One escape of a double-quoted scalar; returns the index behind it. An escaped line break joins without a blank."""
    if text[at + 1] in "\r\n":
        joined = BREAK.match(text, at + 1, end)
        behind = joined.end() if joined else end
        yield from (("\n", at) for _ in range(text.count("\n", at, behind) - 1))
        return behind
    match = ESCAPE.match(text, at, end)
    written = match.group()[1:] if match else ""
    yield NAMED[written] if len(written) == 1 else chr(int(written[1:], 16)), at
    return at + 1 + len(written)
