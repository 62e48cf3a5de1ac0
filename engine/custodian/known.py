"""What a value filter says of a value that is there: one method for each sort of value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.condition.tree import Choices, Compare, Constant, Expression, Literal, Not, Search, Size
from engine.custodian.compare import EMPTY, NOT_NULL, PRESENT, WORDS, Test, holds
from engine.custodian.keys import Key, Sort
from engine.custodian.logic import any_of, opposite
from engine.custodian.parts import Said
from engine.custodian.patterns import NoPattern, glob, regex

ORDER = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
EXACT = ("", "eq", "ne")


class Inexact(ValueError):
    """A filter that no condition of ours says exactly: why."""


@dataclass(frozen=True, slots=True)
class Known:
    """A filter on a value that is there. `negated`: its opposite is wanted, so that it may not be made narrower."""

    key: Key
    test: Test
    negated: bool

    def said(self) -> Said:
        """What the filter says. Raises Inexact."""
        match self.key.sort:
            case Sort.TEXT:
                return self._text()
            case Sort.NUMBER:
                return self._number()
            case Sort.DIGITS:
                return self._digits()
            case Sort.TRUTH:
                return self._truth()
            case Sort.ID:
                return self._id()
            case Sort.LIST:
                return self._list()
            case Sort.MADE:
                return self._made()

    @property
    def _word(self) -> str:
        """The word that asks for presence, where the filter asks for nothing else."""
        plain = not self.test.convert and self.test.is_equal
        return str(self.test.value) if plain and self.test.value in WORDS else ""

    def _text(self) -> Said:
        test, field = self.test, self.key.field
        if test.convert == "size":
            return number_test(Size(field), Test(test.op, test.value))
        if test.convert:
            raise Inexact(f"value_type {test.convert} reads a text as a number")
        if test.value == PRESENT:
            return True
        blank: Said = False if "" in self.key.blanks else Compare("==", field, Literal(""))
        if test.value == NOT_NULL:
            return True if holds(test, "") else opposite(blank)
        # A tag whose value is the very word `absent` or `empty` matches there as well. Nobody means it, and to leave it out only
        # spares; under a negation it would do the opposite, and is written.
        written = False if self._word and not self.negated else self._text_test()
        return any_of((blank, written)) if test.value == EMPTY else written

    def _text_test(self) -> Said:
        """The operator alone."""
        test, field = self.test, self.key.field
        if test.op in ("in", "ni", "not-in"):
            return member(field, test, (str,))
        if test.op in ("glob", "regex", "regex-case"):
            return self._pattern()
        if not isinstance(test.value, str):
            return test.op == "ne"  # a text is never equal to, contained in or ordered with anything else
        if test.op in EXACT:
            return Compare("!=" if test.op == "ne" else "==", field, Literal(test.value))
        if test.op == "contains":
            return Search("contains", field, test.value)
        return Compare(ORDER[test.op], field, Literal(test.value))

    def _pattern(self) -> Said:
        pattern = self.test.value
        if not isinstance(pattern, str):
            raise Inexact("a pattern is a text")
        try:
            if self.test.op == "glob":
                function, argument = glob(pattern)
            else:
                ignore = self.test.op == "regex"
                function, argument = "matches", regex(pattern, ignore_case=ignore, ascii_only=self.key.ascii_only)
        except NoPattern as error:
            raise Inexact(f"the pattern {pattern!r}: {error}") from None
        if function == "==":
            return Compare("==", self.key.field, Literal(argument))
        return Search(function, self.key.field, argument)

    def _number(self) -> Said:
        if self.test.convert == "size":
            return holds(self.test, 1)  # a number has no length, and counts as 0
        return number_test(self.key.field, self.test)

    def _digits(self) -> Said:
        """Google writes whole numbers as texts: without a conversion, Custodian compares them as texts."""
        test = self.test
        if test.convert in ("integer", "float"):
            return number_test(self.key.field, test)
        if not self._word:
            raise Inexact("Google writes this number as a text, which is not compared as a number; say value_type: integer")
        return self._word in (PRESENT, NOT_NULL)

    def _truth(self) -> Said:
        yes, no = (holds(self.test, raw) for raw in self.key.truths)
        if yes is no:
            return yes
        return self.key.field if yes else Not(self.key.field)

    def _id(self) -> Said:
        """An id that we do not keep."""
        if not self._word:
            raise Inexact("Sexton only knows whether there is one; ask with absent, present, empty or not-null")
        return self._word in (PRESENT, NOT_NULL)

    def _list(self) -> Said:
        """A list that is not empty."""
        if self.test.convert == "size":
            return self._length()
        if self._word:
            return self._word in (PRESENT, NOT_NULL)
        if self.test.convert or self.test.op not in EXACT or self.test.value != []:
            raise Inexact("Sexton only knows whether the list is empty; ask with [], empty, not-null or value_type: size")
        return self.test.op == "ne"

    def _length(self) -> bool:
        wanted = self.test.value
        near = [int(wanted) + step for step in (-1, 0, 1, 2)] if isinstance(wanted, int | float) else []
        answers = {holds(Test(self.test.op, wanted), length) for length in (1, 2, *near) if length > 0}
        if isinstance(wanted, list) or len(answers) > 1:
            raise Inexact("Sexton does not know how long the list is, only whether it is empty")
        return answers.pop()

    def _made(self) -> Said:
        test = self.test
        if test.convert == "age":
            if test.op not in ORDER or isinstance(test.value, bool) or not isinstance(test.value, int | float):
                raise Inexact("an age is compared with a number of days, by gt, ge, lt or le")
            return Compare(ORDER[test.op], self.key.field, Literal(test.value))
        if not self._word:
            raise Inexact("Sexton compares the age of things; say value_type: age")
        return self._word in (PRESENT, NOT_NULL)


def number_test(field: Expression, test: Test) -> Said:
    """A filter on a whole number that is not negative."""
    if test.value == PRESENT:
        return True
    if test.value == NOT_NULL:
        return True if holds(test, 0) else Compare(">", field, Literal(0))
    if test.value == EMPTY:
        return True if holds(test, 1) else Compare("==", field, Literal(0))
    if test.op in ("in", "ni", "not-in"):
        return member(field, test, (int, float))
    if not isinstance(test.value, int | float) or test.op not in (*ORDER, *EXACT):
        return holds(test, 1)  # of another type: the same answer for every number
    value = int(test.value) if isinstance(test.value, bool) else test.value
    return Compare(ORDER.get(test.op, "!=" if test.op == "ne" else "=="), field, Literal(value))


def member(field: Expression, test: Test, sorts: tuple[type[Constant], ...]) -> Said:
    """`in` and its opposites, over the values that can be equal at all."""
    if isinstance(test.value, str) and str in sorts:
        raise Inexact(f"Custodian asks whether the value is a part of the text {test.value!r}; make it a list")
    if not isinstance(test.value, list):
        return False
    alike: list[Constant] = [one for one in test.value if isinstance(one, sorts)]
    inside = _among(field, alike)
    return inside if test.op == "in" else opposite(inside)


def _among(field: Expression, values: Sequence[Constant]) -> Said:
    unique = tuple(dict.fromkeys(int(one) if isinstance(one, bool) else one for one in values))
    if len(unique) == 1:
        return Compare("==", field, Literal(unique[0]))
    return Compare("in", field, Choices(unique)) if unique else False
