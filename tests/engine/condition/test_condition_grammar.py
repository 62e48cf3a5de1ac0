"""What is an expression and what is not, with the offset of the first character that does not fit."""

from __future__ import annotations

import pytest

from engine.condition.parser import parse
from engine.condition.printer import text
from engine.condition.problem import Fault
from engine.condition.tree import All, AnyOf, Arithmetic, Choices, Compare, Has, Literal, Not, Ref, Search, Size

STATE = Ref("state")
OWNER = Ref("tags", "owner")

TREES = [
    ("state == 'a'", Compare("==", STATE, Literal("a"))),
    ('state != "a"', Compare("!=", STATE, Literal("a"))),
    ("size_gb<=3", Compare("<=", Ref("size_gb"), Literal(3))),
    ("cpu >= 2.5e1", Compare(">=", Ref("cpu"), Literal(25.0))),
    ("cpu > 1e3", Compare(">", Ref("cpu"), Literal(1000.0))),
    ("ttl_days_left < -1", Compare("<", Ref("ttl_days_left"), Literal(-1))),
    (
        "encrypted == true || encrypted == false",
        AnyOf((Compare("==", Ref("encrypted"), Literal(True)), Compare("==", Ref("encrypted"), Literal(False)))),
    ),
    ("state in ['a', \"b\",'c']", Compare("in", STATE, Choices(("a", "b", "c")))),
    ("size_gb in [1, -2]", Compare("in", Ref("size_gb"), Choices((1, -2)))),
    ("has(tags.owner)", Has(OWNER)),
    ("has(owner)", Has(Ref("owner"))),
    ("'a-b' in tags", Has(Ref("tags", "a-b"))),
    ("tags['a-b'] == 'x'", Compare("==", Ref("tags", "a-b"), Literal("x"))),
    ("tags.owner.startsWith('x')", Search("startsWith", OWNER, "x")),
    ("tags['a.b'].endsWith('x')", Search("endsWith", Ref("tags", "a.b"), "x")),
    (
        "name.contains('x') && name.matches('^y$')",
        All((Search("contains", Ref("name"), "x"), Search("matches", Ref("name"), "^y$"))),
    ),
    ("size(name) > 3", Compare(">", Size(Ref("name")), Literal(3))),
    ("name.size() > 3", Compare(">", Size(Ref("name")), Literal(3))),
    ("tags.size == 'l'", Compare("==", Ref("tags", "size"), Literal("l"))),
    ("tags.for == 'l'", Compare("==", Ref("tags", "for"), Literal("l"))),
    ("!encrypted", Not(Ref("encrypted"))),
    ("!!encrypted", Not(Not(Ref("encrypted")))),
    ("!(state == 'a')", Not(Compare("==", STATE, Literal("a")))),
    ("a || b && c", AnyOf((Ref("a"), All((Ref("b"), Ref("c")))))),
    ("(a || b) && c", All((AnyOf((Ref("a"), Ref("b"))), Ref("c")))),
    ("a && b && c", All((Ref("a"), Ref("b"), Ref("c")))),
    (
        "x - 1 - y * 2 < 3",
        Compare("<", Arithmetic("-", Arithmetic("-", Ref("x"), Literal(1)), Arithmetic("*", Ref("y"), Literal(2))), Literal(3)),
    ),
    ("x - (1 - y) < -3", Compare("<", Arithmetic("-", Ref("x"), Arithmetic("-", Literal(1), Ref("y"))), Literal(-3))),
    ("(x + 1) * 2 > 3", Compare(">", Arithmetic("*", Arithmetic("+", Ref("x"), Literal(1)), Literal(2)), Literal(3))),
    ("name == 'it\\'s \\\\ \\\"x\\\" \\n\\t\\r'", Compare("==", Ref("name"), Literal('it\'s \\ "x" \n\t\r'))),
    ("name == 'é😀'", Compare("==", Ref("name"), Literal("é😀"))),
    (" \t\n state\n==\t'a' \r\n", Compare("==", STATE, Literal("a"))),
    ("((((state)))) == 'a'", Compare("==", STATE, Literal("a"))),
    ("'b' == state", Compare("==", Literal("b"), STATE)),
]


