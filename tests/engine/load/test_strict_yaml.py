"""YAML that we do not take, and hostile YAML: refused at its place, before anything grows."""

from __future__ import annotations

import pytest
import yaml

from engine.strict_yaml import YAMLError, read
from engine.strict_yaml.complaint import complaint

TAG = "YAML reads a leading '!' as a tag"
ANCHOR = "YAML reads a leading '&' as an anchor"

BAD = [
    ("- !has(tags.keep)\n", "1:3", TAG),
    ("when:\n  - a == 1\n  - !has(tags.keep) || x\n", "3:5", TAG),
    ("a: !has(tags.keep) && x\n", "1:4", TAG),
    ("a: && x\n", "1:4", ANCHOR),
    ("a: &x 1\n", "1:4", ANCHOR),
    ("a: &x {b: 1}\n", "1:4", ANCHOR),
    ("a: !!str 1\n", "1:4", TAG),
    ("a: !!python/object/apply:os.system ['id']\n", "1:4", TAG),
    ("a: ! x\n", "1:4", TAG),
    ("!x\na: 1\n", "1:1", TAG),
    ("a: *b\n", "1:4", "aliases are not allowed"),
    ("*b : 1\n", "1:1", "a key must be text"),
    ("a: 1\nb: {<<: {c: 1}}\n", "2:5", "merge keys are not allowed"),
    ("a: 1\nb: 2\na: 3\n", "3:1", "the key 'a' stands here a second time"),
    ("a: {b: 1, b: 1}\n", "1:11", "the key 'b' stands here a second time"),
    ("a: no\n", "1:4", "no is a truth to some YAML readers and a text to others"),
    ("a: [Yes]\n", "1:5", "Yes is a truth to some YAML readers and a text to others"),
    ("a: TRUE\n", "1:4", "TRUE is a truth to some YAML readers and a text to others"),
    ("a: Null\n", "1:4", "Null is a truth to some YAML readers and a text to others"),
    ("on: 1\n", "1:1", "on is a truth to some YAML readers and a text to others"),
    ("1: a\n", "1:1", "the key 1 is not text"),
    ("true: a\n", "1:1", "the key true is not text"),
    ("~: a\n", "1:1", "the key ~ is not text"),
    ("?\n: a\n", "1:2", "the key (nothing) is not text"),
    (": a\n", "1:1", "a key and a colon are expected here"),
    ("? [a]\n: 1\n", "1:3", "a key must be text"),
    ("? {a: 1}\n: 1\n", "1:3", "a key must be text"),
    ("a: 1\n---\nb: 1\n", "2:1", "a second document begins here"),
    ("a: 1\n...\n---\nb: 1\n", "3:1", "a second document begins here"),
    ("a: [environment in ['dev', 'test']]\n", "1:20", "the list that opens with '[' ends in the middle of a value"),
    ("a: {b: c d: e}\n", "1:11", "the mapping that opens with '{' ends in the middle of a value"),
    ("a: b: c\n", "1:5", "a ': ' inside a value begins a mapping"),
    ("a: @x\n", "1:4", "no value begins with this character"),
    ("a: `x`\n", "1:4", "no value begins with this character"),
    ("a:\n\t- x\n", "2:1", "a tab cannot indent"),
    ("a: 'x\n", "1:4", "the quote that opens here is never closed"),
    ('a: "x\n', "1:4", "the quote that opens here is never closed"),
    ("a: 1\n b: 2\n", "2:3", "a ': ' inside a value begins a mapping"),
    ("- a\n- c\nd: 1\n", "3:1", "a '-' is expected here"),
    ("a: [!has(x) || y]\n", "1:5", TAG),
    ("a: 1\n- b\n", "2:1", "a key and a colon are expected here"),
    ("a: 1\nb\n", "3:1", "a ':' is expected behind the key"),
    ("%YAML 3.0\n---\na: 1\n", "1:1", "found incompatible YAML document"),
    ("a: 1\x00\n", "1:5", "the character U+0000 can hide what a file says"),
    ("a: \x1b[2J\n", "1:4", "the character U+001B can hide what a file says"),
    ("a: x\u202ey\n", "1:5", "the character U+202E can hide what a file says"),
    ("a: x\u2028y\n", "1:5", "the character U+2028 can hide what a file says"),
    ("a: x\x85y\n", "1:5", "the character U+0085 can hide what a file says"),
    ("a: 1\rb: 2\n", "1:5", "the character U+000D can hide what a file says"),
    ("a: \ud800\n", "1:4", "the character U+D800 can hide what a file says"),
    ("a: 1\ufeff\n", "1:5", "the character U+FEFF can hide what a file says"),
]


@pytest.mark.parametrize(("text", "place", "message"), BAD)
def test_refuses(text: str, place: str, message: str) -> None:
    with pytest.raises(YAMLError) as caught:
        read(text)
    problem = caught.value.problems[0]
    assert (str(problem.place), problem.message) == (place, message)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("- !has(tags.keep)\n", "put an expression in quotes or below '|'; anchors and tags are not allowed"),
        ("a: && x\n", "put the value in quotes, or an expression below '|'"),
        ("a: no\n", 'write true or false, or "no"'),
        ("1: a\n", 'write "1"'),
        ("a: 1\nb: 2\na: 3\n", "its first place is line 1; keep one"),
    ],
)
def test_says_what_to_do(text: str, hint: str) -> None:
    with pytest.raises(YAMLError) as caught:
        read(text)
    assert caught.value.problems[0].hint == hint


