"""Text to tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from engine.condition.problem import Fault


class Sort(StrEnum):
    """What a token is."""

    NUMBER = "number"
    TEXT = "text"
    NAME = "name"
    SIGN = "sign"
    END = "end"


SORTS = {str(sort): sort for sort in Sort}


@dataclass(frozen=True, slots=True)
class Token:
    """A token as written, and the offset of its first character."""

    sort: Sort
    text: str
    start: int

    def __str__(self) -> str:
        return "the end of the expression" if self.sort is Sort.END else repr(self.text)


TOKEN = re.compile(
    r"""
      (?P<number> [0-9]+ (?: \.[0-9]+ )? (?: [eE][+-]?[0-9]+ )? )
    | (?P<text> '(?:[^'\\\n\r]|\\.)*' | "(?:[^"\\\n\r]|\\.)*" )
    | (?P<name> [A-Za-z_][A-Za-z0-9_]* )
    | (?P<sign> && | \|\| | [=!<>]= | [<>!()\[\],.+*-] )
    """,
    re.VERBOSE,
)
SPACE = re.compile(r"[ \t\r\n]*")

INSTEAD = {
    "=": "write '==' to compare",
    "&": "write '&&'",
    "|": "write '||'",
    "/": "there is no division: multiply the other side instead",
    "%": "there is no remainder",
    "?": "there is no 'a ? b : c': write 'a && b || !a && c'",
    "“": "use straight quotes",
    "”": "use straight quotes",
    "‘": "use straight quotes",
    "’": "use straight quotes",
}
"""What people write out of habit, and what to write here."""

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


def tokens(text: str) -> list[Token]:
    """Every token of an expression, and an END after the last. Fault where there is none."""
    found: list[Token] = []
    at = _skip(text, 0)
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise _strange(text, at)
        found.append(Token(SORTS[str(match.lastgroup)], match.group(), at))
        at = _skip(text, match.end())
    return [*found, Token(Sort.END, "", len(text.rstrip(" \t\r\n")))]


def _skip(text: str, at: int) -> int:
    """The next offset that is not white space."""
    match = SPACE.match(text, at)
    return match.end() if match else at


def _strange(text: str, at: int) -> Fault:
    """What to say of a character that no token starts with."""
    character = text[at]
    if character in "'\"":
        return Fault("the text that starts here has no closing quote", at, f"add a {character}")
    return Fault(f"unexpected character {character!r}", at, INSTEAD.get(character, ""))


def unquote(token: Token) -> str:
    """The text that a TEXT token means. Fault at an escape that CEL does not have or we do not take."""
    body = token.text[1:-1]
    parts: list[str] = []
    at = 0
    while at < len(body):
        if body[at] != "\\":
            parts.append(body[at])
            at += 1
            continue
        if body[at + 1] not in ESCAPES:
            escape = f"\\{body[at + 1]}"
            raise Fault(
                f"unknown escape '{escape}'", token.start + 1 + at, f"a backslash in a text is written twice: '\\{escape}'"
            )
        parts.append(ESCAPES[body[at + 1]])
        at += 2
    return "".join(parts)
