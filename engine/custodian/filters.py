"""Filters to conditions: the block operators, value filters in both spellings, metrics, and what is not ours to say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.condition.tree import Compare, Expression, Literal, Ref
from engine.custodian.compare import CONVERSIONS, OPERATORS, SAME, Test
from engine.custodian.keys import Key, Sort, tag
from engine.custodian.known import ORDER, Inexact
from engine.custodian.logic import all_of, any_of, opposite
from engine.custodian.parts import NotSaid, Said, name_of
from engine.custodian.resources import Resource
from engine.custodian.tree import Node, is_date
from engine.custodian.value import say
from engine.suggest import did_you_mean

BLOCKS = ("and", "or", "not")
VALUE_KEYS = frozenset({"type", "key", "value", "op", "value_type"})
METRIC_KEYS = frozenset({"type", "name", "namespace", "statistics", "days", "period", "period-start", "op", "value"})
DAYS = 14

FILLED_IN = re.compile(r"\{[A-Za-z_{]|\}\}")
"""`{account_id}` in a text: Custodian puts a value there when it runs."""

LABEL = re.compile(r'labels\.(?:([A-Za-z_][A-Za-z0-9_]*)|"([^"\\]+)")')
NETWORK_TAGS = ("items", "fingerprint")
"""Where an instance has no labels, Custodian looks for `tag:` among its network tags, which has these keys."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says the filters of one resource. Every function raises NotSaid with all parts that cannot be said."""

    resource: Resource

    def all(self, nodes: Sequence[Node], *, negated: bool = False) -> Said:
        """A list of filters, which all must hold; or, negated, of which one must not."""
        return (any_of if negated else all_of)(self._each(nodes, negated))

    def _each(self, nodes: Sequence[Node], negated: bool) -> list[Said]:
        said: list[Said] = []
        unsaid: list[tuple[int, str, str]] = []
        for node in nodes:
            try:
                said.append(self.one(node, negated=negated))
            except NotSaid as error:
                unsaid.extend(error.parts)
        if unsaid:
            raise NotSaid(*unsaid)
        return said

    def one(self, node: Node, *, negated: bool = False) -> Said:
        """One filter, or its opposite."""
        if isinstance(node.value, str):
            return self._typed(node, node.value, negated)
        if not isinstance(node.value, dict) or not node.value:
            raise _unsaid(node, "this is no filter")
        if "type" in node.value:
            return self._typed(node, str(node.get("type")), negated)
        if len(node.value) > 1:
            raise _unsaid(node, "a filter with several keys needs a type; Custodian refuses it")
        key = next(iter(node.value))
        if key in BLOCKS:
            return self._block(node, key, negated)
        return self._value(node, key, Test("", node.get(key)), negated)

    def _block(self, node: Node, word: str, negated: bool) -> Said:
        inner = node.value[word].value
        if not isinstance(inner, list) or not inner:
            raise _unsaid(node, f"{word} takes a list of filters")
        if word == "or":
            return (all_of if negated else any_of)(self._each(inner, negated))
        return self.all(inner, negated=negated is not (word == "not"))

    def _typed(self, node: Node, sort: str, negated: bool) -> Said:
        if sort == "value":
            return self._value(node, str(node.get("key")), _test(node), negated)
        if sort == "metrics":
            metric = self._metric(node)
            return opposite(metric) if negated else metric
        simple = self.resource.filters.get(sort)
        if simple is not None and (isinstance(node.value, str) or set(node.value) == {"type"}):
            return opposite(simple) if negated else simple
        if sort == "marked-for-op":
            raise _unsaid(node, "a mark is a case of Sexton's, not a tag: it can only stand by itself, not in or, and, not")
        why = self.resource.unlike.get(sort, f"Sexton knows nothing of the kind about {self.resource.kind}")
        raise _unsaid(node, why)

    def _value(self, node: Node, key: str, test: Test, negated: bool) -> Said:
        _check_value(node, test.value)
        known = self._key(node, key)
        if test.convert == "age" and known.sort is not Sort.MADE:
            raise _unsaid(node, "value_type age reads a date: the only age that Sexton keeps is that since creation")
        try:
            return say(known, test, negated=negated)
        except Inexact as error:
            raise _unsaid(node, str(error)) from None

    def _key(self, node: Node, key: str) -> Key:
        """What a key is of ours."""
        label = LABEL.fullmatch(key) if self.resource.labelled else None
        name = (label[1] or label[2]) if label else key.removeprefix("tag:") if key.startswith("tag:") else None
        if name:
            if self.resource.kind == "gcp.instance" and not label and name in NETWORK_TAGS:
                raise _unsaid(node, f"Custodian looks for {name!r} among the network tags where there are no labels")
            return tag(name)
        found = self.resource.keys.get(key)
        if found is None:
            hint = did_you_mean(key, self.resource.keys)
            why = self.resource.unlike.get(key, f"Sexton has no field for the key {key!r}{f'; {hint}' if hint else ''}")
            raise _unsaid(node, why)
        return found

    def _metric(self, node: Node) -> Expression:
        """CloudWatch's maximum over 14 whole days, where one of our fields measures the same."""
        measured = self.resource.metrics.get(str(node.get("name")))
        if measured is None:
            known = ", ".join(self.resource.metrics) or "none"
            raise _unsaid(node, f"Sexton measures other things of {self.resource.kind}: {known}")
        for holds, why in _metric_rules(node, measured.namespace):
            if not holds:
                raise _unsaid(node, why)
        operator = SAME.get(str(node.get("op")), node.get("op") or "lt")
        return Compare(ORDER[operator], Ref(measured.field), Literal(node.get("value")))


