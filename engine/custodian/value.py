"""A value filter as a condition that is true of the same resources: what it says where there is a value, and where there is none.

Missing values are the reason for the care: `op: ne` and `not-in` match them there, and a negative test of ours wants to be told.
What the filter says of a missing value is asked of compare.holds, for every raw value that our kind reads as missing; where the
answers differ (a blank text is a value there and none here), there is no such condition.
"""

from __future__ import annotations

from engine.condition.tree import All, AnyOf, Compare, Expression, Not
from engine.custodian.compare import Test, holds
from engine.custodian.keys import Key, Sort
from engine.custodian.known import Inexact, Known
from engine.custodian.logic import all_of, any_of, opposite
from engine.custodian.parts import Said


def say(key: Key, test: Test, *, negated: bool = False) -> Said:
    """The condition of a filter on a key, or of its opposite. Raises Inexact."""
    _check_also(key, test)
    known = Known(key, test, negated).said()
    gone = _gone(key, test)
    if negated:
        known, gone = opposite(known), None if gone is None else not gone
    if gone is None or known is gone:
        return known
    if gone:
        return any_of((key.absent, known))
    if known is True:
        return key.present
    return known if isinstance(known, bool) or _implies_value(known, key) else all_of((key.present, known))


def _gone(key: Key, test: Test) -> bool | None:
    """What the filter says of a missing value; None where there always is one."""
    if not key.blanks:
        return None
    if key.sort is Sort.MADE and test.convert == "age":
        return False  # a date is never compared with nothing
    answers = {holds(test, blank) for blank in key.blanks}
    if len(answers) > 1:
        raise Inexact("a blank value and none are two things to Custodian and one to Sexton; `empty` and `not-null` are clear")
    return answers.pop()


def _check_also(key: Key, test: Test) -> None:
    """A default that the provider leaves out must get the same answer as the value that it stands for.

    Expressions are not tried on it: Python's can take for ever, and nobody needs one for the two words that such a field has.
    """
    if key.also and test.op in ("regex", "regex-case"):
        raise Inexact("the cloud may leave the value out where it is the usual one: name the values instead of a pattern")
    for ours, raw in key.also:
        first = key.truths[0 if ours else 1] if isinstance(ours, bool) else ours
        if holds(test, first) is not holds(test, raw):
            raise Inexact(f"the cloud may leave the value out where it is {first}: none and {first} are one to Sexton")


def _implies_value(test: Expression, key: Key) -> bool:
    """Whether a test is false by itself where there is no value, in a way that the guard check sees: nothing negative in it."""
    if isinstance(test, All):
        return all(_implies_value(part, key) for part in test.parts)
    negative = isinstance(test, Not | AnyOf) or (isinstance(test, Compare) and test.operator == "!=")
    return key.there is None and not negative
