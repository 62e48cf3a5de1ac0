"""A document on its way to a value, and what it can be checked against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from posixpath import dirname, join, normpath
from typing import Any

from engine.model import KindTable
from engine.policy import Meta, Organization
from engine.problem import Problem, Severity
from engine.strict_yaml import Document, Path, Place
from engine.suggest import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the other documents and the caller say: what a document may refer to and may not exceed."""

    kinds: Mapping[str, KindTable]
    files: Mapping[str, str] = field(default_factory=dict)
    root: str = ""
    """The folder that all files lie in."""
    complete: bool = False
    """Whether an Organization is among the documents: only then are references checked."""
    organization: Organization | None = None
    """The ceilings: the Organization's, the contract's defaults where there is none, None where it cannot be read."""
    teams: Mapping[str, str] = field(default_factory=dict)
    """Team names, aliases and people -> team name."""
    policies: Mapping[str, str] = field(default_factory=dict)
    """Names of documents that an Exemption can name -> their files."""
    environments: frozenset[str] = frozenset()
    today: date | None = None
    """UTC; None where nobody said: then ends are not measured."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """One document: where it stands, what it says, and the problems found so far."""

    file: str
    kind: str
    source: Document
    data: Mapping[str, Any]
    """As read, without what has not the shape of its kind."""
    problems: list[Problem]
    shapely: bool = False
    """Whether `data` has the shape of its kind: nothing was wrong with it, or what was wrong could be left out."""

    @property
    def spec(self) -> Mapping[str, Any]:
        """The part that differs from kind to kind."""
        spec: Mapping[str, Any] = self.data.get("spec", {})
        return spec

    @property
    def name(self) -> str:
        """metadata.name, or "" where it cannot be read."""
        return str(self.data.get("metadata", {}).get("name", ""))

    @property
    def owner(self) -> str:
        """metadata.owner, or ""."""
        return str(self.data.get("metadata", {}).get("owner", ""))

    def meta(self) -> Meta:
        """Who the document is, and the line of its name."""
        line = self.source.value(("metadata", "name")).line
        return Meta(name=self.name, owner=self.owner, file=self.file, line=line)

    def error(self, code: str, path: Path, message: str, hint: str = "") -> None:
        """A problem at a value."""
        self.problem(code, self.source.value(path), message, hint)

    def problem(self, code: str, place: Place, message: str, hint: str = "") -> None:
        """A problem at a place of this file."""
        self.problems.append(Problem(self.file, place.line, place.column, Severity.ERROR, code, message, hint))

    def warning(self, code: str, path: Path, message: str, hint: str = "") -> None:
        """Something to know that keeps nothing from loading."""
        place = self.source.value(path)
        self.problems.append(Problem(self.file, place.line, place.column, Severity.WARNING, code, message, hint))

    def team(self, name: str, path: Path, world: World) -> None:
        """Check that a Team document has this name."""
        if world.complete and name not in world.teams.values():
            meant = world.teams.get(name)
            hint = f"write {meant!r}, which it stands for" if meant else did_you_mean(name, set(world.teams.values()))
            self.error("reference", path, f"there is no team {name!r}", hint or "add a Team document of that name")

    def lookup(self, path: str, world: World) -> str | None:
        """The file that a document means by a path: relative to its own folder, else to the root. None where there is none."""
        beside = normpath(join(dirname(self.file), path))
        return next((found for found in (beside, normpath(join(world.root, path))) if found in world.files), None)


def many(value: str | list[str] | None) -> tuple[str, ...]:
    """One text or a list of them, as a tuple; nothing is empty."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def day(draft: Draft, path: Path, text: str) -> date | None:
    """A date that exists; the schema has seen to its form."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        draft.error("schema", path, f"{text} is not in the calendar", "write an existing day, such as 2026-12-31")
        return None
