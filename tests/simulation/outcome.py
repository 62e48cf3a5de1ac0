"""How large a simulated world is, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.case import Case

DAYS = 30
THINGS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of a world: `make test` has small ones, the proof whole ones."""

    things: int = THINGS
    days: int = DAYS


WHOLE = Size()
"""A world of the proof."""

SMALL = Size(things=40, days=14)
"""A world that a test can afford: two weeks of forty resources, and the weeks that it takes until their cases are over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a seed."""

    seed: int
    broken: str = ""
    cases: int = 0
    ended: int = 0
    deleted: int = 0
    stopped: int = 0
    crashes: int = 0
    rounds: int = 0
    trace: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Nothing broke, and at least 95 of 100 cases came to an end."""
        return not self.broken and self.ended * 100 >= self.cases * 95


def every(ledger: object) -> Iterator[Case]:
    cursor: str | None = None
    while True:
        page, cursor = ledger.cases(cursor=cursor, limit=1000)  # type: ignore[attr-defined]  # a Ledger
        yield from page
        if cursor is None:
            return


def told_of(case: Case) -> str:
    mode = f"{case.lead.mode} ({case.lead.because})" if case.findings else "nothing found"
    return (
        f"{case.id} {case.key} {case.state}, {mode}, agreed {case.agreed}, due {case.due}, tell {case.tell!r},"
        f" stuck {case.stuck!r}, missing {case.missing}, version {case.version}"
    )
