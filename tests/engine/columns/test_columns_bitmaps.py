"""Bitmaps: counting, finding and setting their truths, whatever their size."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.columns.blocks import bits_of, count, is_any, rows_of


@given(st.lists(st.booleans(), max_size=300))
def test_a_bitmap_says_what_its_truths_say(truths: list[bool]) -> None:
    bits = np.packbits(np.array(truths, np.bool_), bitorder="little")
    places = [place for place, truth in enumerate(truths) if truth]
    assert rows_of(bits).tolist() == places
    assert count(bits) == len(places)
    assert is_any(bits) == any(truths)
    assert bits_of(rows_of(bits), len(bits)).tolist() == bits.tolist()