def test_a_fault_without_a_place_stands_at_the_start() -> None:
    assert str(complaint("a: 1", yaml.MarkedYAMLError()).place) == "1:1"


def test_tells_several_at_once() -> None:
    with pytest.raises(YAMLError) as caught:
        read("a: no\nb: &x 1\nc: *x\na: 2\n1: 3\n")
    assert [str(problem.place) for problem in caught.value.problems] == ["1:4", "2:4", "3:4", "4:1", "5:1"]


VALUES = [
    ("1", 1),
    ("-12", -12),
    ("0", 0),
    ("1.5", 1.5),
    ("1e3", 1000.0),
    ("true", True),
    ("false", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("0123456", "0123456"),
    ("1_0", "1_0"),
    ("0x1F", "0x1F"),
    ("12:30:00", "12:30:00"),
    ("2026-12-31", "2026-12-31"),
    ("1e999", "1e999"),
    (".inf", ".inf"),
    (".nan", ".nan"),
    ("+1", "+1"),
    ("=", "="),
    ("111122223333444455556666", "111122223333444455556666"),
    ("state == 'available'", "state == 'available'"),
    ("'yes'", "yes"),
    ('"1"', "1"),
    ("'it''s'", "it's"),
    ('"\\u00e9\\n"', "é\n"),
]


@pytest.mark.parametrize(("written", "value"), VALUES)
def test_reads_scalars_as_written(written: str, value: object) -> None:
    document = read(f"a: {written}\n")
    assert document is not None
    assert document.data == {"a": value}
    assert type(document.data["a"]) is type(value)


def test_reads_nothing_from_comments() -> None:
    assert read("") is None
    assert read("# only words\n\n") is None
    assert read("---\n") is not None


def test_reads_what_windows_writes() -> None:
    document = read("\ufeff# x\r\na: 1\r\nb:\r\n  - c\r\n")
    assert document is not None
    assert document.data == {"a": 1, "b": ["c"]}
    assert str(document.value(("b", 0))) == "4:5"


def test_knows_places() -> None:
    document = read("a:\n  b: [1, {c: 'x'}]\n")
    assert document is not None
    assert str(document.key(("a", "b"))) == "2:3"
    assert str(document.value(("a", "b"))) == "2:6"
    assert str(document.key(("a", "b", 1))) == "2:10"
    assert str(document.value(("a", "b", 1, "c"))) == "2:14"
    assert str(document.value(("a", "b", 1, "c", "nowhere", 3))) == "2:14"
    assert str(document.value(("nowhere",))) == "1:1"
    assert str(document.inside(("a", "b"), 3)) == "2:6"
    assert document.is_plain(("a", "b", 0))
    assert not document.is_plain(("a", "b", 1, "c"))
    assert not document.is_plain(("a",))


def _aliases() -> str:
    """A billion laughs: 432 bytes, 9^8 values if anybody follows the aliases."""
    first = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    return first + "".join(f"{name}: &{name} [{','.join(['*' + chr(ord(name) - 1)] * 9)}]\n" for name in "bcdefghi")


HOSTILE = {
    "aliases": (_aliases(), ANCHOR),
    "merges": ("a: &a {x: 1}\n" + "".join(f"m{n}: &m{n} {{<<: [*a, *a]}}\n" for n in range(9)), ANCHOR),
    "flow lists": ("[" * 200_000, "values nest far too deep here"),
    "flow mappings": ("{a: " * 60_000, "values nest deeper than 20 levels here"),
    "block lists": ("- " * 100_000, "values nest deeper than 20 levels here"),
    "block keys": ("? " * 100_000, "values nest deeper than 20 levels here"),
    "indentation": ("".join(" " * depth + "a:\n" for depth in range(600)), "values nest deeper than 20 levels here"),
    "many items": ("[" + "a," * 100_000 + "]", "the file has more than 20000 values"),
    "many lines": ("- a\n" * 60_000, "the file has more than 20000 values"),
    "many keys": ("".join(f"k{number}: 1\n" for number in range(20_000)), "the file has more than 20000 values"),
    "much text": ("a: " + "x" * 270_000, "the file is larger than 256 KB"),
    "wide text": ("a: " + "é" * 140_000, "the file is larger than 256 KB"),
    "many problems": ("a: 1\n" * 9_000, "the key 'a' stands here a second time"),
    "quotes": ("a: '" + "''" * 100_000, "the quote that opens here is never closed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name: str) -> None:
    text, message = HOSTILE[name]
    with pytest.raises(YAMLError) as caught:
        read(text)
    assert caught.value.problems[0].message == message
    assert len(caught.value.problems) <= 100


def test_depth_20_is_fine() -> None:
    assert read("[" * 20 + "]" * 20) is not None
    with pytest.raises(YAMLError, match="deeper than 20"):
        read("[" * 21 + "]" * 21)


def test_a_large_file_with_a_fault_is_told_by_the_reader() -> None:
    with pytest.raises(YAMLError) as caught:
        read("# " + "x" * 30_000 + "\na: 'x\n")
    assert str(caught.value.problems[0].place) == "2:4"
