"""Every policy's verdict on every resource, as bitmaps: who matches and who is undecided. Why is told on demand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.columns.blocks import Bits, Block, bitmaps, bits_of, count, mask_of, pieces, rows_of
from engine.columns.column import Mask
from engine.columns.graph import Graph, Node, Pair
from engine.columns.inventory import Columns
from engine.columns.missing import missing
from engine.columns.rules import Rule, Rules
from engine.columns.views import Views
from engine.policy import PolicySet, Reap
from engine.verdict import Reason
from engine.view import Context

MANY = 8
"""With more than an eighth of all resources in doubt, the second pass goes over everybody: picking them out costs more."""

Rows = NDArray[np.int64]
"""Places of resources, ascending."""

NOBODY: Rows = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """One policy's verdicts. A resource that neither matches nor is undecided is spared, or of another kind."""

    match: Bits
    few: Rows | None = None
    """Who is undecided, as places; None where `many` has them."""
    many: Bits | None = None

    @property
    def undecided(self) -> Bits:
        """Who is undecided, as a bitmap."""
        return bits_of(self.undecided_rows, len(self.match)) if self.many is None else self.many

    @property
    def undecided_rows(self) -> Rows:
        """Who is undecided, as places."""
        if self.many is not None:
            return rows_of(self.many)
        return NOBODY if self.few is None else self.few


class ColumnVerdicts:
    """The verdicts of a set of policies on an inventory. Exactly what engine/judge.py says of each resource."""

    def __init__(self, rules: Rules, named: Mapping[str, Rule], found: Mapping[str, Verdict]) -> None:
        self.rules = rules
        self._named = named
        self._found = found

    @property
    def columns(self) -> Columns:
        """The inventory."""
        return self.rules.views.columns

    @property
    def views(self) -> Views:
        """The inventory under the commit: owners, teams, lifetimes."""
        return self.rules.views

    @property
    def names(self) -> tuple[str, ...]:
        """The policies."""
        return tuple(self._found)

    def of(self, policy: str) -> Verdict:
        """One policy's bitmaps."""
        return self._found[policy]

    def matches(self, policy: str) -> Rows:
        """The resources that a policy matches."""
        return rows_of(self._found[policy].match)

    def undecided(self, policy: str) -> Rows:
        """The resources of which a policy cannot say."""
        return self._found[policy].undecided_rows

    def speaks_of(self, policy: str, rows: Rows) -> Mask:
        """Whether these resources are of kinds that a policy speaks of."""
        reap = self.rules.policies.reaps.get(policy)
        kinds = self.columns.kinds
        spoken_of = np.array([reap is not None and kind in reap.selects.kinds for kind in kinds.cells], np.bool_)
        return np.asarray(spoken_of[kinds.codes[rows]])

    def counts(self, policy: str) -> tuple[int, int]:
        """How many match, how many are undecided."""
        return count(self._found[policy].match), len(self._found[policy].undecided_rows)

    def spared(self, policy: str) -> Mapping[Reason, Rows]:
        """The resources of its kinds that a policy leaves alone, by the first reason."""
        rule, rows = self._named[policy], self.columns.rows
        when = self.rules.graph.join(True, [rule.scope.most, rule.when.most])
        steps = [when, rule.not_protected.most, rule.not_exempt.most, rule.old_enough]
        kinds, *holds = (mask_of(bits, rows) for bits in bitmaps(self.rules.graph, [rule.kinds, *steps], rows))
        left: Mask = kinds
        found = {}
        for reason, held in zip(Reason, holds, strict=True):
            found[reason] = np.flatnonzero(left & ~held).astype(np.int64)
            left = left & held
        return found

    def missing(self, policy: str, rows: Rows) -> list[tuple[str, ...]]:
        """For undecided resources: the fields that leave them so, sorted."""
        found: list[tuple[str, ...]] = []
        for piece in pieces(rows):
            found += missing(self.rules, self._rule_of(policy), Block(self.rules.graph, piece, len(piece)))
        return found

    def again(self, policy: Reap) -> ColumnVerdicts:
        """The same with one policy changed or added; nothing else is evaluated anew."""
        name, policies = policy.meta.name, self.rules.policies
        rules = self.rules.under(replace(policies, reaps={**policies.reaps, name: policy}))
        named = {name: rules.rule(policy)}
        return ColumnVerdicts(rules, {**self._named, **named}, {**self._found, **evaluated(rules, _pairs(named))})

    def after(self, context: Context) -> ColumnVerdicts:
        """The same inventory under another commit. What both say alike is evaluated once."""
        if not self.rules.views.serves(context):
            return judge_columns(self.columns, context)
        return self._under(context.policies)

    def _under(self, policies: PolicySet) -> ColumnVerdicts:
        rules = self.rules.under(policies)
        named = {name: rules.rule(policy) for name, policy in policies.reaps.items()}
        known = {(one.all.least, one.all.most): self._found[name] for name, one in self._named.items()}
        same = {name: known[key] for name, one in named.items() if (key := (one.all.least, one.all.most)) in known}
        fresh = evaluated(rules, _pairs({name: one for name, one in named.items() if name not in same}))
        return ColumnVerdicts(rules, named, {name: same.get(name) or fresh[name] for name in named})

    def _rule_of(self, policy: str) -> tuple[Reap, Rule]:
        return self.rules.policies.reaps[policy], self._named[policy]


