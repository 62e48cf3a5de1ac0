"""What was read before: two commits of one repository have most of their documents in common, which are built once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from engine.documents import Value
from engine.documents.draft import Draft, World
from engine.problem import Problem
from engine.strict_yaml import Document

Place = tuple[str, str]
"""Path and text of a file."""

OF_OTHER_FILES = frozenset({"Ownership", "PolicyTest"})
"""Kinds whose documents say something of other files, too: their own text does not tell what they mean."""


@dataclass(slots=True)
class Known:
    """Documents of which there was nothing to complain. What they mean holds under the same names and ceilings only."""

    _sources: dict[Place, Document] = field(default_factory=dict)
    _drafts: dict[Place, Draft] = field(default_factory=dict)
    _values: dict[Place, Value] = field(default_factory=dict)
    _world: World = field(default_factory=lambda: World(kinds={}))

    def source(self, path: str, text: str, problems: list[Problem], read: Callable[[], Document | None]) -> Document | None:
        """A file as it was read, or what reading it gives."""
        known = self._sources.get((path, text))
        if known is not None:
            return known
        before, found = len(problems), read()
        if found is not None and len(problems) == before:
            self._sources[path, text] = found
        return found

    def draft(self, path: str, source: Document, problems: list[Problem], make: Callable[[], Draft | None]) -> Draft | None:
        """A document's draft as it was made, or as it is made now."""
        known = self._drafts.get((path, source.text))
        if known is not None:
            return replace(known, problems=problems)
        before, found = len(problems), make()
        if found is not None and len(problems) == before:
            self._drafts[path, source.text] = found
        return found

    def under(self, world: World) -> None:
        """Values are asked for under these names from now on; those that were built under others are forgotten."""
        world = replace(world, files={})
        if world != self._world:
            self._world, self._values = world, {}

    def value(self, draft: Draft, build: Callable[[], Value | None]) -> Value | None:
        """A document's value as it was built, or as it is built now."""
        place = (draft.file, draft.source.text)
        if place in self._values:
            return self._values[place]
        before, built = len(draft.problems), build()
        if built is not None and len(draft.problems) == before and draft.kind not in OF_OTHER_FILES:
            self._values[place] = built
        return built
