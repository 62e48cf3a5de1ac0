"""One policy of a file: everything that it says, sorted into what our documents say and what they do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.condition import ConditionError, compile_condition, table_of
from engine.condition.printer import text
from engine.custodian.actions import Reading, marked_of
from engine.custodian.filters import Speaker
from engine.custodian.parts import Deeds, Left, Mark, Note, NotSaid, Policy, name_of
from engine.custodian.resources import RESOURCES, Resource, resource_of
from engine.custodian.tree import Node
from engine.model import KindTable
from engine.suggest import did_you_mean

KNOWN = frozenset({
    "name", "resource", "filters", "actions", "description", "comment", "comments", "tags", "metadata", "mode", "source",
})  # fmt: skip
BRAKE = "Custodian does nothing at all where more match; Sexton acts on as many as `limits` allow"
NARROWING: Mapping[str, str] = {
    "query": "it narrows what is listed: say it as a filter",
    "conditions": "it says where and when the policy runs at all",
    "region": "it says where the policy runs at all; Sexton reads every region of an account",
    "start": "it says when the policy runs at all",
    "end": "it says when the policy runs at all",
    "tz": "it says when the policy runs at all",
    "max-resources": BRAKE,
    "max-resources-percent": BRAKE,
}
"""Keys that keep a policy from resources: without them it would take more."""

MOST_LINES = 100
"""Lines that `when` may have."""

POLLED = ("pull", "periodic", "gcp-periodic")
NEVER = "id == ''"
"""A line that is true of nothing."""


def read_policy(file: str, node: Node, kinds: Mapping[str, KindTable]) -> Policy | Left:
    """A policy; or what to say of one for which we have no kind."""
    name = str(node.get("name") or "(no name)")
    written = node.get("resource")
    resource = resource_of(written) if isinstance(written, str) else None
    if resource is None or resource.kind not in kinds:
        hint = did_you_mean(str(written), RESOURCES) if isinstance(written, str) else "split it into a policy for each"
        return Left(
            file, node.line, name, f"resource {written}", f"Sexton has no such kind{f'; {hint}' if hint else ''}: no document"
        )
    return _Reader(file, node, name, resource, kinds[resource.kind]).policy()


class _Reader:
    """Reads one policy, collecting what is lost on the way."""

    def __init__(self, file: str, node: Node, name: str, resource: Resource, table: KindTable) -> None:
        self._file, self._node, self._name = file, node, name
        self._resource, self._table = resource, table
        self._filters: list[Left] = []
        self._others: list[Left] = []
        self._notes: list[Note] = []
        self._marked: list[Mark] = []

    def policy(self) -> Policy:
        """Everything together."""
        self._keys()
        lines = tuple(self._lines())
        if len(lines) > MOST_LINES:
            self._lose(self._node.line, "filters", f"more than {MOST_LINES} do not fit into one document")
        deeds = self._deeds()
        if not lines and not self._filters and not self._marked:
            self._lose(self._node.line, "filters", f"there is none: it would take every {self._table.title}, which no ladder may")
        return Policy(
            file=self._file,
            line=self._node.line,
            name=self._name,
            kind=self._resource.kind,
            about=str(self._node.get("description") or self._node.get("comment") or self._node.get("comments") or ""),
            lines=lines[:MOST_LINES],
            filters=tuple(self._filters),
            others=tuple(self._others),
            notes=tuple(self._notes),
            deeds=deeds,
            marked=tuple(self._marked),
        )

    def _lose(self, line: int, what: str, why: str) -> None:
        self._filters.append(Left(self._file, line, self._name, what, why))

    def _list(self, key: str) -> Sequence[Node]:
        found = self._node.value.get(key)
        if found is None or found.value is None:
            return ()
        if isinstance(found.value, list):
            return found.value
        self._lose(found.line, key, "it must be a list; Custodian refuses it")
        return ()

    def _keys(self) -> None:
        """The keys of the policy itself: unknown ones may have been meant to narrow it."""
        for key, value in self._node.value.items():
            if key in NARROWING:
                self._lose(value.line, key, NARROWING[key])
            elif key not in KNOWN:
                hint = did_you_mean(key, KNOWN)
                self._lose(value.line, key, f"Custodian knows no such key{f'; {hint}' if hint else ''}")
        source = self._node.get("source")
        if source not in (None, "describe", "describe-gcp"):
            self._lose(self._node.value["source"].line, f"source {source}", "Sexton reads the cloud's own answers")
        self._mode()

    def _mode(self) -> None:
        mode = self._node.value.get("mode")
        if mode is None:
            return
        sort = mode.get("type")
        if sort in POLLED:
            says = "it runs at every scan here, whatever its schedule"
            self._notes.append(Note(self._file, mode.line, self._name, says))
        else:
            self._lose(mode.line, f"mode {sort}", "it only looks at what an event names; Sexton looks at everything")

    def _lines(self) -> Iterator[str]:
        """The filters, each a line of `when`."""
        speaker = Speaker(self._resource)
        if self._resource.only is not None:
            yield text(self._resource.only)
        for node in self._list("filters"):
            mark = marked_of(node, self._resource)
            if mark is not None:
                self._marked.append(mark)
                continue
            try:
                said = speaker.one(node)
            except NotSaid as error:
                for part in error.parts:
                    self._lose(*part)
                continue
            if said is True:
                says = f"a filter lets every {self._table.title} through, there and here: it is not written"
                self._notes.append(Note(self._file, node.line, self._name, says))
            elif said is False:
                why = f"it lets no {self._table.title} through, there and here: nothing is to be written"
                self._lose(node.line, f"filter {name_of(node)}", why)
            else:
                yield from self._compiled(node, text(said))

    def _compiled(self, node: Node, line: str) -> Iterator[str]:
        """The line, if our own loader takes it."""
        try:
            compile_condition([line], [table_of(self._table)])
        except ConditionError as error:
            self._lose(node.line, f"filter {name_of(node)}", f"{line} is no condition of Sexton's: {error}")
            return
        yield line

    def _deeds(self) -> Deeds:
        reading = Reading(self._resource, self._table)
        deeds = reading.read(self._list("actions"), self._node.line)
        self._others += [Left(self._file, line, self._name, what, why) for line, what, why in reading.left]
        self._notes += [Note(self._file, line, self._name, says) for line, says in reading.notes]
        return deeds