def judge_columns(columns: Columns, context: Context) -> ColumnVerdicts:
    """All policies over all resources at once, at the inventory's own `as_of`."""
    rules = Rules(Views(columns, context))
    named = {name: rules.rule(policy) for name, policy in context.policies.reaps.items()}
    return ColumnVerdicts(rules, named, evaluated(rules, _pairs(named)))


def _pairs(named: Mapping[str, Rule]) -> dict[str, Pair]:
    return {name: rule.all for name, rule in named.items()}


def evaluated(rules: Rules, named: Mapping[str, Pair]) -> dict[str, Verdict]:
    """The first pass for everybody. The second only for those of whom something is unknown: few, where all goes well."""
    rows, graph = rules.views.columns.rows, rules.graph
    pairs = list(named.values())
    least = _bitmaps(graph, [pair.least for pair in pairs], rows)
    unsure = [pair for pair in pairs if pair.least != pair.most]
    (doubtful,) = bitmaps(graph, [graph.join(False, sorted(graph.doubts))], rows) if unsure else (np.zeros(0, np.uint8),)
    if count(doubtful) * MANY < rows:
        few = _second_pass(graph, unsure, rows_of(doubtful))
        return {name: Verdict(least[pair.least], few.get(pair)) for name, pair in zip(named, pairs, strict=True)}
    most = _bitmaps(graph, [pair.most for pair in pairs], rows)
    return {
        name: Verdict(least[pair.least], many=most[pair.most] ^ least[pair.least])
        for name, pair in zip(named, pairs, strict=True)
    }


def _bitmaps(graph: Graph, nodes: Iterable[Node], rows: int) -> dict[Node, Bits]:
    distinct = list(dict.fromkeys(nodes))
    return dict(zip(distinct, bitmaps(graph, distinct, rows), strict=True))


def _second_pass(graph: Graph, pairs: Iterable[Pair], rows: Rows) -> dict[Pair, Rows]:
    """Both passes for a few resources: those for which they differ are undecided."""
    parts: dict[Pair, list[Rows]] = {pair: [] for pair in pairs}
    for piece in pieces(rows):
        block = Block(graph, piece, len(piece))
        for pair, found in parts.items():
            most, least = block.truths(pair.most), block.truths(pair.least)
            if most is not None:
                found.append(piece[block.mask_of(most if least is None else most ^ least)])
    return {pair: np.concatenate([NOBODY, *found]) for pair, found in parts.items()}