def _unsaid(node: Node, why: str) -> NotSaid:
    return NotSaid((node.line, f"filter {name_of(node)}", why))


def _test(node: Node) -> Test:
    """The comparison of a value filter in full. Raises NotSaid."""
    strange = sorted(set(node.value) - VALUE_KEYS)
    if strange:
        raise _unsaid(node, f"Sexton has nothing like {' and '.join(strange)}")
    if "key" not in node.value or "value" not in node.value:
        raise _unsaid(node, "a value filter needs key and value; Custodian refuses it")
    written = node.get("op")
    operator = SAME.get(str(written), str(written)) if written is not None else ""
    if operator and operator not in OPERATORS:
        raise _unsaid(node, f"Sexton has nothing like the operator {written!r}")
    convert = node.get("value_type") or ""
    if convert not in (*CONVERSIONS, "age"):
        raise _unsaid(node, f"Sexton has nothing like value_type {convert!r}")
    return Test(operator, node.get("value"), convert)


def _check_value(node: Node, value: Any) -> None:
    """What no filter may be compared with here."""
    for one in value if isinstance(value, list) else [value]:
        if is_date(one):
            raise _unsaid(node, "its value is a date: put it in quotes if a text is meant")
        if isinstance(one, str) and FILLED_IN.search(one):
            raise _unsaid(node, f"Custodian fills in {one!r} when it runs")
        if isinstance(one, dict):
            raise _unsaid(node, "its value is a mapping")


Rule = tuple[bool, str]


def _metric_rules(node: Node, namespace: str) -> Sequence[Rule]:
    """What must hold for a metric to be the one that we measure, and what to say where it does not."""
    operator = SAME.get(str(node.get("op")), node.get("op") or "lt")
    strange = sorted(set(node.value) - METRIC_KEYS)
    value = node.get("value")
    return (
        (not strange, f"Sexton has nothing like {' and '.join(strange)}; what was not measured is undecided here"),
        (node.get("namespace") in (None, namespace), f"Sexton measures it in {namespace}"),
        (node.get("statistics") == "Maximum", "Sexton knows the highest value only: statistics: Maximum"),
        (node.get("days") in (None, DAYS), f"Sexton looks at {DAYS} days"),
        (
            node.get("period-start") == "start-of-day",
            "Sexton looks at whole days up to midnight: period-start: start-of-day",
        ),
        (operator in ORDER, "a metric is compared by gt, ge, lt or le"),
        (isinstance(value, int | float) and not isinstance(value, bool), "its value is no number"),
        (
            operator in ("lt", "le") or node.get("period") is None,
            "that all of several periods lie above a value says something of the lowest one; leave period out",
        ),
    )
