"""Expectations rewritten in place: what is wrong changes, and nothing else of the file does."""

from __future__ import annotations

import pytest

from engine.expectations import Uneditable, Verdict, rewrite

HEAD = """# why
spec:
  expect:   # in order
"""


def changed(rows: str, *verdicts: Verdict) -> str:
    return rewrite(HEAD + rows, verdicts).removeprefix(HEAD)


MATCH = Verdict(0, "match")
SPARED = Verdict(0, "spared", reason="exempt")
UNDECIDED = Verdict(0, "undecided", missing=("owner", "tags"))


@pytest.mark.parametrize(
    ("row", "verdict", "wanted"),
    [
        ("{policy: p, id: x, verdict: match}", SPARED, "{policy: p, id: x, verdict: spared, reason: exempt}"),
        ("{policy: p, id: x, verdict: match}", UNDECIDED, "{policy: p, id: x, verdict: undecided, missing: [owner, tags]}"),
        ("{policy: p, id: x, verdict: spared, reason: no_match}", SPARED, "{policy: p, id: x, verdict: spared, reason: exempt}"),
        ("{policy: p, id: x, verdict: spared, reason: no_match}", MATCH, "{policy: p, id: x, verdict: match}"),
        ("{reason: no_match, policy: p, id: x, verdict: spared}", MATCH, "{policy: p, id: x, verdict: match}"),
        ("{policy: p, id: x, missing: [a], verdict: undecided}", MATCH, "{policy: p, id: x, verdict: match}"),
        (
            "{policy: p, id: x, verdict: undecided, missing: [a]}",
            UNDECIDED,
            "{policy: p, id: x, verdict: undecided, missing: [owner, tags]}",
        ),
        (
            "{policy: p, id: x, verdict: undecided, missing: [a]}",
            SPARED,
            "{policy: p, id: x, verdict: spared, reason: exempt}",
        ),
        (
            "{policy: p,  id: 'x: #1',\n       verdict: match}",
            SPARED,
            "{policy: p,  id: 'x: #1',\n       verdict: spared, reason: exempt}",
        ),
        ("{policy: p, id: x, verdict: spared,\n       reason: no_match}", MATCH, "{policy: p, id: x, verdict: match}"),
    ],
)
def test_a_row_in_braces(row: str, verdict: Verdict, wanted: str) -> None:
    rest = "   # of search\n    - {policy: p, id: y, verdict: match}  # stays\n# end\n"
    assert changed(f"    - {row}{rest}", verdict) == f"    - {wanted}{rest}"


def test_a_row_in_a_block() -> None:
    rows = """    - policy: p
      # the id
      id: x
      verdict: match   # for now
    - policy: p
      id: y
      verdict: spared
      reason: no_match  # goes
      # stays
    - policy: p
      id: z
      verdict: undecided
      missing:
        - owner
"""
    wanted = """    - policy: p
      # the id
      id: x
      verdict: spared   # for now
      reason: exempt
    - policy: p
      id: y
      verdict: match
      # stays
    - policy: p
      id: z
      verdict: undecided
      missing:
        [owner, tags]
"""
    new = changed(rows, SPARED, Verdict(1, "match"), Verdict(2, "undecided", missing=("owner", "tags")))
    assert new.rstrip() == wanted.rstrip()


def test_the_last_line_may_have_no_end() -> None:
    assert changed("    - policy: p\n      id: x\n      verdict: match", SPARED).endswith(
        "verdict: spared\n      reason: exempt\n"
    )


def test_line_ends_and_byte_order_marks_stay() -> None:
    text = "\ufeff" + HEAD.replace("\n", "\r\n") + "    - {id: ü, verdict: match}\r\n"
    assert rewrite(text, [SPARED]) == text.replace("verdict: match", "verdict: spared, reason: exempt")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("- reason: no_match\n      policy: p\n      id: x\n      verdict: spared\n", "write `policy` first"),
        ("- {policy: p, id: x, verdict: spared,  # why\n       reason: no_match}\n", "on one line"),
    ],
)
def test_what_cannot_be_edited_safely_is_said(row: str, says: str) -> None:
    with pytest.raises(Uneditable, match=says):
        changed(f"    {row}", MATCH)
