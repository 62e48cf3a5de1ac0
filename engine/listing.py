"""Rows of a comparison that may be too many to be made before somebody reads them: counted, read in order, or the top ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nsmallest
from typing import Protocol

from engine.matches import Change, Row
from engine.money import billionths


class Listing(Protocol):
    """Some rows in order: by change, then key, then policy."""

    def __len__(self) -> int:
        """How many there are: nothing is made for that."""

    def __iter__(self) -> Iterator[Row]:
        """All of them, made while they are read."""

    def weightiest(self, most: int) -> list[Row]:
        """The first in reading order: what may be taken, the dearest first, what cannot be told, what is spared, the rest."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that are there already."""

    rows: tuple[Row, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def weightiest(self, most: int) -> list[Row]:
        """The first in reading order."""
        return nsmallest(most, self.rows, key=lambda row: (place_of(row), -billionths(row.monthly), row.key, row.policy))


PLACES = {Change.UNDECIDED: 1, Change.REMOVED: 2}


def place_of(row: Row) -> int:
    """0 for what is read first."""
    return 0 if row.widened else PLACES.get(row.change, 3)
