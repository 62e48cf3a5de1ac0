"""What columns do faster than one by one gives the same: halving sorted cells, arithmetic on arrays, owner maps by place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.columns.blocks import Block, bitmaps, mask_of, rows_of
from engine.columns.column import FIRST, HIDDEN, Cell, Coded, Column, Numbers, combined, joined, order
from engine.columns.encode import MANY, encoded, remapped
from engine.columns.graph import Graph, Pair
from engine.columns.inventory import DAY, days
from engine.columns.owner_maps import reach
from engine.columns.truth import outcome, table
from engine.condition.leaf import Leaf, leaf
from engine.condition.parser import parse
from engine.model import Unknown
from engine.owner import matches

TESTS = ["x < {}", "x <= {}", "x > {}", "x >= {}", "x == {}", "x != {}", "{} < x", "{} >= x", "x in [{}, {}]", "{} == x"]
TEXT_TESTS = [*TESTS, "x.startsWith({})", "x.endsWith({})", "x.contains({})", "size(x) > 2"]
SIGNS = "abé\U0001f600'z"
texts = st.text(SIGNS, max_size=3)
numbers = st.one_of(st.integers(-20, 20), st.floats(-20, 20).map(lambda value: round(value, 1)))


def written(value: object) -> str:
    return "'" + value.replace("'", "\\'") + "'" if isinstance(value, str) else repr(value)


def test_of(shape: str, *values: object) -> Leaf:
    filled = shape.format(*map(written, values)) if shape.count("{}") == len(values) else shape.format(*map(written, values * 2))
    return leaf(parse(filled), 0)


test_of.__test__ = False  # type: ignore[attr-defined]  # a maker of tests of conditions, no test


def one_by_one(test: Leaf, column: Coded) -> list[int]:
    return [outcome(test, (cell,)) for cell in column.cells]


@settings(max_examples=400, deadline=None)
@given(st.lists(texts, min_size=9, max_size=60), st.sampled_from(TEXT_TESTS), texts)
def test_sorted_texts_are_halved(values: list[str], shape: str, wanted: str) -> None:
    column = encoded([None, HIDDEN, *values])
    assert isinstance(column, Coded)
    test = test_of(shape, wanted)
    assert table(test, column).tolist() == one_by_one(test, column)


@settings(max_examples=400, deadline=None)
@given(st.lists(numbers, min_size=9, max_size=60), st.sampled_from(TESTS), numbers)
def test_sorted_numbers_are_halved(values: list[float], shape: str, wanted: float) -> None:
    column = encoded([None, HIDDEN, *values])
    assert isinstance(column, Coded)
    test = test_of(shape, wanted)
    assert table(test, column).tolist() == one_by_one(test, column)


def test_a_dictionary_of_several_types_is_tried_one_by_one() -> None:
    column = encoded([True, False, *range(10), *"abcdefghij"])
    assert isinstance(column, Coded)
    test = test_of("x < {}", 5)
    assert table(test, column).tolist() == one_by_one(test, column)
    assert [column.cells[code] for code in np.flatnonzero(table(test, column) == 1)] == [False, True, 0, 1, 2, 3, 4]


def truths(columns: list[Column], text: str, rows: int) -> tuple[list[bool], list[bool]]:
    graph = Graph()
    pair: Pair = graph.test(leaf(parse(text), 0), columns)
    least, most = bitmaps(graph, [pair.least, pair.most], rows)
    return mask_of(least, rows).tolist(), mask_of(most, rows).tolist()


def as_numbers(cells: list[Cell]) -> Numbers:
    values = [math.nan if cell is None or isinstance(cell, Unknown) else float(cell) for cell in cells]
    return Numbers(np.array(values), np.array([isinstance(cell, Unknown) for cell in cells]))


NUMBER_TESTS = (
    *("x < 2", "!(x < 2)", "x != 2", "x in [2, 3.0]", "!(x in [2])", "has(x)", "!has(x)"),
    *("x < y", "!(x <= y)", "x != y", "x + y * 2 > 3", "!(2 - x > y)", "x * y == 0"),
)
sometimes = st.one_of(st.none(), st.just(HIDDEN), st.sampled_from([-1.5, 0.0, 2.0, 3.0, 5.25]))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(sometimes, sometimes), min_size=1, max_size=30),
    st.sampled_from(NUMBER_TESTS),
)
def test_arrays_of_numbers_say_what_codes_say(cells: list[tuple[Cell, Cell]], text: str) -> None:
    first, second = [one for one, _ in cells], [other for _, other in cells]
    both = [first, second] if "y" in text else [first]
    as_codes = truths([encoded(one) for one in both], text, len(cells))
    assert truths([as_numbers(one) for one in both], text, len(cells)) == as_codes
    assert truths([as_numbers(both[0]), *map(encoded, both[1:])], text, len(cells)) == as_codes


def test_more_resources_than_a_block_and_than_a_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.columns.blocks.BLOCK", 64)
    cells: list[Cell] = [place % 7 for place in range(203)]
    least, most = truths([encoded(cells)], "!(x in [1, 3, 5])", 203)
    assert least == most == [cell not in (1, 3, 5) for cell in cells]
    graph = Graph()
    column = encoded(cells)
    assert isinstance(column, Coded)
    node = graph.opposite(graph.cells(column, [FIRST]))
    (bits,) = bitmaps(graph, [node], 203)
    assert rows_of(bits).tolist() == [place for place, cell in enumerate(cells) if cell != 0]
    places = np.array([0, 1, 7, 14, 200])
    assert Block(graph, places, 5).mask(node).tolist() == [False, True, False, False, True]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=20))
def test_combinations(rows: list[tuple[int, int, int]]) -> None:
    columns = [encoded([row[place] for row in rows]) for place in range(3)]
    coded = [column for column in columns if isinstance(column, Coded)]
    codes, found = combined(coded)
    cells = [tuple(column.cells[code] for column, code in zip(coded, found[one], strict=True)) for one in codes.tolist()]
    assert cells == rows
    assert len(set(found)) == len(found)


def test_combinations_beyond_numbers() -> None:
    """Sixty columns of nine cells have more combinations than a number of 64 bits."""
    columns = [encoded([place % 9 for place in range(shift, shift + 20)]) for shift in range(60)]
    whole = joined([column for column in columns if isinstance(column, Coded)], lambda *cells: sum(map(int, cells)))
    sums = [sum((place + shift) % 9 for shift in range(60)) for place in range(20)]
    assert [whole.cells[code] for code in whole.codes] == sums


def test_many_distinct_numbers_are_kept_as_they_are() -> None:
    column = encoded([*map(float, range(MANY + 1)), None, HIDDEN])
    assert isinstance(column, Numbers)
    assert column.unknown is not None
    assert column.values[:3].tolist() == [0.0, 1.0, 2.0]
    assert np.isnan(column.values[-2:]).all()
    assert column.unknown[-2:].tolist() == [False, True]
    assert isinstance(encoded([*range(MANY), 2**60, -1]), Coded), "no float holds every whole number up there"


def test_what_is_no_number_is_unknown() -> None:
    column = encoded([math.nan, math.inf, 1.0])
    assert isinstance(column, Coded)
    assert [column.cells[code] for code in column.codes] == [HIDDEN, HIDDEN, 1.0]


def test_true_is_not_one() -> None:
    column = remapped(np.array([0, 1, 2, 3], np.uint8), [True, 1, 1.0, 0])
    assert isinstance(column, Coded)
    assert [order(cell)[0] for cell in column.cells[FIRST:]] == [0, 1, 1]


def test_days_of_a_long_time_are_rounded_as_one_quotient() -> None:
    far = (1 << 60) + 12345
    assert days(np.array([far])).tolist() == [far / DAY]


parts = st.sampled_from(["aws", "1*", "111", "us-*", "eu", "ebs_volume", "*", "web-?", "a", "r-1"])
patterns = st.builds(
    lambda lead, middle, tail: lead + "/".join(middle) + tail,
    st.sampled_from(["", "/", "**/", "!"]),
    st.lists(parts, min_size=1, max_size=6),
    st.sampled_from(["", "/", "/**", "/*"]),
)
places = st.builds(
    lambda *found: "/".join(found),
    st.sampled_from(["aws", "gcp"]),
    st.sampled_from(["111", "222"]),
    st.sampled_from(["us-1", "eu"]),
    st.sampled_from(["ebs_volume", "disk"]),
)


@settings(max_examples=600, deadline=None)
@given(patterns, places, st.lists(st.sampled_from(["a", "r-1", "web-x", "a/b", "eu", "aws"]), min_size=1, max_size=3))
def test_a_pattern_that_is_decided_by_the_place_is_decided_so_for_every_name(pattern: str, place: str, names: list[str]) -> None:
    decided = reach(pattern, place)
    assert decided is None or [matches(pattern, f"{place}/{name}") for name in names] == [decided] * len(names)
