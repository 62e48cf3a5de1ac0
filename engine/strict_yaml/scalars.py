"""What a plain scalar means: YAML 1.2's core schema, without the spellings that YAML 1.1 reads otherwise."""

from __future__ import annotations

import re

Plain = str | int | float | bool | None

WORDS: dict[str, Plain] = {"true": True, "false": False, "null": None, "~": None, "": None}
AMBIGUOUS = frozenset(
    spelling
    for word in ("yes", "no", "on", "off", "y", "n", "true", "false", "null")
    for spelling in (word, word.capitalize(), word.upper())
    if spelling not in WORDS
)
"""Text to one YAML reader, true, false or nothing to another."""

INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
"""Numbers with leading zeros, underscores, colons or a radix match neither: they stay the text that was written."""

LONGEST_NUMBER = 18
"""Digits that a number may have. Longer ones are ids, and a text to us: `1e999` and bombs of digits never become numbers."""


def plain(text: str) -> Plain:
    """The value of a plain scalar that is not AMBIGUOUS. Dates stay texts."""
    if text in WORDS:
        return WORDS[text]
    if len(text) > LONGEST_NUMBER:
        return text
    if INTEGER.match(text):
        return int(text)
    if DECIMAL.match(text):
        number = float(text)
        return number if abs(number) != float("inf") else text
    return text
