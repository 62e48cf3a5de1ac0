"""Tokens to a tree, by recursive descent: one method for each line of the grammar."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from engine.condition.cursor import Cursor
from engine.condition.lexer import Sort, Token, unquote
from engine.condition.problem import Fault
from engine.condition.tree import (
    All,
    AnyOf,
    Arithmetic,
    Choices,
    Compare,
    Constant,
    Expression,
    Has,
    Literal,
    Not,
    Ref,
    Search,
    Size,
)
from engine.suggest import did_you_mean

LONGEST = 4096
"""Bytes of UTF-8 of one expression."""

LARGEST = 2**53
"""Whole numbers up to here are exact as doubles, which is how they are compared."""

RELATIONS = ("==", "!=", "<=", ">=", "<", ">")
SEARCHES = ("startsWith", "endsWith", "contains", "matches")
KEYWORDS = frozenset({"in", "true", "false", "null"})
RESERVED = frozenset(
    {"as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package"}
    | {"namespace", "return", "var", "void", "while"}
)
"""Names that CEL keeps for itself: an expression must stay valid CEL."""

WORDS = {"and": "write '&&'", "or": "write '||'", "not": "write '!'", "is": "write '=='", "AND": "write '&&'", "OR": "write '||'"}


def parse(text: str) -> Expression:
    """The tree of one expression. Fault at the first character that does not fit."""
    if len(text.encode("utf-8", "replace")) > LONGEST:
        raise Fault(f"the expression is longer than {LONGEST} bytes", 0, "split it into several lines of `when`")
    return _Parser(text).whole()


class _Parser(Cursor):
    """The grammar over one expression, tightest last."""

    def whole(self) -> Expression:
        """An expression and nothing after it."""
        if self.sees(Sort.END):
            raise Fault("the expression is empty", 0, "write a test such as age_days > 30")
        expression = self._or()
        if not self.sees(Sort.END):
            raise Fault(f"unexpected {self.now}", self.now.start, self._stray())
        return expression

    def _stray(self) -> str:
        if self.at(*RELATIONS) or self.at_in():
            return "comparisons do not chain: write a < b && b < c"
        return WORDS.get(self.now.text, "join tests with && or ||")

    def _or(self) -> Expression:
        parts = [self._and()]
        while self.at("||"):
            self.take()
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts), start=parts[0].start)

    def _and(self) -> Expression:
        parts = [self._relation()]
        while self.at("&&"):
            self.take()
            parts.append(self._relation())
        return parts[0] if len(parts) == 1 else All(tuple(parts), start=parts[0].start)

    def _relation(self) -> Expression:
        left = self._sum()
        if not (self.at(*RELATIONS) or self.at_in()):
            return left
        operator = self.take().text
        right = self._sum()
        if operator == "in" and isinstance(right, Ref) and right.key is None:
            return self._membership(left, right)
        return Compare(operator, left, right, start=left.start)

    @staticmethod
    def _membership(left: Expression, right: Ref) -> Expression:
        """`'cost-center' in tags`, the other way to write has(): for keys that are not names."""
        if isinstance(left, Literal) and isinstance(left.value, str):
            return Has(Ref(right.name, left.value, start=right.start), start=left.start)
        message = f"'in' needs a text before {right.name!r}, or a list after it"
        raise Fault(message, left.start, "write 'cost-center' in tags, or environment in ['dev', 'test']")

    def _sum(self) -> Expression:
        left = self._product()
        while self.at("+", "-"):
            left = self._arithmetic(left, self.take(), self._product)
        return left

    def _product(self) -> Expression:
        left = self._unary()
        while self.at("*"):
            left = self._arithmetic(left, self.take(), self._unary)
        return left

    def _arithmetic(self, left: Expression, sign: Token, right: Callable[[], Expression]) -> Expression:
        self.count_sum(sign)
        return Arithmetic(sign.text, left, right(), start=left.start)

    def _unary(self) -> Expression:
        start = self.now.start
        if self.at("!"):
            self.take()
            self.deeper(start)
            operand = self._unary()
            self.shallower()
            return Not(operand, start=start)
        if self.at("-"):
            self.take()
            if not self.sees(Sort.NUMBER):
                raise Fault(f"expected a number after '-', found {self.now}", self.now.start)
            return Literal(-_number(self.take()), start=start)
        return self._member()

    def _member(self) -> Expression:
        node = self._primary()
        while self.at(".", "["):
            node = self._index_of(node) if self.take().text == "[" else self._dot(node)
        return node

    def _index_of(self, node: Expression) -> Expression:
        token = self.take()
        if token.sort is not Sort.TEXT:
            raise Fault(f"expected a text in brackets, found {token}", token.start, "write tags['cost-center']")
        self.need("]")
        return _tag(node, unquote(token), token.start)

    def _dot(self, node: Expression) -> Expression:
        name = self.take()
        if name.sort is not Sort.NAME:
            raise Fault(f"expected a name after '.', found {name}", name.start)
        if self.at("("):
            return self._method(node, name)
        if name.text in KEYWORDS:
            raise Fault(f"{name.text!r} is a word of the language", name.start, f"write tags['{name.text}']")
        return _tag(node, name.text, name.start)

    def _method(self, node: Expression, name: Token) -> Expression:
        self.take()
        if name.text == "size":
            self.need(")")
            return Size(node, start=node.start)
        if name.text not in SEARCHES:
            raise Fault(f"unknown function {name.text!r}", name.start, did_you_mean(name.text, (*SEARCHES, "size")))
        argument = self.take()
        if argument.sort is not Sort.TEXT:
            raise Fault(f"{name.text}() takes one text in quotes, found {argument}", argument.start)
        self.need(")")
        return Search(name.text, node, unquote(argument), start=node.start)

    def _primary(self) -> Expression:
        token = self.take()
        if token.sort is Sort.NUMBER:
            return Literal(_number(token), start=token.start)
        if token.sort is Sort.TEXT:
            return Literal(unquote(token), start=token.start)
        if token.sort is Sort.NAME:
            return self._name(token)
        if token.sort is Sort.SIGN and token.text in "([":
            return self._list(token) if token.text == "[" else self._group(token)
        raise Fault(f"expected a field or a value, found {token}", token.start)

    def _group(self, opening: Token) -> Expression:
        self.deeper(opening.start)
        inner = self._or()
        self.need(")")
        self.shallower()
        return replace(inner, start=opening.start)

    def _list(self, opening: Token) -> Choices:
        self.deeper(opening.start)
        values: list[Constant] = []
        while not self.at("]"):
            if values:
                self.need(",")
            value = self._unary()
            if not isinstance(value, Literal):
                raise Fault("a list holds only texts and numbers", value.start, "put texts in quotes")
            values.append(value.value)
        self.take()
        self.shallower()
        return Choices(tuple(values), start=opening.start)

    def _name(self, token: Token) -> Expression:
        if token.text in ("true", "false"):
            return Literal(token.text == "true", start=token.start)
        if token.text in KEYWORDS | RESERVED:
            hint = "test with has(field) whether there is a value" if token.text == "null" else ""
            raise Fault(f"{token.text!r} cannot stand here", token.start, hint)
        if self.at("("):
            return self._function(token)
        if token.text in ("not", "NOT") and self.sees(Sort.NAME):
            raise Fault(f"unexpected {token.text!r}", token.start, WORDS["not"])
        return Ref(token.text, start=token.start)

    def _function(self, name: Token) -> Expression:
        if name.text not in ("has", "size"):
            raise Fault(f"unknown function {name.text!r}", name.start, did_you_mean(name.text, ("has", "size")))
        self.take()
        self.deeper(name.start)
        inner = self._or()
        self.need(")")
        self.shallower()
        if name.text == "size":
            return Size(inner, start=name.start)
        if not isinstance(inner, Ref):
            raise Fault("has() takes a field", inner.start, "write has(owner) or has(tags.owner)")
        if self.bracketed(name):
            raise Fault("has() takes no brackets", inner.start, f"write {inner.key!r} in {inner.name}")
        return Has(inner, start=name.start)


def _tag(node: Expression, key: str, at: int) -> Ref:
    """`node.key`, which only a field without a key of its own can have."""
    if isinstance(node, Ref) and node.key is None:
        return Ref(node.name, key, start=node.start)
    raise Fault("only tags have parts", at, "write tags.owner or tags['cost-center']")


def _number(token: Token) -> int | float:
    """The number that a token means. Fault where a double could not hold it exactly, or at all."""
    value: int | float = float(token.text) if set(token.text) & set(".eE") else int(token.text)
    if not math.isfinite(value) or (isinstance(value, int) and value > LARGEST):
        raise Fault("the number is too large", token.start, "put ids in quotes")
    return value
