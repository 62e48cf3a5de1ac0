"""Policies as nodes of the graph: when, protections, exemptions, age, owner, in two passes, as engine/judge.py has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from engine.calendar import end_of
from engine.columns.column import ABSENT, FIRST, UNKNOWN, Numbers
from engine.columns.graph import Graph, Node, Pair
from engine.columns.inventory import TAGS
from engine.columns.truth import TRUE, UNDECIDED
from engine.columns.views import Views
from engine.condition.condition import Clause
from engine.condition.leaf import Leaf
from engine.judge import protects
from engine.model import Unknown
from engine.policy import Exemption, PolicySet, Reap, Selection
from engine.spent import NEEDED

KEY_PARTS = ("kind", "account", "region", "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A policy in the graph. `all` is its verdict; the parts are kept to say why somebody was spared."""

    kinds: Node
    scope: Pair
    when: Pair
    not_protected: Pair
    not_exempt: Pair
    old_enough: Node
    owner_known: Pair
    all: Pair


@dataclass(slots=True)
class Rules:
    """The graph of a set of policies over an inventory."""

    views: Views
    graph: Graph = field(default_factory=Graph)
    _guards: tuple[Pair, Node, Pair] | None = None
    _exempt: dict[int, tuple[Exemption, Pair]] = field(default_factory=dict)

    @property
    def policies(self) -> PolicySet:
        """The set."""
        return self.views.context.policies

    def under(self, policies: PolicySet) -> Rules:
        """The same graph for a set that derives the same fields."""
        views = self.views.under(policies)
        return Rules(views, self.graph, self._guards, self._exempt)

    def rule(self, policy: Reap) -> Rule:
        """A policy's nodes; those that others have already are shared."""
        protected, old, owner = self.guards()
        kinds = self.of_kinds(policy.selects.kinds)
        exempt = self.not_exempt(policy)
        when, scope = self.selected(policy.selects), self.in_scope(policy.only_team)
        passes = []
        for most in (False, True):
            guards = self.graph.join(True, [_of(protected, most), old, _of(owner, most)])
            parts = [kinds, guards, _of(exempt, most), _of(scope, most), _of(when, most)]
            passes.append(self.graph.join(True, parts))
        return Rule(
            kinds=kinds,
            scope=scope,
            when=when,
            not_protected=protected,
            not_exempt=exempt,
            old_enough=old,
            owner_known=owner,
            all=Pair(*passes),
        )

    def guards(self) -> tuple[Pair, Node, Pair]:
        """Not protected, old enough, owner known: the same for all policies."""
        if self._guards is None:
            self._guards = self._not_protected(), self._old_enough(), self._owner_known()
        return self._guards

    def of_kinds(self, kinds: Iterable[str]) -> Node:
        """Whether a resource is of one of these kinds."""
        column, wanted = self.views.columns.kinds, frozenset(kinds)
        codes = [code for code, kind in enumerate(column.cells) if kind in wanted]
        everybody = len(codes) == len(column.cells) - FIRST  # nobody is without a kind
        return self.graph.constant(True) if everybody else self.graph.cells(column, codes)

    def selected(self, selects: Selection) -> Pair:
        """Whether a condition holds; none always does."""
        return Pair(1, 1) if selects.when is None else self.clause(selects.when.root)

    def clause(self, clause: Clause | Leaf) -> Pair:
        """A clause or test."""
        if isinstance(clause, Leaf):
            return self.leaf(clause)
        parts = [self.clause(part) for part in clause.parts]
        least = self.graph.join(clause.every, (part.least for part in parts))
        most = self.graph.join(clause.every, (part.most for part in parts))
        return Pair(least, most)

    def leaf(self, leaf: Leaf) -> Pair:
        """A test. A field that nobody has is absent everywhere."""
        columns = [column for ref in leaf.refs if (column := self.views.column(ref)) is not None]
        if len(columns) < len(leaf.refs):
            node = self.graph.constant(leaf.presence and leaf.negated)
            return Pair(node, node)
        return self.graph.test(leaf, columns)

    def in_scope(self, only_team: str) -> Pair:
        """A team's own documents apply to its own resources; whose one is may be unknown."""
        if not only_team:
            return Pair(1, 1)
        team = self.views.owners.team
        mine = self.graph.cells(team, (code for code, name in enumerate(team.cells) if name == only_team))
        known = self._owner_known().least
        return Pair(self.graph.join(True, [known, mine]), self.graph.join(False, [self.graph.opposite(known), mine]))

    def active(self, policy: Reap) -> Iterator[Exemption]:
        """The exemptions from a policy that have not ended."""
        for exemption in self.policies.exemptions:
            named = "*" in exemption.of or policy.meta.name in exemption.of
            if named and self.views.columns.as_of < end_of(exemption.until, "UTC"):
                yield exemption

    def exempt(self, exemption: Exemption) -> Pair:
        """Whether an exemption speaks of a resource."""
        if id(exemption) not in self._exempt:
            kinds = self.of_kinds(exemption.selects.kinds)
            scope, when = self.in_scope(exemption.only_team), self.selected(exemption.selects)
            least = self.graph.join(True, [kinds, scope.least, when.least])
            self._exempt[id(exemption)] = exemption, Pair(least, self.graph.join(True, [kinds, scope.most, when.most]))
        return self._exempt[id(exemption)][1]

    def not_exempt(self, policy: Reap) -> Pair:
        """Whether no exemption spares a resource from a policy."""
        found = [self.exempt(exemption) for exemption in self.active(policy)]
        least = self.graph.join(True, (self.graph.opposite(one.most) for one in found))
        return Pair(least, self.graph.join(True, (self.graph.opposite(one.least) for one in found)))

    def _not_protected(self) -> Pair:
        marked, needed = self.not_marked(), self.clause(NEEDED.root)
        least = self.graph.join(True, [marked.least, self.graph.opposite(needed.most)])
        return Pair(least, self.graph.join(True, [marked.most, self.graph.opposite(needed.least)]))

    def not_marked(self) -> Pair:
        """Whether the Organization protects it neither by name nor by tag."""
        named, tagged = list(self._not_named()), self.not_tagged()
        return Pair(*(self.graph.join(True, [*named, one]) for one in (tagged.least, tagged.most)))

    def not_tagged(self) -> Pair:
        """Whether none of its tags protects it; unknown where they are."""
        columns, protect = self.views.columns, self.policies.organization.protect
        keys = sorted(key for key in columns.tag_keys if protects(key, protect.tags))
        tags = columns.coded(TAGS)
        least, most = [], []
        if tags.unknown:
            hidden = self.graph.cells(tags, [UNKNOWN])
            self.graph.doubts.add(hidden)
            least.append(self.graph.opposite(hidden))
        for column in map(columns.tag, keys):
            least.append(self.graph.cells(column, [ABSENT]))
            most.append(self.graph.cells(column, [ABSENT, UNKNOWN]))
        return Pair(self.graph.join(True, least), self.graph.join(True, most))

    def _not_named(self) -> Iterator[Node]:
        """Not one of the accounts and resources that the Organization protects by name."""
        protect = self.policies.organization.protect
        for account in protect.accounts:
            yield self.graph.opposite(self._has("account", account))
        for text in protect.resources:
            yield self.graph.opposite(self._has("id", text))
            parts = text.split("/", 3)
            if len(parts) == len(KEY_PARTS):
                same = [self._has(name, part) for name, part in zip(KEY_PARTS, parts, strict=True)]
                yield self.graph.opposite(self.graph.join(True, same))

    def _has(self, name: str, text: str) -> Node:
        """Whether a part of the key is this text."""
        column = self.views.columns.coded(name)
        code = column.code_of(text)
        return self.graph.cells(column, [] if code is None else [code])

    def _old_enough(self) -> Node:
        """Those below `min_age` are spared, but not those whose own owner's TTL tag has run out."""
        least = self.policies.organization.min_age
        age = self.views.columns.column("age_days")
        assert isinstance(age, Numbers)
        old = self.graph.given(age.values >= least.hours / 24 + least.working_days)
        run_out = self.views.lifetimes.run_out
        return old if run_out is None else self.graph.join(False, [old, self.graph.given(run_out)])

    def _owner_known(self) -> Pair:
        owner = self.views.owners.owner
        unknown = np.array([isinstance(cell, Unknown) for cell in owner.cells], np.bool_)
        return self.graph.codes(owner, np.where(unknown, UNDECIDED, TRUE).astype(np.uint8))


def _of(pair: Pair, most: bool) -> Node:
    return pair.most if most else pair.least