@pytest.mark.parametrize(("written", "tree"), TREES)
def test_reads(written: str, tree: object) -> None:
    assert parse(written) == tree


@pytest.mark.parametrize("written", [written for written, _ in TREES])
def test_writes_what_it_reads(written: str) -> None:
    tree = parse(written)
    assert parse(text(tree)) == tree


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("((a)||((b)&&(c)))", "a || b && c"),
        ("(a || b) && c", "(a || b) && c"),
        ("(a && b) && c", "(a && b) && c"),
        ("!(a == 1)", "!(a == 1)"),
        ("!has(tags['x'+'y'])", None),
        ("!('x-y' in tags)", "!('x-y' in tags)"),
        ("tags[\"in\"] == 'x'", "tags['in'] == 'x'"),
        ("name.size() > 1.0", "size(name) > 1.0"),
        ("a - (b - c) > 1", "a - (b - c) > 1"),
        ("a * (b * c) > 1", "a * (b * c) > 1"),
        ("a * b * c > 1", "a * b * c > 1"),
        ("a - -1 > 1", "a - -1 > 1"),
        ("b in [true, 1.5, 'q']", "b in [true, 1.5, 'q']"),
    ],
)
def test_prints_no_more_parentheses_than_needed(written: str, printed: str | None) -> None:
    if printed is None:
        with pytest.raises(Fault):
            parse(written)
    else:
        assert text(parse(written)) == printed


BAD = [
    ("", 0, "the expression is empty"),
    ("   ", 0, "the expression is empty"),
    ("state ==", 8, "expected a field or a value, found the end of the expression"),
    ("state == == 'a'", 9, "expected a field or a value, found '=='"),
    ("state = 'a'", 6, "unexpected character '='"),
    ("a & b", 2, "unexpected character '&'"),
    ("a | b", 2, "unexpected character '|'"),
    ("a / b > 1", 2, "unexpected character '/'"),
    ("a % b > 1", 2, "unexpected character '%'"),
    ("a ? b : c", 2, "unexpected character '?'"),
    ("state == “a”", 9, "unexpected character '“'"),
    ("state == 'a", 9, "the text that starts here has no closing quote"),
    ("state == 'a\nb'", 9, "the text that starts here has no closing quote"),
    ("état == 'a'", 0, "unexpected character 'é'"),
    ("a < b < c", 6, "unexpected '<'"),
    ("a in [1] in [2]", 9, "unexpected 'in'"),
    ("a and b", 2, "unexpected 'and'"),
    ("not a", 0, "unexpected 'not'"),
    ("a b", 2, "unexpected 'b'"),
    ("a)", 1, "unexpected ')'"),
    ("(a", 2, "expected ')', found the end of the expression"),
    ("has(a", 5, "expected ')', found the end of the expression"),
    ("has('a')", 4, "has() takes a field"),
    ("has(a && b)", 4, "has() takes a field"),
    ("has(tags['a-b'])", 4, "has() takes no brackets"),
    ("exists(a)", 0, "unknown function 'exists'"),
    ("name.startswith('a')", 5, "unknown function 'startswith'"),
    ("name.matches(3)", 13, "matches() takes one text in quotes, found '3'"),
    ("name.matches('a', 'b')", 16, "expected ')', found ','"),
    ("name.size(1) > 1", 10, "expected ')', found '1'"),
    ("name.'a'", 5, "expected a name after '.', found \"'a'\""),
    ("tags[owner] == 'a'", 5, "expected a text in brackets, found 'owner'"),
    ("tags['a' == 'b'", 9, "expected ']', found '=='"),
    ("tags.in == 'a'", 5, "'in' is a word of the language"),
    ("tags.a.b == 'a'", 7, "only tags have parts"),
    ("'a'.b == 'a'", 4, "only tags have parts"),
    ("null == a", 0, "'null' cannot stand here"),
    ("for == 'a'", 0, "'for' cannot stand here"),
    ("x in tags", 0, "'in' needs a text before 'tags', or a list after it"),
    ("3 in tags", 0, "'in' needs a text before 'tags', or a list after it"),
    ("a in [b]", 6, "a list holds only texts and numbers"),
    ("a in [1 2]", 8, "expected ',', found '2'"),
    ("a in [1,]", 8, "expected a field or a value, found ']'"),
    ("a in [1", 7, "expected ',', found the end of the expression"),
    ("-a > 1", 1, "expected a number after '-', found 'a'"),
    ("a > 1.", 6, "expected a name after '.', found the end of the expression"),
    ("a > 9007199254740993", 4, "the number is too large"),
    ("a > 1e999", 4, "the number is too large"),
    ("name.matches('\\d+')", 14, "unknown escape '\\d'"),
    ("a > 12u", 6, "unexpected 'u'"),
    ("a > 0x1F", 5, "unexpected 'x1F'"),
    ("timestamp(a) > 1", 0, "unknown function 'timestamp'"),
    ("tags.all(t, t == 'a')", 5, "unknown function 'all'"),
]


