"""The place of every character of a scalar, whatever its style: exact, on generated layouts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.strict_yaml import read
from engine.strict_yaml.place import Place, Scalar, inside

SIGNS = st.text(alphabet="abcde=&!()'\"\\.é😀", min_size=1, max_size=5)
LINES = st.lists(st.lists(SIGNS, min_size=1, max_size=5).map(" ".join), min_size=1, max_size=4)
BREAK = st.sampled_from(["\n", "\r\n"])
quick = settings(max_examples=500, deadline=None)


def _check(text: str, replaced: str = "") -> None:
    """Every sign of the value stands where it is said to stand; breaks and blanks may be folded."""
    document = read(text)
    assert document is not None
    path = ("k", "when")
    value = document.data["k"]["when"]
    lines = text.split("\n")
    for offset, sign in enumerate(value):
        if sign in " \n":
            continue
        place = document.inside(path, offset)
        there = lines[place.line - 1][place.column - 1]
        assert there == sign or there in replaced, (text, offset, sign, place)
    end = document.inside(path, len(value.rstrip()))
    last = document.inside(path, len(value.rstrip()) - 1)
    assert end >= last


@quick
@given(LINES, st.integers(4, 8), BREAK, st.sampled_from(["|", ">", "|-", ">-", "|+", ">+", "| # why"]), st.integers(0, 2))
def test_block_scalars(lines: list[str], indent: int, ending: str, style: str, blank: int) -> None:
    body = (ending * (blank + 1)).join(" " * indent + line for line in lines)
    _check(f"k:{ending}  when: {style}{ending}{ending * blank}{body}{ending}{ending * blank}  z: 1{ending}")


@quick
@given(LINES, st.integers(0, 3), st.integers(0, 3), st.sampled_from(["|2", ">2", ">2-"]))
def test_block_scalars_with_an_indent_of_their_own(lines: list[str], first: int, second: int, style: str) -> None:
    more = [first, second, 0, 0]
    body = "".join(" " * (4 + extra) + line + "\n" for extra, line in zip(more, lines, strict=False))
    _check(f"k:\n  when: {style}\n{body}  z: 1\n")


@quick
@given(LINES, st.integers(4, 8), BREAK, st.integers(1, 3))
def test_single_quotes(lines: list[str], indent: int, ending: str, breaks: int) -> None:
    joined = (ending * breaks + " " * indent).join(line.replace("'", "''") for line in lines)
    _check(f"k:{ending}  when: '{joined}'{ending}")


@quick
@given(LINES, st.integers(4, 8), BREAK, st.integers(1, 3), st.booleans())
def test_double_quotes(lines: list[str], indent: int, ending: str, breaks: int, escaped: bool) -> None:
    written = [line.replace("\\", "\\\\").replace('"', '\\"').replace("é", "\\xe9" if escaped else "é") for line in lines]
    joined = (ending * breaks + " " * indent).join(written)
    _check(f'k:{ending}  when: "{joined}"{ending}', replaced="\\")


@quick
@given(LINES, st.integers(4, 8), BREAK, st.integers(1, 3))
def test_plain(lines: list[str], indent: int, ending: str, breaks: int) -> None:
    plain = ["x" + "".join("_" if sign in "'\"!&" else sign for sign in line) for line in lines]
    _check(f"k:{ending}  when: {(ending * breaks + ' ' * indent).join(plain)}{ending}")


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ('k:\n  when: "a\\\n    b"\n', 1, "3:5"),
        ('k:\n  when: "a\\\n\n    b"\n', 2, "4:5"),
        ('k:\n  when: "\\u00e9\\U0001F600x"\n', 2, "2:26"),
        ('k:\n  when: "\\0\\ \\/x"\n', 3, "2:16"),
        ("k:\n  when: ab\n", 2, "2:11"),
        ("k:\n  when: ab\n", 99, "2:11"),
        ("k:\n  when: ''\n", 0, "2:9"),
        ("k:\n  when: |\n    ab\n", 3, "4:1"),
        ("k:\n  when: |\n    ab", 2, "3:7"),
        ("k:\n  when: |+\n    ab\n\n\n", 4, "5:1"),
        ("k:\n  when: |-\n    a", 1, "3:6"),
        ("k:\n  when: >\n    ab\n    cd\n", 2, "3:7"),
        ("k:\n  when: >\n    ab\n", 2, "3:7"),
        ("k:\n  when: >-\n    ab", 2, "3:7"),
        ("k:\n  when: >+\n    ab\n\n", 3, "3:7"),
        ("k:\n  when: >\n\n\n", 0, "2:9"),
        ("k:\n  when: |2\n\n      ab\n", 3, "4:7"),
    ],
)
def test_places_by_hand(text: str, offset: int, place: str) -> None:
    document = read(text)
    assert document is not None
    assert str(document.inside(("k", "when"), offset)) == place


def test_a_layout_that_cannot_be_followed_has_the_place_of_its_start() -> None:
    assert inside("a: b\n", Scalar("something else", "", 3, 4), 5) == Place(1, 4)
