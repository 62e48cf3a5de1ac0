"""Actions to deeds: what is told, stopped, deleted, backed up or marked, and which parts of that Sexton does otherwise or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.custodian.parts import Deeds, Mark, name_of
from engine.custodian.resources import Resource
from engine.custodian.tree import Node
from engine.model import KindTable, Verb

DEFAULT_DAYS = 4
"""Custodian's documentation; the release itself marks for today (its issue 6106), which was nobody's wish."""

DEFAULT_TAG, DEFAULT_LABEL = "maid_status", "custodian_status"
ACT_KEYS = frozenset({"type", "skip-snapshot", "copy-restore-info", "copy-tags", "description", "name_format", "tags"})
"""Parameters of stop, delete and snapshot about which Sexton decides itself."""
MARK_KEYS = frozenset({"type", "op", "tag", "label", "days", "hours", "msg", "tz"})
TOLD = ("resource-owner", "event-owner")
"""Recipients that Sexton finds by itself."""

Part = tuple[int, str, str]
Remark = tuple[int, str]


@dataclass(slots=True)
class Reading:
    """The deeds of a policy while its actions are read."""

    resource: Resource
    table: KindTable
    left: list[Part] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    did: dict[str, bool] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)

    def read(self, nodes: Sequence[Node], line: int) -> Deeds:
        """All actions."""
        for node in nodes:
            self._action(node)
        first = nodes[0].line if nodes else line
        return Deeds(**self.did, marks=tuple(self.marks), line=first)

    def _lose(self, node: Node, why: str, what: str = "") -> None:
        self.left.append((node.line, what or f"action {name_of(node)}", why))

    def _action(self, node: Node) -> None:
        sort = node.value if isinstance(node.value, str) else str(node.get("type"))
        if sort == "mark-for-op":
            self._mark(node)
        elif sort == "notify":
            self._notify(node)
        elif sort in ("stop", self.resource.delete, *self.resource.snapshots):
            self._act(node, sort)
        else:
            self._lose(node, "Sexton tells owners, stops, backs up and deletes; it does nothing else to a resource")

    def _act(self, node: Node, sort: str) -> None:
        deed = "stop" if sort == "stop" else "delete" if sort == self.resource.delete else "snapshot"
        verb = {"stop": Verb.STOP, "delete": Verb.DELETE, "snapshot": Verb.BACKUP}[deed]
        if verb not in self.table.acts:
            self._lose(node, f"Sexton never does that to {self.resource.kind}: it tells the owner")
            self.did["notify"] = True
            return
        self.did[deed] = True
        for key in sorted(set(node.value) - ACT_KEYS) if isinstance(node.value, dict) else ():
            why = "Sexton never takes by force what is in use" if key == "force" else "Sexton has nothing like it"
            self._lose(node, why, f"{key} of action {sort}")

    def _notify(self, node: Node) -> None:
        self.did["notify"] = True
        to = node.get("to") or []
        for one in to if isinstance(to, list) else [to]:
            if one not in TOLD:
                self._lose(node, "Sexton tells the owning team, by its Team document", f"recipient {one} of action notify")

    def _mark(self, node: Node) -> None:
        op = node.get("op")
        deed = "stop" if op == "stop" else "delete" if op == self.resource.delete else ""
        if not isinstance(node.value, dict) or not deed:
            self._lose(node, f"Sexton cannot {op or 'tell what'} later" if op else "it does not say what it marks for")
            return
        for key in sorted(set(node.value) - MARK_KEYS):
            self._lose(node, "Sexton has nothing like it", f"{key} of action mark-for-op")
        verb = Verb.STOP if deed == "stop" else Verb.DELETE
        if verb not in self.table.acts:
            self._lose(node, f"Sexton never does that to {self.resource.kind}: it tells the owner")
            self.did["notify"] = True
            return
        self.marks.append(Mark(line=node.line, tag=tag_of(node, self.resource), op=deed, hours=self._hours(node)))

    def _hours(self, node: Node) -> int:
        days, hours = node.get("days"), node.get("hours")
        if days is None and hours is None:
            says = f"mark-for-op without days: {DEFAULT_DAYS} days, as Custodian documents; its release marks for today"
            self.notes.append((node.line, says))
            days = DEFAULT_DAYS
        if not all(_is_number(one) for one in (days, hours) if one is not None):
            self._lose(node, "days and hours are no numbers", "days of action mark-for-op")
            return DEFAULT_DAYS * 24
        return math.ceil((days or 0) * 24 + (hours or 0))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 100_000


def tag_of(node: Node, resource: Resource) -> str:
    """The tag or label of a mark."""
    written = node.get("label") if resource.labelled else node.get("tag")
    return str(written) if written is not None else DEFAULT_LABEL if resource.labelled else DEFAULT_TAG


def marked_of(node: Node, resource: Resource) -> Mark | None:
    """The mark that a `marked-for-op` filter waits for; None for another filter."""
    if not isinstance(node.value, dict) or node.get("type") != "marked-for-op":
        return None
    op = node.get("op") or "stop"
    deed = "delete" if op == resource.delete else str(op)
    early = bool(node.get("skew") or node.get("skew_hours"))
    return Mark(line=node.line, tag=tag_of(node, resource), op=deed, early=early)
