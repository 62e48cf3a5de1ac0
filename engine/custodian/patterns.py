"""Patterns: Python's regular expressions and shell globs, where RE2 reads the same text the same way.

Everything is taken token by token, and only tokens that both engines give one meaning. Left out on purpose: look-around and
back-references (RE2 has none); `\\d` and its like in free text (any digit of Unicode there, ten of them here); a `$` that is not
at the end; classes that exclude letters without regard to case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine.condition.check import searcher

TOKEN = re.compile(
    r"""
      (?P<escape> \\. )
    | (?P<set> \[ \^? \]? (?: \\. | [^\\\]] )* \] )
    | (?P<open> \( (?: \?: )? (?! \? ) )
    | (?P<repeat> (?: [*+?] | \{ [0-9]+ (?: , [0-9]* )? \} ) \?? )
    | (?P<plain> [.|)^$] )
    | (?P<literal> [^\\\[(*+?{}|)^$] )
    """,
    re.VERBOSE | re.DOTALL,
)
PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~ ]")
SIMPLE_SET = re.compile(r"\[\^?(?:[A-Za-z0-9 _.,:/@#=+!~%-]|\\[]\\^.*+?()\[{}|$/-])+\]")
CLASSES = {"\\d": "[0-9]", "\\D": "[^0-9]", "\\w": "[0-9A-Za-z_]", "\\W": "[^0-9A-Za-z_]"}
"""In values that are printable ASCII by nature: cloud ids, states, types."""

DOTLESS = "İı"
"""Letters that Python takes for an i where case does not count, and RE2 does not."""


class NoPattern(ValueError):
    """A pattern that RE2 would not read as Python does: why."""


def regex(pattern: str, *, ignore_case: bool, ascii_only: bool) -> str:
    """An RE2 pattern that is found in exactly the texts that Python's re.match takes. Raises NoPattern."""
    if ignore_case and not ascii_only and not pattern.isascii():
        raise NoPattern("letters outside ASCII are compared without regard to case")
    try:
        re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise NoPattern(f"it is no regular expression: {error}") from None
    tokens = list(_split(pattern))
    _check_order(tokens)
    first, last = tokens[:1] == ["^"], tokens[-1:] == ["$"]
    inner = tokens[first : len(tokens) - last]
    body = "".join(_said(token, ignore_case and not ascii_only, ascii_only) for token in inner)
    if ignore_case:
        body = f"(?i:{body})"
    elif "|" in inner:
        body = f"(?:{body})"
    return _checked(f"^{body}{_end(ascii_only) if last else ''}")


def _end(ascii_only: bool) -> str:
    """Python's `$` also stands before a line break that ends the text."""
    return "$" if ascii_only else "\\n?$"


def _check_order(tokens: Sequence[str]) -> None:
    """Where tokens stand beside each other: anchors at the ends alone and beside no branch, one repetition at a time."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += token.startswith("(") - (token == ")")
        if (token == "^" and index) or (token == "$" and index + 1 < len(tokens)):
            raise NoPattern(f"{token!r} stands in the middle")
        if token == "|" and not depth and (tokens[0] == "^" or tokens[-1] == "$"):
            raise NoPattern("an anchor belongs to one branch only: put the branches in brackets")
        if index and _repeats(token) and _repeats(tokens[index - 1]):
            raise NoPattern(f"{tokens[index - 1]}{token} gives nothing back in Python")


def _repeats(token: str) -> bool:
    return token[0] in "*+?{"


def _split(pattern: str) -> Iterator[str]:
    at = 0
    while at < len(pattern):
        found = TOKEN.match(pattern, at)
        if found is None:
            raise NoPattern(f"{pattern[at : at + 4]!r} has no counterpart in RE2")
        yield found.group()
        at = found.end()


def _said(token: str, fold: bool, ascii_only: bool) -> str:
    """A token as RE2 wants it. `fold`: case does not count, and the text may hold any letter."""
    if token.startswith("\\"):
        return _escape(token, ascii_only)
    if token.startswith("["):
        return _set(token, fold)
    return f"[{token}{DOTLESS}]" if fold and token in "iI" else token


def _escape(token: str, ascii_only: bool) -> str:
    if PUNCTUATION.fullmatch(token[1]):
        return token
    if ascii_only and token in CLASSES:
        return CLASSES[token]
    hint = "; write [0-9]" if token == "\\d" else ""
    raise NoPattern(f"{token} means more in Python than in RE2{hint}")


def _set(token: str, fold: bool) -> str:
    if not SIMPLE_SET.fullmatch(token):
        raise NoPattern(f"the class {token} has no counterpart in RE2")
    if not fold:
        return token
    if token.startswith("[^") and re.search("[A-Za-z]", token):
        raise NoPattern(f"{token} excludes letters without regard to case")
    holds_i = re.compile(token, re.IGNORECASE).match("i") is not None
    return f"{token[:-1]}{DOTLESS}]" if holds_i else token


def _checked(pattern: str) -> str:
    try:
        searcher(pattern)
    except ValueError as error:
        raise NoPattern(f"RE2 does not take it: {error}") from None
    return pattern


GLOB = re.compile(r"(?P<star>\*+)|(?P<one>\?)|(?P<set>\[!?[^\]\[!^\\-]+\])|(?P<text>[^*?\[]+)", re.DOTALL)


def glob(pattern: str) -> tuple[str, str]:
    """A shell glob as (function, argument): `==` and a text, startsWith, endsWith, contains, or matches and an RE2 pattern."""
    parts = list(_globs(pattern))
    kinds = [kind for kind, _ in parts]
    texts = [text for kind, text in parts if kind == "text"]
    shapes = {
        ("text",): "==",
        ("text", "star"): "startsWith",
        ("star", "text"): "endsWith",
        ("star", "text", "star"): "contains",
    }
    if tuple(kinds) in shapes:
        return shapes[tuple(kinds)], texts[0]
    if not parts:
        return "==", ""
    forms = {"star": lambda _: ".*", "one": lambda _: ".", "set": lambda text: text.replace("[!", "[^"), "text": re.escape}
    return "matches", _checked("(?s)^" + "".join(forms[kind](text) for kind, text in parts) + "$")


def _globs(pattern: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(pattern):
        found = GLOB.match(pattern, at)
        if found is None:
            raise NoPattern(f"{pattern[at:]!r} is read differently by different shells")
        yield str(found.lastgroup), found.group()
        at = found.end()
