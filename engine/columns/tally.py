"""Sums over groups of resources: how many policies say something of each, and what that costs, to a billionth of a dollar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from engine.columns.blocks import BLOCK, Bits, is_any, rows_of
from engine.columns.column import Coded
from engine.columns.inventory import COST, NANOS, UNFREE, UNPRICED, Columns
from engine.columns.verdicts import Rows
from engine.money import NOTHING, Money, summed


class Counter:
    """Adds up bitmaps: the binary digits of each resource's count are a bitmap each, so that an addition is a few operations."""

    def __init__(self) -> None:
        self._digits: list[Bits] = []

    def add(self, bits: Bits) -> None:
        """Count these once more."""
        carried = bits
        for place, digit in enumerate(self._digits):
            self._digits[place] = digit ^ carried
            carried = digit & carried
            if not is_any(carried):
                return
        self._digits.append(carried)

    def counted(self, size: int) -> Iterator[tuple[Rows, Rows | None]]:
        """Who was counted, and how often; None is once each. A block of resources at a time, which the cache holds."""
        for start in range(0, size, BLOCK):
            digits = [digit[start // 8 : (start + BLOCK) // 8] for digit in self._digits]
            if len(digits) == 1:
                yield rows_of(digits[0]) + start, None
                continue
            found = np.zeros(min(BLOCK, size - start), np.uint16)
            for place, digit in enumerate(digits):
                found |= np.unpackbits(digit, count=len(found), bitorder="little").astype(np.uint16) << np.uint16(place)
            rows = np.flatnonzero(found)
            yield rows + start, found[rows].astype(np.int64)


class Tally:
    """Counts of resources by words, while policy after policy comes in."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._counters: dict[tuple[str, ...], Counter] = {}

    def add(self, words: Iterable[str], bits: Bits) -> None:
        """Count these once more under each of some words."""
        if is_any(bits):
            self._counters.setdefault(tuple(words), Counter()).add(bits)

    def numbers(self, groups: Coded) -> Mapping[str, list[int]]:
        """How often each group counts under each word."""
        size = len(groups.cells)
        found: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(size))
        for words, counter in self._counters.items():
            for rows, times in counter.counted(self._columns.rows):
                numbers = np.bincount(groups.codes[rows], times, size)  # exact: whole and below 2**53
                for word in words:
                    found[word] = found[word] + numbers
        return {word: [int(one) for one in numbers.tolist()] for word, numbers in found.items()}

    def monthly(self, word: str, groups: Coded) -> list[Money]:
        """What each group costs."""
        found = [NOTHING] * len(groups.cells)
        for counter in (counter for words, counter in self._counters.items() if word in words):
            for rows, times in counter.counted(self._columns.rows):
                costs = sums(self._columns, rows, times, groups.at(rows))
                found = [one + cost for one, cost in zip(found, costs, strict=True)]
        return found


def sums(columns: Columns, rows: Rows, times: Rows | None, groups: Coded) -> Iterator[Money]:
    """What the resources of each group cost together, each counted so many times; None is once each."""
    codes = columns.coded(COST).codes[rows]
    parts = []
    for name in (NANOS, UNPRICED, UNFREE):
        part = np.zeros(len(groups.cells), np.int64)
        values = columns.moment(name)[codes]
        np.add.at(part, groups.codes, values if times is None else values * times)
        parts.append(part.tolist())
    return (summed(nanos, unpriced, not unfree) for nanos, unpriced, unfree in zip(*parts, strict=True))


def monthly(columns: Columns, bits: Bits) -> Money:
    """What some resources cost together."""
    rows = rows_of(bits)
    if not len(rows):
        return NOTHING
    nobody = np.zeros(len(rows), np.uint8)
    return next(sums(columns, rows, None, Coded(nobody, (None,))))
