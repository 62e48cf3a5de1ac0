"""What the documents of a set are called: each name once, the singular kinds once, and whom every name stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.documents.draft import Draft
from engine.strict_yaml import Path

SINGULAR = ("Organization", "Ownership", "TTL")
EXEMPTIBLE = ("Reap", "Sizing")


def check_unique(drafts: Sequence[Draft]) -> None:
    """Tell every document that comes a second time, at the second."""
    names: dict[str, Draft] = {}
    kinds: dict[str, Draft] = {}
    for draft in drafts:
        if draft.name and draft.name in names:
            first = names[draft.name]
            message = f"another document is called {draft.name!r} already: {_at(first)}"
            draft.error("duplicate", ("metadata", "name"), message, "names are unique over the whole set: rename one")
        names.setdefault(draft.name, draft)
        if draft.kind in SINGULAR and draft.kind in kinds:
            message = f"there is a second {draft.kind} document: the first is {_at(kinds[draft.kind])}"
            draft.error("duplicate", ("kind",), message, "keep one")
        kinds.setdefault(draft.kind, draft)


def _at(draft: Draft) -> str:
    return f"{draft.file}:{draft.source.value(('metadata', 'name')).line}"


def teams_of(drafts: Sequence[Draft]) -> Mapping[str, str]:
    """Every team by its name, its aliases and its people. A name that two teams claim is told at the second."""
    teams = [draft for draft in drafts if draft.kind == "Team" and draft.name]
    found = {draft.name: draft.name for draft in teams}
    for draft in teams:
        for index, alias in enumerate(draft.spec.get("aliases", ())):
            path: Path = ("spec", "aliases", index)
            holder = found.setdefault(alias.lower(), draft.name)
            if holder != draft.name:
                draft.error("duplicate", path, f"{alias!r} already stands for the team {holder}", "an alias means one team")
    for draft in teams:
        for person in draft.spec.get("people", ()):
            found.setdefault(person.lower(), draft.name)
    return found


def policies_of(drafts: Sequence[Draft]) -> Mapping[str, str]:
    """The documents that can be exempted from or tested -> their files."""
    return {draft.name: draft.file for draft in drafts if draft.kind in EXEMPTIBLE and draft.name}


def environments_of(drafts: Sequence[Draft]) -> frozenset[str]:
    """The environments that the Organization knows."""
    found: set[str] = set()
    for draft in drafts:
        if draft.kind == "Organization":
            found |= set(draft.spec.get("environments", {}))
            found |= {row["environment"] for row in draft.spec.get("accounts", ()) if "environment" in row}
    return frozenset(found)