@pytest.mark.parametrize(("written", "offset", "message"), BAD)
def test_refuses(written: str, offset: int, message: str) -> None:
    with pytest.raises(Fault) as caught:
        parse(written)
    assert (caught.value.message, caught.value.offset) == (message, offset)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("state = 'a'", "write '==' to compare"),
        ("name.startswith('a')", "did you mean 'startsWith'?"),
        ("hsa(owner)", "did you mean 'has'?"),
        ("a and b", "write '&&'"),
        ("not a", "write '!'"),
        ("has(tags['a-b'])", "write 'a-b' in tags"),
        ("name.matches('\\d')", "a backslash in a text is written twice: '\\\\d'"),
        ("null == a", "test with has(field) whether there is a value"),
        ("a < b < c", "comparisons do not chain: write a < b && b < c"),
        ("a > 111111111111111111111", "put ids in quotes"),
    ],
)
def test_says_what_to_do(written: str, hint: str) -> None:
    with pytest.raises(Fault) as caught:
        parse(written)
    assert caught.value.hint == hint


def test_nests_32_deep_and_no_deeper() -> None:
    assert parse("(" * 32 + "a" + ")" * 32) == Ref("a")
    assert isinstance(parse("!" * 32 + "a"), Not)
    for written, offset in (("(" * 33 + "a" + ")" * 33, 32), ("!" * 33 + "a", 32), ("has(" * 33, 128)):
        with pytest.raises(Fault, match="deeper than 32") as caught:
            parse(written)
        assert caught.value.offset == offset


def test_a_chain_of_sums_is_no_way_around_the_depth() -> None:
    assert parse("a > " + "a + " * 32 + "1")
    with pytest.raises(Fault, match="more than 32 of"):
        parse("a > " + "a + " * 33 + "1")


def test_takes_4_kilobytes_and_no_more() -> None:
    widest = "a || " * 819 + "a"
    assert len(widest) == 4096
    assert isinstance(parse(widest), AnyOf)
    with pytest.raises(Fault, match="longer than 4096 bytes"):
        parse(widest + " ")
    with pytest.raises(Fault, match="longer than 4096 bytes"):
        parse(f"a == '{'é' * 2100}'")


@pytest.mark.parametrize("part", ["(", "!", "[", "a.", "a(", "'", "-", "a in [", "has(", "size(", "\\", "😀", "tags['", "a && ("])
def test_hostile_text_is_answered_with_a_fault(part: str) -> None:
    with pytest.raises(Fault):
        parse((part * 4096)[:4096])
