"""Which unknown fields leave resources undecided: the same walk as Clause.unknown, over many resources at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.columns.blocks import Block
from engine.columns.column import UNKNOWN, Coded, Column, Mask
from engine.columns.graph import Pair
from engine.columns.rules import Rule, Rules
from engine.condition.condition import Clause
from engine.condition.leaf import Leaf
from engine.model import Unknown
from engine.policy import Reap, Selection
from engine.spent import NEEDED

Found = Iterator[tuple[str, Mask]]
"""Names of fields, and which resources they leave undecided."""


def missing(rules: Rules, judged: tuple[Reap, Rule], block: Block) -> list[tuple[str, ...]]:
    """For each resource of a block, all undecided under the policy: the unknown fields that make it so, sorted."""
    names: list[set[str]] = [set() for _ in range(block.size)]
    for name, mask in _Search(rules, block).of(*judged):
        for place in np.flatnonzero(mask).tolist():
            names[place].add(name)
    return [tuple(sorted(one)) for one in names]


class _Search:
    def __init__(self, rules: Rules, block: Block) -> None:
        self.rules = rules
        self.block = block

    def of(self, policy: Reap, rule: Rule) -> Found:
        """Everything that is unknown: in `when`, in exemptions, and what hides protections and owners."""
        yield from self._in(policy.selects)
        yield "owner", self._undecided(rule.scope)
        yield "owner", self._undecided(rule.owner_known)
        yield "tags", self._undecided(self.rules.not_tagged())
        yield from self._part(NEEDED.root)
        for exemption in self.rules.active(policy):
            undecided = self._undecided(self.rules.exempt(exemption))
            inner = list(self._in(exemption.selects))
            yield from ((name, mask & undecided) for name, mask in inner)
            lacking = np.zeros(self.block.size, np.bool_)
            for _, mask in inner:
                lacking |= mask
            yield "owner", undecided & ~lacking

    def _in(self, selects: Selection) -> Found:
        if selects.when is not None:
            yield from self._part(selects.when.root)

    def _part(self, part: Clause | Leaf) -> Found:
        undecided = self._undecided(self.rules.clause(part))
        if not undecided.any():
            return
        found = self._fields(part) if isinstance(part, Leaf) else (one for inner in part.parts for one in self._part(inner))
        yield from ((name, mask & undecided) for name, mask in found)

    def _fields(self, leaf: Leaf) -> Found:
        for ref in leaf.refs:
            column = self.rules.views.column(ref)
            if column is not None:
                yield ref.name, self._hidden(column)

    def _undecided(self, pair: Pair) -> Mask:
        if pair.least == pair.most:
            return np.zeros(self.block.size, np.bool_)
        return self.block.mask(pair.most) & ~self.block.mask(pair.least)

    def _hidden(self, column: Column) -> Mask:
        if isinstance(column, Coded):
            codes = column.codes[self.block.at]
            if column.ordered:
                return np.asarray(codes == UNKNOWN)
            return np.array([isinstance(cell, Unknown) for cell in column.cells], np.bool_)[codes]
        return np.zeros(self.block.size, np.bool_) if column.unknown is None else column.unknown[self.block.at]
