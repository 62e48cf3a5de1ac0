"""A condition: its lines, compiled. Known, absent and unknown values are judged as DESIGN section 3 says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.condition.leaf import Leaf, Row
from engine.model import Unknown, Value


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a condition says of a row: True, False, or None (undecided) with the unknown fields that make it so, sorted."""

    outcome: bool | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Test:
    """One test of a condition, explained: its text, the index of its line, the values it saw (None is absent), its outcome."""

    __test__ = False

    text: str
    line: int
    values: Mapping[str, Value | Unknown | None]
    outcome: bool | None


@dataclass(frozen=True, slots=True)
class Clause:
    """Tests that all must hold (`every`), or of which one must."""

    every: bool
    parts: tuple[Clause | Leaf, ...]

    def outcome(self, row: Row) -> bool | None:
        """The result of two passes at once: with every unknown test False, and with every one True.

        In negation normal form more tests that hold never make less hold, so both passes agree exactly where three-valued
        logic has an answer, and differ exactly where it has none.
        """
        undecided = False
        for part in self.parts:
            found = part.outcome(row)
            if found is not self.every:
                if found is not None:
                    return found
                undecided = True
        return None if undecided else self.every

    def unknown(self, row: Row) -> frozenset[str]:
        """The unknown fields behind an undecided clause: those of its undecided parts."""
        return frozenset[str]().union(*(part.unknown(row) for part in self.parts if part.outcome(row) is None))

    def leaves(self) -> Iterator[Leaf]:
        """Every test in the order it was written."""
        for part in self.parts:
            if isinstance(part, Clause):
                yield from part.leaves()
            else:
                yield part


@dataclass(frozen=True, slots=True)
class Condition:
    """Lines that all must hold, checked and compiled by `compile_condition`. Equal when they normally say the same."""

    texts: tuple[str, ...] = field(compare=False)
    """The lines as written."""
    normal: tuple[str, ...]
    """The lines in normal form: what the rule digest covers."""
    root: Clause = field(compare=False, repr=False)

    def judge(self, row: Row) -> Judgement:
        """Whether the row matches."""
        outcome = self.root.outcome(row)
        return Judgement(outcome, tuple(sorted(self.root.unknown(row))) if outcome is None else ())

    def explain(self, row: Row) -> tuple[Test, ...]:
        """Each test with what it saw and how it came out."""
        return tuple(Test(leaf.text, leaf.line, leaf.values(row), leaf.outcome(row)) for leaf in self.root.leaves())

    @property
    def fields(self) -> frozenset[str]:
        """The names of the fields that it reads; every tag counts as `tags`."""
        return frozenset(ref.name for leaf in self.root.leaves() for ref in leaf.refs)

    @property
    def tag_keys(self) -> frozenset[str]:
        """The keys of the tags that it reads."""
        return frozenset(ref.key for leaf in self.root.leaves() for ref in leaf.refs if ref.key is not None)
