"""A place in the tokens of one expression, and the limits that keep reading from exhausting anything."""

from __future__ import annotations

from engine.condition.lexer import Sort, Token, tokens
from engine.condition.problem import Fault

DEEPEST = 32
"""How deeply parentheses, lists and '!' may nest, and how many + - * an expression may have: no input exhausts the stack."""


class Cursor:
    """One token of look-ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._index = 0
        self._depth = 0
        self._sums = 0

    @property
    def now(self) -> Token:
        """The next token, not taken yet."""
        return self._tokens[self._index]

    def take(self) -> Token:
        """The next token, and one step on; the END stays."""
        token = self._tokens[self._index]
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def sees(self, sort: Sort) -> bool:
        """Whether the next token is of a sort."""
        return self._tokens[self._index].sort is sort

    def at(self, *signs: str) -> bool:
        """Whether the next token is one of these signs."""
        token = self._tokens[self._index]
        return token.sort is Sort.SIGN and token.text in signs

    def at_in(self) -> bool:
        """Whether the next token is the word `in`."""
        return self.sees(Sort.NAME) and self.now.text == "in"

    def need(self, sign: str) -> None:
        """Take a sign that must come now."""
        if not self.at(sign):
            raise Fault(f"expected {sign!r}, found {self.now}", self.now.start)
        self.take()

    def bracketed(self, since: Token) -> bool:
        """Whether a `[` was taken behind a token."""
        return any(token.text == "[" for token in self._tokens[: self._index] if token.start > since.start)

    def deeper(self, at: int) -> None:
        """One level further in."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise Fault(f"the expression nests deeper than {DEEPEST} levels", at, "split it into several lines of `when`")

    def shallower(self) -> None:
        """One level out again."""
        self._depth -= 1

    def count_sum(self, sign: Token) -> None:
        """One more of + - *: a chain of them makes a deep tree without a parenthesis."""
        self._sums += 1
        if self._sums > DEEPEST:
            raise Fault(f"the expression has more than {DEEPEST} of + - *", sign.start, "split it into several lines of `when`")
